"""The size of an effect as one picture: a dot with its interval, and what placebo did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Direction, Figure, Layout, Row, Table
from aponia.site.charts.forest_drawing import draw_axis, side_words
from aponia.site.charts.intervals import Interval, check_estimate, draw_band, draw_estimate
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.palette import DIRECTION, TOKENS
from aponia.site.charts.scales import Scale, make_scale
from aponia.site.charts.textfit import width

__all__ = ["EffectStrip", "StripItem", "effect_strip", "strip_figure", "strip_table"]

_NAMES = {value: key for key, value in TOKENS.items()}


@dataclass(frozen=True)
class StripItem:
    """One dot of the strip.

    Attributes
    ----------
    label : str
        Who or what ("People given psilocybin").
    effect : float
        In the patient's unit.
    ci : tuple of float or None
        Its 95% interval.
    sub : str
        Second line ("8 people").
    main : bool
        The answer's own number: larger and in the colour of its direction.
    """

    label: str
    effect: float
    ci: Interval | None = None
    sub: str = ""
    main: bool = False


@dataclass(frozen=True)
class EffectStrip:
    """An effect-size strip.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit, number of people.
    items : sequence of StripItem
        The effect and, beside it, what happened without the substance.
    direction : str
        Colour of the main item.
    unit : str
        Printed after the numbers ("attacks a week").
    low_words, high_words : str
        What left and right of the line mean.
    null_label : str
        Name of the line ("no difference", or "no change" when arms are shown).
    log, mid, mid_label, digits, domain
        As in `ForestPlot`.
    """

    title: str
    subtitle: str
    items: Sequence[StripItem]
    direction: Direction = "unclear"
    unit: str = ""
    low_words: str = ""
    high_words: str = ""
    null_label: str = "no difference"
    log: bool = False
    mid: Interval | None = None
    mid_label: str = ""
    digits: int = 1
    domain: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.items:
            raise ChartError("an effect strip needs at least one item")
        for item in self.items:
            check_estimate(item.label, item.effect, item.ci, log=self.log)

    @property
    def null(self) -> float:
        """The value of no difference."""
        return 1.0 if self.log else 0.0

    def number(self, item: StripItem) -> tuple[str, str]:
        """Estimate and interval as printed."""
        text = signed(item.effect, self.digits)
        return text, f"({interval(*item.ci, self.digits)})" if item.ci else ""

    def scale(self, start: float, stop: float) -> Scale:
        """Axis between two drawing positions."""
        values = [self.null, *(self.mid or ())]
        for item in self.items:
            values += [item.effect, *(item.ci or ())]
        return make_scale(values, start, stop, log=self.log, domain=self.domain, count=5)


def effect_strip(strip: EffectStrip, layout: Layout = "wide") -> Markup:
    """Draw an effect-size strip.

    Parameters
    ----------
    strip : EffectStrip
        What to draw.
    layout : {"wide", "narrow"}
        Labels beside the strips, or above them for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.
    """
    wide = layout == "wide"
    sheet = Sheet(800.0 if wide else 340.0)
    label_w = max(width(text, 15, True) for item in strip.items for text in (item.label, item.sub))
    number_w = max(
        width(a, 19, True) + width(b, 15) + 6 for a, b in (strip.number(i) for i in strip.items)
    )
    start = min(label_w, 200) + 26 if wide else 10.0
    stop = sheet.width - number_w - 26 if wide else sheet.width - 10
    scale = strip.scale(start, stop)
    height = 58.0 if wide else 84.0
    bottom = 6 + height * len(strip.items)
    for i, item in enumerate(strip.items):
        top = 6 + i * height
        middle = top + (height / 2 if wide else 62)
        # On a phone the ground is laid strip by strip: the text stands above each.
        ground, depth = (top, height) if wide else (middle - 18, 36.0)
        if strip.mid:
            draw_band(sheet, scale, strip.mid, ground, depth)
        if scale.holds(strip.null):
            sheet.line(scale(strip.null), ground, scale(strip.null), ground + depth, "ink-3")
        color = _NAMES[DIRECTION[strip.direction]] if item.main else "ink-2"
        draw_estimate(
            sheet,
            scale,
            middle,
            item.effect,
            item.ci,
            size=19 if item.main else 11,
            color=color,
            shape="dot",
            stroke=3 if item.main else 1.7,
            hollow=not item.main,
        )
        number, limits = strip.number(item)
        if wide:
            base = middle + (5 if not item.sub else -2)
            sheet.paragraph(0, base, item.label, start - 20, size=15, bold=item.main)
            if item.sub:
                sheet.text(0, middle + 16, item.sub, size=13, color="ink-2")
            x = stop + 26
            sheet.text(x, middle + 6, number, size=19, bold=True)
            sheet.text(x + width(number, 19, True) + 6, middle + 6, limits, size=15, color="ink-2")
        else:
            sheet.text(0, top + 16, item.label, size=15, bold=item.main)
            sheet.text(0, top + 34, item.sub, size=13, color="ink-2")
            right = sheet.width - (width(limits, 13) + 5 if limits else 0)
            sheet.text(right, top + 34, number, size=17, bold=True, anchor="end")
            if limits:
                sheet.text(sheet.width, top + 34, limits, size=13, color="ink-2", anchor="end")
    y = draw_axis(sheet, scale, bottom + 2, strip.null, strip.null_label)
    if strip.low_words or strip.high_words:
        y = side_words(sheet, scale.clamp(strip.null), y, strip.low_words, strip.high_words)
    if strip.mid and strip.mid_label:
        sheet.rect(0, y - 7, 18, 13, "mid")
        y = sheet.paragraph(25, y + 4, strip.mid_label, sheet.width - 25, size=13, color="mid-ink")
    return sheet.svg(y - 4, strip.title, _describe(strip), f"strip-{layout}")


def _describe(strip: EffectStrip) -> str:
    parts = []
    for item in strip.items:
        number, limits = strip.number(item)
        parts.append(f"{item.label}: {' '.join(x for x in (number, strip.unit, limits) if x)}.")
    if strip.mid_label:
        parts.append(f"{strip.mid_label}.")
    return " ".join(parts)


def strip_table(strip: EffectStrip) -> Table:
    """Build the table twin of a strip.

    Parameters
    ----------
    strip : EffectStrip
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row an item.
    """
    rows = []
    for item in strip.items:
        limits = interval(*item.ci, strip.digits) if item.ci else None
        rows.append(Row((item.label, item.sub or "–", signed(item.effect, strip.digits), limits)))
    unit = f", {strip.unit}" if strip.unit else ""
    return Table(
        strip.title, ("", "People", f"Estimate{unit}", "95% interval"), rows, note=strip.subtitle
    )


def strip_figure(strip: EffectStrip) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(strip, effect_strip, strip_table(strip), "strip")
