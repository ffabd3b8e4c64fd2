"""Forest plots with the raw numbers beside every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Cell, Figure, Layout, Link, Row, Table
from aponia.site.charts.intervals import Interval, check_estimate
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.scales import Scale, make_scale

__all__ = [
    "ForestPlot",
    "ForestPooled",
    "ForestRow",
    "forest_figure",
    "forest_plot",
    "forest_table",
]


@dataclass(frozen=True)
class ForestRow:
    """One study.

    Attributes
    ----------
    label : str
        Author and year as printed.
    left, right : str
        Raw numbers of the two arms, as text ("8; −3.2 (−8.3 to 1.9)"); "" if not printed.
    effect, ci : float and tuple of float, or None
        The estimate and its 95% interval in the units of the plot (ratios as ratios, not logs).
        Without an estimate the row is text only.
    weight : float or None
        Share of the pooled result in percent; None if the study is not pooled.
    text : str
        Shown in the picture's place when there is no estimate ("p = 0.25, no means printed").
    group : str
        Subgroup the row stands in; rows of one group must follow each other.
    pooled : bool
        False draws a hollow mark: shown, but not part of the pooled result.
    derived : str
        How the numbers were recovered, if the paper did not print them; adds a mark and a note.
    href : str
        Page of the study, used in the table.
    """

    label: str
    left: str = ""
    right: str = ""
    effect: float | None = None
    ci: Interval | None = None
    weight: float | None = None
    text: str = ""
    group: str = ""
    pooled: bool = True
    derived: str = ""
    href: str = ""


@dataclass(frozen=True)
class ForestPooled:
    """A pooled result, of the whole plot or of one group.

    Attributes
    ----------
    label : str
        For example "Pooled, random effects (2 studies, 41 people)".
    effect, ci : float, tuple of float
        The pooled estimate with its interval.
    prediction : tuple of float or None
        Prediction interval: where the true effect of a new study would fall.
    note : str
        Second line under the label ("τ² 0.12; I² 34%").
    group : str
        The subgroup it sums up; "" for the whole plot.
    prediction_label : str
        Names the prediction interval with its level.
    """

    label: str
    effect: float
    ci: Interval
    prediction: Interval | None = None
    note: str = ""
    group: str = ""
    prediction_label: str = "95% prediction interval"


@dataclass(frozen=True)
class ForestPlot:
    """A forest plot.

    Attributes
    ----------
    title, subtitle : str
        The finding; then measure, unit and number of people.
    rows : sequence of ForestRow
        In the order shown.
    pooled : sequence of ForestPooled
        Group results and at most one overall result; empty when nothing was pooled.
    measure : str
        Heading of the estimate column ("Difference in attacks a week").
    left_header, right_header : str
        Headings of the raw columns ("Psilocybin"). Both "" leaves the columns out.
    favours_low, favours_high : str
        What a value below and above the line means, in words.
    log : bool
        Logarithmic axis; the line stands at 1 instead of 0.
    mid : tuple of float or None
        Zone of differences too small to matter, in the units of the axis.
    mid_label : str
        What the zone is ("Shaded: less than people notice (under 1 point)").
    digits : int
        Decimals of the printed estimates.
    domain : tuple of float or None
        Fixed axis; by default chosen, and only far wider intervals are cut off.
    """

    title: str
    subtitle: str
    rows: Sequence[ForestRow]
    pooled: Sequence[ForestPooled] = ()
    measure: str = "Difference"
    left_header: str = ""
    right_header: str = ""
    favours_low: str = ""
    favours_high: str = ""
    log: bool = False
    mid: Interval | None = None
    mid_label: str = ""
    digits: int = 1
    domain: tuple[float, float] | None = None
    null_label: str = "no difference"

    def __post_init__(self) -> None:
        if not self.rows:
            raise ChartError("a forest plot needs at least one row")
        for row in self.rows:
            check_estimate(row.label, row.effect, row.ci, log=self.log)
            if row.weight is not None and not 0 <= row.weight <= 100.5:
                raise ChartError(f"{row.label}: weight {row.weight} is not a percentage")
        for pooled in self.pooled:
            check_estimate(pooled.label, pooled.effect, pooled.ci, log=self.log)
            if pooled.prediction is not None:
                check_estimate(
                    f"{pooled.label}, prediction", pooled.effect, pooled.prediction, log=self.log
                )
        if sum(not p.group for p in self.pooled) > 1:
            raise ChartError("a forest plot has at most one overall result")
        missing = {p.group for p in self.pooled if p.group} - {r.group for r in self.rows}
        if missing:
            raise ChartError(f"a pooled result names a group without rows: {sorted(missing)}")
        groups = [row.group for row in self.rows]
        starts = [g for i, g in enumerate(groups) if i == 0 or groups[i - 1] != g]
        if len(starts) != len(set(starts)):
            raise ChartError("rows of one group must follow each other")

    @property
    def null(self) -> float:
        """The value of no difference: 1 for ratios, 0 otherwise."""
        return 1.0 if self.log else 0.0

    @cached_property
    def shows_weights(self) -> bool:
        """Whether any row has a weight to print."""
        return any(row.weight is not None for row in self.rows)

    @cached_property
    def has_picture(self) -> bool:
        """Whether any row has an estimate to draw."""
        return any(row.effect is not None for row in self.rows)

    def scale(self, start: float, stop: float, count: int = 5) -> Scale:
        """Axis of the plot between two drawing positions."""
        domain = self.domain if self.domain is not None else None
        values = [] if domain is not None else self._axis_values()
        return make_scale(values, start, stop, log=self.log, domain=domain, count=count)

    def _axis_values(self) -> list[float]:
        from math import log as ln

        def size(ci: Interval) -> float:
            return ln(ci[1] / ci[0]) if self.log else ci[1] - ci[0]

        intervals = [r.ci for r in self.rows if r.ci] + [p.ci for p in self.pooled]
        intervals += [p.prediction for p in self.pooled if p.prediction]
        values = [self.null, *(self.mid or ())]
        values += [r.effect for r in self.rows if r.effect is not None]
        values += [p.effect for p in self.pooled]
        # One very wide interval must not squeeze all others into a few pixels: it is cut off, with
        # an arrowhead, if it is over four times as wide as the middle one.
        if intervals:
            middle = sorted(size(ci) for ci in intervals)[(len(intervals) - 1) // 2]
            for ci in intervals:
                if size(ci) <= 4 * middle or len(intervals) < 3:
                    values += ci
        return values

    def estimate_text(self, effect: float, ci: Interval | None) -> str:
        """Estimate and interval as printed."""
        text = signed(effect, self.digits)
        return text if ci is None else f"{text} ({interval(*ci, self.digits)})"

    def description(self) -> str:
        """Tell the picture in words, for the image's description."""
        count = len(self.rows)
        parts = [f"Forest plot of {count} {'study' if count == 1 else 'studies'}. {self.measure}."]
        for pooled in self.pooled:
            parts.append(f"{pooled.label}: {self.estimate_text(pooled.effect, pooled.ci)}.")
        if self.favours_low and self.favours_high:
            parts.append(f"Left of the line: {self.favours_low}; right: {self.favours_high}.")
        parts.append("All numbers are in the table that follows.")
        return " ".join(parts)


