"""People per 100, one figure a person, both arms side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.textfit import width

__all__ = ["IconArm", "IconArray", "icon_array", "icon_figure", "icon_table"]


@dataclass(frozen=True)
class IconArm:
    """One arm.

    Attributes
    ----------
    label : str
        Who ("People given ketamine").
    per_100 : float
        People with the event in every 100.
    low, high : float or None
        Limits of the 95% interval, per 100.
    raw : str
        What was counted ("8 of 10 people").
    """

    label: str
    per_100: float
    low: float | None = None
    high: float | None = None
    raw: str = ""


@dataclass(frozen=True)
class IconArray:
    """People per 100 in two arms, with the same denominator and the same time.

    Attributes
    ----------
    title, subtitle : str
        The finding; then event, time and number of people.
    arms : sequence of IconArm
        Treatment first, comparator second.
    event : str
        The event as it completes "of 100 people … " ("had at least 25% fewer migraine days").
    harm : bool
        The event is a harm: drawn in the colour of harm.
    """

    title: str
    subtitle: str
    arms: Sequence[IconArm]
    event: str
    harm: bool = False

    def __post_init__(self) -> None:
        if not self.arms:
            raise ChartError("an icon array needs at least one arm")
        for arm in self.arms:
            for value in (arm.per_100, arm.low, arm.high):
                if value is not None and not 0 <= value <= 100:
                    raise ChartError(f"{arm.label}: {value!r} is not a number of people in 100")
            if (arm.low is None) != (arm.high is None):
                raise ChartError(f"{arm.label}: give both limits or none")


def _person(x: float, y: float) -> str:
    """One figure, 12 wide and 19 high, as path data from its top left corner."""
    return (
        f"M{x + 6:g} {y:g}a2.9 2.9 0 1 1-.01 0z"
        f"M{x + 3.6:g} {y + 7:g}h4.8a2 2 0 0 1 2 2v4.6h-1.8v5h-5.2v-5h-1.8v-4.6a2 2 0 0 1 2-2z"
    )


def _arm_words(arm: IconArm, event: str) -> str:
    return f"{arm.per_100:.0f} of 100 {event}"


def _arm_limits(arm: IconArm) -> str:
    if arm.low is None or arm.high is None:
        return ""
    return f"could be {arm.low:.0f} to {arm.high:.0f}"


def icon_array(array: IconArray, layout: Layout = "wide") -> Markup:
    """Draw people per 100.

    Parameters
    ----------
    array : IconArray
        What to draw.
    layout : {"wide", "narrow"}
        Arms side by side, or one below the other.

    Returns
    -------
    Markup
        One ``<svg>`` element; each arm is ten rows of ten people.
    """
    wide = layout == "wide"
    sheet = Sheet(800.0 if wide else 340.0)
    color = "harm" if array.harm else "benefit"
    pitch_x, pitch_y = (17.0, 25.0) if wide else (19.0, 25.0)
    y0 = bottom = 0.0
    for i, arm in enumerate(array.arms):
        x0 = i * 400.0 if wide else 0.0
        y = (0.0 if wide else y0) + 16
        sheet.text(x0, y, arm.label, size=15, bold=True)
        number = f"{arm.per_100:.0f}"
        top = y + 16
        text_x = x0 + pitch_x * 10 + 20
        sheet.text(text_x, top + 30, number, size=38, bold=True, color=color)
        sheet.text(text_x + width(number, 38, True) + 6, top + 30, "of 100", size=15)
        line = sheet.paragraph(
            text_x, top + 54, array.event, (180.0 if wide else 340 - text_x), size=14
        )
        for text in (_arm_limits(arm), arm.raw):
            if text:
                line = sheet.paragraph(
                    text_x,
                    line + 4,
                    text,
                    (180.0 if wide else 340 - text_x),
                    size=13,
                    color="ink-2",
                )
        filled: list[str] = []
        empty: list[str] = []
        for person in range(100):
            row, column = divmod(person, 10)
            place = _person(x0 + column * pitch_x, top + row * pitch_y)
            (filled if person < round(arm.per_100) else empty).append(place)
        if filled:
            sheet.path("".join(filled), color)
        if empty:
            sheet.path("".join(empty), None, "rule-2", stroke_width=1)
        bottom = max(bottom, top + 10 * pitch_y, line)
        y0 = bottom + 18
    words = " ".join(
        f"{arm.label}: {_arm_words(arm, array.event)}"
        f"{' (' + _arm_limits(arm) + ')' if _arm_limits(arm) else ''}."
        for arm in array.arms
    )
    return sheet.svg(bottom, array.title, words, f"icons-{layout}")


def icon_table(array: IconArray) -> Table:
    """Build the table twin of an icon array.

    Parameters
    ----------
    array : IconArray
        The same object the picture is drawn from.

    Returns
    -------
    Table
        Arms with events and the other people: gain and loss in one table.
    """
    rows = []
    for arm in array.arms:
        limits = None
        if arm.low is not None and arm.high is not None:
            limits = f"{arm.low:.0f} to {arm.high:.0f}"
        rows.append(
            Row(
                (
                    arm.label,
                    f"{arm.per_100:.0f}",
                    f"{100 - round(arm.per_100)}",
                    limits,
                    arm.raw or None,
                )
            )
        )
    return Table(
        array.title,
        ("", f"Of 100 people, {array.event}", "The other people", "95% interval", "Counted"),
        rows,
        note=array.subtitle,
    )


def icon_figure(array: IconArray) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    return Figure.of(array, icon_array, icon_table(array), "icons")
