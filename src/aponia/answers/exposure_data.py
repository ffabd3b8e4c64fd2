"""The pharmacology tables of the base as plain objects for `aponia.exposure`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, cast

from aponia.answers.exposure_bands import bands_of, ratios_of
from aponia.answers.exposure_plans import NO_MODEL, PLANS, Plan
from aponia.evidence import EvidenceBase, PkParameter, ReceptorOccupancy
from aponia.exposure import (
    ExposureModel,
    NotKnownError,
    Observation,
    OccupancyPoint,
    OccupancyRelation,
    Parameter,
    Pharmacology,
    Quantity,
    Spread,
    derive_relation,
    expected_range,
    fit_spreads,
    fit_typical,
)

__all__ = ["observation", "pharmacology", "spread_of_row"]

#: Parameter names of the table, and what the model calls them.
_QUANTITY: Mapping[str, Quantity] = {
    "Cmax": "cmax", "Tmax": "tmax", "t_half": "half_life", "t_half_terminal": "half_life",
    "AUC_inf": "auc", "AUC": "auc", "AUC_0_24": "auc_24", "CL": "clearance", "V_over_F": "volume",
    "V_terminal": "volume", "V_distribution": "volume",
}  # fmt: skip
#: Factors to ng/mL, h, ng·h/mL, L/h and L. Volumes per 70 kg are those of a person of 70 kg.
_UNIT: Mapping[str, float] = {
    "ng/mL": 1.0, "h": 1.0, "min": 1 / 60, "ng*h/mL": 1.0, "ug*h/L": 1.0, "L/h": 1.0,
    "L/h/70 kg": 1.0, "L/min": 60.0, "L": 1.0, "L/70 kg": 1.0,
}  # fmt: skip
_DOSE_UNIT: Mapping[str, float] = {"mg": 1.0, "ug": 1e-3, "mg freebase": 1.0, "mg/70 kg": 1.0}


def spread_of_row(row: PkParameter) -> Spread | None:
    """Turn what a row prints about spread into a standard deviation of logarithms.

    Parameters
    ----------
    row : PkParameter

    Returns
    -------
    Spread or None
        From an SD or CV (log-normal), a geometric SD, a range of n people (over its expected value),
        or the 95 % interval of a mean of n people; None when nothing of that is printed.
    """
    kind, n = row.spread_kind, row.n
    if kind == "interindividual CV" and row.cv_percent:
        cv = row.cv_percent / 100
        return Spread(math.sqrt(math.log1p(cv**2)), "CV between people", n)
    if kind == "geometric sd" and row.sd and row.sd > 1:
        return Spread(math.log(row.sd), "geometric SD", n)
    if kind == "sd" and row.sd and row.value:
        return Spread(math.sqrt(math.log1p((row.sd / row.value) ** 2)), "SD", n)
    if not (row.value and row.low and row.high and n and n > 1):
        return None
    if kind == "range":
        return Spread(math.log(row.high / row.low) / expected_range(n), f"range of {n} people", n)
    if kind == "ci95":
        from scipy.stats import t

        width = 2 * float(t.ppf(0.975, n - 1))
        log_sd = math.log(row.high / row.low) / width * math.sqrt(n)
        return Spread(log_sd, f"95 % interval of the mean of {n} people", n)
    return None


def observation(row: PkParameter, plan: Plan) -> Observation | None:
    """Read one row as a published exposure; None when it is not one, or in a unit not known here.

    Parameters
    ----------
    row : PkParameter
    plan : Plan
        Gives durations and notes.
    """
    quantity = _QUANTITY.get(row.parameter)
    factor = _UNIT.get(row.unit)
    if quantity is None or factor is None or (row.value is None and row.low is None):
        return None
    if quantity == "tmax" and not plan.absorbed:
        return None  # The peak of an infusion is at its end, whatever the model.
    dose: float | None = None
    if quantity in ("cmax", "auc", "auc_24"):
        per = _DOSE_UNIT.get(row.dose_unit or "")
        if row.dose is None or per is None:
            return None
        dose = row.dose * per
    value, low, high = (None if v is None else v * factor for v in (row.value, row.low, row.high))
    if value is None and (low is None or high is None):
        return None
    source = row.source_doi or row.source_url
    return Observation(
        row.id, source, quantity, value, None if value is not None else low,
        None if value is not None else high, dose, spread_of_row(row),
        plan.durations.get(row.id, 0.0), plan.notes.get(row.id, ""),
    )  # fmt: skip


def _observations(base: EvidenceBase, plan: Plan) -> list[Observation]:
    isomers = ("ketamine", "esketamine") if plan.published else (plan.substance,)
    out = []
    for row in base.pk_parameters:
        routes = (plan.route, *plan.also_routes)
        if row.substance in isomers and row.route in routes and row.analyte in plan.analytes:
            found = observation(row, plan)
            if found is not None:
                out.append(found)
    return out


def _midpoint(o: Observation, data_sets: int) -> Observation:
    """Turn a range over data sets into its geometric midpoint, with the spread the range implies."""
    if o.low is None or o.high is None:
        return o
    log_sd = math.log(o.high / o.low) / expected_range(data_sets)
    spread = Spread(log_sd, f"range of {data_sets} data sets", data_sets)
    return Observation(o.row, o.source, o.quantity, math.sqrt(o.low * o.high), None, None,
                       o.dose_mg, spread, o.duration, "midpoint of a range")  # fmt: skip


def _model(base: EvidenceBase, plan: Plan) -> ExposureModel:
    seen = _observations(base, plan)
    if plan.midpoints:
        seen = [_midpoint(o, plan.midpoints) if o.row in plan.fit else o for o in seen]
    by_row = {o.row: o for o in seen}
    wanted = (*plan.fit, *plan.published.values(), *plan.spread)
    missing = [r for r in wanted if r not in by_row]
    if missing:
        raise NotKnownError(f"the base does not hold {', '.join(missing)}")
    fitted = [by_row[r] for r in plan.fit]
    spreads = fitted + [by_row[r] for r in plan.spread]
    how: Literal["published", "derived"] = "derived"
    if plan.published:
        how = "published"
        fitted = [by_row[r] for r in plan.published.values()]
    fit = fit_typical(fitted, absorbed=plan.absorbed)
    spread = fit_spreads(spreads, fit)
    rows = tuple(o.row for o in fitted)
    kinds: dict[str, set[str]] = {
        "ka": {"tmax"}, "ke": {"half_life", "clearance"}, "volume": {"cmax", "auc", "volume"},
    }  # fmt: skip
    values = {"ke": (fit.ke, "1/h", spread.ke)}
    if fit.volume is not None:
        values["volume"] = (fit.volume, "L", spread.volume)
    if fit.ka is not None:
        values["ka"] = (fit.ka, "1/h", spread.ka)
    parameters = {
        name: Parameter(
            name, value, unit, "derived" if name == "ke" else how, rows, log_sd,
            tuple(o.row for o in spreads if o.spread and o.quantity in kinds[name])
            if log_sd is not None else (),
            "clearance over volume" if plan.published and name == "ke" else "",
        )
        for name, (value, unit, log_sd) in values.items()
    }  # fmt: skip
    doses = [o.dose_mg for o in seen if o.dose_mg is not None]
    return ExposureModel(
        plan.substance, plan.analytes[0], plan.route, parameters, per_kg=plan.per_kg,
        spread_of="data sets" if plan.midpoints else "people",
        dose_range=(min(doses), max(doses)) if doses and plan.absorbed else None,
        needs_infusion=plan.needs_infusion,
        residuals=() if plan.published else fit.residuals,
        spread_fit=spread.reproduced, caveats=plan.caveats, observations=tuple(seen),
        fitted_rows=frozenset(rows),
    )  # fmt: skip


def _highest_concentration(model: ExposureModel, row: ReceptorOccupancy) -> float | None:
    """Highest peak to expect among the people of an occupancy row, in ng/mL.

    The largest of n log-normal peaks lies half the expected range of n above the typical one. None
    when the row does not print its largest dose and n, or the spread of peaks is not known.
    """
    mg = row.dose_high or row.dose
    factor = _DOSE_UNIT.get(row.dose_unit or "")
    peaks = [o.spread.log_sd for o in model.observations
             if o.spread is not None and o.quantity == "cmax" and o.row in model.fitted_rows]  # fmt: skip
    if mg is None or factor is None or not row.n or row.n < 2 or not peaks:
        return None
    above = max(peaks) * expected_range(row.n) / 2
    return model.typical("cmax", mg * factor) * math.exp(above)


def _relations(
    base: EvidenceBase, models: Mapping[tuple[str, str], ExposureModel]
) -> tuple[dict[str, OccupancyRelation], dict[str, str]]:
    """Occupancy relations the base allows, and why others are not known."""
    import numpy as np

    relations: dict[str, OccupancyRelation] = {}
    why: dict[str, str] = {}
    for substance in sorted({r.substance for r in base.receptor_occupancy}):
        rows = [r for r in base.receptor_occupancy if r.substance == substance]
        ec50 = [r for r in rows if r.quantity.startswith("EC50") and r.value]
        top = [r for r in rows if r.quantity.startswith("fitted maximum") and r.value]
        if ec50 and top:
            relations[substance] = OccupancyRelation(
                substance, "published", np.array([cast(float, ec50[0].value)]),
                np.array([cast(float, top[0].value)]), (ec50[0].id, top[0].id),
            )  # fmt: skip
            continue
        points = [
            r for r in rows
            if r.quantity == "occupancy" and r.value and r.sd and r.n and r.dose
            and r.dose_unit in _DOSE_UNIT
        ]  # fmt: skip
        highest = [r for r in rows if r.quantity.startswith("highest") and r.value]
        model = models.get((substance, "oral"))
        if points and highest and model is not None and model.scale_known:
            p = points[0]
            mg = cast(float, p.dose) * _DOSE_UNIT[p.dose_unit or ""]
            point = OccupancyPoint(
                p.id, mg, cast(float, p.value), cast(float, p.sd), cast(int, p.n)
            )
            relations[substance] = derive_relation(
                substance, point, model.typical("cmax", mg), cast(float, highest[0].value),
                (p.id, highest[0].id, *model.parameters["volume"].rows),
                highest_concentration=_highest_concentration(model, highest[0]),
            )  # fmt: skip
            continue
        unread = [r for r in rows if r.value is None and "NOT READ" in (r.note or "")]
        why[substance] = (
            f"occupancy was measured but its figures were not read ({unread[0].id})" if unread
            else "no figure of occupancy was found"
        )  # fmt: skip
    for substance in ("ketamine", "esketamine"):
        why.setdefault(substance, "no source in the base measured 5-HT2A occupancy by ketamine")
    return relations, why


_made: dict[str, Pharmacology] = {}


def pharmacology(base: EvidenceBase) -> Pharmacology:
    """Make the models, relations, ratios and bands of a base; made once for each state of it.

    Parameters
    ----------
    base : EvidenceBase

    Returns
    -------
    Pharmacology
        A model whose rows are missing from the base is left out, and `no_model` says why.
    """
    if base.digest in _made:
        return _made[base.digest]
    models: dict[tuple[str, str], ExposureModel] = {}
    no_model = dict(NO_MODEL)
    for plan in PLANS:
        key = (plan.substance, plan.route)
        try:
            models[key] = _model(base, plan)
        except NotKnownError as error:
            no_model[key] = str(error)
    relations, why = _relations(base, models)
    made = Pharmacology(models, no_model, relations, why, ratios_of(base), bands_of(base))
    _made.clear()
    _made[base.digest] = made
    return made
