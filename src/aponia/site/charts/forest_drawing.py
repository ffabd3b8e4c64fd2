"""The two arrangements of a forest plot."""

from __future__ import annotations

import math

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.forest import ForestPlot, ForestPooled, ForestRow
from aponia.site.charts.intervals import (
    draw_band,
    draw_diamond,
    draw_estimate,
    draw_prediction,
)
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.scales import Scale
from aponia.site.charts.textfit import width, wrap

__all__ = ["draw_axis", "draw_narrow", "draw_wide", "side_words"]

WIDE = 800.0
NARROW = 340.0
_LINE = 18.0
_GUTTER = 18.0
_PREDICTION = "Where a new study would fall"
_UNPOOLED = "Shown, not pooled"


def _starred(row: ForestRow) -> str:
    return row.label + ("*" if row.derived else "")


def _marker_size(row: ForestRow) -> float:
    # Area, not side, carries the weight: sides of 5 to 14.
    return 7.0 if row.weight is None else 5 + 9 * math.sqrt(min(row.weight, 100) / 100)


def _column(texts: list[str], header: str, limit: float, size: float = 14) -> float:
    """Width a column needs: its longest text, wrapped at the limit."""
    widest = max((width(t, size) for t in texts), default=0.0)
    words = max((width(w, 13, True) for w in header.split(" ")), default=0.0)
    return min(limit, max(widest, words, min(width(header, 13, True), limit * 0.75)))


def side_words(sheet: Sheet, x: float, y: float, low: str, high: str) -> float:
    """Name both sides of the line in words, with arrows; return the next free baseline.

    The words stand left and right of the line where both fit, else one below the other.
    """
    sides = [(words, sign) for words, sign in ((low, -1), (high, 1)) if words]
    room = {-1: x - 30, 1: sheet.width - x - 30}
    if all(width(words, 13) <= room[sign] for words, sign in sides):
        for words, sign in sides:
            _side_arrow(sheet, x + sign * 8, y, sign)
            anchor = "end" if sign < 0 else "start"
            sheet.text(x + sign * 28, y, words, size=13, color="ink-2", anchor=anchor)
        return y + 18
    for words, sign in sides:
        _side_arrow(sheet, 0 if sign > 0 else 14, y, sign)
        y = sheet.paragraph(22, y, words, sheet.width - 22, size=13, color="ink-2") + 1
    return y


def _side_arrow(sheet: Sheet, x: float, y: float, sign: int) -> None:
    tip = x + sign * 14
    back = -sign * 4
    sheet.path(
        f"M{x:.1f} {y - 4:.1f}H{tip:.1f}m{back} -3.5l{-back} 3.5l{back} 3.5",
        None,
        "ink-2",
        stroke_width=1.3,
    )


def draw_axis(
    sheet: Sheet, scale: Scale, y: float, null: float, null_label: str, *, size: float = 13
) -> float:
    """Draw ticks with numbers and name the line of no difference; return the next baseline."""
    sheet.line(scale.start, y, scale.stop, y, "rule-2")
    last_end = -1e9
    for value, label in zip(scale.ticks, scale.tick_labels, strict=True):
        x = scale(value)
        sheet.line(x, y, x, y + 4, "rule-2")
        half = width(label, size) / 2
        if x - half > last_end + 5:
            sheet.text(x, y + 18, label, size=size, color="ink-2", anchor="middle")
            last_end = x + half
    y += 18
    if null_label and scale.holds(null):
        y += 19
        half = width(null_label, size, True) / 2
        middle = min(max(scale(null), half), sheet.width - half)
        sheet.text(middle, y, null_label, size=size, color="ink", anchor="middle", bold=True)
    return y + 19


def _foot(sheet: Sheet, plot: ForestPlot, scale: Scale, y: float, left: float) -> float:
    y = draw_axis(sheet, scale, y, plot.null, plot.null_label)
    if plot.favours_low or plot.favours_high:
        y = side_words(sheet, scale.clamp(plot.null), y, plot.favours_low, plot.favours_high)
    notes = [plot.mid_label] if plot.mid and plot.mid_label else []
    for note in notes:
        y += 4
        sheet.rect(left, y - 11, 18, 13, "mid")
        y = sheet.paragraph(left + 25, y, note, sheet.width - left - 25, size=13, color="mid-ink")
    derived = sorted({r.derived for r in plot.rows if r.derived})
    for note in derived:
        y = sheet.paragraph(left, y + 4, f"* {note}", sheet.width - left, size=13, color="ink-2")
    return y - 8


