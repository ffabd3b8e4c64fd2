"""What a fair article on the same subject would also have said, each with its evidence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aponia.answers import Layer
from aponia.claims.model import ArticleCheck, Missing
from aponia.claims.reading import CLASS
from aponia.claims.records import Records, StudyFacts
from aponia.claims.said import Said
from aponia.claims.telling import describe, names

__all__ = ["missing"]

_PEOPLE = (Layer.RANDOMISED, Layer.UNCONTROLLED, Layer.CASES, Layer.SURVEYS)


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
        The weightiest first; only about the drugs and conditions the article is really about, and
        only with evidence.
    """
    subject = _subject(records, article)
    if subject is None:
        return ()
    said = Said(article)
    found = [
        *_significance(subject, said),
        *_nulls(records, subject, said),
        *_untested(records, article, subject),
        *_controls(subject, said),
        *_reports(article, subject, said),
        *_size(subject, said),
        *_blinding(subject, said),
        *_exclusions(records, subject, said),
        *_interactions(records, subject, said),
        *_harms(records, subject, said),
        *_animals(article, said),
        *_law(records, subject, said),
        *_running(records, subject, said),
    ]
    return tuple(m for m in found if m.evidence)


@dataclass(frozen=True)
class _Subject:
    """What the article is about: its drugs, their wider set, conditions it promises help for."""

    drugs: frozenset[str]
    wanted: frozenset[str]
    classic: bool
    conditions: frozenset[str]
    approaches: frozenset[str]
    studies: tuple[StudyFacts, ...]
    promises: bool


def _subject(records: Records, article: ArticleCheck) -> _Subject | None:
    sentences: dict[str, set[int]] = defaultdict(set)
    for c in article.claims:
        for s in c.reading.substances:
            sentences[s].add(c.sentence)
    if not sentences:
        return None
    most = max(len(x) for x in sentences.values())
    # a drug named once in passing is not what the article is about
    drugs = frozenset(
        s for s, x in sentences.items() if len(x) == most or (len(x) >= 2 and 4 * len(x) >= most)
    )
    wanted = records.widened(tuple(sorted(drugs)))
    promises = [
        c
        for c in article.claims
        if c.reading.claim_type in ("efficacy", "durability")
        and c.reading.direction == "benefit"
        and drugs & set(c.reading.substances)
        and c.verdict.name != "not-checkable"
    ]
    named = {x for c in promises for x in c.reading.conditions}
    conditions = frozenset(x for x in named if x != "none")
    return _Subject(
        drugs=drugs,
        wanted=wanted,
        classic=bool(wanted & records.widened((CLASS,))),
        conditions=conditions,
        approaches=frozenset(c.reading.approach for c in article.claims),
        studies=tuple(
            f
            for f in records.studies
            if wanted & f.substances and f.study.condition in conditions and f.layer is not None
        ),
        promises=bool(promises),
    )


def _significance(subject: _Subject, said: Said) -> Iterator[Missing]:
    chance = [f for f in subject.studies if f.layer is Layer.RANDOMISED and f.significant is False]
    if not chance or not subject.promises or said.says("significance"):
        return
    told = "; ".join(f"{describe(f)}{_p(f)}" for f in chance[:2])
    which = (
        "The difference in a randomised trial was not statistically significant and could be chance"
        if len(chance) == 1
        else "Differences in randomised trials were not statistically significant and could be chance"
    )
    more = f", and {len(chance) - 2} more" if len(chance) > 2 else ""
    yield Missing(f"{which}: {told}{more}.", _ids(chance))


def _p(facts: StudyFacts) -> str:
    p = next((r.p for r in facts.rows if r.p and r.chosen), None)
    return "" if not p else f", p {p}" if p[0] in "<>=" else f", p = {p}"


