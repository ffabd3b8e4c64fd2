"""The typed objects an answer is made of. Everything that shows or checks an answer reads these."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from aponia.answers.layers import Layer
from aponia.appraisal import Certainty

__all__ = [
    "PLACEBO",
    "Answer",
    "Comparator",
    "Direction",
    "Effect",
    "Harm",
    "LayerAnswer",
    "Measure",
    "Sentences",
    "StudyRow",
    "Synthesis",
    "json_safe",
]

Direction = Literal["benefit", "harm", "no-difference", "unclear"]
#: "mixed" stands for trials against placebo and against other things together; no reviewed answer has it.
Comparator = Literal[
    "inert-placebo", "active-placebo", "other-treatment", "own-baseline", "none", "mixed"
]
#: The comparators that hide what was given.
PLACEBO: frozenset[Comparator] = frozenset({"inert-placebo", "active-placebo"})
Measure = Literal["MD", "SMD", "RR", "change", "proportion", "percent-change"]


@dataclass(frozen=True)
class Effect:
    """One effect recovered from what a study printed.

    Attributes
    ----------
    measure : str
        MD (difference of means, active minus control), SMD, RR (active over control), change
        (within people), percent-change or proportion.
    estimate, ci_lower, ci_upper : float
        On the natural scale (RR as a ratio). The interval is NaN when nothing printed allows one.
    y, v : float
        On the analysis scale: log(RR), otherwise the estimate; NaN variance when unknown.
    unit : str or None
        points of 10, attacks/week …; None for SMD and RR.
    benefit_sign : int
        +1 when larger values are better for the person, −1 when smaller ones are.
    derived : bool
        Whether the numbers are ours, worked out from something else that was printed.
    how : str
        Where the numbers come from, with the formula when derived.
    """

    measure: Measure
    estimate: float
    ci_lower: float
    ci_upper: float
    y: float
    v: float
    unit: str | None
    benefit_sign: int
    derived: bool
    how: str

    @property
    def benefit(self) -> float:
        """The analysis-scale effect with benefit counted as positive."""
        return self.benefit_sign * self.y

    @property
    def has_interval(self) -> bool:
        """Whether the study can be pooled."""
        return math.isfinite(self.v) and self.v > 0


@dataclass(frozen=True)
class StudyRow:
    """One study's result on one outcome, as a row of a forest or effect-direction plot.

    `active` and `control` are the raw numbers as text ("8 of 12", "−3.2 (n 8)"); `given` is the
    substance of the active arm. `chosen` is False for further outcomes and time points of a study,
    which are shown but enter no synthesis; `combined` marks a drug given only together with another,
    `part` a result about some of the people or a moment picked afterwards.
    """

    study: str
    label: str
    year: int | None
    layer: Layer
    design: str
    outcome: int | None
    construct: str | None
    outcome_name: str | None
    timepoint: str | None
    timepoint_days: int | None
    comparator: Comparator
    comparator_text: str
    n_active: int | None
    n_control: int | None
    people: int | None
    active: str
    control: str
    direction: Direction
    p: str | None
    significant: bool | None
    effect: Effect | None
    read: str
    given: str
    notes: tuple[str, ...] = ()
    chosen: bool = True
    combined: bool = False
    part: bool = False

    @property
    def silent(self) -> bool:
        """Whether the study printed only "not significant", without a size or a direction."""
        return self.direction == "unclear" and self.significant is False


@dataclass(frozen=True)
class Synthesis:
    """What the studies of one layer say together about one outcome.

    Attributes
    ----------
    kind : str
        ``pooled`` (meta-analysis), ``single`` (one study with an interval), ``direction`` (only
        directions could be read), ``none``.
    estimate, ci_lower, ci_upper, pi_lower, pi_upper : float
        On the natural scale; NaN where there is none.
    counts : dict
        Number of studies by direction.
    prefer : str
        Whether lower or higher is better for the outcome the question names.
    mid_between : bool
        Whether `mid` is a difference between groups; one that single people notice decides no words.
    p_benefit : float
        Posterior probability that the mean effect lies on the side of benefit; NaN unless pooled.
    level : float
        Of the intervals.
    """

    kind: Literal["pooled", "single", "direction", "none"]
    construct: str
    label: str
    comparator: Comparator
    measure: Measure | None
    unit: str | None
    benefit_sign: int
    k: int
    people: int
    estimate: float
    ci_lower: float
    ci_upper: float
    pi_lower: float
    pi_upper: float
    tau2: float
    i2: float
    method: str
    mid: float | None
    mid_source: str | None
    mid_unit: str | None
    direction: Direction
    counts: dict[str, int]
    rows: tuple[StudyRow, ...]
    alternatives: tuple[dict[str, Any], ...] = ()
    absolute: dict[str, Any] | None = None
    given: tuple[str, ...] = ()
    p_benefit: float = math.nan
    prefer: str = "lower"
    mid_between: bool = False
    level: float = 0.95

    @property
    def null(self) -> float:
        """The value that means no difference, on the natural scale."""
        return 1.0 if self.measure == "RR" else 0.0

    @property
    def includes_no_difference(self) -> bool:
        """Whether the interval holds the null value; False where there is no interval."""
        return self.ci_lower <= self.null <= self.ci_upper


@dataclass(frozen=True)
class LayerAnswer:
    """What one kind of study says; `sentence` is written even when there is none."""

    layer: Layer
    studies: tuple[str, ...]
    people: int
    sentence: str
    syntheses: tuple[Synthesis, ...]
    rows: tuple[StudyRow, ...]
    unmeasured: tuple[str, ...]


@dataclass(frozen=True)
class Harm:
    """One line about harm with its denominator and where it was counted; `short` for a list."""

    text: str
    short: str
    source: str
    kind: Literal["trial-count", "trial-note", "pooled", "report", "not-counted"]


@dataclass(frozen=True)
class Sentences:
    """The words of an answer; only `aponia.answers.wording` makes them."""

    plain: str
    technical: str
    size: str
    harm: str


@dataclass(frozen=True)
class Answer:
    """A question answered: the object the site, the terminal, the API and the checker read."""

    id: str
    ask: str
    short: str
    why: str
    status: Literal[
        "answered",
        "only-weaker-layers",
        "animals-only",
        "reviews-only",
        "not-covered",
        "not-tested",
    ]
    certainty: Certainty
    direction: Direction
    sentences: Sentences
    headline: Synthesis | None
    layers: tuple[LayerAnswer, ...]
    harms: tuple[Harm, ...]
    reviews: tuple[str, ...]
    trials: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    blinding: tuple[dict[str, Any], ...]
    disagreements: tuple[dict[str, Any], ...]
    people: int
    dates: dict[str, str | None]
    related: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    follow_up: tuple[dict[str, Any], ...] = ()
    multiverse: dict[str, Any] | None = None
    swim: dict[str, Any] | None = None
    risk_of_bias: tuple[dict[str, Any], ...] = ()
    unblinding: dict[str, Any] | None = None
    specifications: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON-safe values (NaN becomes None), single analyses left out."""
        clean: dict[str, Any] = json_safe(asdict(self))
        del clean["specifications"]
        return clean


def json_safe(value: Any) -> Any:
    """Return plain values: NaN becomes None, a tuple a list."""
    if isinstance(value, dict):
        return {str(k): json_safe(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
