"""The chain of a mechanism as a picture: steps as discs, links drawn as firmly as they hold.

From the drug on the left to less pain on the right (on a phone from top to bottom). A link that was
shown is a thick line, one in dispute a dashed one, a hint a row of dots, one not seen a line with a
break, and where nobody looked there is no line at all. An outer line goes past the chain: pain itself,
asked directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.mechanism_glyphs import Glyph, draw_glyph, draw_vote
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.textfit import width, wrap

__all__ = [
    "GraphStep",
    "MechanismGraph",
    "State",
    "mechanism_figure",
    "mechanism_graph",
    "mechanism_table",
]

State = Literal["shown", "mixed", "not shown", "null", "not studied"]
VOTES: Final = ("supports", "mixed", "null", "against", "unclear")
_VOTE_WORDS: Final = {
    "supports": "for",
    "mixed": "mixed",
    "null": "no difference",
    "against": "against",
    "unclear": "unclear",
}
_R = 27.0


@dataclass(frozen=True)
class GraphStep:
    """One step of the chain and the link that leads to it.

    Attributes
    ----------
    label : str
        What the step is ("In people with pain").
    glyph : str
        Picture in its disc.
    state : str
        How well the link leading to it holds.
    word : str
        The state as printed ("disputed").
    votes : sequence of tuple of str and int
        One a study: its direction (one of `VOTES`) and its weight, 0 to 2, drawn as size.
    who : str
        In whom and how many, under the label.
    asks : str
        What the link asks, for the table ("Does the drug move the marker in animals?").
    """

    label: str
    glyph: Glyph
    state: State
    word: str
    votes: Sequence[tuple[str, int]]
    who: str
    asks: str

    def __post_init__(self) -> None:
        strange = {v for v, _ in self.votes} - set(VOTES)
        if strange:
            raise ChartError(f"{self.label}: votes {sorted(strange)}, not among {VOTES}")
        if any(w not in (0, 1, 2) for _, w in self.votes):
            raise ChartError(f"{self.label}: a weight outside 0 to 2")
        if (self.state == "not studied") != (self.total == 0):
            raise ChartError(f"{self.label}: {self.state} with {self.total} studies")

    @property
    def total(self) -> int:
        """Studies of this link."""
        return len(self.votes)

    @property
    def words(self) -> str:
        """Counts in words ("3 for, 1 mixed")."""
        counts = {v: sum(vote == v for vote, _ in self.votes) for v in VOTES}
        return ", ".join(f"{n} {_VOTE_WORDS[v]}" for v, n in counts.items() if n)


@dataclass(frozen=True)
class MechanismGraph:
    """The chain of a mechanism.

    Attributes
    ----------
    title, subtitle : str
        The finding; then what is counted.
    steps : sequence of GraphStep
        From the bench to relief; the last one ends at less pain.
    direct : str
        What is known when pain itself is asked about ("3 randomised trials, 41 people: very
        uncertain").
    """

    title: str
    subtitle: str
    steps: Sequence[GraphStep]
    direct: str

    def __post_init__(self) -> None:
        if len(self.steps) < 2:
            raise ChartError("a chain has at least two links")


def mechanism_graph(graph: MechanismGraph, layout: Layout = "wide") -> Markup:
    """Draw the chain of a mechanism.

    Parameters
    ----------
    graph : MechanismGraph
        What to draw.
    layout : {"wide", "narrow"}
        From left to right, or from top to bottom for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    return _wide(graph) if layout == "wide" else _narrow(graph)


def _stroke(d: str, color: str, width: float, dash: str = "", cap: str = "butt") -> str:
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    extra += f' stroke-linecap="{cap}"' if cap != "butt" else ""
    return f'<path d="{d}" stroke="{TOKENS[color]}" stroke-width="{width:g}"{extra}/>'


def _link(sheet: Sheet, x1: float, y1: float, x2: float, y2: float, state: State) -> None:
    """Draw a link as firmly as it holds."""

    def line(a: float, b: float) -> str:
        return f"M{x1 + (x2 - x1) * a:.1f} {y1 + (y2 - y1) * a:.1f}L{x1 + (x2 - x1) * b:.1f} {y1 + (y2 - y1) * b:.1f}"

    if state == "shown":
        sheet.raw(_stroke(line(0, 1), "accent", 6))
    elif state == "mixed":
        sheet.raw(_stroke(line(0, 1), "accent", 6, "14 7"))
    elif state == "not shown":
        sheet.raw(_stroke(line(0.03, 1), "ink-2", 4, "0.1 10", "round"))
    elif state == "null":
        sheet.raw(_stroke(line(0, 0.4) + line(0.6, 1), "ink-2", 3))
        for at in (0.4, 0.6):
            x, y = x1 + (x2 - x1) * at, y1 + (y2 - y1) * at
            across = (0.0, 9.0) if y1 == y2 else (9.0, 0.0)
            sheet.raw(
                _stroke(
                    f"M{x - across[0]:.1f} {y - across[1]:.1f}L{x + across[0]:.1f} {y + across[1]:.1f}",
                    "ink-2",
                    3,
                )
            )
    else:
        sheet.raw(_stroke(line(0, 0.1) + line(0.9, 1), "rule-2", 2))


def _votes(
    sheet: Sheet, step: GraphStep, x: float, y: float, *, centred: bool, per_row: int
) -> float:
    """Draw one mark a study; return the height used."""
    marks = sorted(step.votes, key=lambda v: (VOTES.index(v[0]), -v[1]))
    rows = [marks[i : i + per_row] for i in range(0, len(marks), per_row)]
    for r, row in enumerate(rows):
        start = x - (len(row) - 1) * 7 if centred else x + 6
        for i, (vote, size) in enumerate(row):
            draw_vote(sheet, vote, size, start + 14 * i, y + 14 * r)
    return 14.0 * len(rows)


def _disc(sheet: Sheet, x: float, y: float, glyph: Glyph, *, ghost: bool = False) -> None:
    sheet.circle(
        x,
        y,
        _R,
        "paper" if ghost else "accent-soft",
        "rule-2" if ghost else "accent",
        stroke_width=1.5 if ghost else 2,
        dash="3 4" if ghost else "",
    )
    draw_glyph(sheet, glyph, x, y, "ink-3" if ghost else "accent")


def _wide(graph: MechanismGraph) -> Markup:
    sheet = Sheet(800.0)
    n = len(graph.steps)
    left, right, y = 58.0, 742.0, 156.0
    xs = [left + (right - left) * i / n for i in range(n + 1)]
    _bow(
        sheet,
        f"M{left:.1f} {y - _R - 3:.1f}C{left + 40:.1f} 14 {right - 40:.1f} 14 {right:.1f} {y - _R - 3:.1f}",
    )
    words = f"The direct way: {graph.direct}"
    half = width(words, 14) / 2 + 10
    # The words sit on the bow; a patch of paper keeps the line from running through them.
    sheet.rect(400 - half, 28, 2 * half, 28, "paper")
    sheet.text(400, 47, words, size=14, color="ink-2", anchor="middle")
    bottom = 0.0
    for i, step in enumerate(graph.steps):
        x1, x2 = xs[i] + _R + 6, xs[i + 1] - _R - 6
        middle = (x1 + x2) / 2
        _link(sheet, x1, y, x2, y, step.state)
        sheet.text(middle, y - 34, step.word, size=15, bold=True, anchor="middle")
        _votes(sheet, step, middle, y - 19, centred=True, per_row=8)
        sheet.paragraph(
            middle, y + 24, step.words, x2 - x1 + 14, size=13, color="ink-2", anchor="middle"
        )
    _disc(sheet, xs[0], y, "drug")
    sheet.text(xs[0], y + _R + 34, "The drug", size=14, bold=True, anchor="middle")
    for i, step in enumerate(graph.steps):
        last = i == n - 1
        _disc(
            sheet,
            xs[i + 1],
            y,
            "relief" if last else step.glyph,
            ghost=not last and step.total == 0,
        )
        base = y + _R + 34
        top = sheet.paragraph(
            xs[i + 1],
            base,
            "Less pain" if last else step.label,
            124,
            size=14,
            bold=True,
            anchor="middle",
        )
        if not last:
            top = sheet.paragraph(
                xs[i + 1], top, step.who, 132, size=13, color="ink-2", anchor="middle"
            )
        bottom = max(bottom, top)
    # What the last link rests on stands under it: its disc is relief itself, not a group of people.
    step = graph.steps[-1]
    bottom = max(
        bottom,
        sheet.paragraph(
            xs[-1], y + _R + 52, step.who, 116, size=13, color="ink-2", anchor="middle"
        ),
    )
    return sheet.svg(bottom - 4, graph.title, _describe(graph), "chain-wide")


def _bow(sheet: Sheet, d: str) -> None:
    sheet.raw(_stroke(d, "rule-2", 1.5, "5 5"))


def _narrow(graph: MechanismGraph) -> Markup:
    sheet = Sheet(340.0)
    x, text_x, room = 50.0, 92.0, 246.0
    y = first = _R + 3
    _disc(sheet, x, y, "drug")
    sheet.text(text_x, y + 5, "The drug", size=15, bold=True)
    for i, step in enumerate(graph.steps):
        last = i == len(graph.steps) - 1
        words = wrap(step.words, room, 13)
        rows = -(-step.total // 16)
        inner = 20 + 16 * rows + 17 * len(words)
        length = max(64.0, inner + 16)
        y1, y2 = y + _R + 5, y + _R + 5 + length
        _link(sheet, x, y1, x, y2, step.state)
        top = y1 + (length - inner) / 2 + 13
        sheet.text(text_x, top, step.word, size=15, bold=True)
        top += 16
        if step.total:
            top += 2 + _votes(sheet, step, text_x, top - 2, centred=False, per_row=16)
        sheet.lines(text_x, top, words, size=13, color="ink-2", leading=17)
        y = y2 + 5 + _R
        _disc(sheet, x, y, "relief" if last else step.glyph, ghost=not last and step.total == 0)
        label = f"Less pain ({step.label[0].lower()}{step.label[1:]})" if last else step.label
        label_lines = wrap(label, room, 15, bold=True)
        who = wrap(step.who, room, 13)
        height = 18 * len(label_lines) + 16 * len(who)
        base = sheet.lines(text_x, y - height / 2 + 14, label_lines, size=15, bold=True, leading=18)
        sheet.lines(text_x, base - 1, who, size=13, color="ink-2", leading=16)
    _bow(
        sheet,
        f"M{x - _R - 2:.1f} {first:.1f}C2 {first + 20:.1f} 4 {first + 60:.1f} 4 {first + 90:.1f}"
        f"L4 {y - 90:.1f}C4 {y - 60:.1f} 2 {y - 20:.1f} {x - _R - 2:.1f} {y:.1f}",
    )
    bottom = sheet.paragraph(
        0, y + _R + 28, f"The direct way (outer line): {graph.direct}", 338, size=14, color="ink-2"
    )
    return sheet.svg(bottom - 6, graph.title, _describe(graph), "chain-narrow")


def _describe(graph: MechanismGraph) -> str:
    parts = [
        f"{step.label}: {step.word}" + (f" ({step.words}; {step.who})." if step.total else ".")
        for step in graph.steps
    ]
    return f"A chain from the drug to less pain. {' '.join(parts)} The direct way: {graph.direct}"


def mechanism_table(graph: MechanismGraph) -> Table:
    """Build the table twin of the picture.

    Parameters
    ----------
    graph : MechanismGraph
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row a link, and one for the direct way.
    """
    rows = [
        Row(
            (
                step.asks,
                step.word,
                step.words or "no study",
                step.who,
            )
        )
        for step in graph.steps
    ]
    rows.append(Row(("The direct way: is there less pain?", "–", "–", graph.direct), "total"))
    return Table(
        graph.title,
        ("Link", "How well it holds", "Studies", "In whom"),
        rows,
        note=graph.subtitle,
    )


def mechanism_figure(graph: MechanismGraph) -> Figure:
    """Both drawings and the table, for the macro ``figure``.

    Parameters
    ----------
    graph : MechanismGraph
        What to draw.

    Returns
    -------
    Figure
        Title, subtitle, drawings and table.
    """
    return Figure.of(graph, mechanism_graph, mechanism_table(graph), "chain")
