"""The choices behind a view of a question: what may be changed, what the reviewed answer chose.

In: a question with its answer, and name–value pairs as an address carries them. Out: `Choices`, or a
`ChoiceError` that says everything that is wrong at once. `Choices.pairs` is the way back: only what
differs from the reviewed answer, in one fixed order, so that one view has one address.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace

from aponia.answers.effects import ASSUMED_R
from aponia.answers.layers import Layer
from aponia.answers.model import PLACEBO, Answer
from aponia.evidence import Question

__all__ = ["LABELS", "OPTIONS", "ChoiceError", "Choices", "read_choices", "reviewed_choices"]

#: What may be chosen from a list, in the order shown.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "comparator": {
        "placebo": "placebo or active placebo",
        "active": "another treatment, or nothing",
        "any": "anything",
    },
    "blinding": {"any": "all trials", "double": "only trials said to be double-blind"},
    "units": {
        "printed": "the unit most people were measured in",
        "sd": "standard deviations, so that different scales can be pooled",
    },
    "model": {
        "bayes": "Bayesian random effects",
        "REML": "REML",
        "DL": "DerSimonian–Laird",
        "PM": "Paule–Mandel",
        "SJ": "Sidik–Jonkman",
        "ML": "maximum likelihood",
        "HE": "Hedges",
        "FE": "common effect (no differences between trials)",
    },
    "test": {
        "z": "normal",
        "knha": "Hartung–Knapp",
        "adhoc": "Hartung–Knapp, never narrower than normal",
    },
    "prior": {"half-normal": "half-normal", "half-cauchy": "half-Cauchy"},
    "level": {"0.8": "80%", "0.9": "90%", "0.95": "95%", "0.99": "99%"},
}
LABELS: Mapping[str, str] = {
    "outcome": "What is measured",
    "comparator": "Compared with",
    "blinding": "Blinding",
    "min": "First day that counts",
    "max": "Last day that counts",
    "target": "Day preferred",
    "out": "Trials left out",
    "units": "Scale",
    "model": "Model",
    "test": "Interval",
    "prior": "Prior on the differences between trials",
    "scale": "Scale of the prior",
    "level": "Level of the intervals",
    "correlation": "Correlation between the periods of a crossover",
}
_LAST_DAY = 36_500
_NARROWEST, _WIDEST = 0.001, 1000.0


class ChoiceError(ValueError):
    """Choices that can not be followed; `problems` holds a field and a message for each."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(message for _, message in self.problems))


@dataclass(frozen=True)
class Choices:
    """One set of choices.

    Attributes
    ----------
    outcome : str
        Construct of one of the question's outcomes.
    comparator, blinding, units, model, test, prior : str
        Keys of `OPTIONS`. `test` counts only without Bayes, `prior` and `scale` only with it.
    min, max, target : int or None
        Days after the last dose; None leaves an end open.
    out : tuple of str
        Ids of trials left out, sorted.
    scale : float or None
        Scale of the prior in the units of the analysis; None takes the reviewed rule.
    level : float
    correlation : float
        Assumed between the periods of a crossover that prints none.
    """

    outcome: str
    comparator: str = "placebo"
    blinding: str = "any"
    min: int | None = None
    max: int | None = None
    target: int | None = None
    out: tuple[str, ...] = ()
    units: str = "printed"
    model: str = "bayes"
    test: str = "z"
    prior: str = "half-normal"
    scale: float | None = None
    level: float = 0.95
    correlation: float = ASSUMED_R

    def pairs(self, start: Choices) -> tuple[tuple[str, str], ...]:
        """Return name and value of each choice that differs from `start`; a trial left out each once."""
        found: list[tuple[str, str]] = []
        for name in self.differing(start):
            value = getattr(self, name)
            if name == "out":
                found += [("out", study) for study in self.out]
            else:
                found.append((name, _written(value)))
        return tuple(found)

    def differing(self, start: Choices) -> tuple[str, ...]:
        """Return the names of the choices that differ from `start`."""
        return tuple(
            f.name for f in fields(self) if getattr(self, f.name) != getattr(start, f.name)
        )


