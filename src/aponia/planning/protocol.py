"""A table for a protocol: items of SPIRIT 2025, and what this base suggests to put there.

In: a `Plan`, its question and the gap report. Out: `ProtocolItem` rows, each with its sources in the base.
Item numbers follow the SPIRIT 2025 explanation and elaboration (BMJ 2025, doi 10.1136/bmj-2024-081660). The headings are short names of our own, not its wording. No row says how
much of a drug to give.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aponia.answers import Answer
from aponia.answers.guard import dose_mentions, without_doses
from aponia.evidence import EvidenceBase
from aponia.planning.assumptions import Assumption
from aponia.planning.gaps import GapReport
from aponia.planning.model import Plan

__all__ = ["SPIRIT", "ProtocolItem", "ProtocolSource", "protocol_table"]

SPIRIT = "https://doi.org/10.1136/bmj-2024-081660"
_MOST = 8


@dataclass(frozen=True)
class ProtocolSource:
    """Where a suggestion comes from: a row or record of the base, and its address."""

    text: str
    url: str | None


@dataclass(frozen=True)
class ProtocolItem:
    """One item of a protocol.

    Attributes
    ----------
    number : str
        Of SPIRIT 2025.
    heading, suggestion : str
    sources : tuple of ProtocolSource
        Empty where the suggestion is an assumption; then it says so.
    """

    number: str
    heading: str
    suggestion: str
    sources: tuple[ProtocolSource, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe values."""
        return asdict(self)


def protocol_table(
    base: EvidenceBase, plan: Plan, answer: Answer, gaps: GapReport
) -> tuple[ProtocolItem, ...]:
    """Return what the base suggests for the items of a protocol that it can speak to.

    Parameters
    ----------
    base : EvidenceBase
    plan : Plan
    answer : Answer
    gaps : GapReport

    Returns
    -------
    tuple of ProtocolItem
        In the order of SPIRIT 2025.
    """
    told = {a.name: a for a in plan.assumptions.items_told}
    rows = [
        _background(answer), _comparator(plan, told), _design(plan, told), _eligibility(base, answer),
        _outcome(plan, told), _harms(base, answer), _time(plan, told), _size(plan), _blinding(told),
        _collection(base, gaps), _missing(plan, told), _stopping(plan),
    ]  # fmt: skip
    return tuple(
        ProtocolItem(r.number, r.heading, without_doses(r.suggestion), r.sources) for r in rows
    )


def _of(*items: Assumption | None) -> tuple[ProtocolSource, ...]:
    found = [
        ProtocolSource(_row(row), item.url)
        for item in items
        if item is not None
        for row in item.rows
    ]
    return tuple(dict.fromkeys(found))


def _row(name: str) -> str:
    """Return ``table/id``, or the table alone where the id of a row holds an amount of a drug."""
    return name.partition("/")[0] if dose_mentions(name) else name


def _weeks(value: float) -> str:
    return f"{value:g} week{'' if value == 1 else 's'}"


def _background(answer: Answer) -> ProtocolItem:
    studies = [layer for layer in answer.layers if layer.studies]
    return ProtocolItem(
        "9a", "What is known",
        f"{answer.certainty.level.capitalize()} certainty today. "
        + " ".join(layer.sentence for layer in studies[:2]),
        (ProtocolSource(f"question {answer.id}", None),),
    )  # fmt: skip


def _comparator(plan: Plan, told: dict[str, Assumption]) -> ProtocolItem:
    inert = next(u for u in plan.unblinding if u.scenario == "inert-comparator")
    active = next(u for u in plan.unblinding if u.scenario == "active-comparator")
    return ProtocolItem(
        "9b", "Why this comparator",
        f"With an inert comparator about {100 * inert.believe_active:.0f}% on active and {100 * inert.believe_comparator:.0f}% on the comparator may "
        f"believe they got active; a treatment that does nothing would then come out positive or negative in {100 * inert.false_positive.value:.0f}% "
        f"of such trials, with an active comparator as assumed in {100 * active.false_positive.value:.0f}%. Say which, and why.",
        _of(told.get("believe_active"), told.get("believe_active_comparator")),
    )  # fmt: skip


def _design(plan: Plan, told: dict[str, Assumption]) -> ProtocolItem:
    carry = told.get("carry_over")
    extra = f" Carry-over is assumed, not measured ({100 * carry.value:.0f}%)." if carry else ""
    return ProtocolItem(
        "12", "Design",
        "Parallel groups, one to one, superiority. A crossover needs fewer people, but acute effects tell most people what they got, and what "
        f"one period leaves behind enters the next; published trials waited 1 to 2 weeks between periods.{extra}",
        (),
    )  # fmt: skip


def _eligibility(base: EvidenceBase, answer: Answer) -> ProtocolItem:
    found: dict[str, ProtocolSource] = {}
    for row in base.contraindications:
        if row.substance in answer.substances and row.severity == "exclude":
            found.setdefault(
                row.factor, ProtocolSource(_row(f"contraindications/{row.id}"), row.source_url)
            )
    shown = list(found)[:_MOST]
    more = len(found) - len(shown)
    text = (
        "Trials left out people with: " + " · ".join(shown) + (f" · and {more} more on the safety page" if more > 0 else "") + "."
        if shown
        else "No list of whom trials left out could be read for this drug."
    )  # fmt: skip
    return ProtocolItem("14a", "Who can take part", text, tuple(found[f] for f in shown))


