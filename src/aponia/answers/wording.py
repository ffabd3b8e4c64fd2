"""The one place that turns (effect, certainty, layer) into a sentence.

GRADE informative statements (Santesso 2020, doi 10.1016/j.jclinepi.2019.10.014): high "reduces",
moderate "probably reduces", low "may reduce", very low "the evidence is very uncertain about". The
size word is decided against the minimal important difference, never by a p-value. Nothing here says
proven, safe or cure, nothing says "no effect" for a result that is merely imprecise, and no dose is
mentioned.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from aponia.answers.layers import LAYERS, Layer
from aponia.answers.model import Comparator, Harm, Sentences, StudyRow, Synthesis
from aponia.answers.prose import brief, capital, count, join, lower_first, word
from aponia.answers.rows import number
from aponia.appraisal import Certainty, Level
from aponia.evidence import EvidenceBase, Question

__all__ = [
    "Names",
    "layer_sentence",
    "mechanism",
    "names_of",
    "no_usable_result",
    "not_covered",
    "not_tested",
    "plural",
    "safety_first",
    "sentences",
    "size_sentence",
    "weaker_only",
]

_HEDGE: dict[Level, str] = {
    "high": "",
    "moderate": "probably ",
    "low": "may ",
    "very low": "",
}
_AGAINST: dict[Comparator, str] = {
    "inert-placebo": "placebo",
    "active-placebo": "an active placebo",
    "other-treatment": "another treatment",
    "own-baseline": "before",
    "none": "no drug",
    "mixed": "placebo or another treatment",
}


class Names:
    """How a question's drug and condition are called inside a sentence.

    Parameters
    ----------
    drug, condition, outcome : str
        Lower-case noun phrases.
    """

    def __init__(self, drug: str, condition: str, outcome: str) -> None:
        self.drug, self.condition, self.outcome = drug, condition, outcome


def names_of(base: EvidenceBase, question: Question, found: Synthesis | None = None) -> Names:
    """Return the names a question's sentences use, from the vocabulary's labels.

    With a synthesis, the drug is what its studies gave and the outcome is its own.
    """
    label = base.vocabulary.label
    substances = found.given if found is not None and found.given else question.substances
    drugs = [lower_first(label("substances", s)) for s in substances]
    conditions = [lower_first(label("conditions", c)) for c in question.conditions if c != "none"]
    classic = not {"ibogaine", "mdma", "ketamine", "esketamine"} & set(substances)
    drug = "a classic psychedelic" if len(drugs) > 3 and classic else join(drugs, "or")
    if question.approaches:
        kind = join([lower_first(label("approaches", a)) for a in question.approaches], "or")
        drug = f"{drug} ({kind})"
    condition = join(conditions, "or") if len(conditions) <= 2 else "pain of any kind"
    return Names(drug, condition, found.label if found is not None else question.outcomes[0].label)


def sentences(
    certainty: Certainty, names: Names, found: Synthesis, harms: Sequence[Harm], layer: Layer
) -> Sentences:
    """Write the sentences of a question whose randomised layer has something to say.

    Parameters
    ----------
    certainty : Certainty
    names : Names
    found : Synthesis
        The headline synthesis.
    harms : sequence of Harm
    layer : Layer
        Always the randomised layer here; kept so that a caller can not forget to decide.

    Returns
    -------
    Sentences
    """
    if layer is not Layer.RANDOMISED:
        raise ValueError("only randomised evidence may be worded as an effect")
    return Sentences(
        plain=_plain(certainty.level, names, found),
        technical=technical(found),
        size=size_sentence(found, names.drug),
        harm=harm_sentence(harms),
    )


def _plain(level: Level, names: Names, found: Synthesis) -> str:
    what = f"the number of {found.label}" if found.label.startswith("people") else found.label
    subject = f"{names.drug} on {what} in {names.condition}"
    if level == "very low":
        return f"The evidence is very uncertain about the effect of {subject}."
    if found.kind in ("direction", "none"):
        lower = (
            {"benefit": "lower", "harm": "raise"}
            if found.prefer == "lower"
            else {"benefit": "raise", "harm": "lower"}
        )
        side = lower.get(found.direction)
        if side is None:
            return f"The evidence is very uncertain about the effect of {subject}."
        return capital(
            f"{names.drug} may {side} {what} in {names.condition}, but no size could be worked out."
        )
    hedge = _HEDGE[level]
    against = _AGAINST[found.comparator]
    if _within_mid(found):
        verb = "make" if hedge.startswith("may") else "makes"
        return capital(
            f"{names.drug} {hedge}{verb} little or no difference to {what} in {names.condition}, compared with {against}."
        )
    verb = _verb(found, bare=hedge.startswith("may"))
    slight = " slightly" if _below_mid(found) else ""
    text = capital(
        f"{names.drug} {hedge}{verb} {what} in {names.condition}{slight}, compared with {against}"
    )
    if found.includes_no_difference:
        text += ", but the result is also compatible with no difference or the opposite"
    return text + "."


def _verb(found: Synthesis, *, bare: bool) -> str:
    """Raise or lower, in the question's own direction: a trial of relief that rises lowers the pain."""
    better = found.direction == "benefit"
    stem = "reduce" if better == (found.prefer == "lower") else "increase"
    return stem if bare else f"{stem}s"


