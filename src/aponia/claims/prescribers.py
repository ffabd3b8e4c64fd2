"""Verdicts on who may prescribe what for which illness."""

from __future__ import annotations

import re

from aponia.claims.legal_rows import covers, dated, tell
from aponia.claims.model import Reading, Verdict
from aponia.claims.records import Records
from aponia.evidence import LegalStatus

__all__ = ["ILLNESS", "by_whom", "crossed"]


ILLNESS = re.compile(
    r"depress\w+|ptsd|post-?traumatic|anxiety|anaesthe\w+|anesthe\w+|end-of-life|suicid\w+|alcohol\w*|addiction|substance use|ocd|mental[- ]health|psychiatric"
)


def crossed(
    records: Records, reading: Reading, named: list[LegalStatus], lower: str
) -> Verdict | None:
    """Refute "MDMA for depression and psilocybin for PTSD" where it is the other way round."""
    if len(reading.substances) != 2:
        return None
    label = records.base.vocabulary.label
    places = sorted(
        (lower.find(label("substances", s).lower().split(" (")[0]), s) for s in reading.substances
    )
    if places[0][0] < 0:
        return None
    first, second = lower[: places[1][0]], lower[places[1][0] :]
    told = [(places[0][1], ILLNESS.findall(first)), (places[1][1], ILLNESS.findall(second))]
    if not all(x for _, x in told):
        return None
    for (drug, illness), (_, others) in (told, told[::-1]):
        mine = [r for r in named if drug in r.substances and len(r.substances) == 1]
        if (
            mine
            and not any(covers(r, illness) for r in mine)
            and any(covers(r, others) for r in mine)
        ):
            return Verdict(
                "contradicted",
                f"It is the other way round. {dated(mine[0])}",
                ("wrong-condition",),
                tell(mine[:2]),
            )
    return None


def by_whom(reading: Reading, named: list[LegalStatus], lower: str) -> Verdict | None:
    """Refute a prescriber or seller whom the law of the place does not name."""
    lay = re.search(
        r"\b(?:family doctors?|gps?|general practitioners?|pharmac(?:y|ies|ists?)|nurses?|dentists?|any doctor)\b",
        lower,
    )
    bound = [
        r
        for r in named
        if re.search(
            r"psychiatrist|specialist|physicians|sites|prescriber",
            f"{r.status} {r.route_of_access or ''} {r.note or ''}".lower(),
        )
    ]
    if not lay or not bound or reading.negated:
        return None
    return Verdict(
        "contradicted", f"Not by them. {dated(bound[0])}", ("overgeneralised",), tell(bound[:2])
    )
