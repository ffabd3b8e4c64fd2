"""The PRISMA 2020 flow diagram (Page et al. 2021, 10.1136/bmj.n71), counted from the review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from aponia.literature.store.review import Review

__all__ = ["Flow", "flow", "to_svg"]


@dataclass(frozen=True, slots=True)
class Flow:
    """The numbers of the diagram. `identified` maps each database or register to its records."""

    databases: Mapping[str, int] = field(default_factory=dict)
    registers: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    screened: int = 0
    excluded: int = 0
    awaiting_screening: int = 0
    sought: int = 0
    not_retrieved: int = 0
    assessed: int = 0
    awaiting_assessment: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    included_reports: int = 0
    included_studies: int = 0

    @property
    def identified(self) -> int:
        """All records identified."""
        return sum(self.databases.values()) + sum(self.registers.values())

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        out = {name: getattr(self, name) for name in self.__slots__}
        for name in ("databases", "registers", "reasons"):
            out[name] = dict(out[name])
        return out | {"identified": self.identified}


def flow(review: Review) -> Flow:
    """Count a review: every number is a query over its records and decisions."""
    import sqlalchemy as sa

    from aponia.literature.store import schema as t

    with review.engine.connect() as c:
        rows = c.execute(
            sa.select(t.imported.c.kind, t.imported.c.database, t.imported.c.records).where(
                t.imported.c.project_id == review.id
            )
        ).all()
        studies = dict(
            c.execute(
                sa.select(t.publication.c.id, t.publication.c.study).where(
                    t.publication.c.project_id == review.id
                )
            ).all()
        )
    databases: Counter[str] = Counter()
    registers: Counter[str] = Counter()
    for kind, name, count in rows:
        (registers if kind == "register" else databases)[name] += int(count)
    first = review.state("title-abstract")
    second = review.state("full-text")
    reasons: Counter[str] = Counter()
    last: dict[int, str] = {}
    for d in review.decisions("full-text"):
        if d["verdict"] == "exclude":
            last[int(d["publication_id"])] = d["reason"]
    for number, state in second.items():
        if state == "excluded":
            reasons[last.get(number, "") or "no reason stated"] += 1
    included = [n for n, s in second.items() if s == "included"]
    counts1, counts2 = Counter(first.values()), Counter(second.values())
    return Flow(
        databases=dict(databases), registers=dict(registers),
        duplicates=sum(databases.values()) + sum(registers.values()) - len(first),
        screened=counts1["included"] + counts1["excluded"], excluded=counts1["excluded"],
        awaiting_screening=counts1["open"] + counts1["waiting"] + counts1["conflict"],
        sought=len(second), not_retrieved=counts2["not-retrieved"],
        assessed=counts2["included"] + counts2["excluded"],
        awaiting_assessment=counts2["open"] + counts2["waiting"] + counts2["conflict"],
        reasons=dict(reasons.most_common()), included_reports=len(included),
        included_studies=len({studies.get(n) or f"p{n}" for n in included}),
    )  # fmt: skip


_LINE = 19
_PAD = 12


def _lines(numbers: Mapping[str, int]) -> list[str]:
    return [f"  {name} (n = {count})" for name, count in numbers.items()]


def to_svg(numbers: Flow) -> str:
    """Draw the diagram as a stand-alone SVG with a title, a description and no outside reference."""
    rows: list[tuple[str, list[str], list[str]]] = [
        (
            "Identification",
            ["Records identified from:", f"Databases (n = {sum(numbers.databases.values())})", *_lines(numbers.databases),
             f"Registers (n = {sum(numbers.registers.values())})", *_lines(numbers.registers)],
            ["Records removed before screening:", f"Duplicate records removed (n = {numbers.duplicates})"],
        ),
        ("Screening", [f"Records screened (n = {numbers.screened})", *_awaiting("Awaiting decision", numbers.awaiting_screening)],
         [f"Records excluded (n = {numbers.excluded})"]),
        ("", [f"Reports sought for retrieval (n = {numbers.sought})"], [f"Reports not retrieved (n = {numbers.not_retrieved})"]),
        ("", [f"Reports assessed for eligibility (n = {numbers.assessed})", *_awaiting("Awaiting decision", numbers.awaiting_assessment)],
         [f"Reports excluded (n = {sum(numbers.reasons.values())})", *_lines(numbers.reasons)]),
        ("Included", [f"Studies included in review (n = {numbers.included_studies})", f"Reports of included studies (n = {numbers.included_reports})"], []),
    ]  # fmt: skip
    left, width, gap = 60, 330, 60
    right = left + width + gap
    y = 20
    parts: list[str] = []
    centre = left + width // 2
    previous = 0
    for stage, main, side in rows:
        main, side = [w for m in main for w in _wrap(m)], [w for s in side for w in _wrap(s)]
        height = 2 * _PAD + _LINE * max(len(main), len(side), 2)
        if previous:
            parts.append(_arrow(centre, previous, centre, y))
        parts.append(_box(left, y, width, height, main))
        if side:
            parts.append(_box(right, y, width, height, side))
            parts.append(_arrow(left + width, y + height // 2, right, y + height // 2))
        if stage:
            parts.append(
                f'<rect class="s" x="14" y="{y}" width="28" height="{height}" rx="4"/>'
                f'<text class="v" transform="translate(32 {y + height / 2:.0f}) rotate(-90)">{stage}</text>'
            )
        previous = y + height
        y = previous + 34
    total = previous + 20
    said = (
        f"{numbers.identified} records identified, {numbers.duplicates} duplicates removed, {numbers.screened} screened, "
        f"{numbers.excluded} excluded, {numbers.assessed} reports assessed, {numbers.included_studies} studies included."
    )
    style = (
        "text{font:13px system-ui,sans-serif;fill:#1b1f24}.b{fill:#fff;stroke:#5b6570}.s{fill:#dbe7f3}"
        ".v{text-anchor:middle;font-weight:600}.a{stroke:#5b6570;fill:none;marker-end:url(#h)}#h path{fill:#5b6570}"
        "@media(prefers-color-scheme:dark){text{fill:#e8eaed}.b{fill:#1b1f24;stroke:#9aa4ae}.s{fill:#2b3d50}.a{stroke:#9aa4ae}#h path{fill:#9aa4ae}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + width + 20} {total}" role="img" aria-labelledby="t d">'
        f'<title id="t">PRISMA 2020 flow diagram</title><desc id="d">{escape(said)}</desc><style>{style}</style>'
        '<defs><marker id="h" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0 0 8 4 0 8Z"/></marker></defs>'
        f"{''.join(parts)}</svg>\n"
    )


def _awaiting(what: str, count: int) -> list[str]:
    return [f"  {what} (n = {count})"] if count else []


def _wrap(text: str, size: int = 46) -> list[str]:
    import textwrap

    indent = "  " if text.startswith("  ") else ""
    return textwrap.wrap(
        text.strip(), size, initial_indent=indent, subsequent_indent=indent + "  "
    ) or [""]


def _box(x: int, y: int, width: int, height: int, lines: list[str]) -> str:
    spans = "".join(
        f'<tspan x="{x + _PAD + (14 if line.startswith("  ") else 0)}" y="{y + _PAD + 14 + _LINE * k}">{escape(line.strip())}</tspan>'
        for k, line in enumerate(lines)
    )
    return f'<rect class="b" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/><text>{spans}</text>'


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<path class="a" d="M{x1} {y1} {x2} {y2 if x1 != x2 else y2 - 1}"/>'
