"""The frozen form of an edition: canonical JSON, its hash, and the part of it that everybody may see."""

from __future__ import annotations

import hashlib
import json
from typing import Any

SCHEMA = "ecwi-overview/1"
_OFFICE_ONLY = ("warnings", "errors")
_COUNTED_ONLY = frozenset({"person", "presence", "money_line"})  # people, and what a single PLA cost


def canonical(snapshot: dict[str, Any]) -> str:
    """Return the one spelling of a snapshot: sorted keys, no blanks, UTF-8 letters as they are, a newline at the end."""
    return json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def content_hash(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def fingerprint(snapshot: dict[str, Any]) -> str:
    """Return the hash of what an edition says, its number aside: equal hashes mean that nothing has changed."""
    return content_hash(canonical({key: value for key, value in snapshot.items() if key != "number"}))


def public(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Return what everybody may see: records of people and single amounts only as counts, no remarks for the office."""
    open_part = {key: value for key, value in snapshot.items() if key not in _OFFICE_ONLY}
    open_part["figures"] = [_public_figure(figure) for figure in snapshot.get("figures", [])]
    return open_part


def _public_figure(figure: dict[str, Any]) -> dict[str, Any]:
    inputs = figure.get("inputs", [])
    counts: dict[str, int] = {}
    for record in inputs:
        counts[record["kind"]] = counts.get(record["kind"], 0) + 1
    shown = [record for record in inputs if record["kind"] not in _COUNTED_ONLY]
    others = [
        {name: value for name, value in other.items() if name != "inputs"} for other in figure.get("alternatives", [])
    ]  # fmt: skip
    return {**figure, "inputs": shown, "input_counts": counts, "alternatives": others}
