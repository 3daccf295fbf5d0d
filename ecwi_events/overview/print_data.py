"""What the printed overview shows, in the order and the words in which it shows it: plain data for the Typst template."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ecwi_events.kernel.dates import MONTHS
from ecwi_events.overview import blocks, charts
from ecwi_events.overview.snapshot import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLES = {"host": "Host", "co_host": "Co-host"}
SHARES = "funding_shares"
METHOD = (
    "We count from records where records exist. Where they do not, we print a figure that was published or reported"
    " earlier, call it declared and name its source."
)
ROWS_OF_BLOCKS = 6
WEB = ("https://", "http://", "mailto:")
Json = dict[str, Any]


def document(snapshot: Json, *, draft: bool) -> Json:
    """Return all that the template needs; missing parts of the snapshot become empty ones."""
    shown = completed(snapshot)
    figures = {figure["id"]: figure for figure in shown["figures"]}
    texts, sentences = shown["texts"], shown["sentences"]
    cover_title, cover_subtitle = _cover_lines(shown)
    return {
        "snapshot": shown,
        "draft": draft,
        "cover": blocks.cover(f"overview {shown['year']}"),
        "cover_title": cover_title,
        "cover_subtitle": cover_subtitle,
        "pictures": _pictures(shown),
        "short_publisher": short_name(shown["publisher"]),
        "about": paragraphs(texts.get("about")),
        "network": capitalised(sentences["network"]),
        "network_kind": _kind_of(figures, "network_members", "network_countries"),
        "introduction": paragraphs(texts.get("introduction")),
        "sentences": [full_stop(sentences[name]) for name in ("organized", "postponed") if sentences[name]],
        "cumulative_kind": _kind_of(figures, "cumulative_plas", "cumulative_professionals"),
        "join": paragraphs(texts.get("join")),
        "contact": contact_lines(shown["contact"]),
        "headline": [{**figure, "shape": blocks.mark(at)} for at, figure in enumerate(headline(shown))],
        "funding": _funding(figures.get(SHARES)),
        "charts": [_chart(figure) for figure in charted(shown)],
        "further": further(shown),
        "sources": sources_of([figure for figure in shown["figures"] if not _of_webinars(figure, shown)]),
        "map": _map(shown),
        "roles": ROLES,
        "webinar_figures": [figures[name] for name in shown["webinars"]["figures"] if name in figures],
        "webinars": [
            {**row, "date": day(row["date"]), "people": "–" if row.get("people") is None else f"{row['people']:,}"}
            for row in shown["webinars"]["rows"]
        ],
        "support": paragraphs(texts.get("support")),
        "method": paragraphs(texts.get("how_we_count") or METHOD),
        "definitions": [figure for figure in shown["figures"] if figure["rule"]],
        "annex": [_annex(figure, shown["as_of"]) for figure in shown["figures"]],
        "imprint": imprint(shown, fingerprint(snapshot), draft=draft),
    }  # fmt: skip


def completed(snapshot: Json) -> Json:
    """Return the snapshot with an empty value for each optional part, links cleaned, and each profile's source lines."""
    shown: Json = {
        "texts": {},
        "contact": {},
        "sentences": {},
        "figures": [],
        "headline": [],
        "hosts": [],
        "supporters": [],
    }
    shown |= {"series": "", "publisher": "", "language": "en", **snapshot}
    shown["webinars"] = {"rows": [], "figures": []} | snapshot.get("webinars", {})
    names = ("key", "organized", "cumulative", "network", "postponed")
    shown["sentences"] = dict.fromkeys(names) | shown["sentences"]
    shown["profiles"] = [_profile(profile) for profile in snapshot.get("profiles", [])]
    shown["continued"] = [_profile(profile) for profile in snapshot.get("continued", [])]
    for office_only in ("warnings", "errors"):
        shown.pop(office_only, None)
    return shown


def _profile(profile: Json) -> Json:
    empty: Json = {"strapline": None, "theme": None, "paragraphs": [], "facts": [], "outcomes": [], "resources": []}
    empty |= {"status": "", "period": "", "outcomes_heading": "Learning outcomes", "resources_heading": "Resources"}
    whole = empty | profile
    resources = [{**entry, "url": safe_link(entry.get("url"))} for entry in whole["resources"]]
    return {**whole, "resources": resources, "sources": [entry["text"] for entry in sources_of(whole["facts"])]}


