"""Verdicts on receptors: what a drug binds to, switches on or blocks, and what is made of it."""

from __future__ import annotations

import re

from aponia.claims.model import EvidenceItem, Reading, Verdict
from aponia.claims.records import Records

__all__ = ["judge_receptor"]


_CONSEQUENCE = re.compile(
    r"\breset\w*|rewir\w+|restor\w+|inflamm\w+|plastic\w*|connections|switch\w* off|sensiti[sz]ation|overly sensitive|over-?active|pain (?:memory|pathways?|receptors?|circuits?|signals?)|breaks?\b|calm\w*"
)


def judge_receptor(
    records: Records, reading: Reading, topics: frozenset[str], lower: str
) -> Verdict | None:
    """Judge what a drug does at a receptor; None when the claim is not about that."""
    acts = re.search(
        r"\b(?:act\w*|bind\w*|agonist\w*|activat\w*|stimulat\w*|target\w*|receptors?|interact\w*|through|via|mimic\w*|convert\w*|metaboli\w*|psilocin|work (?:on|by)|antagonist\w*|block\w*)",
        lower,
    )
    if "psilocybin" in reading.substances and re.search(
        r"\bpsilocin\b|active (?:form|metabolite)|prodrug", lower
    ):
        turned = re.search(
            r"convert|metaboli|turn(?:s|ed)? into|br(?:eak|oken)|prodrug|becomes?", lower
        )
        made = [
            r
            for r in records.base.pk_parameters
            if r.substance == "psilocybin" and "psilocin" in r.analyte
        ]
        if turned and made and not reading.negated and "benefit" not in reading.cues:
            return Verdict(
                "supported",
                "After psilocybin it is psilocin that is measured in blood.",
                (),
                (
                    EvidenceItem(
                        made[0].id, f"{made[0].analyte}: {made[0].parameter}.", made[0].source_url
                    ),
                ),
            )
    if not acts or reading.negated:
        return None
    blocks = re.search(r"\b(?:block|inhibit|antagoni|shut|suppress)\w*", lower)
    starts = re.search(r"\b(?:activat|stimulat|agonis|mimic)\w*", lower)
    if re.search(r"occup|\bdoses?\b|percent|%|\bmore\b|\bless\b|\bthan\b|\brose\b|\bfell\b", lower):
        return None  # how much, and at which dose, is another question
    if topics & {"5ht2a", "serotonin"} and not topics & {"trkb", "bdnf", "inflammation"}:
        wanted = records.widened(reading.substances)
        rows = [r for r in records.base.receptor_occupancy if r.substance in wanted]
        if rows and not reading.ketamine:
            benefit = "benefit" in reading.cues and "pain" in reading.cues
            evidence = tuple(
                EvidenceItem(
                    r.id,
                    f"{r.substance}: {r.quantity} ({r.radioligand or 'human study'}).",
                    r.source_url,
                )
                for r in rows[:2]
            )
            if benefit:
                return None
            if blocks and not starts:
                return Verdict(
                    "contradicted",
                    "These drugs activate this receptor; blocking it removes the effect.",
                    ("wrong-mechanism",),
                    evidence,
                )
            if reading.certainty == 4:
                return Verdict(
                    "partly-supported",
                    "Human imaging and blocking studies point to this receptor.",
                    ("overclaims-certainty",),
                    evidence,
                )
            return Verdict(
                "supported",
                "Human imaging and blocking studies show action at the serotonin 5-HT2A receptor.",
                (),
                evidence,
            )
    if re.search(r"nmda|n-methyl-d-aspartate|glutamate", lower) and any(
        "ketamine" in s for s in reading.substances
    ):
        rows_a = [r for r in records.base.analogues if "NMDA receptor antagonist" in r.class_]
        if rows_a and starts and not blocks:
            return Verdict(
                "contradicted",
                "Ketamine and its relatives are listed here as NMDA receptor antagonists.",
                ("wrong-mechanism",),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
        if rows_a and _CONSEQUENCE.search(lower):
            return Verdict(
                "partly-supported",
                "Ketamine is an NMDA receptor antagonist; that this resets or calms pain pathways in patients is an explanation, not a result.",
                ("mechanism-leap",),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
        if rows_a:
            return Verdict(
                "supported",
                "Ketamine and its relatives are listed here as NMDA receptor antagonists.",
                (),
                (EvidenceItem(rows_a[0].id, rows_a[0].class_, rows_a[0].source_url),),
            )
    return None
