"""What a fair article on the same subject would also have said, each with its evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from aponia.answers import Layer
from aponia.claims.model import ArticleCheck, Missing
from aponia.claims.reading import CLASS
from aponia.claims.records import Records, StudyFacts

__all__ = ["missing"]

_SAID = {
    "significance": r"not (?:statistically )?significant|non-?significant|could be (?:due to )?chance|did not reach significance|significance",
    "controls": r"control group|placebo group|uncontrolled|open[- ]label|without (?:a )?(?:placebo|control)|no placebo|no control",
    "size": r"small (?:stud|trial|sample|number)\w*|\bn\s*=\s*\d+|only \w+ (?:people|patients|participants)|\b\d+ (?:people|patients|participants|volunteers)",
    "exclusions": r"exclu\w+|schizophreni\w*|bipolar|psychos\w+|psychotic|heart (?:disease|condition|problem)s?|pregnan\w+",
    "interactions": r"interact\w*|antidepressants?|ssri\w*|lithium|triptans?|tramadol|other medic\w+ (?:you|they) take",
    "blinding": r"blind\w*|expect(?:ation|ancy)\w*|know(?:s|ing)? (?:they|which|that they)|guess\w*|placebo effect",
    "harms": r"side[- ]effects?|nausea|headache after|adverse|blood pressure|unwanted",
    "law": r"illegal|legal|schedule|prohibited|law\b|controlled substance|decriminali[sz]",
    "animals": r"\bmice\b|\brats?\b|animals?|rodents?|preclinical",
}


def missing(records: Records, article: ArticleCheck) -> tuple[Missing, ...]:
    """List what the article leaves out.

    Parameters
    ----------
    records : Records
    article : ArticleCheck
        With its claims.

    Returns
    -------
    tuple of Missing
        The weightiest first.
    """
    return tuple(_find(records, article))


def _find(records: Records, article: ArticleCheck) -> Iterator[Missing]:
    text = article.text.lower()
    benefits = [
        c
        for c in article.claims
        if c.reading.claim_type in ("efficacy", "durability") and c.reading.direction == "benefit"
    ]
    drugs = tuple(
        dict.fromkeys(s for c in benefits or article.claims for s in c.reading.substances)
    )
    wanted = records.widened(drugs)
    conditions = Counter(c for x in benefits for c in x.reading.conditions)
    studies = [
        f
        for f in records.studies
        if wanted & f.substances and f.study.condition in conditions and f.layer is not None
    ]
    said = {k: bool(re.search(v, text)) for k, v in _SAID.items()}
    chance = [f for f in studies if f.layer is Layer.RANDOMISED and f.significant is False]
    if chance and not said["significance"]:
        yield Missing(
            "The randomised results it leans on were not statistically significant.", _ids(chance)
        )
    nulls = [
        f
        for f in studies
        if f.points in ("no-difference", "harm") and f.layer in (Layer.RANDOMISED, Layer.VOLUNTEERS)
    ]
    if not nulls and benefits:
        nulls = [
            f
            for f in records.studies
            if wanted & f.substances
            and f.points == "no-difference"
            and f.study.condition == "experimental-pain"
        ]
    if nulls and benefits:
        yield Missing("Other studies of the same drug found no difference.", _ids(nulls))
    open_ones = [f for f in studies if f.layer in (Layer.UNCONTROLLED, Layer.CASES, Layer.SURVEYS)]
    if open_ones and benefits and not said["controls"]:
        yield Missing(
            "Most of the studies had no comparison group, so nobody knows what would have happened without the drug.",
            _ids(open_ones),
        )
    tiny = [f for f in studies if f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED) and f.tiny]
    if tiny and not said["size"]:
        most = max(f.people or 0 for f in tiny)
        yield Missing(f"The trials were very small: at most {most} people each.", _ids(tiny))
    classic = wanted & records.widened((CLASS,)) or "mdma" in wanted
    if benefits and classic and not said["blinding"]:
        rct = [f for f in studies if f.layer is Layer.RANDOMISED] or tiny
        yield Missing(
            "People can usually feel which treatment they got, so expectation is part of the result.",
            _ids(rct),
        )
    contra = [
        r
        for r in records.base.contraindications
        if r.substance in wanted or (classic and r.substance == CLASS)
    ]
    if contra and not said["exclusions"]:
        yield Missing(
            "Trials left out people with psychosis or bipolar disorder (own or in the family), heart disease or pregnancy.",
            tuple(r.id for r in contra[:4]),
        )
    inter = [
        r
        for r in records.base.interactions
        if wanted & set(r.substances) and re.search(r"contraindicated|exclude|avoid", r.severity)
    ]
    if inter and not said["interactions"]:
        named = ", ".join(dict.fromkeys(r.drug.split(" (")[0] for r in inter[:4]))
        yield Missing(f"Other medicines can interact ({named}).", tuple(r.id for r in inter[:4]))
    events = sorted(
        (
            r
            for r in records.base.adverse_events
            if wanted & set(r.substances) and r.measure == "RR" and r.value
        ),
        key=lambda r: -(r.value or 0),
    )
    if events and not said["harms"]:
        told = ", ".join(f"{r.event} {r.value:.1f} times as often" for r in events[:3])
        yield Missing(
            f"Unwanted effects that were counted: {told}.", tuple(r.id for r in events[:3])
        )
    animal = [c for c in article.claims if {"animal-only", "omits-species"} & set(c.verdict.issues)]
    if animal and not said["animals"]:
        yield Missing(
            "Part of this was seen in animals or cells only.",
            tuple(dict.fromkeys(e.id for c in animal for e in c.verdict.evidence[:1])),
        )
    law = [r for r in records.base.legal_status if wanted & set(r.substances)]
    if law and not said["law"]:
        yield Missing(
            "The legal status, which differs by country and is dated.", tuple(r.id for r in law[:3])
        )
    running = [
        t.trial
        for t in records.trials
        if wanted & t.substances
        and t.trial.condition in conditions
        and t.trial.status in ("Recruiting", "Active, not recruiting", "Not yet recruiting")
    ]
    if (
        running
        and benefits
        and not re.search(
            r"clinicaltrials|nct\d|recruit|under ?way|currently (?:stud|test|runn)|clinical trials are",
            text,
        )
    ):
        yield Missing(
            "Trials that will tell more are registered.", tuple(t.id for t in running[:4])
        )


def _ids(found: list[StudyFacts]) -> tuple[str, ...]:
    return tuple(
        f.id for f in sorted(found, key=lambda f: (f.layer.value if f.layer else "z", f.id))[:5]
    )