def _cover_lines(shown: Json) -> tuple[str, str]:
    """Split "<series> Overview 2022" into two lines; the year is set apart by the template."""
    title = shown["title"].strip().removesuffix(str(shown["year"])).rstrip(" ,:–-")
    series = shown["series"]
    if series and title.startswith(series):
        return series, title.removeprefix(series).lstrip(" ,:–-")
    return title, ""


def _pictures(shown: Json) -> Json:
    def rows(seed: str) -> list[str]:
        return [blocks.skyline(f"{shown['year']} {seed}", rows=n) for n in range(1, ROWS_OF_BLOCKS + 1)]

    names = ("contents", "about", "introduction", "figures", "hosts", "webinars", "method", "imprint")
    return {name: rows(name) for name in names} | {
        "profiles": [rows(f"profile {profile['number']}") for profile in shown["profiles"]]
    }


def paragraphs(text: str | None) -> list[str]:
    """Split prose at its empty lines."""
    return [part.strip() for part in (text or "").split("\n\n") if part.strip()]


def _kind_of(figures: dict[str, Json], *names: str) -> str | None:
    """Return the kind of the first of these figures that exists, for the mark beside a sentence made from them."""
    return next((figures[name]["kind"] for name in names if name in figures), None)


def full_stop(sentence: str) -> str:
    """End a sentence with a full stop if it has no end yet."""
    return sentence if sentence.endswith((".", "!", "?")) else sentence + "."


def capitalised(sentence: str | None) -> str:
    """Begin a sentence with a capital, and leave the rest alone."""
    return (sentence or "")[:1].upper() + (sentence or "")[1:]


def short_name(publisher: str) -> str:
    """Return ISSA for the association, else the name as it is."""
    return "ISSA" if publisher == "International Step by Step Association" else publisher


def safe_link(url: str | None) -> str | None:
    """Return an address that may be a link, or None."""
    return url if url and url.lower().startswith(WEB) else None


def day(text: str | None, *, short: bool = False) -> str:
    """Return ``31 December 2022`` (or ``31 Dec 2022``) for an ISO date, and an empty text for none."""
    if not text:
        return ""
    on = date.fromisoformat(text[:10])
    month = MONTHS[on.month - 1]
    return f"{on.day} {month[:3] if short else month} {on.year}"


def contact_lines(contact: Json) -> list[Json]:
    """Return the lines of the contact block, each with its link or None."""
    lines: list[Json] = [{"text": line, "url": None} for line in contact.get("address") or []]
    if email := contact.get("email"):
        lines.append({"text": email, "url": f"mailto:{email}"})
    if web := contact.get("web"):
        lines.append({"text": web, "url": safe_link(web) or f"https://{web}"})
    if social := contact.get("social"):
        lines.append({"text": f"{', '.join(social)}", "url": None})
    return lines


def headline(shown: Json) -> list[Json]:
    """Return the figures that are printed large."""
    figures = {figure["id"]: figure for figure in shown["figures"]}
    return [figures[name] for name in shown["headline"] if name in figures]


def further(shown: Json) -> list[Json]:
    """Return the figures that are neither printed large nor drawn nor about webinars."""
    taken = {*shown["headline"], SHARES, *(figure["id"] for figure in charted(shown))}
    return [figure for figure in shown["figures"] if figure["id"] not in taken and not _of_webinars(figure, shown)]


def charted(shown: Json) -> list[Json]:
    """Return the figures with parts that are drawn as bars; who paid has a bar of its own."""
    return [figure for figure in shown["figures"] if figure["id"] != SHARES and len(figure["parts"]) > 1]


def _of_webinars(figure: Json, shown: Json) -> bool:
    return figure["id"] in shown["webinars"]["figures"]


def parts_of(figure: Json) -> list[charts.Part]:
    """Return the parts of a figure for a chart."""
    return [charts.Part(part["label"], part["value"], part["printed"]) for part in figure["parts"]]


def funding_heading(figure: Json) -> str:
    """Say the message of the chart: who paid the most."""
    largest = max(figure["parts"], key=lambda part: part["value"])
    return f"{largest['label']} paid {largest['printed']} of the costs"


