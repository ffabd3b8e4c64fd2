"""The data twins of the approach pages: every arm placed, every model checked, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from aponia.answers.exposure_arms import ArmExposure, Range
from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_slices import placed_arms
from aponia.site.views.common import World

__all__ = ["approach_files"]

_ARMS = (
    "kind", "record", "arm", "substance", "route", "layer", "dose", "authors_word", "label",
    "microdose", "psycholytic", "full", "verdict", "group", "another_arm_gave_more", "rests_on",
    "peak", "peak_low", "peak_high", "area", "area_low", "area_high", "unit", "occupancy_status",
    "occupancy", "occupancy_low", "occupancy_high", "why",
)  # fmt: skip
_CHECKS = (
    "substance", "route", "row", "quantity", "dose_mg", "role", "observed", "observed_low",
    "observed_high", "predicted", "ratio", "within", "note", "source",
)  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _span(value: Range | None) -> tuple[str, str, str]:
    middle, low, high = (None, None, None) if value is None else value
    return _number(middle), _number(low), _number(high)


def _arm(arm: ArmExposure) -> tuple[str, ...]:
    placed = arm.placement
    shares = (placed.probabilities if placed else None) or {}
    o = arm.occupancy
    return (
        arm.kind, arm.record, arm.arm, arm.substance, arm.route, arm.layer, arm.dose, arm.word, arm.label,
        *(_number(shares.get(k)) for k in ("microdose", "psycholytic", "full")),
        arm.verdict, arm.group, "yes" if arm.lesser else "",
        " ".join(placed.rows) if placed else "", *_span(arm.peak), *_span(arm.area), arm.unit,
        o.status if o else "", _number(o.median if o else None), _number(o.low if o else None),
        _number(o.high if o else None), arm.why,
    )  # fmt: skip


def approach_files(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield ``approaches/arms.csv`` and ``approaches/checks.csv`` with their content."""
    yield "approaches/arms.csv", _csv(_ARMS, (_arm(a) for a in placed_arms(world.base)))
    rows = (
        (
            c.substance, c.route, c.row, c.quantity, _number(c.dose_mg), "fitted" if c.fitted else "check",
            _number(c.observed), _number(c.low), _number(c.high), _number(c.predicted), _number(c.ratio),
            "yes" if c.within else "no", c.note, c.source,
        )
        for c in pharmacology(world.base).checks()
    )  # fmt: skip
    yield "approaches/checks.csv", _csv(_CHECKS, rows)


def _csv(head: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
