"""Which time zones a country has, as the locked time zone data say: read from the package, never copied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from ecwi_events.kernel import countries, dates
from ecwi_events.kernel.text import fold

# Countries that we know and the table does not: whose time they keep, and the city that people know it by.
_OTHERS = {"XK": ("Europe/Belgrade", "Pristina")}
BORROWED = frozenset(_OTHERS)


@dataclass(frozen=True)
class CountryZone:
    """One zone of a country; ``region`` says which part of the country keeps it, where there are several."""

    name: str
    city: str
    region: str = ""


@cache
def zones_by_country() -> tuple[tuple[str, tuple[CountryZone, ...]], ...]:
    """Return the code of each country with its zones, all by name; every zone of the table is there once."""
    found: dict[str, list[CountryZone]] = {code: [CountryZone(*zone)] for code, zone in _OTHERS.items()}
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line.startswith("#"):
            continue
        code, _, name, *region = line.split("\t")
        if dates.canonical_zone(name) == name:
            found.setdefault(code, []).append(CountryZone(name, dates.city(name), *region))
    ordered = sorted(found.items(), key=lambda pair: fold(countries.label(pair[0])).removeprefix("the "))
    return tuple((code, tuple(sorted(zones, key=lambda zone: zone.city))) for code, zones in ordered)