def _below_mid(found: Synthesis) -> bool:
    return (
        found.mid is not None and found.mid_between and abs(found.estimate - found.null) < found.mid
    )


def _within_mid(found: Synthesis) -> bool:
    """Little or no difference needs the whole interval inside the minimal important difference."""
    if found.mid is None or not found.mid_between:
        return False
    return found.null - found.mid < found.ci_lower and found.ci_upper < found.null + found.mid


def size_sentence(found: Synthesis, drug: str = "the drug") -> str:
    """Say the size in the patient's unit with its interval, or which way the studies pointed."""
    if found.kind in ("direction", "none"):
        return direction_sentence(found)
    return f"{_size(found, drug)} {_unsized(found)}".strip()


def _size(found: Synthesis, drug: str) -> str:
    against = (
        "without the drug" if found.comparator == "none" else f"with {_AGAINST[found.comparator]}"
    )
    source = _studies(found)
    if found.measure == "RR":
        a = found.absolute or {}
        if "active_counts" in a:
            return (
                f"{source}, {found.label}: {a['active_counts']} with {drug} and {a['control_counts']} {against} "
                f"(risk ratio {number(found.estimate)}, {_share(found)} interval {number(found.ci_lower)} to {number(found.ci_upper)})."
            )
        if "active" in a:
            return (
                f"{source}, {found.label}: about {number(a['active'], 0)} in every 100 with {drug} and "
                f"{number(a['control'], 0)} in every 100 {against} "
                f"({_share(found)} interval with {drug}: {number(a['active_lower'], 0)} to {number(a['active_upper'], 0)})."
            )
        return (
            f"{source}, {found.label}: {number(found.estimate)} times as many with {drug} as {against} "
            f"({_share(found)} interval {number(found.ci_lower)} to {number(found.ci_upper)})."
        )
    interval = f"{_share(found)} interval: {_amount(found.ci_lower)} to {_amount(found.ci_upper)}"
    unit = "standard deviations" if found.measure == "SMD" else _unit(found)
    unit = "" if unit == found.label else unit
    return f"{source}, {found.label}: {_amount(found.estimate, unit)} with {drug} than {against} ({interval})."


def _unsized(found: Synthesis) -> str:
    """Name the trials of the same outcome that stand behind no estimate; leaving them out misleads."""
    others = [
        r
        for r in found.rows
        if not (r.effect and r.effect.has_interval and r.effect.measure == found.measure)
    ]
    if not others:
        return ""
    people = _people(others)
    one = len(others) == 1
    return (
        f"{capital(count(len(others), 'more randomised trial'))}{f' ({people})' if people else ''} measured it. "
        f"{'Its' if one else 'Their'} size can not be put beside this: {'it' if one else ''} {_tally(others)}."
    ).replace("  ", " ")