class _Wide:
    """Column positions of the wide arrangement, then the rows one below the other."""

    def __init__(self, plot: ForestPlot) -> None:
        self.plot = plot
        self.sheet = Sheet(WIDE)
        rows = plot.rows
        self.raw = bool(plot.left_header or plot.right_header)
        labels = [_starred(r) for r in rows] + [p.label for p in plot.pooled]
        if any(p.prediction for p in plot.pooled):
            labels.append(_PREDICTION)
        self.label_w = _column(labels, "Study", 190)
        texts = [plot.estimate_text(r.effect, r.ci) for r in rows if r.effect is not None]
        texts += [plot.estimate_text(p.effect, p.ci) for p in plot.pooled]
        self.text_w = max([width(t, 14, True) for t in texts] or [120.0])
        self.weight_w = 48.0 if plot.shows_weights else 0.0
        self.left_w = self.right_w = 0.0
        if self.raw:
            # The picture needs 230; what is left over lets the raw numbers stand on one line.
            spare = WIDE - self.label_w - self.text_w - self.weight_w - 6 * _GUTTER - 230
            limit = max(100.0, spare / 2)
            self.left_w = _column([r.left for r in rows], plot.left_header, limit)
            limit = max(100.0, spare - self.left_w)
            self.right_w = _column([r.right for r in rows], plot.right_header, limit)
        self.left_x = self.label_w + _GUTTER
        self.right_x = self.left_x + self.left_w + (_GUTTER if self.raw else 0)
        self.plot_x = self.right_x + self.right_w + (_GUTTER + 4 if self.raw else 4)
        weight_gap = 14 if self.weight_w else 0
        self.text_x = WIDE - self.text_w - self.weight_w - weight_gap
        self.scale = plot.scale(self.plot_x + 8, self.text_x - _GUTTER - 8, 4)

    def header(self) -> float:
        plot, sheet = self.plot, self.sheet
        columns = [("Study", 0.0, self.label_w, "start")]
        if self.raw:
            columns += [
                (plot.left_header, self.left_x, self.left_w, "start"),
                (plot.right_header, self.right_x, self.right_w, "start"),
            ]
        if plot.has_picture:
            columns.append((plot.measure, self.plot_x, self.text_x - self.plot_x - 8, "start"))
        columns.append(("Estimate (95%\u00a0interval)", self.text_x, self.text_w, "start"))
        if self.weight_w:
            columns.append(("Weight", WIDE, self.weight_w + 4, "end"))
        broken = [(wrap(text, w, 13, True), x, a) for text, x, w, a in columns]
        depth = max(len(b) for b, _, _ in broken)
        bottom = 13 + (depth - 1) * 16
        for lines, x, anchor in broken:
            sheet.lines(
                x,
                bottom - (len(lines) - 1) * 16,
                lines,
                size=13,
                color="ink-2",
                bold=True,
                anchor=anchor,
                leading=16,
            )
        sheet.line(0, bottom + 9, WIDE, bottom + 9, "rule-2")
        return float(bottom + 9)

    def row(self, row: ForestRow, y: float) -> float:
        """Draw a study below `y` and return its bottom."""
        plot, sheet = self.plot, self.sheet
        label = _starred(row)
        cells = [(wrap(label, self.label_w, 14), 0.0)]
        if self.raw:
            cells += [
                (wrap(row.left or "–", self.left_w, 14), self.left_x),
                (wrap(row.right or "–", self.right_w, 14), self.right_x),
            ]
        words: list[str] = []
        if row.effect is None:
            words = wrap(row.text or "no numbers printed", WIDE - self.plot_x - 12, 14)
        depth = max([len(lines) for lines, _ in cells] + [len(words)])
        base = y + 21
        for lines, x in cells:
            sheet.lines(x, base, lines, leading=_LINE)
        if row.effect is None:
            # Words in the picture's place stand on paper, so the band and the line end around them.
            reach = max(width(line, 14) for line in words)
            sheet.rect(self.plot_x, y + 4, reach + 14, len(words) * _LINE + 6, "paper")
            sheet.lines(self.plot_x + 8, base, words, color="ink-2", leading=_LINE)
        else:
            text = plot.estimate_text(row.effect, row.ci)
            sheet.text(self.text_x, base, text)
            draw_estimate(
                sheet,
                self.scale,
                base - 5,
                row.effect,
                row.ci,
                size=_marker_size(row),
                hollow=not row.pooled,
            )
            if self.weight_w:
                share = "–" if row.weight is None else f"{signed(row.weight, 0)}%"
                sheet.text(WIDE, base, share, anchor="end")
        return base + (depth - 1) * _LINE + 10

    def pooled(self, pooled: ForestPooled, y: float, overall: bool) -> float:
        """Draw a pooled result below `y` and return its bottom."""
        sheet = self.sheet
        if overall:
            y += 5
            sheet.line(0, y, WIDE, y, "rule-2")
            y += 3
        base = y + 21
        room = self.plot_x - 12
        bottom = sheet.paragraph(0, base, pooled.label, room, bold=True)
        if pooled.note:
            bottom = sheet.paragraph(0, bottom, pooled.note, room, size=13, color="ink-2")
        sheet.text(self.text_x, base, self.plot.estimate_text(pooled.effect, pooled.ci), bold=True)
        draw_diamond(
            sheet,
            self.scale,
            base - 5,
            pooled.effect,
            pooled.ci,
            color="accent" if overall else "ink-2",
            half=8 if overall else 6,
        )
        y = bottom - _LINE + 10
        if pooled.prediction:
            base = y + 21
            sheet.text(0, base, _PREDICTION)
            sheet.text(0, base + 17, pooled.prediction_label, size=13, color="ink-2")
            sheet.text(self.text_x, base, interval(*pooled.prediction, self.plot.digits))
            draw_prediction(sheet, self.scale, base - 5, pooled.prediction)
            y = base + 27
        return y

    def draw(self) -> Markup:
        plot, sheet = self.plot, self.sheet
        top = self.header()
        body = self.sheet
        # Rows decide the height, and the band must lie under them: rows go to a second sheet.
        self.sheet = Sheet(WIDE)
        y = top
        ground: float | None = None
        current = ""
        for i, row in enumerate(plot.rows):
            if row.group and row.group != current:
                self.sheet.text(0, y + 25, row.group, bold=True, color="accent")
                y += 30
            current = row.group
            # Rows of words at the end stand below the band and the line, not across them.
            ground = None if row.effect is not None else (ground if ground is not None else y)
            y = self.row(row, y)
            if i + 1 == len(plot.rows) or plot.rows[i + 1].group != current:
                for pooled in plot.pooled:
                    if pooled.group and pooled.group == current:
                        y, ground = self.pooled(pooled, y, overall=False), None
        for pooled in plot.pooled:
            if not pooled.group:
                y, ground = self.pooled(pooled, y, overall=True), None
        y += 6
        end = y if ground is None else ground
        rows, self.sheet = self.sheet, body
        if plot.has_picture:
            if plot.mid:
                draw_band(sheet, self.scale, plot.mid, top + 4, end - top - 4)
            if self.scale.holds(plot.null):
                x = self.scale(plot.null)
                sheet.line(x, top + 4, x, end, "ink-3")
        sheet.raw("".join(rows.parts))
        if plot.has_picture:
            y = _foot(sheet, plot, self.scale, y, 0)
        return sheet.svg(y + 6, plot.title, plot.description(), "forest-wide")