def source_line(figure: Json) -> str:
    """Return the line below a chart: where its numbers come from, and as of when."""
    origin = f"Source: {figure['source']}" if figure.get("source") else "Source: our records"
    return f"{origin}{', as of ' + day(figure['as_of']) if figure.get('as_of') else ''}. {KINDS[figure['kind']]}."


KINDS = {
    "computed": "Counted from records",
    "declared": "Declared, not counted from records",
    "mixed": "Partly counted, partly declared",
    "override": "Corrected by hand",
}


def _funding(figure: Json | None) -> Json | None:
    if figure is None or not figure["parts"]:
        return None
    svg = charts.funding_bar(parts_of(figure), title=figure["long_label"], ident="funding")
    return {**_drawn(figure, svg), "heading": funding_heading(figure), "caption": figure["long_label"]} if svg else None


def _chart(figure: Json) -> Json:
    return {**_drawn(figure, charts.bars(parts_of(figure), title=figure["long_label"], ident=figure["id"])),
            "heading": figure["long_label"]}  # fmt: skip


def _drawn(figure: Json, svg: str) -> Json:
    said = "; ".join(f"{part['label']}: {part['printed']}" for part in figure["parts"])
    return {
        "svg": svg,
        "rows": figure["parts"],
        "alt": f"{figure['long_label']}. {said}.",
        "source": source_line(figure),
    }


def countries(shown: Json) -> dict[str, tuple[str, int]]:
    """Return, for each country, its name and the number of PLAs that its organisations hosted or co-hosted."""
    found: dict[str, tuple[str, set[str]]] = {}
    for host in shown["hosts"]:
        found.setdefault(host["country_code"], (host["country"], set()))[1].add(host["activity"])
    return {code: (name, len(activities)) for code, (name, activities) in found.items() if code}


def _map(shown: Json) -> Json | None:
    counts = countries(shown)
    title = f"PLAs of {shown['year']} by country of host and co-hosts"
    svg = charts.tile_map(counts, title=title, ident="map")
    said = "; ".join(f"{name}: {number}" for name, number in counts.values())
    return {"svg": svg, "alt": f"{title}. {said}."} if svg else None


def sources_of(entries: Iterable[Json]) -> list[Json]:
    """Gather where declared entries come from: one line for each source, with what it was the source of."""
    gathered: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if entry.get("kind", "computed") != "computed" and entry.get("source"):
            gathered.setdefault((entry["kind"], entry["source"]), []).append(entry.get("long_label") or entry["label"])
    words = {"declared": "declared", "mixed": "partly declared", "override": "corrected by hand"}
    several = len(gathered) > 1
    return [
        {"kind": words.get(kind, kind), "text": f"{'; '.join(labels)}: {source}." if several else f"Source: {source}."}
        for (kind, source), labels in gathered.items()
    ]


def _annex(figure: Json, as_of: str) -> Json:
    story = [full_stop(part) for part in (figure.get("source"), figure.get("note")) if part]
    if figure["kind"] == "computed" and not figure.get("source"):
        story.insert(0, records_line(figure))
    others = "; ".join(
        f"{other['kind']}: {other['printed']}"
        for other in figure["alternatives"]
        if other["printed"] != figure["printed"]
    )
    return {
        **{name: figure[name] for name in ("id", "long_label", "printed", "kind", "version")},
        "story": " ".join(story),
        "others": others,
        "as_of": day(figure.get("as_of") or as_of, short=True),
    }


def records_line(figure: Json) -> str:
    """Return ``Counted from 6 records.``; public snapshots have counts in place of the records about people."""
    counts = figure.get("input_counts")
    number = sum(counts.values()) if counts is not None else len(figure["inputs"])
    return f"Counted from {number:,} record{'' if number == 1 else 's'}."


def imprint(shown: Json, checksum: str, *, draft: bool) -> list[Json]:
    """Return the lines of the imprint."""
    state = "draft, not published" if draft else "published"
    lines = [
        ("Title", shown["title"]),
        ("Publisher", shown["publisher"]),
        ("Edition", f"{shown['number']} ({state})"),
        ("Records as of", day(shown["as_of"])),
        ("Definitions", f"version {shown.get('definitions_version', 1)}"),
        ("Made with", f"ecwi-events {shown.get('software', '')}".strip()),
        ("Checksum (SHA-256)", " ".join(checksum[at : at + 16] for at in range(0, len(checksum), 16))),
    ]
    return [{"label": label, "value": value} for label, value in lines if value]