def _people(rows: Sequence[StudyRow]) -> str:
    """Count people without adding unknown numbers as nothing."""
    known = [r.people for r in rows if r.people]
    if not known:
        return ""
    missing = len(rows) - len(known)
    text = f"{sum(known)} {'person' if sum(known) == 1 else 'people'}"
    if missing:
        text += f" in {word(len(known))} of them; the others' numbers were not read"
    return text


def _tally(rows: Sequence[StudyRow]) -> str:
    words = (
        ("benefit", "pointed towards the drug"),
        ("harm", "pointed against it"),
        ("no-difference", "showed neither"),
        ("unclear", "printed no direction"),
    )
    parts = []
    for direction, text in words:
        n = sum(1 for r in rows if r.direction == direction)
        if n and n == len(rows):
            return text if n == 1 else f"{'both' if n == 2 else f'all {word(n)}'} {text}"
        if n:
            parts.append(f"{word(n)} {text}")
    return join(parts)


def _share(found: Synthesis) -> str:
    return f"{100 * found.level:g}%"


def _unit(found: Synthesis) -> str:
    return {
        "points of 10": "points of 10",
        "attacks/week": "attacks a week",
        "days/week": "days a week",
    }.get(found.unit or "", (found.unit or "").replace("/", " a "))


def _amount(value: float, unit: str = "") -> str:
    size = f"{brief(value)} {unit}".strip()
    return f"{size} {'lower' if value < 0 else 'higher'}"


def _studies(found: Synthesis) -> str:
    one = f"In {count(found.k, 'randomised trial')}"
    return f"{one} with {found.people} people" if found.people else one


def direction_sentence(found: Synthesis) -> str:
    """Say which way studies without a usable estimate pointed; never count significance."""
    total = len(found.rows)
    people = _people(found.rows)
    if total == 1:
        row = found.rows[0]
        says = {
            "benefit": "its result pointed towards the drug",
            "harm": "its result pointed against the drug",
            "no-difference": "it showed no difference either way",
            "unclear": "it printed neither a size nor a direction"
            + (
                ", only that the difference was not significant" if row.significant is False else ""
            ),
        }[row.direction]
        tail = (
            "" if row.direction == "unclear" else ". No size with an interval could be worked out"
        )
        return f"One randomised trial{f' with {people}' if people else ''} measured {found.label}: {says}{tail}."
    silent = sum(r.silent for r in found.rows)
    text = f"{capital(count(total, 'randomised trial'))} measured {found.label}{f' ({people})' if people else ''}: {_tally(found.rows)}."
    if silent:
        text += (
            f" {capital(count(silent, 'trial'))} said only “not significant”. Trials that find a difference "
            "print its direction more often. So this is no count in favour."
        )
    return text + " No common size could be worked out."


def technical(found: Synthesis) -> str:
    """Write the result as a methods reader wants it."""
    if found.kind in ("direction", "none"):
        c = found.counts
        return (
            f"Synthesis without meta-analysis, {found.construct}: {c['benefit']} towards, {c['harm']} against, "
            f"{c['no-difference']} neither, {c['unclear']} unclear; {found.people} people."
        )
    text = (
        f"{found.measure} {number(found.estimate)} ({_share(found)} interval {number(found.ci_lower)} to {number(found.ci_upper)}), "
        f"k = {found.k}, n = {found.people}; {found.method}"
    )
    if math.isfinite(found.tau2):
        middle = " (posterior median)" if found.method.startswith("Bayesian") else ""
        text += f"; τ² {number(found.tau2, 3)}{middle}, I² {number(found.i2, 0)}%"
    if math.isfinite(found.pi_lower):
        text += f"; {_share(found)} prediction interval {number(found.pi_lower)} to {number(found.pi_upper)}"
    if math.isfinite(found.p_benefit):
        text += (
            f"; probability that the mean effect is a benefit {number(100 * found.p_benefit, 0)}%"
        )
    hkn = next((a for a in found.alternatives if a["method"] == "REML, Hartung–Knapp"), None)
    if hkn is not None:
        text += (
            f"; REML with Hartung–Knapp beside it {number(hkn['estimate'])} "
            f"({number(hkn['ci_lower'])} to {number(hkn['ci_upper'])})"
        )
    return text + "."