def _outcome(plan: Plan, told: dict[str, Assumption]) -> ProtocolItem:
    e = plan.endpoint
    weeks = told.get("followup_weeks")
    when = f", counted or measured over {_weeks(weeks.value)}" if weeks else ""
    mid = told.get("target_effect")
    unit = f", in {e.unit}" if e.unit not in e.label else ""
    return ProtocolItem(
        "16", "Outcomes",
        f"Primary: {e.label}{unit}{when}, as a difference between groups ({e.scale}). Name the day after the last dose. Also: people with "
        "30% and 50% less, quality of life, medicines taken. The effect to detect here: "
        f"{e.describe(plan.target_effect)}. {mid.why if mid else ''}".strip(),
        _of(mid),
    )  # fmt: skip


def _harms(base: EvidenceBase, answer: Answer) -> ProtocolItem:
    found: dict[str, ProtocolSource] = {}
    for row in base.adverse_events:
        if set(row.substances) & set(answer.substances):
            found.setdefault(
                row.event, ProtocolSource(_row(f"adverse_events/{row.id}"), row.source_url)
            )
    shown = list(found)[: _MOST + 2]
    text = (
        "Ask every person about each, in both arms, with how many could have had it. Seen so far: " + "; ".join(shown) + ". "
        if shown
        else "No counts of harms could be read for this drug. Ask every person, in both arms. "
    )  # fmt: skip
    return ProtocolItem(
        "17", "Harms", text + "Also persisting perceptual change, and worsening of the pain itself.",
        tuple(found[f] for f in shown),
    )  # fmt: skip


def _time(plan: Plan, told: dict[str, Assumption]) -> ProtocolItem:
    before, after = told.get("baseline_weeks"), told.get("followup_weeks")
    bout = told.get("bout_weeks")
    parts = []
    if before:
        parts.append(f"{_weeks(before.value)} of diary before treatment ({before.why.rstrip('.')})")
    if after:
        parts.append(
            f"{_weeks(after.value)} of follow-up for the primary outcome ({after.why.rstrip('.')})"
        )
    if bout and bout.value > 0:
        parts.append("bouts end by themselves, so both arms need the same place in their bout")
    parts.append("a later visit for how long it lasts")
    return ProtocolItem(
        "18", "Time plan", "; ".join(parts).capitalize() + ".", _of(before, after, bout)
    )


def _size(plan: Plan) -> ProtocolItem:
    n, power = plan.for_power.people, plan.for_power.reached
    text = (
        f"{n} people for {100 * (power.value if power else plan.target):.0f}% power at that effect (two-sided {100 * plan.alpha:g}%), dropout included; "
        if n is not None
        else f"No size tried reaches {100 * plan.target:.0f}% power; "
    )
    a = plan.for_assurance
    text += (
        f"an assurance of {100 * a.target:.0f}% would take {a.people} people. "
        if a.people is not None
        else f"an assurance of {100 * a.target:.0f}% cannot be planned for. "
    )
    return ProtocolItem(
        "19", "Sample size",
        text + f"By simulation: `aponia plan {plan.question} --seed {plan.seed}`. Every assumption stands in the table of this plan.", (),
    )  # fmt: skip


def _blinding(told: dict[str, Assumption]) -> ProtocolItem:
    return ProtocolItem(
        "24a–b", "Blinding",
        "Say who is blinded and how the comparator hides acute effects. Raters who were not in the room. Ask people and raters for their guess, "
        "with its reason, once before and once after the primary outcome, and print the answers by arm.",
        _of(told.get("believe_active_comparator"), told.get("expectancy")),
    )  # fmt: skip


def _collection(base: EvidenceBase, gaps: GapReport) -> ProtocolItem:
    n = len(gaps.studies)
    shares = {s.key: s for s in gaps.shares}
    told = (
        f"In {n} {'study' if n == 1 else 'studies'} so far the guess could be read in {shares['guess'].yes}, expectancy in "
        f"{shares['expectancy'].yes}, a diary in {shares['diary'].yes}, harms counted in {shares['harms'].yes}. "
        if n
        else "No study of it in people with this pain is in the base. "
    )
    return ProtocolItem(
        "25a", "What is collected",
        told + "Expectancy before randomisation, a daily diary, the guess, responders, harms with denominators.",
        tuple(ProtocolSource(r.label, base.studies[r.id].url) for r in gaps.studies[:_MOST]),
    )  # fmt: skip


def _missing(plan: Plan, told: dict[str, Assumption]) -> ProtocolItem:
    a, c = told.get("dropout_active"), told.get("dropout_comparator")
    text = "Analyse everybody randomised. "
    if a and c:
        text += f"Plan for {100 * a.value:.0f}% without an outcome on active and {100 * c.value:.0f}% on the comparator. "
    return ProtocolItem(
        "27c", "Missing data",
        text + "Say how missing diaries are handled. More than 5% missing counts against a trial in the rules used here.",
        _of(a, c),
    )  # fmt: skip


def _stopping(plan: Plan) -> ProtocolItem:
    return ProtocolItem(
        "28b", "Interim looks and stopping",
        "State the looks and their boundaries before the start, or say that there are none. Stop for harm by rules of the data monitoring "
        f"committee. `aponia plan {plan.question} --design sequential` gives boundaries and people needed.", (),
    )  # fmt: skip
