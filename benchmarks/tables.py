"""Printing figures as tables, for people and for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence


def show(title: str, method: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one Markdown table under its title, with a sentence on how it was measured."""
    print(f"\n### {title}\n\n{method}\n")
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(_text(cell) for cell in row) + " |", flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell >= 100 else f"{cell:.2f}"
    return str(cell)
