"""Which rows of the base a plan reads, by condition and outcome.

In: an evidence base, a condition, an outcome and a design. Out: the endpoint a trial would measure and
its `Assumptions`. Cluster headache, migraine and fibromyalgia have rows of their own; for other
conditions what is missing is taken from a named analogue or assumed, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from aponia.evidence import EvidenceBase
from aponia.evidence.question import QuestionOutcome
from aponia.planning.assumptions import Assumptions, Reader
from aponia.planning.endpoints import Endpoint, EndpointKind
from aponia.planning.errors import PlanningError

__all__ = ["assume", "endpoint_of", "kind_of"]

_WITHIN = ("crossover", "n-of-1")
_OTHER_NUMBERS = "The base holds no such row for this condition."


def kind_of(construct: str) -> EndpointKind:
    """Return how an outcome construct is measured."""
    if construct == "attack-frequency":
        return "count"
    if construct in ("pain-intensity", "pain-days"):
        return "score"
    return "responder" if construct == "responder" else "normal"


def assume(
    base: EvidenceBase,
    condition: str,
    outcome: QuestionOutcome,
    design: str,
    changes: Mapping[str, float] | None = None,
) -> Assumptions:
    """Gather what a trial in a condition has to assume.

    Parameters
    ----------
    base : EvidenceBase
    condition : str
        Vocabulary id.
    outcome : QuestionOutcome
        What the trial measures.
    design : str
        Within-person designs in cluster headache are planned in the chronic form.
    changes : mapping of str to float, optional
        Values set by the user.

    Returns
    -------
    Assumptions

    Raises
    ------
    PlanningError
        If a row that is needed is gone, or a name in `changes` is not known.
    """
    reader = Reader(base)
    within = design in _WITHIN
    construct = outcome.construct
    if construct == "attack-frequency":
        if condition == "cluster-headache":
            (_chronic_cluster if within else _episodic_cluster)(reader)
        else:
            _other_counts(reader)
    elif construct == "pain-days":
        _pain_days(reader, condition)
    elif construct == "pain-intensity":
        _pain(reader, condition)
    elif construct == "responder":
        _responders(reader, condition)
    else:
        _standardised(reader, 1.0 if outcome.prefer == "higher" else -1.0)
    _dropout(reader, condition)
    _belief_shares(reader)
    _expectancy(reader, kind_of(construct))
    if within:
        _periods(reader, construct)
    if design == "dose-finding":
        _levels(reader)
    if design == "enrichment":
        _subgroup(reader, condition)
    return Assumptions(reader.items).with_values(changes or {})


def endpoint_of(outcome: QuestionOutcome, a: Assumptions) -> Endpoint:
    """Return the endpoint that the assumptions describe.

    Parameters
    ----------
    outcome : QuestionOutcome
    a : Assumptions

    Returns
    -------
    Endpoint
    """
    kind = kind_of(outcome.construct)
    sign = 1 if kind == "responder" or outcome.prefer == "higher" else -1
    get = a.get
    unit = {"count": "attacks a week", "responder": "people"}.get(kind, outcome.unit or "SD")
    highest = 28.0 if outcome.construct == "pain-days" else 10.0
    if kind == "score":
        unit = "days in 4 weeks" if outcome.construct == "pain-days" else f"points of {highest:g}"
    return Endpoint(
        kind=kind, label=outcome.label, unit=unit, benefit_sign=sign,
        baseline_mean=get("baseline_mean", 0.0), baseline_sd=get("baseline_sd", 1.0),
        comparator=get("placebo_rate", 0.0) if kind == "responder" else get("placebo_change", 0.0),
        followup_sd=get("followup_sd", 1.0), correlation=get("correlation", 0.5),
        lowest=0.0, highest=highest,
        baseline_weeks=get("baseline_weeks", 1.0), followup_weeks=get("followup_weeks", 4.0),
        bout_weeks=get("bout_weeks", 0.0),
    )  # fmt: skip


_CH = "cluster-headache-attack-frequency-"


def _episodic_cluster(r: Reader) -> None:
    placebo_arm, active_arm = _CH + "baseline-mean-placebo-arm", _CH + "baseline-mean-active-arm"
    b0 = r.read(
        "baseline_mean", "attacks a week before treatment", "attacks/week", placebo_arm,
        high=r.number("planning_parameters", active_arm),
    )  # fmt: skip
    sd = r.read(
        "baseline_sd", "spread between people before treatment", "attacks/week",
        _CH + "between-person-sd-at-baseline",
    )  # fmt: skip
    change = r.number("planning_parameters", _CH + "placebo-change")
    r.read(
        "placebo_change", "change on the comparator, bouts that end by themselves included", "%",
        _CH + "placebo-change-percent", low=100 * change / b0, high=0.0,
        why=f"The abstract prints {change:g} from {b0:g} a week, which is {100 * change / b0:.0f}%.",
    )  # fmt: skip
    rows = (_CH + "sd-of-change-arm-printed-as-placebo", _CH + "sd-of-change-arm-printed-as-active")
    r1, r2 = (1 - r.number("planning_parameters", row) ** 2 / (2 * sd * sd) for row in rows)
    r.derive(
        "correlation", "correlation of attack rates before and after", "", round((r1 + r2) / 2, 2),
        rows, "From the SD of change, 1 − SD²/(2 × baseline SD²); middle of the two arms, whose names "
        "the sources swap.", low=round(min(r1, r2), 2), high=round(max(r1, r2), 2),
    )  # fmt: skip
    r.assume(
        "baseline_weeks", "weeks of diary before treatment", "weeks", 1.0,
        "One week, as long as a bout leaves time for.", low=1.0, high=2.0,
    )  # fmt: skip
    r.assume(
        "followup_weeks", "weeks in which attacks are counted", "weeks", 3.0,
        "Weeks 1 to 3, as in the trials the other numbers come from.", low=2.0, high=8.0,
    )  # fmt: skip
    r.assume(
        "bout_weeks", "mean weeks until a bout ends by itself (0: never)", "weeks", 6.0,
        "Usual bouts last 2 weeks to 3 months; people enter somewhere inside one.", low=2.0, high=13.0,
        rows=("baseline_course/cluster-headache-usual-bout-length",),
    )  # fmt: skip
    _cluster_target(r)


def _chronic_cluster(r: Reader) -> None:
    row = _CH + "baseline-median-weekly-recall"
    median = r.number("planning_parameters", row)
    q1, q3 = (r.number("planning_parameters", row, f) for f in ("lo", "hi"))
    sigma = math.log(q3 / q1) / 1.3489795
    mean = median * math.exp(sigma**2 / 2)
    told = f"Chronic form. Log-normal with the printed median {median:g} and quartiles {q1:g} and {q3:g}."
    r.derive(
        "baseline_mean", "attacks a week before treatment", "attacks/week", round(mean, 1), [row], told,
        low=median,
    )  # fmt: skip
    r.derive(
        "baseline_sd", "spread between people before treatment", "attacks/week",
        round(mean * math.sqrt(math.expm1(sigma**2)), 1), [row], told,
    )  # fmt: skip
    change = r.number("planning_parameters", _CH + "placebo-change-2")
    r.derive(
        "placebo_change", "change on the comparator", "%", round(100 * change / mean, 0),
        [_CH + "placebo-change-2", row],
        f"{change:g} a week in one chronic trial, over the mean of another: that trial's baseline was "
        "not readable.", low=-40.0, high=0.0,
    )  # fmt: skip
    r.assume("baseline_weeks", "weeks of diary before treatment", "weeks", 4.0,
             "Length of the diary the spread before treatment was printed for.")  # fmt: skip
    r.assume("followup_weeks", "weeks of a period in which attacks are counted", "weeks", 4.0,
             "Long enough for a stable count at these rates.", low=2.0, high=8.0)  # fmt: skip
    r.assume(
        "bout_weeks", "mean weeks until a bout ends by itself (0: never)", "weeks", 0.0,
        "Planned in the chronic form: in an episodic bout later periods lose their attacks by "
        "themselves. Set 6 to see that.",
        rows=("baseline_course/cluster-headache-usual-bout-length",),
    )  # fmt: skip
    _cluster_target(r)


def _cluster_target(r: Reader) -> None:
    rows = [
        _CH + p
        for p in (
            "active-change", "baseline-mean-active-arm", "placebo-change", "baseline-mean-placebo-arm"
        )
    ]  # fmt: skip
    a, b, c, d = (r.number("planning_parameters", row) for row in rows)
    ratio = (1 + a / b) / (1 + c / d)
    r.derive(
        "target_effect", "effect the trial should be able to see", "log rate ratio",
        round(math.log(ratio), 3), rows,
        f"Rate ratio {ratio:.2f}: what galcanezumab gave over placebo in episodic cluster headache, "
        "(1 + change/baseline) of both arms. The base has no minimal important difference for attacks.",
        low=round(math.log(0.5), 3), high=round(math.log(0.8), 3),
    )  # fmt: skip


def _pain_days(r: Reader, condition: str) -> None:
    if condition != "migraine":
        raise PlanningError(
            f"the base has no baseline of pain days in {condition}; plan another outcome with --outcome"
        )
    row = "migraine-pain-days-"
    b = r.read("baseline_mean", "migraine days before treatment", "days/4 weeks",
               row + "baseline-mean-placebo-arm")  # fmt: skip
    r.read("baseline_sd", "spread between people before treatment", "days/4 weeks",
           row + "between-person-sd-at-baseline")  # fmt: skip
    r.read("placebo_change", "change on the comparator", "days/4 weeks",
           row + "placebo-change-median-of-trials")  # fmt: skip
    low = r.number("planning_parameters", row + "between-person-sd-at-baseline")
    high = r.number("planning_parameters", row + "between-person-sd-at-baseline-2")
    r.assume(
        "followup_sd", "spread between people after treatment", "days/4 weeks", (low + high) / 2,
        "No row. The SD before treatment is cut by eligibility, so it is too small; taken midway between "
        "the printed SDs of episodic and chronic migraine.", low=low, high=high,
        rows=(f"planning_parameters/{row}between-person-sd-at-baseline-2",),
    )  # fmt: skip
    r.assume("correlation", "correlation of days before and after", "", 0.5,
             "No row for migraine days; other outcomes had 0.24 to 0.55.", low=0.24, high=0.7)  # fmt: skip
    r.assume("followup_weeks", "weeks in which days are counted", "weeks", 4.0,
             "The outcome is days in four weeks.")  # fmt: skip
    source = row + "placebo-change"
    placebo = r.number("planning_parameters", source)
    r.derive(
        "target_effect", "effect the trial should be able to see", "days/4 weeks",
        round(-3.7 - placebo, 2), [source],
        f"What erenumab 140 mg gave over placebo (−3.7 in the note of the row, placebo {placebo:g}). The "
        "base has no minimal important difference between groups for migraine days.",
        low=-3.0, high=-1.0,
    )  # fmt: skip
    if b >= 28:
        raise PlanningError("a baseline of 28 days or more leaves no room on the scale")


_PLACEBO_POINTS = {
    "fibromyalgia": "fibromyalgia-pain-intensity-placebo-change-bpi-average",
    "neuropathic-pain": "neuropathic-pain-pain-intensity-placebo-change",
}


def _pain(r: Reader, condition: str) -> None:
    if condition == "fibromyalgia":
        r.read("baseline_mean", "pain before treatment", "points of 10",
               "fibromyalgia-mean-pain-vas-at-start", table="baseline_course", scale=0.1,
               low=5.5, high=7.0, why="Printed as 66 of 100.")  # fmt: skip
    else:
        r.assume("baseline_mean", "pain before treatment", "points of 10", 6.0,
                 f"{_OTHER_NUMBERS} Trials ask for 4 or more.", low=5.0, high=7.0)  # fmt: skip
    r.assume("baseline_sd", "spread between people before treatment", "points of 10", 1.7,
             f"{_OTHER_NUMBERS} Smaller than after treatment because eligibility cuts the low end.",
             low=1.4, high=2.0)  # fmt: skip
    r.read(
        "followup_sd", "spread between people after treatment", "points of 10",
        "osteoarthritis-pain-intensity-between-person-sd-median-of-large-trials", low=2.0, high=2.9,
        why="An analogue: no row for this condition. The low back pain trial had 2.7 and 2.9.",
    )  # fmt: skip
    r.read(
        "correlation", "correlation of pain before and after", "",
        "low-back-pain-pain-intensity-baseline-to-follow-up-correlation",
        why="" if condition == "low-back-pain" else "An analogue: no row for this condition.",
    )  # fmt: skip
    if condition in _PLACEBO_POINTS:
        r.read("placebo_change", "change on the comparator", "points of 10", _PLACEBO_POINTS[condition],
               low=-2.5, high=-0.5)  # fmt: skip
    else:
        r.read("placebo_change", "change on the comparator", "points of 10",
               "neuropathic-pain-pain-intensity-placebo-change", low=-2.5, high=-0.5,
               why="An analogue: no row in points for this condition.")  # fmt: skip
    r.assume("followup_weeks", "weeks until pain is measured", "weeks", 4.0,
             "Only tells when; no number depends on it.")  # fmt: skip
    r.assume(
        "target_effect", "effect the trial should be able to see", "points of 10", -1.0,
        "The base has no minimal important difference between groups; changes that single people notice "
        "are about 2 points, and drugs in use differ from placebo by less.", low=-2.0, high=-0.5,
    )  # fmt: skip


_PLACEBO_RATE = {
    "cluster-headache": "cluster-headache-responder-placebo-responder-rate-50-fewer-attacks",
    "migraine": "migraine-responder-placebo-responder-rate-50-fewer-days",
    "fibromyalgia": "fibromyalgia-responder-placebo-responder-rate-30-pain-reduction",
    "low-back-pain": "low-back-pain-responder-placebo-responder-rate-30-pain-reduction",
    "neuropathic-pain": "neuropathic-pain-responder-placebo-responder-rate-50-pain-reduction",
}


def _responders(r: Reader, condition: str) -> None:
    if condition in _PLACEBO_RATE:
        p0 = r.read(
            "placebo_rate", "people who respond on the comparator", "%", _PLACEBO_RATE[condition]
        )
    else:
        p0 = r.assume("placebo_rate", "people who respond on the comparator", "%", 30.0,
                      f"{_OTHER_NUMBERS} Other conditions have 19 to 48%.", low=19.0, high=48.0)  # fmt: skip
    p1 = min(95.0, p0 + 20)
    r.assume(
        "target_effect", "effect the trial should be able to see", "log odds ratio",
        round(math.log(p1 / (100 - p1) * (100 - p0) / p0), 3),
        f"Twenty more responders in 100 ({p1:g}% against {p0:g}%): about what the best medicines in the "
        "base gave; it has no minimal important difference for responders.",
    )  # fmt: skip
    r.assume("correlation", "likeness of a person's two responses", "", 0.5,
             "Used by within-person designs only.", low=0.2, high=0.8)  # fmt: skip


def _other_counts(r: Reader) -> None:
    why = f"{_OTHER_NUMBERS} Set it for your people."
    r.assume(
        "baseline_mean",
        "attacks a week before treatment",
        "attacks/week",
        2.0,
        why,
        low=1.0,
        high=5.0,
    )
    r.assume("baseline_sd", "spread between people before treatment", "attacks/week", 1.5, why)
    r.assume("placebo_change", "change on the comparator", "%", -20.0, why, low=-40.0, high=0.0)
    r.assume(
        "correlation",
        "correlation of attack rates before and after",
        "",
        0.5,
        why,
        low=0.3,
        high=0.7,
    )
    r.assume("baseline_weeks", "weeks of diary before treatment", "weeks", 4.0, why)
    r.assume("followup_weeks", "weeks in which attacks are counted", "weeks", 4.0, why)
    r.assume("bout_weeks", "mean weeks until a bout ends by itself (0: never)", "weeks", 0.0, why)
    r.assume("target_effect", "effect the trial should be able to see", "log rate ratio", -0.357,
             "Rate ratio 0.7; no minimal important difference in the base.", low=-0.693, high=-0.223)  # fmt: skip


def _standardised(r: Reader, better: float) -> None:
    why = "This outcome is planned in standard deviations: no row gives its mean and SD."
    r.assume("baseline_mean", "mean before treatment", "SD", 0.0, why)
    r.assume("baseline_sd", "spread before treatment", "SD", 1.0, why)
    r.assume("followup_sd", "spread after treatment", "SD", 1.0, why)
    r.assume("placebo_change", "change on the comparator", "SD", 0.5 * better, why)
    r.assume("correlation", "correlation before and after", "", 0.5, why, low=0.24, high=0.7)
    r.assume("target_effect", "effect the trial should be able to see", "SD", 0.4 * better,
             "0.4 SD, between small and medium; no minimal important difference in SD.")  # fmt: skip


def _dropout(r: Reader, condition: str) -> None:
    table = "planning_parameters"
    if condition == "cluster-headache":
        for arm, started in (("placebo", 57), ("active", 52)):
            row = f"cluster-headache-safety-dropout-{arm}"
            left = r.number(table, row)
            name = "dropout_active" if arm == "active" else "dropout_comparator"
            r.derive(name, f"people without an outcome, {arm}", "share", round(left / started, 3), [row],
                     f"{left:g} of {started}; over 8 weeks, most for lack of effect on placebo.",
                     low=0.05, high=0.3)  # fmt: skip
        return
    if condition == "migraine":
        row = "migraine-safety-retention-to-week-24"
        share = round(1 - r.number(table, row) / 955, 3)
        told, rows = "110 of 955 by week 24, all arms.", [row]
    elif condition == "fibromyalgia":
        row = "fibromyalgia-safety-dropout-all-causes-placebo"
        share = round(r.number(table, row) / 248, 3)
        told, rows = "40 of 248 on placebo over 15 weeks.", [row]
    else:
        share, told, rows = (
            0.15,
            f"{_OTHER_NUMBERS} Between migraine (12%) and cluster headache (21%).",
            [],
        )
    for name in ("dropout_active", "dropout_comparator"):
        what = f"people without an outcome, {'active' if name.endswith('active') else 'comparator'}"
        if rows:
            r.derive(name, what, "share", share, rows, told, low=0.05, high=0.3)
        else:
            r.assume(name, what, "share", share, told, low=0.05, high=0.3)


_GUESS = "mdma-assisted-therapy-for-ptsd-guess"


def _belief_shares(r: Reader) -> None:
    why = (
        "No guess rate of a trial of this drug in pain was readable. Taken from the one pair of rates in "
        "the base, MDMA for PTSD against inert placebo."
    )
    active = r.number("blinding", _GUESS, "guess_active_correct") / 100
    control = 1 - r.number("blinding", _GUESS, "guess_control_correct") / 100
    r.derive("believe_active", "people on active who believe they got it", "share", active, [_GUESS], why,
             table="blinding", low=0.5, high=1.0)  # fmt: skip
    r.derive("believe_comparator", "people on an inert comparator who believe they got active", "share",
             control, [_GUESS], why, table="blinding", low=0.0, high=0.5)  # fmt: skip
    r.assume("believe_active_comparator", "people on an active comparator who believe they got active",
             "share", 0.5, "No readable rate; an active comparator may do better or no better (KARMA-Dep 2: "
             "most guessed right against midazolam).", low=0.25, high=0.9,
             rows=("blinding/karma-dep-2-guess",))  # fmt: skip


def _expectancy(r: Reader, kind: EndpointKind) -> None:
    values = {a.name: a.value for a in r.items}
    if kind == "count":
        shift = 0.5 * math.log(max(0.05, 1 + values["placebo_change"] / 100))
        unit = "log rate ratio"
    elif kind == "responder":
        shift, unit = 0.4, "log odds ratio"
    else:
        shift, unit = 0.5 * values["placebo_change"], "as the effect"
    why = (
        "Nobody has measured it in pain (Muthukumaraswamy 2021: the amount cannot yet be estimated). Taken "
        "as half of the change on the comparator."
        if kind != "responder"
        else "Nobody has measured it in pain. About eight responders in 100 more."
    )
    r.assume(
        "expectancy", "what believing to have got the active treatment adds", unit, round(shift, 3), why,
        low=round(min(2 * shift, 0.0), 3), high=round(max(2 * shift, 0.0), 3),
        rows=("blinding/muthukumaraswamy-2021-expectancy",),
    )  # fmt: skip


def _periods(r: Reader, construct: str) -> None:
    why = "No row."
    r.assume("blocks", "blocks of two periods (N-of-1)", "", 3.0,
             "The least that shows a person's own effect apart from chance.", low=2.0, high=5.0)  # fmt: skip
    r.assume("washout_weeks", "weeks between periods that are not counted", "weeks", 4.0,
             "Psychedelic trials used 1 to 2 weeks, and effects were reported to last longer.",
             low=1.0, high=12.0)  # fmt: skip
    r.assume("carry_over", "share of the effect left in the next period", "share", 0.1,
             "Not measured. Carry-over biases towards no difference.", low=0.0, high=0.5)  # fmt: skip
    r.assume("autocorrelation", "correlation of the noise of neighbouring periods", "", 0.3, why,
             low=0.0, high=0.6)  # fmt: skip
    r.assume("effect_spread", "spread of the effect between people, as a share of it", "share", 0.5,
             "No row tells how much people differ in their response.", low=0.0, high=1.0)  # fmt: skip
    if construct == "attack-frequency":
        r.assume("period_sd", "SD of a person's log attack rate between periods", "log rate", 0.35,
                 "The row on variability within people prints no number, only that it falls with frequency.",
                 low=0.2, high=0.6,
                 rows=(f"planning_parameters/{_CH}within-person-variability",))  # fmt: skip
    else:
        own = (
            "planning_parameters/chronic-pain-mixed-pain-intensity-reliability-of-one-daily-rating"
        )
        r.assume("own_share", "share of the variance that is the person's own", "share", 0.45,
                 "Midway between the correlation of back pain over months (0.24) and the reliability of "
                 "one daily rating (0.65).", low=0.24, high=0.65, rows=(own,))  # fmt: skip


def _levels(r: Reader) -> None:
    for name, value in (("microdose", 0.1), ("psycholytic", 0.5), ("macrodose", 1.0)):
        r.assume(f"level_{name}", f"place of the {name} approach on the scale of the dose response", "share",
                 value, "Spacing of the approaches for the shapes tested; not a dose.")  # fmt: skip
    r.assume("half_level", "level with half of the effect (the true Emax curve)", "share", 0.3,
             "No dose response in pain to read it from.", low=0.1, high=1.0)  # fmt: skip


def _subgroup(r: Reader, condition: str) -> None:
    if condition == "cluster-headache":
        r.assume("subgroup_share", "share of people in the subgroup (chronic form)", "share", 0.5,
                 "10 to 15% of patients have the chronic form, but trials recruit more of them.",
                 low=0.1, high=0.6,
                 rows=("baseline_course/cluster-headache-share-with-chronic-form",))  # fmt: skip
        r.assume("effect_outside", "effect outside the subgroup, as a share of that inside", "share", 0.28,
                 "Schindler 2022 printed d = 1.25 in chronic and 0.35 in episodic cluster headache, in 14 "
                 "people.", low=0.0, high=1.0)  # fmt: skip
    else:
        r.assume(
            "subgroup_share",
            "share of people in the subgroup",
            "share",
            0.5,
            "No row.",
            low=0.2,
            high=0.8,
        )
        r.assume("effect_outside", "effect outside the subgroup, as a share of that inside", "share", 0.5,
                 "No row.", low=0.0, high=1.0)  # fmt: skip
