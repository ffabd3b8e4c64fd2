"""Effect-direction plots: what each study points to when numbers cannot be pooled.

Follows Boon and Thomson 2021 (Research Synthesis Methods, doi 10.1002/jrsm.1458): a mark for the
direction, sized by the people studied; significance is printed as a p-value, never counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.evidence_map import SIZE_STEPS
from aponia.site.charts.figure import Cell, Direction, Figure, Layout, Link, Row, Table
from aponia.site.charts.palette import DIRECTION, TOKENS
from aponia.site.charts.textfit import wrap

__all__ = [
    "DIRECTION_WORDS",
    "DirectionCell",
    "DirectionRow",
    "EffectDirectionPlot",
    "direction_figure",
    "direction_table",
    "draw_direction",
    "effect_direction_plot",
]

DIRECTION_WORDS: dict[str, str] = {
    "benefit": "in favour",
    "harm": "against",
    "unclear": "unclear",
    "none": "little or no difference",
    "mixed": "disagree",
}
_NAMES = {value: key for key, value in TOKENS.items()}
_RADII = (5.0, 6.5, 8.0, 10.0, 12.0)


@dataclass(frozen=True)
class DirectionCell:
    """What a study points to for one outcome; `text` is a short fact ("p = 0.25")."""

    direction: Direction
    text: str = ""


@dataclass(frozen=True)
class DirectionRow:
    """A study: its people and one cell an outcome (None where it did not measure it)."""

    label: str
    people: int
    cells: Sequence[DirectionCell | None]
    sub: str = ""
    href: str = ""


@dataclass(frozen=True)
class EffectDirectionPlot:
    """An effect-direction plot: studies by outcomes."""

    title: str
    subtitle: str
    outcomes: Sequence[str]
    rows: Sequence[DirectionRow]

    def __post_init__(self) -> None:
        if not self.rows or not self.outcomes:
            raise ChartError("an effect-direction plot needs at least one study and one outcome")
        for row in self.rows:
            if len(row.cells) != len(self.outcomes):
                raise ChartError(
                    f"{row.label}: {len(row.cells)} cells for {len(self.outcomes)} outcomes"
                )
            if row.people < 0:
                raise ChartError(f"{row.label}: people cannot be {row.people}")


def draw_direction(sheet: Sheet, x: float, y: float, r: float, direction: Direction) -> None:
    """Draw a direction mark: the same shapes as the site's direction mark."""
    color = _NAMES[DIRECTION[direction]]
    k = r / 8
    if direction == "unclear":
        sheet.circle(x, y, r - 1, None, color, stroke_width=1.7, dash="3 2")
        return
    if direction == "mixed":
        sheet.circle(x, y, r - 1, None, color, stroke_width=1.7)
        sheet.polygon([(x, y - 5 * k), (x + 3 * k, y - 0.9 * k), (x - 3 * k, y - 0.9 * k)], color)
        sheet.polygon([(x, y + 5 * k), (x + 3 * k, y + 0.9 * k), (x - 3 * k, y + 0.9 * k)], color)
        return
    sheet.circle(x, y, r, color)
    if direction == "none":
        sheet.rect(x - 4.2 * k, y - 2.6 * k, 8.4 * k, 1.9 * k, "paper")
        sheet.rect(x - 4.2 * k, y + 0.7 * k, 8.4 * k, 1.9 * k, "paper")
        return
    sign = -1 if direction == "benefit" else 1
    sheet.polygon(
        [(x, y + sign * 4.4 * k), (x + 4.4 * k, y - sign * 3 * k), (x - 4.4 * k, y - sign * 3 * k)],
        "paper",
    )


def _known(people: int) -> str:
    """Print a number of people; 0 stands for a number nobody read."""
    return f"{people:,}".replace(",", "\u2009") if people else "–"


def _radius(people: int) -> float:
    step = sum(people >= lower for lower, _ in SIZE_STEPS)
    return _RADII[max(step, 1) - 1]