def _nulls(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    nulls = [
        f
        for f in subject.studies
        if f.points in ("no-difference", "harm") and f.layer in (Layer.RANDOMISED, Layer.VOLUNTEERS)
    ]
    small = not nulls and "microdose" in subject.approaches
    if small:
        # nobody has tested small doses in patients; in volunteers somebody has
        nulls = [
            f
            for f in records.studies
            if subject.wanted & f.substances
            and f.points == "no-difference"
            and f.study.condition == "experimental-pain"
        ]
    if nulls and subject.promises and not said.says("null"):
        told = "; ".join(describe(f) for f in nulls[:3])
        what = "Studies of small doses" if small else "Some studies"
        yield Missing(f"{what} found no difference: {told}.", _ids(nulls))


_DOSE_CLASS = {
    "microdose": "in microdoses",
    "psycholytic": "in perceptible low doses",
    "macrodose": "in full doses",
}


def _untested(records: Records, article: ArticleCheck, subject: _Subject) -> Iterator[Missing]:
    """Say what nobody has tried in patients although the article offers it."""
    told: list[str] = []
    ids: list[str] = []
    for c in article.claims:
        if (
            c.verdict.name == "no-evidence"
            and "not-tested-in-condition" in c.verdict.issues
            and c.reading.claim_type in ("efficacy", "durability")
            and subject.drugs & set(c.reading.substances)
            and c.verdict.evidence
        ):
            drug = names(records, "substances", c.reading.substances)
            dose = _DOSE_CLASS.get(c.reading.approach, "")
            what = " ".join(x for x in (drug, dose) if x)
            told.append(f"{what} for {names(records, 'conditions', [c.reading.condition])}")
            ids += [e.id for e in c.verdict.evidence[:2]]
    told = list(dict.fromkeys(told))[:3]
    if told:
        yield Missing(
            f"No study in patients was found of {'; '.join(told)}. The nearest records are about something else.",
            tuple(dict.fromkeys(ids))[:4],
        )


def _controls(subject: _Subject, said: Said) -> Iterator[Missing]:
    people = [f for f in subject.studies if f.layer in _PEOPLE]
    bare = [f for f in people if f.layer is not Layer.RANDOMISED]
    if not bare or not subject.promises or said.says("controls"):
        return
    if len(people) == 1:
        told = f"There was no comparison group: {describe(bare[0])}."
    elif len(bare) == len(people):
        told = f"None of the {len(people)} studies of this in people was randomised, so nobody knows what would have happened without the drug."
    else:
        told = f"Only {len(people) - len(bare)} of the {len(people)} studies of this in people were randomised; in the others nobody knows what would have happened without the drug."
    yield Missing(told, _ids(bare))


def _reports(article: ArticleCheck, subject: _Subject, said: Said) -> Iterator[Missing]:
    told = any(c.attribution == "patients" or "survey" in c.reading.designs for c in article.claims)
    surveys = [f for f in subject.studies if f.layer is Layer.SURVEYS]
    if told and surveys and not said.says("chosen"):
        yield Missing(
            "Surveys and accounts come from people who chose to answer; those whom it did not help are seldom among them.",
            _ids(surveys),
        )


def _size(subject: _Subject, said: Said) -> Iterator[Missing]:
    trials = [f for f in subject.studies if f.layer in (Layer.RANDOMISED, Layer.UNCONTROLLED)]
    sized = [f for f in trials if f.people]
    tiny = [f for f in sized if f.tiny]
    if not tiny or not subject.promises or said.says("size"):
        return
    if 2 * len(tiny) < len(sized):
        return
    people = sorted(f.people or 0 for f in tiny)
    largest = max(f.people or 0 for f in sized)
    span = str(people[0]) if people[0] == people[-1] else f"{people[0]} to {people[-1]}"
    if len(tiny) == len(sized):
        told = (
            f"The trials were very small: {span} people."
            if len(tiny) > 1
            else f"The trial was very small: {describe(tiny[0])}."
        )
    else:
        told = f"Most of the trials were very small ({span} people; the largest had {largest})."
    yield Missing(told, _ids(tiny))


def _blinding(subject: _Subject, said: Said) -> Iterator[Missing]:
    felt = subject.classic or bool(subject.wanted & {"mdma", "ketamine"})
    trials = [f for f in subject.studies if f.layer is Layer.RANDOMISED]
    if trials and subject.promises and felt and not said.says("blinding"):
        yield Missing(
            "People can usually feel which treatment they got, so expectation is part of the result.",
            _ids(trials),
        )


_LEFT_OUT = (
    ("mental", "psychosis or bipolar disorder", r"psychos|psychot|schizo|bipolar|mania"),
    (
        "heart",
        "heart disease or high blood pressure",
        r"cardi|heart|hypertens|blood pressure|coronary",
    ),
    ("pregnancy", "pregnancy", r"pregnan|breast"),
)


def _exclusions(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    rows = [
        r
        for r in records.base.contraindications
        if r.substance in subject.wanted or (subject.classic and r.substance == CLASS)
    ]
    # trials of the same condition first
    rows.sort(key=lambda r: r.condition_studied not in subject.conditions)
    parts, ids = [], []
    for topic, words, pattern in _LEFT_OUT:
        mine = [r for r in rows if re.search(pattern, f"{r.factor} {r.class_}".lower())]
        if mine and not said.leaves_out(topic):
            parts.append(words)
            ids.append(mine[0].id)
    if parts:
        also = "also " if any(said.leaves_out(topic) for topic, _, _ in _LEFT_OUT) else ""
        ill = [f"people with {p}" for p in parts if p != "pregnancy"]
        whom = [*ill, *(["pregnant people"] if "pregnancy" in parts else [])]
        told = whom[0] if len(whom) == 1 else f"{', '.join(whom[:-1])} and {whom[-1]}"
        yield Missing(f"Trials {also}left out {told}.", tuple(ids))


def _interactions(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    rows = [
        r
        for r in records.base.interactions
        if (subject.wanted & set(r.substances) or (subject.classic and CLASS in r.substances))
        and re.search(r"contraindicated|exclude|avoid", r.severity)
    ]
    # those of the drugs themselves before those of their class
    rows.sort(key=lambda r: not subject.drugs & set(r.substances))
    if rows and not said.says("interactions"):
        first: dict[str, str] = {}
        for r in rows:
            first.setdefault(r.drug.split(" (")[0], r.id)
        named = ", ".join(list(first)[:4])
        yield Missing(
            f"Other medicines can interact; warned of or excluded in studies: {named}.",
            tuple(list(first.values())[:4]),
        )


def _harms(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    rows = [r for r in records.base.adverse_events if subject.drugs & set(r.substances)]
    if not rows:
        rows = [r for r in records.base.adverse_events if subject.wanted & set(r.substances)]
    counted = sorted(
        (r for r in rows if r.measure == "RR" and r.value and r.value > 1 and r.significant),
        key=lambda r: -(r.value or 0),
    )
    open_ = [r for r in counted if not said.names(r.event)]
    if open_ and 2 * len(open_) > len(counted):
        told = ", ".join(f"{r.event} {r.value:.1f} times as often" for r in open_[:3])
        yield Missing(
            f"Unwanted effects counted against comparison groups (in {open_[0].population or 'other people'}): {told}.",
            tuple(r.id for r in open_[:3]),
        )
        return
    if counted:
        return
    plain_rows = [
        r
        for r in rows
        if re.search(
            r"urinary symptoms|dependence|psychotomimetic|nausea|anxiety|flashback|systolic",
            r.event,
        )
        and "physical" not in r.event
        and not said.names(r.event)
    ]
    if plain_rows:
        named = ", ".join(dict.fromkeys(r.event.split(" (")[0] for r in plain_rows[:3]))
        yield Missing(f"Unwanted effects on record: {named}.", tuple(r.id for r in plain_rows[:3]))


def _animals(article: ArticleCheck, said: Said) -> Iterator[Missing]:
    animal = [c for c in article.claims if {"animal-only", "omits-species"} & set(c.verdict.issues)]
    if animal and not said.says("animals"):
        yield Missing(
            "Part of this was seen in animals or cells only.",
            tuple(dict.fromkeys(e.id for c in animal for e in c.verdict.evidence[:1])),
        )


def _law(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    rows = [r for r in records.base.legal_status if subject.wanted & set(r.substances)]
    if rows and not said.says("law"):
        yield Missing(
            "The legal status, which differs by country and changes.", tuple(r.id for r in rows[:3])
        )


def _running(records: Records, subject: _Subject, said: Said) -> Iterator[Missing]:
    running = [
        t.trial
        for t in records.trials
        if subject.wanted & t.substances
        and t.trial.condition in subject.conditions
        and t.trial.status in ("Recruiting", "Active, not recruiting", "Not yet recruiting")
    ]
    if running and subject.promises and not said.says("running"):
        some = (
            "A trial that will tell more is"
            if len(running) == 1
            else f"{len(running)} trials that will tell more are"
        )
        yield Missing(f"{some} registered.", tuple(t.id for t in running[:4]))


def _ids(found: Iterable[StudyFacts]) -> tuple[str, ...]:
    return tuple(
        f.id for f in sorted(found, key=lambda f: (f.layer.value if f.layer else "z", f.id))[:5]
    )