_NO_SERIOUS = re.compile(r"serious adverse events: 0 among (\d+) people")


def _none_serious(harms: Sequence[Harm]) -> str:
    """Put zeros together and say what they leave open: 1 − 0.05^(1/n), about 3 in n.

    Hanley and Lippman-Hand 1983 (JAMA 249:1743).
    """
    people = sum(int(m.group(1)) for h in harms if (m := _NO_SERIOUS.match(h.short)))
    open_ = 100 * (1 - 0.05 ** (1 / people))
    return (
        f"no serious adverse event was counted among {people} people in {count(len(harms), 'study', 'studies')}. "
        f"That leaves up to {number(open_, 0)} in 100 possible"
    )


def harm_sentence(harms: Sequence[Harm]) -> str:
    """Say what is known of harm in one line: counted here, pooled elsewhere, or not counted."""
    counted = [h for h in harms if h.kind == "trial-count"]
    pooled = [h for h in harms if h.kind == "pooled"]
    notes = [h for h in harms if h.kind == "trial-note"] or [
        h for h in harms if h.kind == "report" and not h.text.startswith("No ")
    ]
    parts: list[str] = []
    if counted:
        serious = [h for h in counted if _NO_SERIOUS.match(h.short)]
        others = [h for h in counted if h not in serious]
        told = [h.short for h in others[:3]]
        if serious and len(told) < 3:
            told.append(_none_serious(serious))
        # One count a sentence: a row of five between semicolons is read by nobody in pain.
        parts.extend(f"{capital(t)}." for t in told)
        if not others and notes:
            parts.append(f"Told without a count: {notes[0].text.rstrip('.')}.")
    elif notes:
        parts.append(f"Harms were told without a usable count: {notes[0].text.rstrip('.')}.")
    else:
        parts.append(
            "No count of harms could be read in these studies. That is not the same as no harm."
        )
    if pooled:
        parts.append(
            "In pooled trials of the drug for any illness: "
            + join([h.short for h in pooled[:3]])
            + "."
        )
    return " ".join(parts)


def layer_sentence(
    layer: Layer,
    studies: int,
    people: int,
    found: Sequence[Synthesis],
    names: Names,
    outside: int = 0,
) -> str:
    """One line for a layer of the ladder; an empty layer has its own sentence."""
    info = LAYERS[layer]
    if studies == 0:
        return {
            Layer.RANDOMISED: "No randomised trial of this is in this base.",
            Layer.ANIMALS: "No animal or cell study of this is in this base.",
        }.get(layer, f"No {info.one} of this is in this base.")
    text = capital(count(studies, info.one, plural(layer)))
    if people and layer is not Layer.ANIMALS:
        text += f", {people} {'person' if people == 1 else 'people'}"
    best = next((s for s in found if s.kind != "none" or any(_is_share(r) for r in s.rows)), None)
    if layer is Layer.RANDOMISED:
        return _randomised_line(text, best, found, names, outside)
    if best is None:
        return (
            text + f"; none printed a result on {names.outcome} that could be read as a direction."
        )
    return f"{text}. {_weaker_line(best)}"