def draw_wide(plot: ForestPlot) -> Markup:
    """Draw the table with a picture column."""
    return _Wide(plot).draw()


def draw_narrow(plot: ForestPlot) -> Markup:
    """Draw stacked rows: label and numbers above, the interval below, across the whole width."""
    sheet = Sheet(NARROW)
    scale = plot.scale(12, NARROW - 12, 4)
    y = 0.0
    if plot.has_picture:
        head = f"{plot.measure} (95%\u00a0interval)"
        y = 6 + sheet.paragraph(0, 13, head, NARROW, size=13, color="ink-2", bold=True) - 13
    current = ""
    for i, row in enumerate(plot.rows):
        if row.group and row.group != current:
            y += 24
            sheet.text(0, y, row.group, bold=True, color="accent")
            y += 8
        current = row.group
        y = _narrow_row(sheet, plot, scale, row, y)
        if i + 1 == len(plot.rows) or plot.rows[i + 1].group != current:
            for pooled in plot.pooled:
                if pooled.group and pooled.group == current:
                    y = _narrow_pooled(sheet, plot, scale, pooled, y, overall=False)
    for pooled in plot.pooled:
        if not pooled.group:
            y = _narrow_pooled(sheet, plot, scale, pooled, y, overall=True)
    if plot.has_picture:
        y = _foot(sheet, plot, scale, y + 4, 0)
    return sheet.svg(y + 6, plot.title, plot.description(), "forest-narrow")


