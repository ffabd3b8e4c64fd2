"""Verdicts on research itself: does the study or trial exist, is it the first, is it running."""

from __future__ import annotations

import re

from aponia.answers import Layer
from aponia.claims.evidence_checks import missed_primary
from aponia.claims.figure_matching import check_figures
from aponia.claims.firsts import judge_first
from aponia.claims.how_common import judge_how_common
from aponia.claims.matching import (
    Match,
    candidates,
    country_of,
    find_study,
    institutions_of,
    ungrounded,
)
from aponia.claims.model import EvidenceItem, Reading, Slots, Verdict
from aponia.claims.reading import CLASS, HEADACHES
from aponia.claims.records import Records, TrialFacts
from aponia.claims.registered import judge_ongoing, trial_exists
from aponia.claims.scarcity import judge_scarcity
from aponia.claims.telling import describe, item, items, trial_item

__all__ = ["UNREAD_RESULT", "cited_journal", "judge_research"]

UNREAD_RESULT = "The sentence tells a result that no rule here has read."


def judge_research(records: Records, reading: Reading) -> Verdict:
    """Judge a claim about studies rather than about effects.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict
    """
    lower = reading.text.lower()
    if not reading.substances and not reading.conditions:
        return Verdict(
            "unverified", "Neither a drug nor a condition of this evidence base is named."
        )
    if not reading.substances and not ("study-specific" in reading.cues or reading.designs):
        known = judge_how_common(records, reading)
        if known is not None:
            return known
        return Verdict(
            "unverified",
            "How common a condition is, and other facts without a drug, are not in this evidence base.",
        )
    if reading.other_illness and not reading.conditions and "pain" not in reading.cues:
        return Verdict(
            "unverified", f"Research on {reading.other_illness} is outside this evidence base."
        )
    if (
        "epidemiology" in reading.cues
        and reading.magnitudes
        and not (reading.cues & {"tested", "ongoing", "first"})
    ):
        return Verdict(
            "unverified", "Figures on how many people are affected are not in this evidence base."
        )
    if "first" in reading.cues:
        return judge_first(records, reading, lower)
    if "no-trials" in reading.cues and "ongoing" not in reading.cues:
        return judge_scarcity(records, reading, lower)
    journal = cited_journal(records, reading, lower)
    if journal is not None:
        return journal
    return _exists(records, reading, lower)


def _trials(records: Records, reading: Reading) -> list[TrialFacts]:
    wanted = records.widened(reading.substances or (CLASS,))
    wide = set(reading.conditions) | (
        HEADACHES if "other-headache" in reading.conditions else frozenset()
    )
    return [
        t
        for t in records.trials
        if wanted & t.substances
        and (reading.generic or not reading.conditions or t.trial.condition in wide)
    ]


_OUTCOME = re.compile(
    r"\b(?:became|become|went|got|turned|stopped|ended|showed|found|demonstrat\w+|prove[dn]?|confirm\w*|reveal\w*|had (?:no|less|more|fewer|better)|experienced|saw|felt|improved|recovered|"
    r"vanish\w*|disappear\w*|worked|failed|succeed\w*|proved|benefit\w*)\b"
)
_DONE = re.compile(r"\b(?:tested|compared|studied|whether|if|to see|enrolled|terminated|halted)\b")


_MET = re.compile(
    r"\b(?:met|reached|hit|achieved) (?:its|the|their) (?:[\w-]+ ){0,3}(?:primary|main)"
)


