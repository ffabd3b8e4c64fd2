"""Exposure of regimens that stand in the pharmacology tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aponia.answers.exposure_arms import WEIGHT
from aponia.answers.exposure_bands import MUSHROOM
from aponia.answers.exposure_data import pharmacology
from aponia.evidence import DoseBand, DoseEquivalence, EvidenceBase, PkParameter
from aponia.exposure import (
    Dose,
    ExposureError,
    NotKnownError,
    Pharmacology,
    Weight,
    approach,
    equivalent,
    peak_occupancy,
    simulate,
)

__all__ = ["RegimenExposure", "regimen_exposure"]

_TABLES = ("pk_parameters", "dose_bands", "dose_equivalence")


@dataclass(frozen=True, slots=True)
class RegimenExposure:
    """One published regimen in words.

    Attributes
    ----------
    table, row : str
    words : str
        What the row says was given.
    lines : tuple of (str, str)
        Label and text.
    """

    table: str
    row: str
    words: str
    lines: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


def _given(row: PkParameter | DoseBand | DoseEquivalence) -> tuple[str, list[Dose], str]:
    """Substance, doses and route of a row."""
    form: str | None = None
    unit: str | None
    values: tuple[float | None, ...]
    if isinstance(row, DoseEquivalence):
        substance, route, unit = row.substance_a, "oral", row.unit_a
        values, form = (row.dose_a, row.dose_a_low, row.dose_a_high), row.form_a
    elif isinstance(row, DoseBand):
        substance, route, unit = row.substance, row.route or "oral", row.unit
        values, form = (row.low, row.high), row.form
    else:
        substance, route, unit = row.substance, row.route, row.dose_unit
        values = (row.dose, row.dose_low, row.dose_high)
    amounts = sorted({v for v in values if v is not None})
    if not amounts or unit is None:
        raise NotKnownError(f"{row.id} names no dose")
    short = unit.replace(" base", "").replace(" freebase", "").split(" (")[0]
    short = short.replace("mgfreebase", "mg").replace(" fixed", "")
    mushroom = MUSHROOM if form is not None and "mushroom" in form else None
    return substance, [Dose(v, short, mushroom) for v in amounts], route


def _lines(substance: str, dose: Dose, route: str, data: Pharmacology) -> list[tuple[str, str]]:
    weight = WEIGHT if dose.per_kg else Weight()
    out: list[tuple[str, str]] = []
    placed = approach(substance, dose, route, data=data, weight=weight)
    shares = "  ".join(f"{k} {v:.0%}" for k, v in (placed.probabilities or {}).items())
    out.append((str(dose), f"{shares or 'not known'}; {placed.why}"))
    try:
        got = simulate(substance, dose, route, weight=weight, n=2000, data=data)
        peak = got.typical_peak()
        try:
            band = got.peak_band()
            text = f"{peak:.3g} {got.model.unit} (90 % of people {band.low:.3g} to {band.high:.3g})"
        except NotKnownError:
            text = f"{peak:.3g} {got.model.unit} (typical person)"
        out.append(("  peak", text))
        occupancy = peak_occupancy(got)
        if occupancy.median is None:
            out.append(("  5-HT2A", occupancy.why))
        else:
            out.append(
                ("  5-HT2A", f"{occupancy.status}: {occupancy.median:.0f} % (90 % from "
                 f"{occupancy.low:.0f} to {occupancy.high:.0f}); {occupancy.why}")
            )  # fmt: skip
        out += [("  mind", caveat) for caveat in got.caveats]
    except ExposureError as error:
        out.append(("  peak", str(error)))
    for target in sorted(
        {r.substance_b for r in data.ratios} | {r.substance_a for r in data.ratios}
    ):
        if target == substance:
            continue
        try:
            like = equivalent(dose, substance, target, data=data)
        except ExposureError:
            continue
        out.append(
            ("  alike", f"{target} {like.mg:.3g} mg ({like.low_mg:.3g} to {like.high_mg:.3g} over "
             f"statements, {like.n_sources} sources with a ratio)")
        )  # fmt: skip
    return out


def regimen_exposure(base: EvidenceBase, row_id: str) -> RegimenExposure:
    """Describe the regimen of one row of the pharmacology tables.

    Parameters
    ----------
    base : EvidenceBase
    row_id : str
        Of pk_parameters, dose_bands or dose_equivalence.

    Returns
    -------
    RegimenExposure

    Raises
    ------
    NotKnownError
        When there is no such row, or it names no dose.
    """
    data = pharmacology(base)
    for table in _TABLES:
        for row in getattr(base, table):
            if row.id != row_id:
                continue
            substance, doses, route = _given(row)
            lines = [x for dose in doses for x in _lines(substance, dose, route, data)]
            words = f"{substance} {' to '.join(map(str, doses))} {route}"
            return RegimenExposure(table, row_id, words, tuple(lines))
    raise NotKnownError(f"no row {row_id!r} in {', '.join(_TABLES)}")
