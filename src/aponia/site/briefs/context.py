"""Law, legal options and open trials: the parts of a brief that depend on place and day."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aponia.answers import Answer
from aponia.answers.guard import dose_mentions, without_doses
from aponia.answers.rows import number
from aponia.answers.select import RUNNING
from aponia.evidence import LegalStatus, Trial
from aponia.site.briefs.countries import Country
from aponia.site.briefs.model import Line, Section, TrialRow
from aponia.site.briefs.safety import kin
from aponia.site.dates import written_date
from aponia.site.views.common import World

__all__ = ["law", "options", "trial_rows"]

KETAMINE = frozenset({"ketamine", "esketamine"})
COCHRANE = "ferraro-2025-cochrane"
#: Parts of a registered design that say who may take part, not how it is done.
_WHO = re.compile(
    r"\b(?:aged?|adults?|women|men|patients|people|healthy|chronic|refractory|severe|advanced|end-stage|migraine|opioids|pain of \d)\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"mask|blind|sessions?\b|arms?\b|randomi[sz]ed", re.IGNORECASE)


def law(world: World, answer: Answer, country: Country | None) -> Section:
    """Return the legal rows of the chosen country on the question's drugs, dated: the whole country first, the surest rows first."""
    if country is None:
        return Section(
            "Legal status where I live",
            "Legal status differs by country and changes. Look it up on the page “Legal status by country”, with its date, or ask an authority.",
            blank=True,
        )
    family = kin(world, answer.substances)
    rows = [
        r
        for r in world.base.legal_status
        if r.jurisdiction in country.law and family & set(r.substances)
    ]
    kept = [r for r in rows if not _amounts(r)]
    sure = ("high", "medium", "low")
    kept.sort(
        key=lambda r: (
            _remark(r),
            country.law.index(r.jurisdiction),
            sure.index(r.confidence),
            _minus(r.as_of or ""),
        )
    )
    more = (
        f"{len(rows) - len(kept)} more about amounts, left out here."
        if len(kept) < len(rows)
        else ""
    )
    return Section(
        f"Legal status in {country.phrase}",
        "What a source said on its date. Laws change: check before relying on a line. Not legal advice."
        if kept
        else f"The base holds no row on {world.labels('substances', answer.substances)} in {country.phrase}. "
        "Legal status differs by country and changes; ask an authority.",
        tuple(_law_line(world, r, country) for r in kept),
        more,
        blank=not kept,
    )


def _amounts(row: LegalStatus) -> bool:
    return bool(dose_mentions(" ".join(filter(None, (row.status, row.route_of_access)))))


def _remark(row: LegalStatus) -> int:
    """Tell what the law is (0) from designations and recommendations that give no access (1)."""
    text = f"{row.status} {row.route_of_access or ''}".casefold()
    quiet = ("designation", "not law", "commission", "first known", "indications a")
    return int(any(q in text for q in quiet))


def _minus(date: str) -> tuple[int, ...]:
    """Return a key that sorts later dates first and undated ones last."""
    return tuple(-int(x) for x in date.split("-")) if date else (0,)


def _law_line(world: World, row: LegalStatus, country: Country) -> Line:
    place = (
        "" if row.jurisdiction in (country.name, f"{country.code} (federal)") else row.jurisdiction
    )
    drug = row.substance_text or world.labels("substances", row.substances)
    lead = f"{drug[0].upper()}{drug[1:]}" + (f" ({place})" if place else "")
    access = f" Access: {row.route_of_access}." if row.route_of_access else ""
    pain = f" Pain: {row.covers_pain}." if row.covers_pain != "no" else " Pain: not covered."
    seen = f"seen {written_date(row.as_of)}" if row.as_of else "undated"
    sure = "" if row.confidence == "high" else f", {row.confidence} confidence"
    return Line(
        lead,
        f"{row.status[0].upper()}{row.status[1:]}.{access}{pain}",
        f"{seen}{sure}; {host(row.source_url)}",
        quoted=True,
    )


def host(url: str) -> str:
    """Return the site an address belongs to, or the DOI.

    >>> host("https://www.americanbar.org/groups/health_law/"), host("https://doi.org/10.1/x")
    ('americanbar.org', 'doi 10.1/x')
    """
    parts = urlsplit(url)
    if parts.netloc == "doi.org":
        return f"doi {parts.path.strip('/')}"
    return parts.netloc.removeprefix("www.")