def _exists(records: Records, reading: Reading, lower: str) -> Verdict:
    trials = _trials(records, reading)
    known, strangers = institutions_of(records, reading.text)
    if known:
        trials = [t for t in trials if any(k in t.text for k in known)]
    if strangers:
        return Verdict(
            "unverified",
            "The institution named is not among the records here.",
            (),
            tuple(trial_item(t.trial) for t in trials[:2]),
        )
    studies = [
        f
        for f, fit in candidates(records, reading)
        if fit >= 0.75 or (fit >= 0.6 and (reading.generic or not reading.conditions))
    ]
    studies = [f for f in studies if f.study.condition != "none"]
    if known:
        studies = [f for f in studies if any(k in f.text for k in known)]
    if reading.population == "patients":
        studies = [f for f in studies if f.layer is not Layer.ANIMALS]
    if re.search(
        r"without (?:causing )?(?:the )?(?:hallucin|trip|psychedelic)|non-?hallucinogenic|non-?psychedelic",
        lower,
    ):
        made = [a for a in records.base.analogues if a.hallucinogenic == "no"]
        if made and "ongoing" in reading.cues:
            return Verdict(
                "supported",
                f"Such compounds are in development, as of the dates recorded: {', '.join(a.compound for a in made[:3])}.",
                (),
                tuple(
                    EvidenceItem(
                        a.id,
                        f"{a.compound} ({a.developer}): {a.target_indication}; {a.stage or 'stage not recorded'}.",
                        a.source_url,
                    )
                    for a in made[:3]
                ),
            )
    if re.match(
        r"(?:many |some |more (?:and more )?|most )?(?:people|patients|users|sufferers|readers)\b",
        lower,
    ) and not re.search(r"\b(?:trials?|stud(?:y|ies)|research\w*)\b", lower):
        return Verdict("unverified", "What people are interested in is not in this evidence base.")
    if "ongoing" in reading.cues:
        return judge_ongoing(records, reading, trials, lower)
    for drug in reading.comedications:
        name = records.base.vocabulary.label("substances", drug).lower()
        if not any(name in x for x in (*(f.text for f in studies), *(t.text for t in trials))):
            return Verdict("unverified", f"No record here joins this drug with {name}.")
        studies = [f for f in studies if name in f.text]
        trials = [t for t in trials if name in t.text]
    phase = re.search(r"\bphase (\d|i{1,3})\b", lower)
    if phase:
        number = {"i": "1", "ii": "2", "iii": "3"}.get(phase.group(1), phase.group(1))
        trials = [t for t in trials if number in (t.trial.phase or "")]
        studies = []
    told = _OUTCOME.search(lower)
    if told and not _DONE.search(lower[: told.start()]):
        return Verdict(
            "unverified",
            UNREAD_RESULT,
            (),
            items(studies, 2),
        )
    match = find_study(records, reading)
    if match is not None and match.sure and _MET.search(lower) and missed_primary(match.facts):
        return Verdict(
            "contradicted",
            f"{describe(match.facts)} missed its main outcome.",
            ("primary-endpoint-missed", "misread-result"),
            (item(match.facts),),
        )
    if match is not None and match.sure and match.clashes == ("size",) and match.facts in studies:
        return Verdict(
            "contradicted",
            f"{describe(match.facts)}: another number of people.",
            ("wrong-number",),
            (item(match.facts),),
        )
    author = (match.facts.study.first_author or "").lower() if match is not None else ""
    if match is not None and author and re.search(rf"\b{re.escape(author)}\b", lower):
        other = _other_source(match, lower)
        if other is not None:
            return other
    if match is not None and match.facts in studies and not match.clashes:
        facts = match.facts
        wrong = _wrong_design(reading, match, lower)
        if wrong is not None:
            return wrong
        if (
            reading.population_stated
            and reading.population == "patients"
            and facts.layer is Layer.VOLUNTEERS
        ):
            return Verdict(
                "contradicted",
                f"{describe(facts)} was not in patients.",
                ("healthy-volunteers", "misread-result"),
                (item(facts),),
            )
        figures = check_figures(reading, facts)
        strange = ungrounded(reading, facts.stems)
        stated = (
            "rct" not in reading.designs
            or facts.layer in (Layer.RANDOMISED, Layer.VOLUNTEERS)
            or any(r.comparator.endswith("placebo") for r in facts.rows)
        )
        slots: Slots = (
            {}
            if reading.approach != "none" or facts.study.approach in ("mixed", "unclear")
            else {"approach": facts.study.approach}
        )
        if figures.wrong:
            _m, f = figures.wrong[0]
            return Verdict(
                "partly-supported",
                f"{describe(facts)} exists, with other figures ({f.value:g}).",
                ("wrong-number",),
                (item(facts),),
                **slots,
            )
        if stated and not figures.unknown and len(strange) <= max(3, 0.45 * len(reading.stems)):
            return Verdict(
                "supported",
                f"This is {describe(facts)}.",
                (),
                (item(facts),),
                **(
                    slots | {"condition": facts.study.condition}
                    if reading.generic or not reading.conditions
                    else slots
                ),
            )
    if trials:
        return trial_exists(reading, trials)
    if country_of(lower):
        studies = [f for f in studies if country_of(lower) in (f.study.country or "").split("/")]
    if (
        studies
        and not reading.comedications
        and reading.certainty <= 3
        and not reading.magnitudes
        and not reading.years
    ):
        return Verdict(
            "supported", f"Such studies exist: {describe(studies[0])}.", (), items(studies, 3)
        )
    return Verdict("unverified", "No record here fits this study.", (), items(studies, 2))


