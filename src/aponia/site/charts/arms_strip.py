"""What trials gave, on one axis of dose, beside what publications call such doses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Cell, Figure, Layout, Link, Row, Table
from aponia.site.charts.scales import Scale
from aponia.site.charts.textfit import width, wrap

__all__ = [
    "ArmLane",
    "ArmPoint",
    "ArmsStrip",
    "BandLane",
    "DoseSpan",
    "arms_figure",
    "arms_strip",
    "arms_table",
]

Fit = Literal["agrees", "divided", "differs", "none"]

FIT_WORDS: Final[dict[str, str]] = {
    "agrees": "bands agree with the label",
    "divided": "bands are divided",
    "differs": "bands say otherwise",
    "none": "the label names no class",
}
_SPAN_STEP: Final = 9.0
_DOT: Final = 5.0


@dataclass(frozen=True)
class DoseSpan:
    """One published band: the doses a source calls by a word."""

    low: float
    high: float
    word: str
    source: str
    href: str = ""


@dataclass(frozen=True)
class BandLane:
    """Published bands of one class."""

    label: str
    spans: Sequence[DoseSpan]


@dataclass(frozen=True)
class ArmPoint:
    """One arm.

    Attributes
    ----------
    dose : float
        On the axis.
    name : str
        Study or trial, for the table.
    fit : str
        How published bands stand to the label of the lane.
    given : str
        The dose in words.
    shares : str
        The probabilities in words.
    word : str
        What the authors call it.
    href : str
    """

    dose: float
    name: str
    fit: Fit
    given: str
    shares: str
    word: str = ""
    href: str = ""


@dataclass(frozen=True)
class ArmLane:
    """Arms filed under one label."""

    label: str
    points: Sequence[ArmPoint]


@dataclass(frozen=True)
class ArmsStrip:
    """Published bands above, arms of trials below, one axis of dose.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit and counts.
    unit : str
        Of the axis ("mg").
    bands : sequence of BandLane
    lanes : sequence of ArmLane
        Empty lanes are drawn and said to be empty.
    below : sequence of (float, str)
        Words under the axis at a dose ("50% (34 to 66)"), for instance occupancy.
    below_label : str
    """

    title: str
    subtitle: str
    unit: str
    bands: Sequence[BandLane]
    lanes: Sequence[ArmLane]
    below: Sequence[tuple[float, str]] = ()
    below_label: str = ""

    def __post_init__(self) -> None:
        doses = self.doses
        if not any(lane.points for lane in self.lanes):
            raise ChartError("an arms strip needs at least one arm")
        if not all(math.isfinite(d) and d > 0 for d in doses):
            raise ChartError("doses must be finite and above zero")

    @property
    def doses(self) -> list[float]:
        """Every dose the axis must hold."""
        return [v for b in self.bands for s in b.spans for v in (s.low, s.high)] + [
            p.dose for lane in self.lanes for p in lane.points
        ]


def arms_strip(plot: ArmsStrip, layout: Layout = "wide") -> Markup:
    """Draw published bands and arms.

    Parameters
    ----------
    plot : ArmsStrip
        What to draw.
    layout : {"wide", "narrow"}
        Labels at the left, or above each lane for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    wide = layout == "wide"
    sheet = Sheet(800.0 if wide else 340.0)
    names = [b.label for b in plot.bands] + [lane.label for lane in plot.lanes]
    label_w = min(max(width(n, 14, True) for n in names) + 16, 190.0) if wide else 0.0
    scale = _axis(plot, label_w + 8, sheet.width - 12)
    ground = len(sheet.parts)
    y = _heading(sheet, "What publications call a dose", 15)
    for band in plot.bands:
        y = _band_lane(sheet, band, scale, y, label_w)
    y = _heading(sheet, "What trials gave, by the label on file", y + 26)
    for lane in plot.lanes:
        y = _arm_lane(sheet, lane, scale, y, label_w)
    bottom = y + 4
    behind = Sheet(sheet.width)
    for tick in scale.ticks:
        behind.line(scale(tick), 22, scale(tick), bottom, "rule")
    sheet.parts[ground:ground] = behind.parts
    end = _foot(sheet, plot, scale, bottom)
    return sheet.svg(end, plot.title, _describe(plot), f"arms-{layout}")


