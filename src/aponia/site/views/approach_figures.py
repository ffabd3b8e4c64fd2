"""The figures of the approach pages: curves over hours, hours felt, ratios, areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aponia.answers.exposure_arms import regimen_of
from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_given import dose_words
from aponia.answers.exposure_slices import placed_arms
from aponia.answers.rows import number
from aponia.exposure import Dose, ExposureError, Weight, approach, simulate
from aponia.site.charts.exposure_curves import ExposureCurves, ExposureSeries, Level
from aponia.site.charts.range_dots import DotRow, RangeDots
from aponia.site.views.approach_data import PEOPLE, arm_name, once, unit_of
from aponia.site.views.common import World

__all__ = [
    "curves_of",
    "durations",
    "equivalences",
    "infusion_curves",
    "ketamine_areas",
    "occupancy_curves",
]

#: Studies whose infusions are drawn: long enough for a model without a distribution phase.
_INFUSIONS = ("mangnus-2021-crps", "schwartzman-2009-crps", "amr-2010-spinal-cord-injury")


def _in_words(mg: float, substance: str) -> str:
    unit, factor = unit_of(substance)
    return f"{mg * factor:.3g} {unit}"


def _given_by(n: int) -> str:
    return f"{n} {'arm' if n == 1 else 'arms'} of trials"


def _thin(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def curves_of(
    world: World, substance: str, doses: Sequence[tuple[float, int]], hours: float
) -> ExposureCurves | None:
    """Draw plasma curves of the doses trials gave."""
    model = pharmacology(world.base).models.get((substance, "oral"))
    if model is None or not model.scale_known or not doses:
        return None
    series = []
    for i, (mg, n) in enumerate(doses):
        got = once(world, substance, Dose(mg), hours)
        band = got.band() if model.variable else None
        # One band is enough to show how much people differ; three would hide each other.
        show = band is not None and (i == 0 or len(doses) < 3)
        median = band.median if band is not None else got.concentration[:, 0]
        series.append(
            ExposureSeries(
                _in_words(mg, substance), _thin(got.times), _thin(median),
                _thin(band.low) if show and band is not None else None,
                _thin(band.high) if show and band is not None else None, _given_by(n),
            )
        )  # fmt: skip
    first = series[0]
    k = int(np.argmax(first.median))
    name = world.label("substances", substance)
    analyte = {"psilocybin": "psilocin"}.get(substance, name)
    falls = next(
        (h for h, v in zip(first.hours, first.median, strict=True) if h > first.hours[k] and v < first.median[k] / 2),
        None,
    )  # fmt: skip
    half = f" and is down to half after about {falls:.0f}" if falls else ""
    digits = 2 if max(first.median) < 5 else 1
    return ExposureCurves(
        f"{analyte} in plasma peaks about {first.hours[k]:.1f} hours after the dose{half}".replace(
            "psilocin", "Psilocin", 1
        ),
        f"{analyte} in plasma, ng/mL; one model, {PEOPLE // 1000}\u2009000 virtual people for each dose that "
        f"trials gave{_beyond(model.dose_range, doses, substance)}",
        series, "ng/mL", digits=digits,
    )  # fmt: skip


def _beyond(
    covered: tuple[float, float] | None, doses: Sequence[tuple[float, int]], substance: str
) -> str:
    """Say which doses the figures behind a model do not cover."""
    if covered is None:
        return ""
    low, high = covered
    out = [mg for mg, _ in doses if not low / 1.001 <= mg <= high * 1.001]
    if not out:
        return ""
    words = " and ".join(_in_words(mg, substance) for mg in out)
    span = f"{_in_words(low, substance)} to {_in_words(high, substance)}"
    return f"; the figures behind it cover {span}, so {words} {'lies' if len(out) == 1 else 'lie'} outside what was measured"


def occupancy_curves(world: World, doses: Sequence[tuple[float, int]]) -> ExposureCurves | None:
    """Draw derived 5-HT2A occupancy of psilocybin, beside the two figures that were measured."""
    data = pharmacology(world.base)
    if "psilocybin" not in data.relations or not doses:
        return None
    series = []
    for i, (mg, n) in enumerate(doses):
        band = once(world, "psilocybin", Dose(mg)).occupancy_band()
        got = once(world, "psilocybin", Dose(mg))
        show = i == 0 or len(doses) < 3
        series.append(
            ExposureSeries(
                _in_words(mg, "psilocybin"), _thin(got.times), _thin(band.median),
                _thin(band.low) if show else None, _thin(band.high) if show else None, _given_by(n),
            )
        )  # fmt: skip
    rows = {r.id: r for r in world.base.receptor_occupancy}
    used = [rows[r] for r in data.relations["psilocybin"].rows if r in rows]
    levels, seen = [], []
    for row in used:
        if row.value is None:
            continue
        if row.quantity.startswith("highest"):
            label = f"highest of {row.n} people, up to {row.dose_high:g} mg: {row.value:g}%"
        else:
            label = f"mean of {row.n} people, {row.dose:g} mg: {row.value:g}%"
        levels.append(Level(row.value, label))
        seen.append(f"{row.n} people ({row.id})")
    top = series[0]
    k = int(np.argmax(top.median))
    low, high = (top.low or top.median)[k], (top.high or top.median)[k]
    return ExposureCurves(
        f"At the peak of {top.label}, between {low:.0f} and {high:.0f} in 100 receptors would be occupied",
        f"derived 5-HT2A occupancy, %, from {' and '.join(seen)}; a band over people and over every curve "
        "that agrees with both; not measured at these doses",
        series, "%", tuple(levels), top=100.0, digits=0,
        band="Derived, not measured: the published constants of the curve were not read",
    )  # fmt: skip


def durations(world: World, kind: str | None = None) -> RangeDots | None:
    """Set how long effects were felt, as measured, for doses of a class or for all."""
    data = pharmacology(world.base)
    rows = []
    for row in world.base.pk_parameters:
        amount = row.dose if row.dose is not None else row.dose_high
        hours = row.value
        if row.parameter == "effect_window" and row.low is not None and row.high is not None:
            hours = row.high - row.low
        elif row.parameter != "effect_duration":
            continue
        if hours is None or amount is None:
            continue
        dose = Dose(amount, row.dose_unit or "mg")
        try:
            placed = approach(row.substance, dose, row.route, data=data, n=200)
        except ExposureError:
            continue
        if kind is not None and placed.most_likely != kind:
            continue
        span = (row.low, row.high) if row.low is not None and row.high is not None else None
        text = f"{number(hours)} h"
        if row.parameter == "effect_window":
            text, span = (
                f"{number(hours)} h (from hour {number(row.low)} to {number(row.high)})",
                None,
            )
        elif row.spread_kind == "sd" and row.sd:
            span = (max(hours - row.sd, 0.0), hours + row.sd)
            text += f" (SD {number(row.sd)})"
        elif span:
            text += f" ({number(span[0])} to {number(span[1])})"
        given = (
            f"{row.dose_low:g} to {row.dose_high:g}"
            if row.dose is None and row.dose_low
            else f"{amount:g}"
        )
        unit = (row.dose_unit or "mg").replace("ug", "µg")
        n = f"{row.n} people" if row.n else "model"
        name = world.label("substances", row.substance)
        rows.append((name, amount, DotRow(f"{given} {unit}", hours, span, text, n, name,
                                          hollow=not row.n, href=row.source_url, cells=(row.id,))))  # fmt: skip
    if not rows:
        return None
    rows.sort(key=lambda r: (r[0], r[1]))
    dots = [r for _, _, r in rows]
    values = [r.value for r in dots if r.value is not None and not r.hollow]
    sources = len({d.href for d in dots})
    ring = (
        "; a ring is a prediction of the source’s own model" if any(d.hollow for d in dots) else ""
    )
    title = "How long it was felt, nobody measured; a model says"
    if values:
        least, most = round(min(values)), round(max(values))
        title = f"It was felt for {f'{least} to {most}' if most > least else f'about {most}'} hours on average"
    return RangeDots(
        title,
        f"hours from onset to end as people in a laboratory rated them; mean with SD or range; {sources} "
        f"{'source' if sources == 1 else 'sources'}{ring}",
        dots, "hours felt", headers=("The study gave", "Felt for", "Row"),
    )  # fmt: skip


def equivalences(world: World) -> RangeDots | None:
    """Set published ratios of equal doses beside each other."""
    data = pharmacology(world.base)
    rows = {r.id: r for r in world.base.dose_equivalence}
    out = []
    for ratio in data.ratios:
        if ratio.form_a or ratio.form_b or ratio.substance_a == ratio.substance_b:
            continue
        row = rows[ratio.row]
        span = (ratio.low, ratio.high) if ratio.low and ratio.high else None
        if ratio.ratio is None and span is None:
            continue
        a, b = (world.label("substances", s) for s in (ratio.substance_a, ratio.substance_b))
        text = f"{ratio.ratio:,.0f}".replace(",", "\u2009") if ratio.ratio else ""
        if span:
            text = f"{text} {span[0]:,.0f} to {span[1]:,.0f}".replace(",", "\u2009").strip()
        who = f"{row.n} people" if row.n else (row.strength or "")
        out.append((f"{a}: how many times the mass of {b}", ratio.row,
                    DotRow(_short(row.basis), ratio.ratio, span, text, who, "", False, False,
                           row.source_url, (row.strength or "–", row.id))))  # fmt: skip
    if not out:
        return None
    out.sort(key=lambda r: (r[0], r[1]))
    dots = [
        DotRow(r.label, r.value, r.span, r.text, r.sub, group, r.hollow, r.off, r.href, r.cells)
        for group, _, r in out
    ]
    spread = []
    for group in dict.fromkeys(d.group for d in dots):
        values = [v for d in dots if d.group == group
                  for v in (d.value, *(d.span or ())) if v is not None]  # fmt: skip
        spread.append(max(values) / min(values))
    return RangeDots(
        f"Published ratios of equal doses differ up to {max(spread):.0f}-fold",
        "how many milligrams of one drug were felt like one milligram of the other at the peak; how long "
        "they last differs",
        dots, "times the mass, logarithmic", log=True,
        headers=("On what it rests", "Ratio", "Kind of statement", "Row"),
    )  # fmt: skip


def _short(text: str) -> str:
    return text.split(" (")[0].split(",")[0].replace(" ug", " µg")


def infusion_curves(world: World) -> ExposureCurves | None:
    """Draw ketamine in plasma during infusions that studies gave and that last long enough to know."""
    data = pharmacology(world.base)
    if ("ketamine", "intravenous") not in data.models:
        return None
    half = data.models["ketamine", "intravenous"].typical("half_life")
    series = []
    for record in _INFUSIONS:
        if record not in world.base.studies:
            continue
        arm = next(
            a for a in world.base.studies[record].arms if a.substance in ("ketamine", "esketamine")
        )
        given = regimen_of(arm)
        hours = given.schedule.end
        got = simulate(
            str(arm.substance),
            given.doses[0], "intravenous", given.schedule, Weight(), n=PEOPLE,
                       data=data, hours=24.0, step=0.25)  # fmt: skip
        band = got.band() if hours >= 3 * got.model.typical("half_life") else None
        median = band.median if band else np.median(got.concentration, axis=1)
        length = f"{hours:g} h" if hours <= 24 else f"{hours / 24:g} days, the first drawn"
        label = f"{dose_words(arm).removesuffix('/infusion')} over {length}"
        study = world.base.studies[record]
        series.append(
            ExposureSeries(
                label, _thin(got.times), _thin(median), _thin(band.low) if band else None,
                _thin(band.high) if band else None, study.label,
            )
        )  # fmt: skip
    if not series:
        return None
    return ExposureCurves(
        f"After an infusion stops, half of the ketamine is gone in about {half:.0f} hours",
        "ketamine in plasma, ng/mL; typical person, with a band where a source lets the difference "
        "between people be known",
        series, "ng/mL", digits=0,
        band="Band: 90% of virtual people, who differ in clearance only",
        since="hours after the start",
    )  # fmt: skip


def ketamine_areas(world: World) -> RangeDots | None:
    """Set the exposure of ketamine arms given into a vein beside each other: dose over clearance."""
    rows = []
    for arm in placed_arms(world.base):
        if arm.group != "by route" or arm.area is None or arm.route != "intravenous":
            continue
        if arm.kind != "study":
            continue
        name, href = arm_name(world, arm)
        condition = world.base.studies[arm.record].condition
        middle, low, high = arm.area
        span = (low, high) if low is not None and high is not None else None
        rows.append(DotRow(name, middle, span, f"{middle:,.0f}".replace(",", "\u2009"), arm.dose, "",
                           False, False, href, (world.label("conditions", condition),)))  # fmt: skip
    if not rows:
        return None
    rows.sort(key=lambda r: r.value or 0.0)
    low, high = rows[0].value or 1.0, rows[-1].value or 1.0
    fold = float(f"{high / low:.1g}")
    return RangeDots(
        f"“Ketamine infusion” covers exposures that differ about {fold:,.0f}-fold".replace(",", "\u2009"),
        "area under the plasma curve of one administration (dose over clearance), ng·h/mL; line: 90% of "
        f"virtual people; {len(rows)} arms of studies whose record gives an amount",
        rows, "ng·h/mL in one administration, logarithmic", log=True,
        headers=("Study", "ng·h/mL", "Condition"),
    )  # fmt: skip