def _strip(sheet: Sheet, plot: ForestPlot, scale: Scale, y: float) -> float:
    """Lay the ground of one interval: band and line; return the middle."""
    if plot.mid:
        draw_band(sheet, scale, plot.mid, y, 24)
    if scale.holds(plot.null):
        sheet.line(scale(plot.null), y, scale(plot.null), y + 24, "ink-3")
    return y + 12


def _narrow_head(sheet: Sheet, label: str, text: str, y: float, *, bold: bool) -> float:
    text_w = width(text, 14, bold)
    room = NARROW - text_w - 12
    if text and width(label, 14, True) > room:
        y = sheet.paragraph(0, y, label, NARROW, bold=True)
        sheet.text(0, y, text, bold=bold)
        return y + _LINE
    sheet.text(0, y, label, bold=True)
    if text:
        sheet.text(NARROW, y, text, anchor="end", bold=bold)
    return y + _LINE


def _narrow_row(sheet: Sheet, plot: ForestPlot, scale: Scale, row: ForestRow, y: float) -> float:
    if y > 0:
        sheet.line(0, y, NARROW, y, "rule")
    text = "" if row.effect is None else plot.estimate_text(row.effect, row.ci)
    label = _starred(row)
    y = _narrow_head(sheet, label, text, y + 21, bold=False)
    raw = [
        f"{header}: {value}"
        for header, value in ((plot.left_header, row.left), (plot.right_header, row.right))
        if value
    ]
    if row.weight is not None:
        raw.append(f"weight {signed(row.weight, 0)}%")
    elif row.effect is not None and not row.pooled:
        raw.append(_UNPOOLED.lower())
    if raw:
        # No-break spaces keep a count together with its word; lines break between the facts.
        facts = " · ".join(fact.replace(" ", "\u00a0") for fact in raw)
        facts = facts if all(width(fact, 13) < NARROW - 12 for fact in raw) else " · ".join(raw)
        y = sheet.paragraph(0, y, facts.replace(" · ", "\u00a0· "), NARROW, size=13, color="ink-2")
    if row.effect is None:
        y = sheet.paragraph(0, y, row.text or "no numbers printed", NARROW, size=13, color="ink-2")
        return y - 6
    middle = _strip(sheet, plot, scale, y - 10)
    draw_estimate(
        sheet, scale, middle, row.effect, row.ci, size=_marker_size(row), hollow=not row.pooled
    )
    return middle + 20


def _narrow_pooled(
    sheet: Sheet, plot: ForestPlot, scale: Scale, pooled: ForestPooled, y: float, *, overall: bool
) -> float:
    sheet.line(0, y, NARROW, y, "rule-2" if overall else "rule")
    text = plot.estimate_text(pooled.effect, pooled.ci)
    y = _narrow_head(sheet, pooled.label, text, y + 21, bold=True)
    if pooled.note:
        y = sheet.paragraph(0, y, pooled.note, NARROW, size=13, color="ink-2")
    middle = _strip(sheet, plot, scale, y - 10)
    draw_diamond(
        sheet,
        scale,
        middle,
        pooled.effect,
        pooled.ci,
        color="accent" if overall else "ink-2",
        half=8 if overall else 6,
    )
    y = middle + 20
    if pooled.prediction:
        y = _narrow_head(sheet, _PREDICTION, "", y + 12, bold=False)
        words = f"{pooled.prediction_label}: {interval(*pooled.prediction, plot.digits)}"
        y = sheet.paragraph(0, y, words, NARROW, size=13, color="ink-2")
        middle = _strip(sheet, plot, scale, y - 10)
        draw_prediction(sheet, scale, middle, pooled.prediction)
        y = middle + 20
    return y