def _axis(plot: ArmsStrip, start: float, stop: float) -> Scale:
    low, high = min(plot.doses) / 1.15, max(plot.doses) * 1.15
    marks = [m * 10.0**e for e in range(-4, 5) for m in (1.0, 2.0, 5.0)]
    kept = tuple(m for m in marks if low <= m <= high)
    return Scale(low, high, start, stop, True, kept, tuple(f"{m:.10g}" for m in kept))


def _heading(sheet: Sheet, words: str, y: float) -> float:
    sheet.text(0, y, words, size=13, color="ink-2", bold=True)
    return y + 8


def _lane_label(sheet: Sheet, label: str, y: float, label_w: float) -> float:
    """Name a lane at its left (wide) or above it (narrow); return where its marks may start."""
    if label_w:
        sheet.lines(0, y + 17, wrap(label, label_w - 12, 14, True), bold=True, leading=17)
        return y
    sheet.text(0, y + 17, label, bold=True)
    return y + 20


def _band_lane(sheet: Sheet, band: BandLane, scale: Scale, y: float, label_w: float) -> float:
    top = _lane_label(sheet, band.label, y, label_w)
    at = top + 12
    rows: list[list[tuple[float, float]]] = []
    for span in sorted(band.spans, key=lambda s: (s.low, s.high)):
        a, b = scale(span.low) - 3, scale(span.high) + 3
        free = next(
            (i for i, r in enumerate(rows) if all(b < x - 3 or a > z + 3 for x, z in r)), None
        )
        if free is None:
            rows.append([])
            free = len(rows) - 1
        rows[free].append((a, b))
        yy = at + free * _SPAN_STEP
        if b - a < 8:
            sheet.rect((a + b) / 2 - 2, yy - 4, 4, 8, "cert-2")
        else:
            sheet.rect(a + 3, yy - 2.5, b - a - 6, 5, "cert-2")
            sheet.rect(a + 2, yy - 4, 2, 8, "cert-2")
            sheet.rect(b - 4, yy - 4, 2, 8, "cert-2")
    if not band.spans:
        sheet.text(scale.start, top + 17, "no source names one", size=13, color="ink-3")
    end = at + max(len(rows), 1) * _SPAN_STEP
    return max(end, y + 28)


def _arm_lane(sheet: Sheet, lane: ArmLane, scale: Scale, y: float, label_w: float) -> float:
    top = _lane_label(sheet, lane.label, y, label_w)
    if not lane.points:
        sheet.text(scale.start, top + 17, "no arm", size=13, color="ink-3")
        return top + 28
    stacks: list[tuple[float, int]] = []
    placed = []
    for p in sorted(lane.points, key=lambda p: p.dose):
        x = scale(p.dose)
        level = 0
        while any(abs(x - sx) < 2 * _DOT + 1.5 and level == sl for sx, sl in stacks):
            level += 1
        stacks.append((x, level))
        placed.append((p, x, level))
    depth = max(level for _, level in stacks)
    base = top + 13 + depth * (2 * _DOT + 2)
    for p, x, level in placed:
        draw_fit(sheet, x, base - level * (2 * _DOT + 2), p.fit)
    end = base + _DOT + 8
    sheet.line(scale.start, end, scale.stop, end, "rule")
    return max(end, y + 28)


def draw_fit(sheet: Sheet, x: float, y: float, fit: Fit) -> None:
    """Draw the mark of an arm: disc, half disc, diamond or ring, so that colour is not needed."""
    r = _DOT
    if fit == "agrees":
        sheet.circle(x, y, r, "accent")
    elif fit == "divided":
        sheet.circle(x, y, r - 0.75, "paper", "accent", stroke_width=1.5)
        sheet.path(f"M{x:.1f} {y - r:.1f}a{r} {r} 0 0 0 0 {2 * r}z", "accent")
    elif fit == "differs":
        sheet.polygon([(x, y - r - 1), (x + r + 1, y), (x, y + r + 1), (x - r - 1, y)], "harm")
    else:
        sheet.circle(x, y, r - 0.75, "paper", "ink-3", stroke_width=1.5)


