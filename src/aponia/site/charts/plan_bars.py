"""Shares of simulated futures as bars: certainty after a trial, and what unblinding does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aponia.site.charts.drawing import Sheet
from aponia.site.charts.errors import ChartError
from aponia.site.charts.figure import Figure, Layout, Row, Table
from aponia.site.charts.textfit import width

__all__ = [
    "CertaintyBar", "CertaintyBars", "ShareBar", "ShareBars", "certainty_bars", "certainty_bars_figure",
    "share_bars", "share_bars_figure",
]  # fmt: skip

_LEVELS = ("very low", "low", "moderate", "high")


@dataclass(frozen=True)
class CertaintyBar:
    """One future: a label and the share of draws at each level, very low first."""

    label: str
    shares: tuple[float, float, float, float]
    note: str = ""

    def __post_init__(self) -> None:
        if abs(sum(self.shares) - 1) > 1e-6 or min(self.shares) < 0:
            raise ChartError(f"{self.label}: four shares that sum to 1, found {self.shares}")


@dataclass(frozen=True)
class CertaintyBars:
    """Where certainty may stand, today and after trials."""

    title: str
    subtitle: str
    bars: Sequence[CertaintyBar]

    def __post_init__(self) -> None:
        if not self.bars:
            raise ChartError("certainty bars need at least one bar")


def percent(value: float) -> str:
    """Write a share as whole percent, its ends said as such.

    >>> percent(0.004), percent(0.5), percent(0.997), percent(1.0)
    ('<1%', '50%', '>99%', '100%')
    """
    if 0 < value < 0.01:
        return "<1%"
    return ">99%" if 0.99 < value < 1 else f"{100 * value:.0f}%"


def _words(bar: CertaintyBar) -> str:
    return ", ".join(
        f"{level} {percent(s)}" for level, s in zip(_LEVELS, bar.shares, strict=True) if s > 0
    )


def certainty_bars(plot: CertaintyBars, layout: Layout = "wide") -> Markup:
    """Draw certainty after trials: a bar of four steps with marks, and the words under it."""
    total = 800.0 if layout == "wide" else 340.0
    sheet = Sheet(total)
    y = 16.0
    for bar in plot.bars:
        y = sheet.paragraph(0, y, bar.label, total, bold=True)
        top, height = y - 8, 26.0
        x = 0.0
        for step, share in enumerate(bar.shares):
            if share <= 0:
                continue
            w = share * total
            sheet.rect(
                x,
                top,
                max(1.0, w - (2.0 if x + w < total - 1 else 0.0)),
                height,
                f"cert-{step + 1}",
            )
            told = f"{_LEVELS[step]} {percent(share)}"
            marks = 4 * 13.0 + 6
            if w > marks + 12:
                for i in range(4):
                    sheet.circle(x + 14 + 13 * i, top + 13, 4, "paper" if i <= step else None, "paper", stroke_width=1.3)  # fmt: skip
                if w > marks + width(told, 13, True) + 20:
                    sheet.text(x + 14 + marks, top + 17.5, told, size=13, color="paper", bold=True)
            x += w
        y = sheet.paragraph(0, top + height + 18, _words(bar) + (f". {bar.note}" if bar.note else ""), total, size=13, color="ink-2") + 14  # fmt: skip
    told = " ".join(f"{b.label}: {_words(b)}." for b in plot.bars)
    return sheet.svg(y - 18, plot.title, f"One bar for each case, split by certainty. {told}", f"certainty-bars-{layout}")  # fmt: skip


def certainty_bars_figure(plot: CertaintyBars) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    rows = [Row((b.label, *(percent(s) for s in b.shares))) for b in plot.bars]
    headers = ("", *(level.capitalize() for level in _LEVELS))
    table = Table(plot.title, headers, rows, note=plot.subtitle, numeric=(1, 2, 3, 4))
    return Figure.of(plot, certainty_bars, table, "certainty-bars")


@dataclass(frozen=True)
class ShareBar:
    """One case: a label, a share, and words beside it."""

    label: str
    share: float
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ChartError(f"{self.label}: a share lies between 0 and 1, found {self.share}")


@dataclass(frozen=True)
class ShareBars:
    """Shares of trials, with a line for what was promised."""

    title: str
    subtitle: str
    bars: Sequence[ShareBar]
    line: float
    line_label: str


def share_bars(plot: ShareBars, layout: Layout = "wide") -> Markup:
    """Draw shares as bars with a line across."""
    total = 800.0 if layout == "wide" else 340.0
    sheet = Sheet(total)
    most = max([plot.line * 2, *(b.share for b in plot.bars)])
    room = total - 62.0
    at = plot.line / most * room
    y = 16.0
    for bar in plot.bars:
        y = sheet.paragraph(0, y, bar.label, total, bold=True)
        top = y - 8
        w = max(1.5, bar.share / most * room)
        over = bar.share > 1.25 * plot.line
        sheet.rect(0, top, w, 24, "harm" if over else "unclear")
        sheet.line(at, top - 4, at, top + 28, "ink", dash="2 3", width=1.5)
        sheet.text(
            max(w, at if at - 44 < w else 0) + 8, top + 17, percent(bar.share), size=14, bold=True
        )
        y = top + 42
        if bar.note:
            y = sheet.paragraph(0, y, bar.note, total, size=13, color="ink-2")
        y += 14
    end = sheet.paragraph(0, y, plot.line_label, total, size=13, color="ink-2")
    told = " ".join(f"{b.label}: {percent(b.share)}. {b.note}" for b in plot.bars)
    return sheet.svg(end - 8, plot.title, f"Bars. {told} {plot.line_label}", f"share-bars-{layout}")


def share_bars_figure(plot: ShareBars) -> Figure:
    """Both drawings and the table, for the macro ``figure``."""
    rows = [Row((b.label, percent(b.share), b.note or "–")) for b in plot.bars]
    table = Table(
        plot.title,
        ("", "Trials", "With"),
        rows,
        note=f"{plot.subtitle}. {plot.line_label}",
        numeric=(1,),
    )
    return Figure.of(plot, share_bars, table, "share-bars")
