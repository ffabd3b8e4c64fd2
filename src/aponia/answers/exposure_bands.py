"""Published dose bands and dose ratios of the base, read as plain objects for `aponia.exposure`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from aponia.evidence import EvidenceBase
from aponia.exposure import Approach, DoseBand, Equivalence

__all__ = ["BAND_WORDS", "MUSHROOM", "bands_of", "ratios_of"]

#: One name for the preparation, which the tables and the records word differently.
MUSHROOM = "dried mushroom"

#: Words of sources and the class each stands for, after the synonyms of the vocabulary: a threshold
#: dose is filed with microdoses, a low psychoactive dose with psycholytic ones. "Low" alone is
#: psycholytic (row psycholytic-concept: low to medium doses), unless it is the comparator of a trial.
#: None: the word names no class of doses, or says only that a dose exceeds others.
BAND_WORDS: Mapping[str, Approach | None] = {
    "microdose": "microdose",
    "threshold": "microdose",
    "low / active control": "microdose",
    "above-threshold": "psycholytic",
    "low psychoactive": "psycholytic",
    "low": "psycholytic",
    "psycholytic": "psycholytic",
    "full": "full",
    "moderate to high": "full",
    "good-effect ceiling": "full",
    "ego-dissolution": "full",
    "psychedelic (historic high dose)": "full",
    "supratherapeutic": None,
    "all historic RCT doses": None,
    "legal maximum single dose": None,
    "infusion": None,
    "licensed antidepressant dose": None,
}

_MASS: Mapping[str, float] = {"mg": 1.0, "ug": 1e-3, "g": 1e3}


def _form(text: str | None) -> str | None:
    if text is not None and "mushroom" in text:
        return MUSHROOM
    # The salt of a pure substance is no preparation whose content varies.
    return None if text is None or "trihydrate" in text else text


def bands_of(base: EvidenceBase, weight: float = 70.0) -> tuple[DoseBand, ...]:
    """Read the dose bands of a base.

    Parameters
    ----------
    base : EvidenceBase
    weight : float
        kg; turns bands per kilogram into milligrams.

    Returns
    -------
    tuple of DoseBand
        Rows without numbers are left out. A band that is a fraction of a full dose is written out
        for every substance whose full dose some source names.
    """
    out: list[DoseBand] = []
    fractions = []
    for row in base.dose_bands:
        if row.low is None and row.high is None:
            continue
        low = row.low if row.low is not None else row.high
        high = row.high if row.high is not None else row.low
        assert low is not None
        assert high is not None
        source = row.source_doi or row.source_url
        if row.unit and row.unit.startswith("fraction"):
            fractions.append((row, source, high))
            continue
        words = (row.unit or "").split()
        unit = words[0] if words else ""
        per_kg = unit.endswith("/kg")
        factor = _MASS.get(unit.removesuffix("/kg"))
        if factor is None:
            continue  # Rates and infusions name no dose.
        factor *= weight if per_kg else 1.0
        out.append(
            DoseBand(row.id, source, row.substance, _form(row.form), row.route or "oral", row.band,
                     BAND_WORDS.get(row.band), low * factor, high * factor)
        )  # fmt: skip
    for row, source, fraction in fractions:
        for substance, route in sorted(
            {(b.substance, b.route) for b in out if b.approach == "full"}
        ):
            lowest: dict[str, float] = {}
            for b in out:
                if (b.substance, b.route, b.approach) == (substance, route, "full"):
                    lowest[b.source] = min(lowest.get(b.source, math.inf), b.low_mg)
            middle = math.exp(sum(map(math.log, lowest.values())) / len(lowest))
            if route == (row.route or "oral"):
                mg = fraction * middle
                out.append(DoseBand(row.id, source, substance, None, route, row.band,
                                    BAND_WORDS.get(row.band), mg, mg))  # fmt: skip
    return tuple(out)


def ratios_of(base: EvidenceBase) -> tuple[Equivalence, ...]:
    """Read the dose equivalences of a base as ratios of masses.

    Parameters
    ----------
    base : EvidenceBase

    Returns
    -------
    tuple of Equivalence
        Left out: rows the base itself marks as inference, rows without two masses, and rows about a
        mixture of substances.
    """
    out = []
    for row in base.dose_equivalence:
        a, b = (_MASS.get((u or "").strip().split(" ")[0]) for u in (row.unit_a, row.unit_b))
        strength = row.strength or ""
        fixed = (row.unit_a or "").endswith("fixed")
        if a is None or b is None or strength.startswith("inference") or fixed:
            continue
        ratio, low, high = row.ratio_a_per_b, row.ratio_low, row.ratio_high
        if ratio is None and row.dose_a and row.dose_b:
            exact = row.dose_a * a / (row.dose_b * b)
            if "inequality" in strength:
                # The stated dose of a is the weaker one, so equality needs more of it.
                low = exact
            else:
                ratio = exact
        if ratio is None and low is None and row.dose_a and row.dose_b_low and row.dose_b_high:
            low = row.dose_a * a / (row.dose_b_high * b)
            high = row.dose_a * a / (row.dose_b_low * b)
        if ratio is None and low is None and high is None:
            continue
        out.append(
            Equivalence(row.id, row.source_doi or row.source_url, row.substance_a, _form_of(row.form_a),
                        row.substance_b, _form_of(row.form_b), ratio, low, high, strength, row.basis)
        )  # fmt: skip
    return tuple(out)


def _form_of(text: str | None) -> str | None:
    return MUSHROOM if text is not None and "mushroom" in text else text