def _randomised_line(
    text: str, best: Synthesis | None, found: Sequence[Synthesis], names: Names, outside: int
) -> str:
    left = ""
    if outside:
        left = f" {capital(count(outside, 'trial'))} measured it only at other times, in another way or with another drug added."
    best = best or next(iter(found), None)
    if best is None:
        return f"{text}. None printed a result the question can use.{left}"
    return f"{text}. {size_sentence(best, names.drug)}{left}"


def _is_share(row: StudyRow) -> bool:
    return row.effect is not None and row.effect.measure == "proportion"


def _weaker_line(found: Synthesis) -> str:
    """Describe studies without a comparison: changes by direction, shares as the shares they are."""
    shares = [r for r in found.rows if _is_share(r)]
    others = [r for r in found.rows if not _is_share(r)]
    parts = []
    if others:
        n = len(others)
        parts.append(
            f"{capital(word(n))} measured {found.label}: {'it ' if n == 1 else ''}{_tally(others)}."
        )
    if shares:
        told = [f"{r.active} ({r.label})" for r in shares[:4]]
        parts.append(f"Counted without a comparison, {found.label}: {join(told)}.")
    return " ".join(parts)


def weaker_only(
    names: Names,
    layers: Sequence[tuple[Layer, int]],
    harms: Sequence[Harm],
    *,
    laboratory: bool = False,
) -> Sentences:
    """Word an answer that has no randomised trial in people with this pain behind it.

    `laboratory` marks questions about pain made in a laboratory, where volunteers are the subject.
    """
    human = [(layer, n) for layer, n in layers if n and layer is not Layer.ANIMALS]
    if human:
        what = join([count(n, LAYERS[layer].one, plural(layer)) for layer, n in human])
        if laboratory:
            plain = (
                f"{capital(names.drug)} was studied with pain made in a laboratory, in people who do not live with pain. "
                "Nobody can say from that whether it helps those who do."
            )
        else:
            plain = (
                f"No randomised trial of {names.drug} for {names.condition} is in this base, "
                "so nobody can say from it whether it helps."
            )
        size = f"What there is: {what}. Studies of these kinds can not tell the drug's effect from hope, chance and time."
        if laboratory:
            size = f"What there is: {what}."
    else:
        n = sum(n for _, n in layers)
        plain = f"No study of {names.drug} for {names.condition} in people is in this base: there are only animals or cells."
        size = f"{capital(count(n, 'animal or cell study', 'animal or cell studies'))}. What happens in animals often does not happen in people."
    return Sentences(
        plain=plain, technical="No randomised evidence.", size=size, harm=harm_sentence(harms)
    )


def plural(layer: Layer) -> str:
    """Return the plural of a layer's study name.

    >>> plural(Layer.CASES), plural(Layer.ANIMALS)
    ('case reports or series', 'animal or cell studies')
    """
    one = LAYERS[layer].one
    if layer is Layer.CASES:
        return "case reports or series"
    return one.replace("study", "studies") if "study" in one else f"{one}s"


def safety_first(
    names: Names, layers: Sequence[tuple[Layer, int]], harms: Sequence[Harm]
) -> Sentences:
    """Word a question that asks what happens to people, not whether it helps."""
    told = [h for h in harms if h.kind in ("trial-count", "report", "trial-note")]
    plain = f"Reports of {names.drug} in people with {names.condition} tell of unwanted effects; nobody has counted how often they happen."
    if not told:
        plain = f"No report of what happens with {names.drug} in people with {names.condition} could be read."
    what = join([count(n, LAYERS[layer].one, plural(layer)) for layer, n in layers if n])
    size = f"What there is: {what}." if what else "There is no study of it in this base."
    return Sentences(
        plain=plain, technical="Safety reports, not pooled.", size=size, harm=harm_sentence(harms)
    )


