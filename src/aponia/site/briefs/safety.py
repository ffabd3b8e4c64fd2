"""The parts of a brief that are never shortened: exclusions, interactions, whom to call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aponia.answers import Answer
from aponia.answers.guard import without_doses
from aponia.answers.rows import number
from aponia.evidence import Contraindication, CrisisLine, Interaction
from aponia.site.briefs.countries import Country
from aponia.site.briefs.model import Line, Section, Urgent
from aponia.site.dates import written_date
from aponia.site.views.common import RED_FLAGS, World

__all__ = ["evidence_label", "excluded", "interactions", "kin", "urgent"]

#: Findings that nothing happens, or that another drug ends the effect: nothing to raise beforehand.
_NOTHING_TO_RAISE = frozenset({"minor", "comparator", "rescue", "blocks effect", "no signal"})
_LABELS = (
    ("meta-analysis", "meta-analysis of weak studies"),
    ("healthy-volunteer", "tested in volunteers"),
    ("trial exclusion", "trial exclusion"),
    ("review of exclusions", "trial exclusion, per a review"),
    ("trial", "trial rule"),
    ("online reports", "case reports"),
    ("forum reports", "case reports"),
    ("case-based", "case reports"),
    ("interviews", "interviews"),
    ("questionnaire", "survey"),
    ("survey", "survey"),
    ("randomised crossover", "tested in volunteers"),
    ("label", "product label"),
    ("guideline", "guideline"),
    ("guidance", "guidance without counts"),
    ("public-health", "public-health advice"),
    ("model", "modelled"),
    ("pharmacokinetic", "kinetic study"),
    ("systematic review", "review of studies"),
    ("review", "theory, per a review"),
    ("commentary", "theory"),
)


def evidence_label(evidence: str, direction: str = "") -> str:
    """Return what kind of evidence a row rests on, in a word or two.

    >>> evidence_label("analysis of online reports"), evidence_label("commentary")
    ('case reports', 'theory')
    >>> evidence_label("trial exclusion criterion", "harm (theoretical)")
    'trial exclusion, theory'
    """
    found = next((label for key, label in _LABELS if key in evidence), evidence)
    return f"{found}, theory" if "theoretical" in direction and "theory" not in found else found


def kin(world: World, substances: Iterable[str]) -> frozenset[str]:
    """Return the substances with their wider terms, whose rows hold for them too.

    Lithium stands under the classic psychedelics together, not under each.
    """
    terms = world.base.vocabulary.substances
    parents = {t.id: t.parent for t in terms}
    found: set[str] = set()
    for each in substances:
        term: str | None = each
        while term is not None and term not in found:
            found.add(term)
            term = parents.get(term)
    return frozenset(found)


def excluded(world: World, answer: Answer) -> Section:
    """Return whom trials left out, and other reasons for caution, each once with its label."""
    family = kin(world, answer.substances)
    rows = [
        r
        for r in world.base.contraindications
        if r.substance in family and not r.severity.startswith("no dose change")
    ]
    groups: dict[str, list[Contraindication]] = {}
    for row in sorted(rows, key=lambda r: r.condition_studied not in answer.conditions):
        groups.setdefault(row.factor.casefold(), []).append(row)
    lines = []
    for same in groups.values():
        first = same[0]
        drugs = _drugs(world, answer, {r.substance for r in same})
        label = evidence_label(first.evidence_type)
        weight = re.sub(r" \(.*", "", first.severity)
        about = "" if first.severity.startswith("exclu") else f"{weight}, "
        note = about + label + (f"; {drugs}" if drugs else "")
        text = without_doses(first.factor)
        lines.append(Line("", text[0].upper() + text[1:], note, quoted=True))
    return Section(
        "Who trials left out, and other reasons for caution",
        "Tell your doctor about any of these, in you or in your family."
        if lines
        else f"The base holds no exclusion of a trial of {_names(world, answer)}. That is not a clearance: "
        "trials of related drugs left out people with psychosis or mania in themselves or close family, heart disease or pregnancy.",
        tuple(lines),
    )


def interactions(world: World, answer: Answer) -> Section:
    """Return the medicines to raise with a doctor, rows on one medicine joined, each labelled."""
    family = kin(world, answer.substances)
    rows = [
        r
        for r in world.base.interactions
        if family & set(r.substances)
        and r.severity not in _NOTHING_TO_RAISE
        and not re.match(r"\d+ publications", r.effect)
    ]
    # Joined only where the drug is the same too: what LSD does with lithium says nothing of MDMA.
    groups: dict[tuple[str, str], list[Interaction]] = {}
    for row in rows:
        drugs = _drugs(world, answer, {s for s in row.substances if s in family})
        groups.setdefault((_medicine(row.drug), drugs), []).append(row)
    left = sum(1 for r in world.base.interactions if family & set(r.substances)) - len(rows)
    lines = []
    for (drug, drugs), same in groups.items():
        effects = list(dict.fromkeys(_effect(r) for r in same))
        labels = list(
            dict.fromkeys(evidence_label(r.evidence_type, r.direction or "") for r in same)
        )
        about = f"; with {drugs}" if drugs else ""
        lines.append(
            Line(
                drug[0].upper() + drug[1:],
                "; ".join(effects),
                "; ".join(labels) + about,
                quoted=True,
            )
        )
    return Section(
        "Medicines to raise with a doctor",
        "Do not stop a medicine without the person who prescribed it: stopping some of them suddenly is dangerous in itself."
        + (
            ""
            if lines
            else f" The base holds no interaction of {_names(world, answer)} with a medicine. That is not a clearance: name every medicine you take."
        ),
        tuple(lines),
        f"{left} more, with nothing to raise beforehand (no change seen, a drug that ends the effect, or a list of publications): see the page on safety."
        if left
        else "",
    )


def _names(world: World, answer: Answer) -> str:
    return world.labels("substances", answer.substances)


def _drugs(world: World, answer: Answer, substances: set[str]) -> str:
    """Name the drugs a row is about, unless it is about the very drugs that are asked about."""
    asked = [s for s in answer.substances if s != "classic-psychedelics-mixed"]
    plain_ketamine = set(asked) <= {"ketamine", "esketamine"} and "ketamine" in substances
    if plain_ketamine or substances >= set(asked or answer.substances):
        return ""
    return world.labels("substances", sorted(substances))


def _medicine(drug: str) -> str:
    """Return the medicine without how long or how much of it was taken.

    >>> _medicine("escitalopram 10 then 20 mg, 14 days"), _medicine("lithium (chronic)")
    ('escitalopram', 'lithium')
    """
    plain = re.sub(r" \((?:chronic|concurrent|after stopping|regular use)\)", "", drug)
    plain = re.sub(r" (?:over \d+ weeks|\d[\d. ]*(?:then [\d. ]+)?mg\b.*)$", "", plain)
    return plain.strip()


def _effect(row: Interaction) -> str:
    text = without_doses(row.effect)
    if "after stopping" in row.drug:
        text = f"after stopping: {text}"
    if (
        row.value is None
        or str(number(row.value)) in text
        or row.unit in ("fold", "percent change")
    ):
        return text
    if row.unit == "probability":
        return f"{text} ({number(100 * row.value, 0)}%)"
    count = f", {row.events} of {row.total}" if row.events is not None and row.total else ""
    size = f" of {row.n}" if row.n and not count else ""
    unit = "%" if row.unit == "percent" else ""
    return f"{text} ({number(row.value)}{unit}{size}{count})"


def urgent(world: World, answer: Answer, country: Country | None) -> Urgent:
    """Return the urgent box: red flags, the emergency number, and checked lines only."""
    rows = list(world.base.crisis_lines)
    here = [r for r in rows if country is None or r.country in country.help]
    shown = [
        r
        for r in here
        if r.shown
        and ("cluster headache" not in r.for_whom or answer.conditions == ("cluster-headache",))
    ]
    return Urgent(
        title="If it is urgent",
        call="Call the emergency number now for any of these:",
        flags=RED_FLAGS,
        emergency=_emergency(here, country),
        ask=_asked(shown, country),
        lines=tuple(_help_line(r, named=country is None) for r in shown),
    )


def _emergency(rows: Sequence[CrisisLine], country: Country | None) -> str:
    if country is None:
        return "Emergency number where I live: ____________________"
    checked = next((r.emergency_number for r in rows if r.shown and r.emergency_number), None)
    if checked:
        return f"Emergency number in {country.phrase}: {checked}"
    other = next((r.emergency_number for r in rows if r.emergency_number), None)
    if other:
        return f"Emergency number in {country.phrase}: {other} (read on another body’s page; no official page was read)"
    return f"Emergency number in {country.phrase}: not read for this base; write it here: ______________"


def _asked(shown: Sequence[CrisisLine], country: Country | None) -> str:
    if shown:
        return "If you think about ending your life, somebody will answer you now:"
    where = country.phrase if country else "your country"
    return (
        f"No crisis line of {where} has been checked on an official page yet, so none is printed. "
        "If you think about ending your life, call the emergency number. Local crisis line: ____________________"
    )


def _help_line(row: CrisisLine, *, named: bool) -> str:
    place = f"{row.country}: " if named or "(" in row.country else ""
    hours = f", {row.hours}" if row.hours else ""
    when = f"page of {written_date(row.as_of)}" if row.as_of else "undated page"
    whose = "official" if row.page_of == "official" else "the service’s own"
    return f"{place}{row.service}: {row.number}{hours} ({row.for_whom}; {whose}, {when})"
