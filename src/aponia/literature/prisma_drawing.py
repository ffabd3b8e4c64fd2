"""Draw the PRISMA 2020 flow diagram: boxes and wording of the statement's own template.

Colours are written as attributes in the tokens of the site's palette, without a style element: the
drawing stands alone in a paper, and a page may re-colour it for the dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aponia.literature.prisma import Flow, Stream

__all__ = ["COLOURS", "draw"]

#: paper, ink, line, stage label, head
COLOURS = {"box": "#FBFAF7", "ink": "#1F2328", "line": "#86837B", "stage": "#E2ECEA", "head": "#F3F1EB"}  # fmt: skip
_LINE = 18
_PAD = 11
_GAP = 30
_FONT = "Source Sans 3, Segoe UI, system-ui, sans-serif"


@dataclass(slots=True)
class _Cell:
    """A box: lines of text, those that begin with a space indented."""

    lines: list[str]
    kind: str = "box"
    key: str = ""


@dataclass(slots=True)
class _Row:
    """Boxes side by side, by column; `stage` is the label at the left."""

    stage: str
    cells: dict[int, _Cell]


def _head(n: Flow, ways: str) -> str:
    what = "studies" if n.previous_studies is None else "new studies"
    return f"Identification of {what} via {ways}"


def _named(numbers: Mapping[str, int]) -> list[str]:
    return [f" {name} (n = {count})" for name, count in numbers.items()]


def _more(text: str, count: int) -> list[str]:
    return [f" {text} (n = {count})"] if count else []


def _main(n: Flow) -> list[tuple[str, _Cell, _Cell | None]]:
    m = n.main
    new = "New studies" if n.previous_studies is not None else "Studies"
    sources = [f"Databases (n = {sum(n.databases.values())}):", *_named(n.databases),
               f"Registers (n = {sum(n.registers.values())})" + (":" if n.registers else ""), *_named(n.registers)]  # fmt: skip
    return [
        ("Identification", _Cell(["Records identified from:", *sources]),
         _Cell(["Records removed before screening:", f" Duplicate records removed (n = {m.duplicates})",
                f" Records marked as ineligible by automation tools (n = {m.automation})",
                f" Records removed for other reasons (n = {m.other_reasons})"])),
        ("Screening", _Cell([f"Records screened (n = {m.screened})", *_more("Still to be decided", m.awaiting_screening)]),
         _Cell([f"Records excluded (n = {m.excluded})"])),
        ("", _Cell([f"Reports sought for retrieval (n = {m.sought})"]), _Cell([f"Reports not retrieved (n = {m.not_retrieved})"])),
        ("", _Cell([f"Reports assessed for eligibility (n = {m.assessed})", *_more("Still to be decided", m.awaiting_assessment)]),
         _excluded(m)),
        ("Included", _Cell([f"{new} included in review (n = {n.included_studies})",
                            f"Reports of {new.lower().replace('studies', 'included studies')} (n = {n.included_reports})"]), None),
    ]  # fmt: skip


def _excluded(stream: Stream) -> _Cell:
    total = sum(stream.reasons.values())
    return _Cell(
        [f"Reports excluded (n = {total})" + (":" if total else ""), *_named(stream.reasons)]
    )


def _others(o: Stream) -> list[tuple[_Cell | None, _Cell | None]]:
    """Return the boxes of what was found by other methods, row by row."""
    removed = [*_more("Already identified", o.duplicates), *_more("Marked as ineligible by automation tools", o.automation),
               *_more("Removed for other reasons", o.other_reasons)]  # fmt: skip
    screened = [f"Records screened (n = {o.screened})", *_more("Still to be decided", o.awaiting_screening)]  # fmt: skip
    plain = o.excluded == 0 and o.awaiting_screening == 0
    return [
        (_Cell(["Records identified from:", *_named(o.sources)]), _Cell(["Records removed before screening:", *removed]) if removed else None),
        (None, None) if plain else (_Cell(screened), _Cell([f"Records excluded (n = {o.excluded})"])),
        (_Cell([f"Reports sought for retrieval (n = {o.sought})"]), _Cell([f"Reports not retrieved (n = {o.not_retrieved})"])),
        (_Cell([f"Reports assessed for eligibility (n = {o.assessed})", *_more("Still to be decided", o.awaiting_assessment)]), _excluded(o)),
        (None, None),
    ]  # fmt: skip


def _previous(n: Flow) -> _Cell:
    return _Cell([f"Studies included in previous version of review (n = {n.previous_studies})",
                  f"Reports of studies included in previous version of review (n = {n.previous_reports})"])  # fmt: skip


def _total(n: Flow) -> _Cell:
    return _Cell([f"Total studies included in review (n = {n.total_studies})",
                  f"Reports of total included studies (n = {n.total_reports})"])  # fmt: skip


def draw(n: Flow, *, narrow: bool = False) -> str:
    """Return the SVG of a flow, with boxes side by side or, narrow, below each other."""
    with_other = bool(n.other.sources)
    said = (
        f"{n.main.identified + n.other.identified} records identified, {n.main.duplicates + n.other.duplicates} duplicates removed, "
        f"{n.main.screened + n.other.screened} screened, {n.main.excluded + n.other.excluded} excluded, "
        f"{n.main.assessed + n.other.assessed} reports assessed, {n.included_studies} studies included."
    )
    body, width, height = _narrow(n, with_other) if narrow else _wide(n, with_other)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" class="plot prisma-{"narrow" if narrow else "wide"}" '
        f'role="img" aria-label="PRISMA 2020 flow diagram. {escape(said)}" fill="none" font-family="{_FONT}" font-size="13">'
        f"<title>PRISMA 2020 flow diagram</title><desc>{escape(said)}</desc>{body}</svg>\n"
    )


# -- side by side ----------------------------------------------------------------------------------


def _wide(n: Flow, with_other: bool) -> tuple[str, int, int]:
    width, between, left = 252, 34, 50
    offset = 1 if n.previous_studies is not None else 0
    columns = offset + (4 if with_other else 2)
    at = [left + k * (width + between) for k in range(columns)]
    rows = [
        _Row(stage, {offset: main} | ({offset + 1: side} if side else {}))
        for stage, main, side in _main(n)
    ]
    if offset:
        rows[0].cells[0] = _previous(n)
        rows.append(_Row("", {offset: _total(n)}))
    if with_other:
        for row, (main, side) in zip(rows, _others(n.other), strict=False):
            row.cells |= {offset + 2: main} if main else {}
            row.cells |= {offset + 3: side} if side else {}
    heads = {offset: _head(n, "databases and registers")}
    if offset:
        heads[0] = "Previous studies"
    if with_other:
        heads[offset + 2] = _head(n, "other methods")
    parts: list[str] = []
    drawn: list[tuple[int, int, list[str]]] = []
    top = 0
    for column, head in heads.items():
        span = 1 if column < offset else 2
        wide = span * width + (span - 1) * between
        lines = _wrap([head], wide)
        top = max(top, len(lines) * _LINE + 14)
        drawn.append((at[column], wide, lines))
    parts += [_box(x, 8, wide, top, lines, "head") for x, wide, lines in drawn]
    y = 8 + top + 16
    bottoms: dict[int, int] = {}
    stages: list[tuple[str, int, int]] = []
    for row in rows:
        texts = {column: _wrap(cell.lines, width) for column, cell in row.cells.items()}
        high = 2 * _PAD + _LINE * max(1, *(len(lines) for lines in texts.values()))
        for column, lines in sorted(texts.items()):
            parts.append(_box(at[column], y, width, high, lines, "box"))
            centre = at[column] + width // 2
            beside = column > offset and (column - offset) % 2 == 1
            if beside:
                parts.append(_arrow(at[column - 1] + width, y + high // 2, at[column], y + high // 2))  # fmt: skip
            elif column in bottoms:
                parts.append(_arrow(centre, bottoms[column], centre, y))
            if not beside:
                bottoms[column] = y + high
        if row.stage:
            stages.append((row.stage, y, y + high))
        elif stages:
            stages[-1] = (stages[-1][0], stages[-1][1], y + high)
        if row is rows[-1] and offset:
            # The studies of the earlier version join at the total.
            middle, start = y + high // 2, bottoms[0]
            parts.append(
                _line([(at[0] + width // 2, start), (at[0] + width // 2, middle), (at[offset], middle)])
            )  # fmt: skip
        if row.stage == "Included" and with_other:
            start = bottoms[offset + 2]
            middle = y + high // 2
            parts.append(
                _line([(at[offset + 2] + width // 2, start), (at[offset + 2] + width // 2, middle), (at[offset] + width, middle)])
            )  # fmt: skip
        y += high + _GAP
    for stage, top, bottom in stages:
        parts.append(
            f'<rect x="10" y="{top}" width="26" height="{bottom - top}" rx="3" fill="{COLOURS["stage"]}"/>'
            f'<text transform="translate(27 {(top + bottom) / 2:.0f}) rotate(-90)" text-anchor="middle" font-weight="600" '
            f'fill="{COLOURS["ink"]}">{stage}</text>'
        )
    return "".join(parts), at[-1] + width + 10, y - _GAP + 10


# -- below each other ------------------------------------------------------------------------------


def _narrow(n: Flow, with_other: bool) -> tuple[str, int, int]:
    width, inset = 344, 44
    parts: list[str] = []
    y = 8

    def column(head: str, boxes: list[tuple[_Cell | None, _Cell | None]]) -> None:
        nonlocal y
        lines = _wrap([head], width - 16)
        parts.append(_box(8, y, width - 16, len(lines) * _LINE + 14, lines, "head"))
        y += len(lines) * _LINE + 14 + 12
        bottom = 0
        for main, side in boxes:
            if main is not None:
                lines = _wrap(main.lines, width - 16)
                high = 2 * _PAD + _LINE * len(lines)
                parts.append(_box(8, y, width - 16, high, lines, "box"))
                if bottom:
                    parts.append(_arrow(24, bottom, 24, y))
                bottom = y + high
                y = bottom + 12
            if side is not None:
                lines = _wrap(side.lines, width - 8 - inset)
                high = 2 * _PAD + _LINE * len(lines)
                parts.append(_box(inset, y, width - 8 - inset, high, lines, "box"))
                parts.append(_line([(24, bottom), (24, y + high // 2), (inset, y + high // 2)]))
                y += high + 18
            elif main is not None:
                y += 6

    if n.previous_studies is not None:
        column("Previous studies", [(_previous(n), None)])
    column(
        _head(n, "databases and registers"),
        [(m, s) for _, m, s in _main(n)],
    )
    if with_other:
        column(_head(n, "other methods"), _others(n.other))
    if n.previous_studies is not None:
        column("All studies", [(_total(n), None)])
    return "".join(parts), width, y + 2


# -- shapes ----------------------------------------------------------------------------------------


def _wrap(lines: list[str], width: int) -> list[str]:
    """Break lines to the width of a box; the mean letter is taken as wide as in the widest fallback."""
    size = max(12, int((width - 2 * _PAD) / 6.5))
    out = []
    for line in lines:
        indent = " " if line.startswith(" ") else ""
        # A count is never torn apart.
        whole = line.strip().replace("(n = ", "(n\xa0=\xa0")
        out += textwrap.wrap(
            whole, size - 2 * len(indent), initial_indent=indent, subsequent_indent=indent
        ) or [""]
    return [line.replace("\xa0", " ") for line in out]


def _box(x: int, y: int, width: int, height: int, lines: list[str], kind: str) -> str:
    weight = ' font-weight="600"' if kind == "head" else ""
    spans = "".join(
        f'<tspan x="{x + _PAD + (12 if line.startswith(" ") else 0)}" y="{y + (_PAD if kind == "box" else 7) + 13 + _LINE * k}">{escape(line.strip())}</tspan>'
        for k, line in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" fill="{COLOURS[kind]}" stroke="{COLOURS["line"]}"/>'
        f'<text fill="{COLOURS["ink"]}"{weight}>{spans}</text>'
    )


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    return _line([(x1, y1), (x2, y2)])


def _line(points: list[tuple[int, int]]) -> str:
    """Draw a line whose last piece ends in an arrowhead, drawn rather than marked: no ids to clash."""
    (x0, y0), (x, y) = points[-2:]
    if x == x0:
        back = -6 if y > y0 else 6
        head = f"M{x - 4} {y + back} {x} {y} {x + 4} {y + back}"
    else:
        back = -6 if x > x0 else 6
        head = f"M{x + back} {y - 4} {x} {y} {x + back} {y + 4}"
    path = " ".join(f"{a} {b}" for a, b in points)
    return f'<path d="M{path}" stroke="{COLOURS["line"]}"/><path d="{head}" stroke="{COLOURS["line"]}"/>'