def no_usable_result(
    names: Names, layers: Sequence[tuple[Layer, int]], harms: Sequence[Harm]
) -> Sentences:
    """Word a question whose randomised trials printed nothing in the time or way it asks about."""
    n = next((n for layer, n in layers if layer is Layer.RANDOMISED), 0)
    plain = (
        f"Randomised trials of {names.drug} for {names.condition} exist, but none printed a result at the "
        "times this question asks about, so they do not answer it."
    )
    others = join(
        [
            count(k, LAYERS[layer].one, plural(layer))
            for layer, k in layers
            if k and layer is not Layer.RANDOMISED
        ]
    )
    size = f"{capital(count(n, 'randomised trial'))} {'is' if n == 1 else 'are'} in this base"
    size += f", beside {others}. None of these can answer it." if others else "."
    return Sentences(
        plain=plain,
        technical="No randomised result in the window.",
        size=size,
        harm=harm_sentence(harms),
    )


def not_tested(names: Names, trials: tuple[int, int], harms: Sequence[Harm]) -> Sentences:
    """Word an answer for which the base holds no study at all.

    `trials` counts the registered trials still to report, and those that ended without a result.
    """
    running, ended = trials
    if ended:
        plain = (
            f"{capital(count(ended, 'registered trial'))} of {names.drug} for {names.condition} "
            f"{'has' if ended == 1 else 'have'} ended, and no result could be found."
        )
    elif running:
        plain = (
            f"{capital(count(running, 'registered trial'))} of {names.drug} for {names.condition} "
            f"{'is' if running == 1 else 'are'} still to report; there is no result yet."
        )
    else:
        plain = f"Nobody has tested {names.drug} for {names.condition}, as far as this base knows."
    harm = "Nobody has counted harms of it in people with this pain, as far as this base knows."
    pooled = harm_sentence(harms) if any(h.kind == "pooled" for h in harms) else ""
    if "In pooled" in pooled:
        harm += " " + pooled[pooled.index("In pooled") :]
    return Sentences(
        plain=plain, technical="No study in the base.", size=_registered(running + ended), harm=harm
    )


def not_covered(
    names: Names, trials: tuple[int, int], reviews: int, harms: Sequence[Harm]
) -> Sentences:
    """Word an answer whose studies the base has not gathered: silence here means nothing."""
    plain = f"This base holds no study of {names.drug} for {names.condition}. Studies exist or may exist; they have not been gathered here yet."
    size = _registered(sum(trials))
    if reviews:
        size = f"{capital(count(reviews, 'published review'))} of it {'is' if reviews == 1 else 'are'} shown below. {size}"
    return Sentences(
        plain=plain, technical="Not covered by the base.", size=size, harm=harm_sentence(harms)
    )


def _registered(trials: int) -> str:
    if not trials:
        return "No registered trial of it is in the base either."
    return f"{capital(count(trials, 'registered trial'))} {'is' if trials == 1 else 'are'} in the base; {'it has' if trials == 1 else 'they have'} no result here yet."


def mechanism(
    name: str, supporting: int, against: int, mixed: int, in_patients: int, harms: Sequence[Harm]
) -> Sentences:
    """Word a question about how a drug might work.

    Parameters
    ----------
    name : str
        The mechanism as a noun phrase.
    supporting, against, mixed : int
        Studies of the mechanism index by direction.
    in_patients : int
        Studies that measured a marker of it in people with pain.
    harms : sequence of Harm
    """
    known = supporting + against + mixed
    plain = f"Nobody has shown that {name} is how these drugs relieve pain, if they do."
    size = (
        f"Of {count(known, 'study', 'studies')} that looked at it, {word(supporting)} {'supports' if supporting < 2 else 'support'} "
        f"the idea, {word(against)} {'speaks' if against < 2 else 'speak'} against it and {word(mixed)} {'is' if mixed < 2 else 'are'} mixed. "
    )
    if in_patients:
        size += (
            f"{capital(count(in_patients, 'study', 'studies'))} measured it in people with pain."
        )
    else:
        size += "None measured it in people with pain."
    return Sentences(
        plain=plain,
        technical="Mechanism evidence, not pooled.",
        size=size,
        harm=harm_sentence(harms),
    )
