"""Verdicts on how long a drug acts and how fast it comes and goes, by the table of kinetics."""

from __future__ import annotations

import re

from aponia.claims.model import EvidenceItem, Magnitude, Reading, Verdict
from aponia.claims.records import Records
from aponia.claims.telling import names
from aponia.evidence import PkParameter

__all__ = ["judge_kinetics"]

_HOURS = {"h": 1.0, "min": 1 / 60, "d": 24.0, "day": 24.0, "days": 24.0}
_KINDS = (
    (r"half-?li(?:fe|ves)", r"^t_half"),
    (r"\bpeaks?\b|peaked|highest (?:level|concentration)", r"^Tmax$"),
    (
        r"\b(?:effects?|trips?|experiences?|high|journey|intoxication)\b[^.;]{0,40}\b(?:last|wear|gone|over|persist|fade)|\blast\w*\b[^.;]{0,30}\bhours?\b",
        r"^effect_duration$",
    ),
)
#: Effects on a complaint or in an animal are another matter, and are looked up elsewhere.
_ELSEWHERE = re.compile(
    r"\b(?:pain|relief|headaches?|attacks?|migraines?|analges\w*|painkill\w*|benefits?|therapeutic|mice|rats|mood|depress\w*)\b"
)


def judge_kinetics(records: Records, reading: Reading) -> Verdict | None:
    """Judge "the effects last about six hours"; None when a claim is about something else.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict or None
        ``supported`` within the spread of what studies measured, ``contradicted`` beyond twice it.
    """
    lower = reading.text.lower()
    times = [m for m in reading.magnitudes if m.kind == "duration"]
    if not times or not reading.substances or _ELSEWHERE.search(lower) or reading.negated:
        return None
    wanted = next((pattern for said, pattern in _KINDS if re.search(said, lower)), None)
    if wanted is None:
        return None
    drugs = records.widened(reading.substances)
    rows = [
        r
        for r in records.base.pk_parameters
        if r.substance in drugs and re.search(wanted, r.parameter) and (r.unit or "") in _HOURS
    ]
    values = [v * _HOURS[r.unit or "h"] for r in rows for v in _spread(r)]
    if not values:
        return None
    low, high = min(values), max(values)
    claimed = [24 * x for m in times[:1] for x in _ends(m)]
    drug = names(records, "substances", reading.substances)
    told = f"Studies of {drug} measured {low:.2g} to {high:.2g} hours."
    evidence = tuple(
        EvidenceItem(
            r.id, f"{r.analyte}: {r.parameter} {r.value or ''} {r.unit or ''}".strip(), r.source_url
        )
        for r in rows[:3]
    )
    if 0.75 * low <= min(claimed) and max(claimed) <= 1.25 * high:
        return Verdict(
            "supported", told, (), evidence, claim_type="durability", direction="neutral"
        )
    if min(claimed) > 2 * high or max(claimed) < 0.5 * low:
        return Verdict("contradicted", told, ("wrong-number",), evidence)
    return Verdict("partly-supported", told, ("wrong-number",), evidence)


def _ends(m: Magnitude) -> tuple[float, ...]:
    return (m.value,) if m.high is None else (m.value, m.high)


def _spread(row: PkParameter) -> tuple[float, ...]:
    """Return what a row says of the middle and the spread, in its unit."""
    found = [v for v in (row.value, row.low, row.high) if v is not None]
    if row.value is not None and row.sd is not None:
        found += [max(0.0, row.value - row.sd), row.value + row.sd]
    return tuple(found)