def forest_plot(plot: ForestPlot, layout: Layout = "wide") -> Markup:
    """Draw a forest plot.

    Parameters
    ----------
    plot : ForestPlot
        What to draw.
    layout : {"wide", "narrow"}
        A table with a picture column, or stacked rows for a phone.

    Returns
    -------
    Markup
        One ``<svg>`` element.

    Examples
    --------
    >>> row = ForestRow("Schindler 2022", effect=-3.2, ci=(-9.1, 2.7))
    >>> str(forest_plot(ForestPlot("One small trial", "attacks a week", [row])))[:4]
    '<svg'
    """
    from aponia.site.charts.forest_drawing import draw_narrow, draw_wide

    return draw_wide(plot) if layout == "wide" else draw_narrow(plot)


def forest_table(plot: ForestPlot) -> Table:
    """Build the table twin of a forest plot.

    Parameters
    ----------
    plot : ForestPlot
        The same object the picture is drawn from.

    Returns
    -------
    Table
        One row a study, in the same order, with the pooled rows as totals.
    """
    raw = bool(plot.left_header or plot.right_header)
    headers = ["Study"]
    if raw:
        headers += [plot.left_header, plot.right_header]
    headers.append(f"{plot.measure} (95% interval)")
    if plot.shows_weights:
        headers.append("Weight")
    rows: list[Row] = []
    current = ""
    for i, row in enumerate(plot.rows):
        if row.group and row.group != current:
            rows.append(Row((row.group,), "group"))
        current = row.group
        cells: list[Cell] = [Link(row.label, row.href) if row.href else row.label]
        if raw:
            cells += [row.left or None, row.right or None]
        cells.append(_estimate_cell(plot, row))
        if plot.shows_weights:
            cells.append("not pooled" if row.weight is None else f"{signed(row.weight, 0)}%")
        rows.append(Row(tuple(cells)))
        if i + 1 == len(plot.rows) or plot.rows[i + 1].group != current:
            rows += [
                r
                for p in plot.pooled
                if p.group == current and p.group
                for r in _pooled_rows(plot, p, len(headers), raw)
            ]
    for pooled in plot.pooled:
        if not pooled.group:
            rows += _pooled_rows(plot, pooled, len(headers), raw)
    numeric = (len(headers) - 1,) if plot.shows_weights else ()
    return Table(plot.title, tuple(headers), rows, note=plot.subtitle, numeric=numeric)


def _estimate_cell(plot: ForestPlot, row: ForestRow) -> str | None:
    if row.effect is None:
        return row.text or None
    text = plot.estimate_text(row.effect, row.ci)
    return f"{text}; {row.derived}" if row.derived else text


def _pooled_rows(plot: ForestPlot, pooled: ForestPooled, width: int, raw: bool) -> list[Row]:
    def fill(label: str, text: str) -> tuple[Cell, ...]:
        cells: list[Cell] = [label, *(["–", "–"] if raw else []), text]
        return tuple(cells + ["–"] * (width - len(cells)))

    note = f". {pooled.note}" if pooled.note else ""
    rows = [Row(fill(pooled.label + note, plot.estimate_text(pooled.effect, pooled.ci)), "total")]
    if pooled.prediction:
        text = interval(*pooled.prediction, plot.digits)
        told = f"{pooled.prediction_label}: where a new study would fall"
        rows.append(Row(fill(told, text)))
    return rows


def forest_figure(plot: ForestPlot) -> Figure:
    """Both drawings and the table, for the macro ``figure``.

    Parameters
    ----------
    plot : ForestPlot
        What to draw.

    Returns
    -------
    Figure
        Title, subtitle, drawings and table.
    """
    return Figure.of(plot, forest_plot, forest_table(plot), "forest")