def effect_direction_plot(plot: EffectDirectionPlot, layout: Layout = "wide") -> Markup:
    """Draw an effect-direction plot.

    Parameters
    ----------
    plot : EffectDirectionPlot
        What to draw.
    layout : {"wide", "narrow"}
        A grid, or one list a study for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    return _wide(plot) if layout == "wide" else _narrow(plot)


def _wide(plot: EffectDirectionPlot) -> Markup:
    sheet = Sheet(800.0)
    label_w, people_w = 205.0, 60.0
    left = label_w + people_w + 14
    step = min((800 - left) / len(plot.outcomes), 190.0)
    heads = [wrap(o, step - 12, 13, True) for o in plot.outcomes]
    depth = max(len(h) for h in heads)
    y = 13 + (depth - 1) * 16
    sheet.text(0, y, "Study", size=13, color="ink-2", bold=True)
    sheet.text(label_w + people_w - 8, y, "People", size=13, color="ink-2", bold=True, anchor="end")
    for i, head in enumerate(heads):
        sheet.lines(
            left + i * step,
            y - (len(head) - 1) * 16,
            head,
            size=13,
            color="ink-2",
            bold=True,
            leading=16,
        )
    y += 9
    sheet.line(0, y, 800, y, "rule-2")
    for row in plot.rows:
        words = [
            wrap(DIRECTION_WORDS[c.direction], step - 40, 13, True) if c else [""]
            for c in row.cells
        ]
        texts = [wrap(c.text, step - 40, 13) if c and c.text else [] for c in row.cells]
        label = wrap(row.label, label_w - 10, 14)
        lines = max(
            [len(label) + bool(row.sub)]
            + [len(w) + len(t) for w, t in zip(words, texts, strict=True)]
        )
        middle = y + 24
        end = sheet.lines(0, middle + 5, label, leading=17)
        if row.sub:
            sheet.text(0, end, row.sub, size=13, color="ink-2")
        sheet.text(
            label_w + people_w - 8,
            middle + 5,
            _known(row.people),
            anchor="end",
        )
        for i, cell in enumerate(row.cells):
            x = left + i * step
            if cell is None:
                sheet.text(x, middle + 5, "not measured", size=13, color="ink-3")
                continue
            draw_direction(sheet, x + 12, middle, _radius(row.people), cell.direction)
            below = sheet.lines(x + 31, middle + 5, words[i], size=13, bold=True, leading=16)
            sheet.lines(x + 31, below, texts[i], size=13, color="ink-2", leading=16)
        y = middle + 5 + (lines - 1) * 17 + 14
        sheet.line(0, y, 800, y, "rule")
    return sheet.svg(y + 2, plot.title, _describe(plot), "direction-wide")


def _narrow(plot: EffectDirectionPlot) -> Markup:
    sheet = Sheet(340.0)
    y = 0.0
    for row in plot.rows:
        sheet.line(0, y + 1, 340, y + 1, "rule-2")
        y = sheet.paragraph(0, y + 21, row.label, 340, bold=True)
        people = f"{_known(row.people)} people" if row.people else "people not known"
        y = sheet.paragraph(
            0, y, f"{people}{', ' + row.sub if row.sub else ''}", 340, size=13, color="ink-2"
        )
        y += 4
        for outcome, cell in zip(plot.outcomes, row.cells, strict=True):
            if cell is None:
                sheet.text(31, y + 5, f"{outcome}: not measured", size=13, color="ink-3")
                y += 24
                continue
            draw_direction(sheet, 12, y + 1, _radius(row.people), cell.direction)
            words = f"{outcome}: {DIRECTION_WORDS[cell.direction]}"
            if cell.text:
                words += f", {cell.text}"
            y = sheet.paragraph(31, y + 5, words, 306, size=13) + 6
        y += 2
    return sheet.svg(y, plot.title, _describe(plot), "direction-narrow")


def _describe(plot: EffectDirectionPlot) -> str:
    counts = []
    for i, outcome in enumerate(plot.outcomes):
        cells = [row.cells[i] for row in plot.rows]
        found: list[str] = [c.direction for c in cells if c is not None]
        told = [f"{found.count(d)} {w}" for d, w in DIRECTION_WORDS.items() if found.count(d)]
        counts.append(f"{outcome}: {', '.join(told) or 'not measured'}.")
    return "Direction of each study. " + " ".join(counts)


def direction_table(plot: EffectDirectionPlot) -> Table:
    """Build the table twin of an effect-direction plot.

    Parameters
    ----------
    plot : EffectDirectionPlot
        The same object the picture is drawn from.

    Returns
    -------
    Table
        Studies by outcomes, directions in words.
    """
    rows = []
    for row in plot.rows:
        cells: list[Cell] = [
            Link(row.label, row.href) if row.href else row.label,
            _known(row.people),
        ]
        for cell in row.cells:
            if cell is None:
                cells.append("not measured")
            else:
                word = DIRECTION_WORDS[cell.direction]
                cells.append(f"{word}; {cell.text}" if cell.text else word)
        rows.append(Row(tuple(cells)))
    return Table(
        plot.title, ("Study", "People", *plot.outcomes), rows, note=plot.subtitle, numeric=(1,)
    )


def direction_figure(plot: EffectDirectionPlot) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(plot, effect_direction_plot, direction_table(plot), "direction")
