"""The words and the order in which an edition is shown: what its page and its print have in common.

Everything here is made from the snapshot alone.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ecwi_events.kernel.dates import MONTHS
from ecwi_events.overview import charts

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

ROLES = {"host": "Host", "co_host": "Co-host"}
SHARES = "funding_shares"
QUALIFIERS = ("at least", "more than", "over", "about", "less than")
WEB = ("https://", "http://", "mailto:")
KINDS = {
    "computed": "Counted from records",
    "declared": "Declared, not counted from records",
    "mixed": "Partly counted, partly declared",
    "override": "Corrected by hand",
}
MARKS = {"declared": "declared", "mixed": "partly declared", "override": "corrected by hand"}
METHOD = (
    "We count from records where records exist. Where they do not, we print a figure that was published or reported"
    " earlier, call it declared and name its source."
)


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


def paragraphs(text: str | None) -> list[str]:
    """Split prose at its empty lines."""
    return [part.strip() for part in (text or "").split("\n\n") if part.strip()]


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
    """Return the figures that are printed large, each split into its qualifier and its number."""
    figures = {figure["id"]: figure for figure in shown["figures"]}
    return [figures[name] | split_qualifier(figures[name]["printed"]) for name in shown["headline"] if name in figures]


def split_qualifier(printed: str) -> Json:
    """Return "at least 21" as its words and its number, because only the number is worth large type."""
    words = next((words for words in QUALIFIERS if printed.startswith(f"{words} ")), "")
    return {"qualifier_words": words, "number": printed.removeprefix(words).lstrip()}


def further(shown: Json) -> list[Json]:
    """Return the figures that are neither printed large nor drawn nor about webinars."""
    taken = {*shown["headline"], SHARES, *(figure["id"] for figure in charted(shown))}
    return [figure for figure in shown["figures"] if figure["id"] not in taken and not of_webinars(figure, shown)]


def charted(shown: Json) -> list[Json]:
    """Return the figures with parts that are drawn as bars; who paid has a bar of its own."""
    return [figure for figure in shown["figures"] if figure["id"] != SHARES and len(figure["parts"]) > 1]


def of_webinars(figure: Json, shown: Json) -> bool:
    """Tell whether a figure belongs to the webinars, which are counted apart."""
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
    until = f", as of {day(figure['as_of'])}" if figure.get("as_of") else ""
    return f"{origin}{until}. {KINDS.get(figure['kind'], figure['kind'])}."


def countries(shown: Json) -> dict[str, tuple[str, int]]:
    """Return, for each country, its name and the number of PLAs that its organisations hosted or co-hosted."""
    found: dict[str, tuple[str, set[str]]] = {}
    for host in shown["hosts"]:
        found.setdefault(host["country_code"], (host["country"], set()))[1].add(host["activity"])
    return {code: (name, len(activities)) for code, (name, activities) in found.items() if code}


def sources_of(entries: Iterable[Json]) -> list[Json]:
    """Gather where declared entries come from: one line for each source, with what it was the source of."""
    gathered: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if entry.get("kind") in MARKS and entry.get("source"):
            gathered.setdefault((entry["kind"], entry["source"]), []).append(entry.get("long_label") or entry["label"])
    several = len(gathered) > 1
    return [
        {"kind": MARKS[kind], "text": f"{'; '.join(labels)}: {source}." if several else f"Source: {source}."}
        for (kind, source), labels in gathered.items()
    ]


def records_line(figure: Json) -> str:
    """Return ``Counted from 6 records.``; public snapshots have counts in place of the records about people."""
    counts = figure.get("input_counts")
    number = sum(counts.values()) if counts is not None else len(figure["inputs"])
    return f"Counted from {number:,} record{'' if number == 1 else 's'}."


def imprint(shown: Json, checksum: str, *, draft: bool) -> list[Json]:
    """Return the lines of the imprint."""
    lines = [
        ("Title", shown["title"]),
        ("Publisher", shown["publisher"]),
        ("Edition", f"{shown['number']}{', draft, not published' if draft else ''}"),
        ("Records as of", day(shown["as_of"])),
        ("Definitions", f"version {shown.get('definitions_version', 1)}"),
        ("Made with", f"ecwi-events {shown.get('software', '')}".strip()),
        ("Checksum (SHA-256)", " ".join(checksum[at : at + 16] for at in range(0, len(checksum), 16))),
    ]
    return [{"label": label, "value": value} for label, value in lines if value]


def kind_of(figures: dict[str, Json], *names: str) -> str | None:
    """Return the kind of the first of these figures that exists, for the mark beside a sentence made from them."""
    return next((figures[name]["kind"] for name in names if name in figures), None)
