"""How many people have a condition, by the table of its course without the drug."""

from __future__ import annotations

from dataclasses import replace

from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records
from aponia.claims.telling import row_item

__all__ = ["judge_how_common"]


def judge_how_common(records: Records, reading: Reading) -> Verdict | None:
    """Look up "so many people get this pain" in the table of how conditions run without the drug."""
    shares = [
        m for m in reading.magnitudes if m.kind in ("share", "effect") and m.unit == "percent"
    ]
    rows = [
        r
        for r in records.base.baseline_course
        if r.condition in reading.conditions and "prevalence" in r.fact and r.unit == "%"
    ]
    shares += [
        replace(m, unit="percent", value=100 * m.value / m.high, high=None)
        for m in reading.magnitudes
        if m.unit == "of" and m.high
    ]
    for m in shares:
        low, high = m.value, m.high if m.high is not None else m.value
        for r in rows:
            if r.value is not None and low - 5 <= r.value <= high + 5:
                return Verdict(
                    "supported",
                    f"On record: {r.fact}, {r.value:g} % ({r.population}).",
                    (),
                    (row_item(r, f"{r.fact}: {r.value:g} % ({r.population})."),),
                )
    if shares and rows and rows[0].value is not None:
        far = abs(shares[0].value - rows[0].value) > 0.5 * rows[0].value
        return Verdict(
            "contradicted" if far else "partly-supported",
            f"On record: {rows[0].fact}, {rows[0].value:g} % ({rows[0].population}).",
            ("wrong-number",),
            (row_item(rows[0], f"{rows[0].fact}: {rows[0].value:g} %."),),
        )
    return None
