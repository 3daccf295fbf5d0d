// Everything here only makes faster what works without it.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

$('[data-focus]')?.focus();

// --- the reader's time zone ---------------------------------------------------------------------
// The server words every time. Where it had to assume a zone, tell it what the browser says and take its answer.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const RENAMED = {'Europe/Kiev': 'Europe/Kyiv', 'Asia/Calcutta': 'Asia/Kolkata', 'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Asia/Katmandu': 'Asia/Kathmandu', 'Asia/Rangoon': 'Asia/Yangon'};
const zone = RENAMED[own] || own;
for (const select of $$('select[data-zone]:not([data-known])')) {
  if (!zone) break;
  if (![...select.options].some(o => o.value === zone)) select.add(new Option(zone.split('/').pop().replace(/_/g, ' '), zone));
  select.value = zone;
}
const assumed = $('[data-assumed]');
if (assumed && zone && assumed.dataset.assumed !== zone) {
  document.cookie = `seen_zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  const answer = await fetch(location.pathname.replace(/\/sign-up$/, '')).catch(() => null);
  if (answer?.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const part = fresh.getElementById(assumed.id);
    if (part) assumed.replaceWith(document.adoptNode(part));
  }
}

// --- time until a session -----------------------------------------------------------------------
// The server said the minutes when the page was made; from the last hour on they are counted here. When the button to join is
// due, the page is loaded again, some seconds apart, so that a full room does not ask in the same moment.
const loaded = Date.now();
for (const words of $$('[data-until]')) {
  const starts = loaded + words.dataset.until * 1000;  // counted from our clock's seconds: the reader's may be wrong
  setInterval(() => {
    const left = Math.floor((starts - Date.now()) / 60000);
    if (left >= 1 && left < 60) words.textContent = `in ${left} minute${left === 1 ? '' : 's'}`;
  }, 15000);
}
const opens = $('[data-opens]');
if (opens) {
  const at = loaded + opens.dataset.opens * 1000 + Math.random() * 9000;
  const look = setInterval(() => { if (Date.now() >= at) { clearInterval(look); location.reload(); } }, 5000);
}

// --- a form is sent once ------------------------------------------------------------------------
for (const form of $$('form[method=post]')) {
  form.addEventListener('submit', event => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = '1';
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

// --- passkeys -----------------------------------------------------------------------------------
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
for (const form of $$('form[data-passkey]')) {
  const trouble = $('[data-trouble]', form), fields = form.elements;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    trouble.textContent = '';
    try {
      const body = new URLSearchParams({csrf_token: fields.csrf_token.value});
      const asked = await fetch(form.dataset.options, {method: 'POST', body}), options = await asked.json();
      if (options.confirm) { location = options.confirm; return; }
      options.challenge = bytes(options.challenge);
      for (const one of [...options.excludeCredentials || [], ...options.allowCredentials || []]) one.id = bytes(one.id);
      if (options.user) options.user.id = bytes(options.user.id);
      const made = await navigator.credentials[form.dataset.passkey]({publicKey: options}), response = {};
      for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
        if (made.response[name]) response[name] = text(made.response[name]);
      }
      fields.credential.value = JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response});
      form.submit();
    } catch {
      delete form.dataset.sent;
      trouble.textContent = 'That did not work. Try again, or use a code.';
    }
  });
}

// --- attendance ---------------------------------------------------------------------------------
const sheet = $('#attendance');
if (sheet) attendance(sheet);

function attendance(form) {
  const list = $('.people', form), rows = $$('.people > li', form), search = $('#q'), none = $('[data-none]', form);
  const toast = $('[data-toast]'), say = $('[data-say]'), saved = $('[data-saved]'), meter = $('.meter');
  const pending = new Map();
  let show = $('[data-show][aria-current]')?.dataset.show || 'all', last = null, sending = false;

  const radios = row => $$('input', row);
  const verdict = row => radios(row).find(i => i.checked)?.value || '';
  const name = row => $('b', row).textContent;
  const shown = () => rows.filter(row => !row.hidden);
  for (const row of rows) { row.words = fold(`${name(row)} ${$('.who span', row).textContent}`); row.mark = verdict(row); }
  $('button[data-plain]', form)?.remove();

  const count = () => {
    const has = value => rows.filter(row => row.mark === value).length;
    $('[data-count=present]').textContent = has('present');
    $('[data-count=unknown]').textContent = has('');
    meter.value = has('present');
  };
  const filter = () => {
    const want = fold(search.value).split(' ').filter(Boolean);
    for (const row of rows) {
      const right = want.length > 0 || show === 'all' || row.mark === (show === 'open' ? '' : show);
      row.hidden = !(right && want.every(word => row.words.includes(word)));
      row.classList.remove('first');
    }
    const left = shown();
    if (want.length) left[0]?.classList.add('first');
    list.hidden = !left.length;
    none.hidden = left.length > 0;
    if (!left.length) {
      none.textContent = want.length ? `Nobody called “${search.value}” signed up. You can add this person.`
        : show === 'open' ? 'Everyone is marked.' : 'Nobody here.';
    }
    for (const chip of $$('[data-show]')) {
      if (chip.dataset.show === show && !want.length) chip.setAttribute('aria-current', 'true');
      else chip.removeAttribute('aria-current');
    }
  };
  const send = async () => {
    if (sending || !pending.size) return;
    sending = true;
    const batch = new Map(pending), body = new FormData();
    body.set('csrf_token', form.elements.csrf_token.value);
    for (const [field, value] of batch) body.set(field, value);
    const answer = await fetch(form.action, {method: 'POST', headers: {Accept: 'application/json'}, body}).catch(() => null);
    const stored = Boolean(answer?.ok && await answer.json().catch(() => null));  // a page instead of JSON: signed out
    sending = false;
    if (stored) {
      for (const [field, value] of batch) if (pending.get(field) === value) pending.delete(field);
      const time = new Date().toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit'});
      saved.textContent = pending.size ? '' : `✓ All changes saved ${time}`;
      send();
    } else if (answer && !answer.redirected && answer.status < 500) {
      saved.textContent = 'Not saved. Load the page again.';
    } else {
      saved.textContent = `${pending.size} ${pending.size === 1 ? 'change waits' : 'changes wait'} for the network`;
      setTimeout(send, 5000);
    }
  };
  const mark = (row, value, undoing) => {
    if (row.mark === value) return;
    if (!undoing) last = {row, value: row.mark};
    row.mark = value;
    for (const radio of radios(row)) radio.checked = value !== '' && radio.value === value;
    const words = `${name(row)} is ${value ? `marked ${value}` : 'not marked'}.`;
    say.textContent = words;
    $('p', toast).textContent = words;
    toast.hidden = Boolean(undoing);
    count();
    pending.set(radios(row)[0].name, value);
    saved.textContent = '';
    send();
  };
  const focus = row => (radios(row).find(i => i.checked) || radios(row)[0]).focus();
  const moveOn = (row, value) => {
    const all = shown(), at = all.indexOf(row), next = all[at + 1] || all[at - 1];
    mark(row, value);
    filter();
    if (next && !next.hidden) focus(next); else if (!row.hidden) focus(row); else search.focus();
  };

  // A pointer marks; arrow keys only move, because moving must not mark anybody.
  list.addEventListener('change', event => {
    const row = event.target.closest('li');
    moveOn(row, event.target.value);
  });
  list.addEventListener('keydown', event => {
    const row = event.target.closest('li'), all = shown(), at = all.indexOf(row);
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key], aside = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (event.key === 'Enter') { event.preventDefault(); moveOn(row, event.target.value); }
    if (event.key === ' ') { event.preventDefault(); moveOn(row, event.target.value); }
    if (step) { event.preventDefault(); if (all[at + step]) focus(all[at + step]); }
    if (aside) {
      event.preventDefault();
      const choices = radios(row).filter(i => i.getClientRects().length || i.value);
      choices[choices.indexOf(event.target) + aside]?.focus();
    }
    if (event.key === '/') { event.preventDefault(); search.focus(); }
  });
  search.addEventListener('input', filter);
  search.addEventListener('keydown', event => {
    if (event.key === 'Escape') { search.value = ''; filter(); }
    if (event.key === 'ArrowDown' && shown()[0]) { event.preventDefault(); focus(shown()[0]); }
  });
  search.form.addEventListener('submit', event => {
    event.preventDefault();
    const first = $('li.first', list);
    if (first) { search.value = ''; mark(first, 'present'); filter(); }
  });
  for (const chip of $$('[data-show]')) {
    chip.addEventListener('click', event => { event.preventDefault(); search.value = ''; show = chip.dataset.show; filter(); });
  }
  $('button', toast).addEventListener('click', () => {
    if (!last) return;
    const {row, value} = last;
    last = null;
    mark(row, value, true);
    filter();
    if (row.hidden) search.focus(); else focus(row);
  });
  window.addEventListener('beforeunload', event => { if (pending.size) event.preventDefault(); });
}

// The same folding as on the server, so that "koval" finds "Коваль" and the other way round.
function fold(text) {
  const LETTERS = {а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'ie', ж: 'zh', з: 'z', и: 'i', і: 'i', ї: 'i', й: 'i',
    к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'kh', ц: 'ts', ч: 'ch', ш: 'sh',
    щ: 'shch', ь: '', ю: 'iu', я: 'ia', ё: 'e', ъ: '', ы: 'y', э: 'e', ђ: 'd', ѓ: 'g', ѕ: 'dz', ј: 'j', љ: 'l', њ: 'n', ћ: 'c',
    ќ: 'k', ў: 'u', џ: 'dz', ß: 'ss', ø: 'o', đ: 'd', ł: 'l', æ: 'ae', œ: 'oe', þ: 'th', ð: 'd', ı: 'i'};
  const latin = [...text.normalize('NFC').toLowerCase()].map(c => LETTERS[c] ?? c).join('');
  return latin.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim();
}
