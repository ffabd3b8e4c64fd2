"""Verdicts on "the first", "the largest", "the only": against every earlier study on record."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.matching import (
    Match,
    find_study,
)
from aponia.claims.model import Reading, Slots, Verdict
from aponia.claims.records import Records
from aponia.claims.telling import describe, item, items

__all__ = ["judge_first"]


def judge_first(records: Records, reading: Reading, lower: str) -> Verdict:
    """Look up "the first" against every earlier study of the drug in the same pain."""
    match = find_study(records, reading)
    if re.search(
        r"largest|biggest|\bthe only\b|only (?:study|trial|one|drug)|best[- ]known", lower
    ):
        return _superlative(records, reading, match, lower)
    if match is None or match.facts.layer is None:
        return Verdict("unverified", "The study meant is not clear from the claim.")
    facts = match.facts
    since = next((int(y) for y in re.findall(r"\b(19[4-9]0)'?s", lower)), None)
    floor = since + 20 if since else 0
    more = re.findall(r"\b(?:19)?([6-9]0)'?s", lower)
    if since and more:
        floor = max(floor, *(1900 + int(d) + 10 for d in more))
    animal = reading.population in ("animals", "cells")
    layers = (
        (Layer.ANIMALS,)
        if animal
        else (Layer.RANDOMISED,)
        if "rct" in reading.designs
        else (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.VOLUNTEERS)
    )
    wanted = records.widened(reading.substances)
    conditions = set(reading.conditions) - {"chronic-pain-mixed", "experimental-pain"}
    earlier = [
        f
        for f in records.studies
        if wanted & f.substances
        and f.layer in layers
        and f.study.year
        and facts.study.year
        and floor <= f.study.year < facts.study.year
        and (f.study.condition in conditions if conditions else f.study.condition not in ("none",))
    ]
    shown = (item(facts), *items(earlier, 2))
    slots: Slots = (
        {"condition": facts.study.condition} if reading.generic or not reading.conditions else {}
    )
    if facts.study.approach not in ("unclear", "mixed") and reading.approach == "none":
        slots["approach"] = facts.study.approach
    if earlier:
        return Verdict(
            "contradicted", f"Earlier: {describe(earlier[0])}.", ("wrong-priority",), shown, **slots
        )
    if match.clashes or not (match.sure or match.score >= 2.2):
        return Verdict(
            "unverified",
            "Which study is meant is not clear; no earlier one is on record here.",
            (),
            shown,
            **slots,
        )
    return Verdict(
        "supported",
        f"No earlier study of this kind is on record here than {describe(facts)}.",
        (),
        shown,
        **slots,
    )


def _superlative(records: Records, reading: Reading, match: Match | None, lower: str) -> Verdict:
    return Verdict(
        "unverified",
        "Whether it is the only or the largest can not be told from this base alone.",
        (),
        (item(match.facts),) if match else (),
    )