def _foot(sheet: Sheet, plot: ArmsStrip, scale: Scale, y: float) -> float:
    sheet.line(scale.start, y, scale.stop, y, "rule-2")
    last = -1e9
    for value, label in zip(scale.ticks, scale.tick_labels, strict=True):
        x, half = scale(value), width(label, 13) / 2
        if x - half > last + 5:
            sheet.line(x, y, x, y + 4, "rule-2")
            sheet.text(x, y + 19, label, size=13, color="ink-2", anchor="middle")
            last = x + half
    y = y + 37
    sheet.text(
        scale.stop, y, f"{plot.unit}, logarithmic", size=13, color="ink-2", anchor="end", bold=True
    )
    if plot.below:
        y += 22
        y = sheet.paragraph(0, y, plot.below_label, sheet.width, size=13, color="ink-2", bold=True)
        if sheet.width < 500:
            listed = " · ".join(f"{dose:g} {plot.unit} {words}" for dose, words in plot.below)
            y = sheet.paragraph(0, y, listed, sheet.width, size=13) - 18
        else:
            for dose, words in plot.below:
                half = width(words, 13) / 2
                x = min(max(scale(dose), half), sheet.width - half)
                sheet.text(x, y + 2, words, size=13, color="ink", anchor="middle")
        y += 4
    y += 24
    x = 0.0
    used = {p.fit for lane in plot.lanes for p in lane.points}
    for fit in ("agrees", "divided", "differs", "none"):
        if fit not in used:
            continue
        words = FIT_WORDS[fit]
        if x and x + 18 + width(words, 13) > sheet.width:
            x, y = 0.0, y + 20
        draw_fit(sheet, x + 7, y - 4.5, fit)
        sheet.text(x + 19, y, words, size=13, color="ink-2")
        x += 19 + width(words, 13) + 22
    return y + 8


def _describe(plot: ArmsStrip) -> str:
    parts = []
    for band in plot.bands:
        for s in band.spans:
            parts.append(f"{band.label}: {s.low:g} to {s.high:g} {plot.unit} ({s.source}).")
    for lane in plot.lanes:
        doses = ", ".join(f"{p.dose:g}" for p in sorted(lane.points, key=lambda p: p.dose))
        parts.append(f"Filed as {lane.label}: {doses or 'no arm'}.")
    return f"Doses in {plot.unit}. " + " ".join(parts)


def arms_table(plot: ArmsStrip) -> Table:
    """Build the table twin: every arm, then every published band.

    Parameters
    ----------
    plot : ArmsStrip
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row an arm or a band, under headings.
    """
    rows: list[Row] = []
    for lane in plot.lanes:
        rows.append(Row((f"Filed as {lane.label}: {len(lane.points)} arms",), "group"))
        for p in sorted(lane.points, key=lambda p: p.dose):
            name: Cell = Link(p.name, p.href) if p.href else p.name
            rows.append(
                Row((name, p.given, f"“{p.word}”" if p.word else "–", p.shares, FIT_WORDS[p.fit]))
            )
    for band in plot.bands:
        rows.append(Row((f"Published bands: {band.label}",), "group"))
        for s in band.spans:
            span = f"{s.low:g}" if s.low == s.high else f"{s.low:g} to {s.high:g}"
            name = Link(s.source, s.href) if s.href else s.source
            rows.append(Row((name, f"{span} {plot.unit}", f"“{s.word}”", "–", "–")))
    headers = (
        "Study, trial or source",
        "Dose",
        "Its authors’ word",
        "Class by published bands",
        "Against the label",
    )
    return Table(plot.title, headers, rows, note=plot.subtitle)


def arms_figure(plot: ArmsStrip) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(plot, arms_strip, arms_table(plot), "arms")