def options(world: World, answer: Answer, country: Country | None) -> Section:
    """Return what can be prescribed: ketamine with its own evidence, Cochrane's verdict and warnings."""
    lines = []
    for other in _ketamine_answers(world, answer):
        level = other.certainty.level if other.status == "answered" else None
        lines.append(
            Line(
                other.short[0].upper() + other.short[1:],
                other.sentences.plain,
                f"certainty {level}" if level else "not rated",
                level=level,
            )
        )
    review = world.base.studies.get(COCHRANE)
    if review is not None:
        figures = [
            f"{o.name}: {_measure(o.contrast.measure)} {number(o.contrast.value)}{_unit(o)} ({number(o.contrast.ci95[0])} to {number(o.contrast.ci95[1])}), {str(o.note).split(';')[0]}."
            for o in review.outcomes
            if o.contrast is not None
            and o.contrast.value is not None
            and o.contrast.ci95 is not None
        ]
        lines.append(
            Line(
                f"Cochrane review ({review.year}), ketamine in chronic pain",
                " ".join((*review.findings, *(f[0].upper() + f[1:] for f in figures))),
                "read on news and summary pages, not in the review itself",
                quoted=True,
            )
        )
    lines += _ketamine_law(world, answer, country)
    bladder = next((r for r in world.base.adverse_events if r.id == "ketamine-urinary"), None)
    if bladder is not None:
        lines.append(
            Line(
                "Long use of ketamine",
                f"{bladder.event} in {bladder.value_text} ({bladder.population}), {bladder.note}.",
                f"{bladder.evidence_type}; {host(bladder.source_url)}",
                quoted=True,
            )
        )
    return Section(
        "Legal options with their own evidence",
        "Ketamine is licensed as an anaesthetic and given for pain off label; being legal does not make it the harmless choice. "
        "Established treatments for this pain are not reviewed here: ask which of them have better evidence.",
        tuple(lines),
    )


def _unit(outcome: object) -> str:
    unit = getattr(outcome, "unit", None)
    return f" {unit} of 100" if unit == "points" else ""


def _measure(code: str | None) -> str:
    return {"RR": "risk ratio", "MD": "mean difference"}.get(code or "", code or "")


def _ketamine_answers(world: World, answer: Answer) -> list[Answer]:
    """Return the answers on ketamine for the same pain, or in general; none is repeated."""
    found = [
        a
        for a in world.answers.values()
        if set(a.substances) <= KETAMINE
        and not a.approaches
        and set(a.conditions) & set(answer.conditions)
        and max(len(a.conditions), len(answer.conditions)) <= 3
    ]
    general = world.answers.get("ketamine-chronic-pain")
    if general is not None and general not in found:
        found.append(general)
    return [a for a in found if a.id != answer.id][:2]


def _ketamine_law(world: World, answer: Answer, country: Country | None) -> list[Line]:
    rows = [
        r
        for r in world.base.legal_status
        if KETAMINE & set(r.substances) and (r.note or "").startswith("FDA warning")
    ]
    found = [
        Line(
            "US drug authority",
            f"{r.note}.",
            f"seen {written_date(r.as_of)}; {host(r.source_url)}",
            quoted=True,
        )
        for r in rows
    ]
    if country is None or set(answer.substances) & KETAMINE:
        return found  # the section on law holds the rows
    here = [
        r
        for r in world.base.legal_status
        if KETAMINE & set(r.substances) and r.jurisdiction in country.law
    ]
    return found + (
        [_law_line(world, r, country) for r in here]
        or [
            Line(
                f"Ketamine in {country.phrase}",
                "the base holds no row on its legal status; ask whether it may be given off label.",
                "",
                quoted=True,
            )
        ]
    )


def trial_rows(world: World, answer: Answer) -> tuple[tuple[TrialRow, ...], int]:
    """Return the open trials of a question, last seen first, and how many others are registered."""
    trials = [world.base.trials[t] for t in answer.trials]
    running = [t for t in trials if t.status in RUNNING]
    running.sort(key=lambda t: (_minus(t.status_seen or ""), t.id))
    return tuple(_trial(world, t) for t in running), len(trials) - len(running)


def _trial(world: World, trial: Trial) -> TrialRow:
    parts = [p.strip() for p in (trial.design or "").split(";") if p.strip()]
    who = [p for p in parts if _WHO.search(p) and not _HOW.search(p)]
    how = [p for p in parts if p not in who]
    planned = written_date(trial.completion)
    day = world.released or world.today
    passed = bool(trial.completion) and str(trial.completion) < day[: len(str(trial.completion))]
    where = [
        trial.country.replace("/", ", ") if trial.country else "place not read",
        f"{trial.enrollment} people" if trial.enrollment else "",
        f"planned end {planned}{' (passed)' if passed else ''}" if planned else "end not read",
    ]
    return TrialRow(
        trial=trial.id,
        status=f"{trial.status}, seen {written_date(trial.status_seen)}"
        if trial.status_seen
        else f"{trial.status}, date not known",
        title=without_doses(trial.title),
        takes=without_doses("; ".join(who))
        or f"{world.label('conditions', trial.condition)}; more not read",
        leaves_out=_left_out(world, trial),
        how=without_doses("; ".join(how)) or "not read",
        where="; ".join(w for w in where if w),
    )


def _left_out(world: World, trial: Trial) -> str:
    """Return the registered exclusions that rows of the base name with this trial's own address."""
    addresses = {trial.url, *(s.url for s in trial.sources)}
    found = [r.factor for r in world.base.contraindications if r.source_url in addresses]
    found += [r.drug for r in world.base.interactions if r.source_url in addresses]
    return without_doses("; ".join(found)) or "not read; see the registry"