def _other_source(match: Match, lower: str) -> Verdict | None:
    """Refute a year, country or journal that a named study does not have."""
    study = match.facts.study
    journal = (study.journal or "").lower()
    named = re.search(
        r"\b(?:appeared|published|came out|printed) in (?:the )?(jama|lancet|nature|bmj|science|new england journal|pain\b)",
        lower,
    )
    wrong_journal = named and journal and named.group(1) not in journal
    if not wrong_journal and "year" not in match.clashes and "institution" not in match.clashes:
        return None
    return Verdict(
        "contradicted",
        f"{describe(match.facts)} is on record with {study.journal or 'another source'}, {study.year or 'no year'}, {study.country or 'no country'}.",
        ("fabricated-citation",) if wrong_journal else ("wrong-number",),
        (item(match.facts),),
    )


def _wrong_design(reading: Reading, match: Match, lower: str) -> Verdict | None:
    """Refute a design the record does not have: randomised where it was not, or the reverse."""
    facts = match.facts
    controlled = any(r.comparator.endswith("placebo") for r in facts.rows) or facts.layer in (
        Layer.RANDOMISED,
        Layer.VOLUNTEERS,
    )
    if not match.pinned or facts.layer is None:
        return None
    says_rct = re.search(r"placebo-controlled|randomi[sz]ed|double-blind", lower)
    says_open = re.search(r"open-label|unblinded|(?:no|without) (?:a )?placebo|uncontrolled", lower)
    if says_rct and not says_open and not controlled:
        tag = "uncontrolled"
    elif (
        says_open
        and not says_rct
        and controlled
        and facts.study.design.startswith(("rct", "healthy"))
    ):
        tag = "misread-result"
    else:
        return None
    return Verdict("contradicted", f"{describe(facts)} had another design.", (tag,), (item(facts),))


def cited_journal(records: Records, reading: Reading, lower: str) -> Verdict | None:
    """Check "published in X" against the journal on record."""
    if "publication" not in reading.cues:
        return None
    said = re.search(
        r"(?:published in|in the journal(?: of)?|journal) (?:the |a )?(?:journal (?:of )?)?([a-z][a-z &-]{3,60})",
        lower,
    )
    if not said:
        return None
    match = find_study(records, reading)
    if match is None or not match.sure or not match.facts.study.journal:
        return Verdict(
            "unverified",
            "Which paper is meant is not clear from the claim.",
            (),
            (item(match.facts),) if match else (),
        )
    journal = match.facts.study.journal.lower()
    words = set(re.findall(r"[a-z]{4,}", said.group(1))) - {
        "journal",
        "that",
        "with",
        "found",
        "showing",
        "which",
    }
    if words & set(re.findall(r"[a-z]{4,}", journal)) or (
        len(journal.split()) > 1 and journal in lower
    ):
        return None
    if re.match(
        r"(?:19|20)\d\d|(?:january|february|march|april|may|june|july|august|september|october|november|december)",
        said.group(1),
    ):
        return None
    return Verdict(
        "contradicted",
        f"{describe(match.facts)} appeared in {match.facts.study.journal}.",
        ("fabricated-citation",),
        (item(match.facts),),
    )