def _written(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def reviewed_choices(question: Question, answer: Answer) -> Choices:
    """Return the choices of the reviewed answer.

    Parameters
    ----------
    question : Question
    answer : Answer
        To this question.

    Returns
    -------
    Choices
    """
    headline = answer.headline
    window = question.window_days
    placebo = headline is None or headline.comparator in PLACEBO
    return Choices(
        outcome=headline.construct if headline else question.outcomes[0].construct,
        comparator="placebo" if placebo else "active",
        min=window.min,
        max=window.max,
        target=window.target,
    )


def read_choices(
    pairs: Iterable[tuple[str, str]], question: Question, answer: Answer
) -> tuple[Choices, Choices]:
    """Read choices from name–value pairs.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Names of `LABELS`; ``out`` may come several times. What is not named is as reviewed.
    question : Question
    answer : Answer

    Returns
    -------
    (Choices, Choices)
        The choices, and those of the reviewed answer.

    Raises
    ------
    ChoiceError
        Names every value that can not be used, what was found and what is possible.
    """
    start = reviewed_choices(question, answer)
    trials = next(x.studies for x in answer.layers if x.layer is Layer.RANDOMISED)
    reader = _Reader(start, {o.construct for o in question.outcomes}, trials)
    for name, value in pairs:
        reader.take(name, value)
    return reader.done(), start


class _Reader:
    """Takes one pair after the other and gathers what is wrong."""

    def __init__(self, start: Choices, outcomes: Collection[str], trials: Collection[str]) -> None:
        self.found = start
        self.start = start
        self.outcomes = outcomes
        self.trials = trials
        self.seen: set[str] = set()
        self.problems: list[tuple[str, str]] = []

    def take(self, name: str, value: str) -> None:
        shown = value if len(value) <= 60 else f"{value[:60]}…"
        if name not in LABELS:
            self.problems.append((name, f"“{name[:60]}” is no choice here; there are: {', '.join(LABELS)}"))  # fmt: skip
            return
        if name in self.seen and name != "out":
            self.problems.append((name, f"{LABELS[name]}: given twice; one value is needed"))
            return
        self.seen.add(name)
        try:
            self.found = replace(self.found, **{name: self._value(name, value.strip())})  # type: ignore[arg-type]
        except ValueError as error:
            self.problems.append((name, f"{LABELS[name]}: found “{shown}”, expected {error}"))

    def _value(self, name: str, value: str) -> object:
        if name == "outcome":
            return _one_of(value, sorted(self.outcomes))
        if name == "out":
            _one_of(value, sorted(self.trials), "one of the randomised trials of this question")
            return tuple(sorted({*self.found.out, value}))
        if name in ("min", "max", "target"):
            return _day(value)
        if name == "scale":
            return _number(value, _NARROWEST, _WIDEST, "a number from 0.001 to 1000") if value else None  # fmt: skip
        if name == "correlation":
            return _number(value, 0.0, 0.99, "a number from 0 to 0.99")
        if name == "level":
            return float(_one_of(value, list(OPTIONS["level"])))
        return _one_of(value, list(OPTIONS[name]))

    def done(self) -> Choices:
        c = self.found
        if not self.problems:
            known = [d for d in (c.min, c.target, c.max) if d is not None]
            if known != sorted(known):
                self.problems.append(("target", "Days: the first, the preferred and the last day must stand in this order"))  # fmt: skip
            if c.model == "FE" and c.test != "z":
                self.problems.append(("test", "Interval: the common-effect model is used with the normal interval only"))  # fmt: skip
        if self.problems:
            raise ChoiceError(self.problems)
        if c.model == "bayes":
            return replace(c, test=self.start.test)
        return replace(c, prior=self.start.prior, scale=self.start.scale)


def _one_of(value: str, options: list[str], told: str = "") -> str:
    if value not in options:
        raise ValueError(told or f"one of {', '.join(options)}")
    return value


def _day(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 6 and int(value) <= _LAST_DAY):
        raise ValueError(f"a whole number of days from 0 to {_LAST_DAY}, or nothing")
    return int(value)


def _number(value: str, least: float, most: float, told: str) -> float:
    try:
        number = float(value) if value.isascii() and len(value) <= 30 else math.nan
    except ValueError:
        number = math.nan
    # six digits are what an address carries, so no more are kept
    number = float(f"{number:g}")
    if not least <= number <= most:
        raise ValueError(told)
    return number + 0.0
