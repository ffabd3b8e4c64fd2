"""Effects from what a study printed, each marked as printed or derived, and how.

The order of the routes is fixed and does not look at results: counts in both arms, means and SDs,
a printed difference with its interval, changes with intervals, a standardised difference, an exact
p-value. What allows no interval still gives a direction.

Sources: Cochrane Handbook version 6, sections 6.3–6.5 (intervals, p-values and t to SE, risk
ratio), 10.4.4 (0.5 for zero cells), 23.2 (crossover).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import t as student_t

from aponia import meta
from aponia.answers.model import Direction, Effect
from aponia.evidence import ArmResult, Contrast, Outcome, PValue

__all__ = ["ASSUMED_R", "SAME_PEOPLE", "Printed", "recover", "recover_within"]

NAN = float("nan")
_Z = 1.959963984540054
#: Assumed correlation between a person's two periods when a crossover prints none.
#: Elbourne 2002 (Int J Epidemiol 31:140) advises 0.5 with a sensitivity range.
ASSUMED_R = 0.5
#: People's pain ratings on 0–10 never lie this close together: such an "SD" is most likely a
#: standard error (Cochrane Handbook 6.5.2.2 warns of the confusion). Trials here print 1.4 to 3.
_LEAST_SD = 0.6
#: A p of 0.001 or less is at the limit of what papers print, often a slip for "<": a direction, no size.
_PRINT_LIMIT = 0.001
#: From here on the t and the normal quantile differ by less than 2 %.
_LARGE = 100
SAME_PEOPLE = "the same people were in both arms"


@dataclass(frozen=True)
class Printed:
    """What one outcome of one study offers for a contrast of two arms.

    `correlation` is that of a person's two periods, for crossovers that print none.
    """

    outcome: Outcome
    contrast: Contrast | None
    active: ArmResult | None
    control: ArmResult | None
    n_active: int | None
    n_control: int | None
    people: int | None
    crossover: bool
    favours: Direction
    lower_is_better: bool
    correlation: float = ASSUMED_R


def _scale(outcome: Outcome) -> tuple[float, str | None]:
    """Return the factor and unit that put pain scales on 0–10; other units stay as they are."""
    unit = outcome.unit
    text = f"{outcome.instrument or ''} {outcome.note or ''}".lower()
    if outcome.construct == "pain-intensity":
        if unit == "mm":
            return 0.1, "points of 10"
        if unit == "points":
            hundred = "0-100" in text or "0–100" in text
            return (0.1 if hundred else 1.0), "points of 10"
    return 1.0, unit


def recover(item: Printed) -> Effect | None:
    """Return the between-arm effect of an outcome, or None when not even a number was printed.

    Parameters
    ----------
    item : Printed

    Returns
    -------
    Effect or None
        Active minus control for means, active over control for counts.
    """
    for route in (
        _from_counts,
        _from_means,
        _from_difference,
        _from_changes,
        _from_medians,
        _from_smd,
        _from_p,
        _means_only,
    ):
        effect = route(item)
        if effect is not None:
            return effect
    return None


def _sign(item: Printed) -> int:
    return -1 if item.lower_is_better else 1


def _normal(
    measure: str,
    estimate: float,
    se: float,
    df: float | None,
    item: Printed,
    *,
    unit: str | None,
    derived: bool,
    how: str,
) -> Effect:
    quantile = _Z if df is None else float(student_t.ppf(0.975, df))
    return Effect(
        measure=measure,  # type: ignore[arg-type]
        estimate=estimate,
        ci_lower=estimate - quantile * se,
        ci_upper=estimate + quantile * se,
        y=estimate,
        v=se * se,
        unit=unit,
        benefit_sign=_sign(item),
        derived=derived,
        how=how,
    )


def _from_counts(item: Printed) -> Effect | None:
    a, c = item.active, item.control
    if a is None or c is None or None in (a.events, a.total, c.events, c.total):
        return None
    e1, n1, e2, n2 = (
        float(a.events or 0),
        float(a.total or 0),
        float(c.events or 0),
        float(c.total or 0),
    )
    if n1 <= 0 or n2 <= 0 or (e1 == 0 and e2 == 0) or (e1 == n1 and e2 == n2):
        return None
    how = "risk ratio from the printed counts"
    if 0 in (e1, e2, n1 - e1, n2 - e2):
        e1, e2, n1, n2 = e1 + 0.5, e2 + 0.5, n1 + 1, n2 + 1
        how += ", 0.5 added to each cell because one was zero"
    if item.crossover:
        how += f"; {SAME_PEOPLE}, taken as separate groups, which makes the interval wider"
    y = math.log(e1 / n1) - math.log(e2 / n2)
    v = 1 / e1 - 1 / n1 + 1 / e2 - 1 / n2
    half = _Z * math.sqrt(v)
    return Effect(
        "RR",
        math.exp(y),
        math.exp(y - half),
        math.exp(y + half),
        y,
        v,
        None,
        _sign(item),
        True,
        how,
    )


def _from_means(item: Printed) -> Effect | None:
    a, c = item.active, item.control
    if a is None or c is None or None in (a.mean, a.sd, c.mean, c.sd):
        return None
    n1, n2 = item.n_active, item.n_control
    if not n1 or not n2 or n1 < 2 or n2 < 2:
        return None
    factor, unit = _scale(item.outcome)
    if unit == "points of 10" and factor * min(float(a.sd or 0), float(c.sd or 0)) < _LEAST_SD:
        return None
    diff = factor * (float(a.mean or 0) - float(c.mean or 0))
    s1, s2 = factor * float(a.sd or 0), factor * float(c.sd or 0)
    if item.crossover:
        var = (s1 * s1 + s2 * s2 - 2 * item.correlation * s1 * s2) / n1
        how = f"difference of the printed means; {SAME_PEOPLE}, their correlation is not printed and taken as {item.correlation:g}"
        return _normal("MD", diff, math.sqrt(var), n1 - 1, item, unit=unit, derived=True, how=how)
    var = s1 * s1 / n1 + s2 * s2 / n2
    df = var * var / ((s1 * s1 / n1) ** 2 / (n1 - 1) + (s2 * s2 / n2) ** 2 / (n2 - 1))
    how = "difference of the printed means, standard error from the printed SDs (Welch)"
    return _normal("MD", diff, math.sqrt(var), df, item, unit=unit, derived=True, how=how)


def _oriented(value: float, item: Printed) -> float:
    """Give a printed difference the sign that its printed direction demands."""
    if item.favours == "benefit":
        return _sign(item) * abs(value)
    if item.favours == "harm":
        return -_sign(item) * abs(value)
    return value


def _orientation(value: float, item: Printed) -> float:
    turned = _oriented(value, item)
    return -1.0 if value != 0 and turned == -value else 1.0


def _from_difference(item: Printed) -> Effect | None:
    contrast = item.contrast
    if contrast is None or contrast.value is None or contrast.measure != "MD":
        return None
    factor, unit = _scale(item.outcome)
    turn = _orientation(contrast.value, item)
    estimate = factor * turn * contrast.value
    how = "the difference printed by the study"
    if item.favours not in ("benefit", "harm"):
        how += "; the sign is taken as active minus comparator"
    if contrast.ci95 is not None:
        low, high = sorted(factor * turn * b for b in contrast.ci95)
        se = (high - low) / (2 * _Z)
        return Effect("MD", estimate, low, high, estimate, se * se, unit, _sign(item), False, how)
    from_p = _se_from_p(abs(estimate), contrast.p, item)
    if from_p is not None:
        how += f", standard error from its exact p ({_p_text(contrast.p)})"
        return _normal("MD", estimate, from_p, _t_df(item), item, unit=unit, derived=True, how=how)
    return Effect(
        "MD",
        estimate,
        NAN,
        NAN,
        estimate,
        NAN,
        unit,
        _sign(item),
        False,
        how + "; no interval printed",
    )


def _t_df(item: Printed) -> float | None:
    n1, n2 = item.n_active, item.n_control
    if (not n1 or not n2) and item.people and item.people >= _LARGE:
        # Group sizes not printed, but with this many people t and normal agree.
        return float(item.people - 2)
    if item.crossover:
        return float(n1 - 1) if n1 and n1 > 1 else None
    return float(n1 + n2 - 2) if n1 and n2 and n1 + n2 > 2 else None


def _exact(p: PValue | None) -> bool:
    """Whether a p-value is exact enough for a size: at 0.001 and below, print has run out."""
    return p is not None and p.operator == "=" and _PRINT_LIMIT < p.value < 1


def _se_from_p(size: float, p: PValue | None, item: Printed) -> float | None:
    """Return the standard error from an exact two-sided p by the t distribution (Handbook 6.5.2.3)."""
    df = _t_df(item)
    if size == 0 or df is None or not _exact(p) or p is None:
        return None
    return size / float(student_t.isf(p.value / 2, df))


def _p_text(p: PValue | None) -> str:
    return "" if p is None else f"p {p.operator} {p.value:g}"


def _from_changes(item: Printed) -> Effect | None:
    a, c = item.active, item.control
    if a is None or c is None or a.change_mean is None or c.change_mean is None:
        return None
    factor, unit = _scale(item.outcome)
    diff = factor * (a.change_mean - c.change_mean)
    p = item.contrast.p if item.contrast else None
    p_se = _se_from_p(abs(diff), p, item)
    if p_se is not None:
        how = (
            "difference of the printed changes; standard error from the printed between-group "
            f"test ({_p_text(p)})"
        )
        return _normal("MD", diff, p_se, _t_df(item), item, unit=unit, derived=True, how=how)
    s1, s2 = _change_se(a, item.n_active), _change_se(c, item.n_control)
    if s1 is None or s2 is None:
        how = "difference of the printed changes; no interval can be worked out"
        return Effect("MD", diff, NAN, NAN, diff, NAN, unit, _sign(item), True, how)
    if item.crossover:
        how = f"difference of the printed changes, standard errors from their intervals; {SAME_PEOPLE}, correlation not printed and taken as {item.correlation:g}"
        se = factor * math.sqrt(max(s1 * s1 + s2 * s2 - 2 * item.correlation * s1 * s2, 1e-12))
    else:
        how = "difference of the printed changes, standard errors from their 95% intervals (t distribution)"
        se = factor * math.hypot(s1, s2)
    return _normal("MD", diff, se, _t_df(item), item, unit=unit, derived=True, how=how)


def _change_se(result: ArmResult, n: int | None) -> float | None:
    if not n or n < 2:
        return None
    if result.change_sd is not None:
        return float(result.change_sd) / math.sqrt(n)
    if result.change_ci95 is not None:
        low, high = result.change_ci95
        return (high - low) / (2 * float(student_t.ppf(0.975, n - 1)))
    return None


def _from_medians(item: Printed) -> Effect | None:
    """Means and SDs from median changes with quartiles (Luo 2018, Wan 2014), unless skewed."""
    a, c = item.active, item.control
    n1, n2 = item.n_active, item.n_control
    if a is None or c is None or not n1 or not n2 or item.crossover:
        return None
    if a.change_median is None or c.change_median is None or not a.change_iqr or not c.change_iqr:
        return None
    got = meta.recover.mean_sd_from_quantiles(
        q1=[a.change_iqr[0], c.change_iqr[0]],
        median=[a.change_median, c.change_median],
        q3=[a.change_iqr[1], c.change_iqr[1]],
        n=[n1, n2],
    )
    if bool(got.skewed.any()):
        return None
    factor, unit = _scale(item.outcome)
    diff = factor * float(got.mean[0] - got.mean[1])
    w1, w2 = (factor * float(got.sd[0])) ** 2 / n1, (factor * float(got.sd[1])) ** 2 / n2
    df = (w1 + w2) ** 2 / (w1**2 / (n1 - 1) + w2**2 / (n2 - 1))
    how = (
        "difference of means worked out from the printed medians and quartiles (Luo 2018, Wan 2014)"
    )
    return _normal("MD", diff, math.sqrt(w1 + w2), df, item, unit=unit, derived=True, how=how)


def _from_smd(item: Printed) -> Effect | None:
    contrast = item.contrast
    if contrast is None or contrast.value is None or contrast.measure not in ("SMD", "ES"):
        return None
    turn = _orientation(contrast.value, item)
    d = turn * contrast.value
    n1, n2 = item.n_active, item.n_control
    if contrast.ci95 is not None:
        low, high = sorted(turn * b for b in contrast.ci95)
        se = (high - low) / (2 * _Z)
        return Effect(
            "SMD",
            d,
            low,
            high,
            d,
            se * se,
            None,
            _sign(item),
            False,
            "the standardised difference printed by the study",
        )
    if not n1 or not n2 or item.crossover:
        return Effect(
            "SMD",
            d,
            NAN,
            NAN,
            d,
            NAN,
            None,
            _sign(item),
            False,
            "the standardised difference printed by the study; no interval",
        )
    v = 1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2))
    how = "the printed standardised difference, variance from the group sizes (1/n1 + 1/n2 + d²/2N)"
    return _normal("SMD", d, math.sqrt(v), None, item, unit=None, derived=True, how=how)


def _from_p(item: Printed) -> Effect | None:
    p, df = (item.contrast.p if item.contrast else None), _t_df(item)
    if p is None or df is None or not _exact(p):
        return None
    if item.contrast is not None and item.contrast.measure == "MEDD":
        return None  # a rank test says nothing of means
    if item.favours not in ("benefit", "harm"):
        return None
    if not item.n_active or not item.n_control:
        return None
    n1, n2 = float(item.n_active), float(item.n_control)
    t = float(student_t.isf(p.value / 2, df))
    sign = _sign(item) * (1 if item.favours == "benefit" else -1)
    if item.crossover:
        d = t * math.sqrt(2 * (1 - item.correlation) / n1)
        v = 2 * (1 - item.correlation) / n1 * (1 + d * d / 4)
        how = f"standardised difference from the exact {_p_text(p)} by the paired t distribution, correlation taken as {item.correlation:g}"
    else:
        d = t * math.sqrt(1 / n1 + 1 / n2)
        v = 1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2))
        how = f"standardised difference from the exact {_p_text(p)} by the t distribution"
    return _normal("SMD", sign * d, math.sqrt(v), None, item, unit=None, derived=True, how=how)


def _means_only(item: Printed) -> Effect | None:
    a, c = item.active, item.control
    if a is None or c is None:
        return None
    if a.mean is None or c.mean is None:
        if a.percent is None or c.percent is None:
            return None
        how = "difference of the printed percentages; the people behind them were not printed, so no interval"
        diff = a.percent - c.percent
        return Effect("MD", diff, NAN, NAN, diff, NAN, "%", _sign(item), True, how)
    factor, unit = _scale(item.outcome)
    diff = factor * (a.mean - c.mean)
    how = "difference of the printed means; no SD that can be used was printed, so no interval"
    if a.sd is not None:
        how = "difference of the printed means; the printed spread is far too small for people's pain ratings and may be a standard error, so no interval"
    return Effect("MD", diff, NAN, NAN, diff, NAN, unit, _sign(item), True, how)


def recover_within(
    outcome: Outcome, result: ArmResult, n: int | None, *, lower_is_better: bool
) -> Effect | None:
    """Return the change within one group of people; never to be mixed with between-arm effects."""
    sign = -1 if lower_is_better else 1
    factor, unit = _scale(outcome)
    if outcome.construct == "responder" or (result.events is not None and result.total):
        if result.events is not None and result.total:
            return _proportion(result.events, result.total, sign)
        if result.percent is not None and n:
            return _proportion(round(result.percent * n / 100), n, sign)
        return None
    if result.change_mean is not None:
        low, high = (NAN, NAN)
        if result.change_ci95 is not None:
            low, high = (factor * b for b in result.change_ci95)
        elif result.change_sd is not None and n and n > 1:
            half = float(student_t.ppf(0.975, n - 1)) * result.change_sd / math.sqrt(n)
            low, high = factor * (result.change_mean - half), factor * (result.change_mean + half)
        percent = "%" in (outcome.unit or "")
        y = factor * result.change_mean
        return Effect(
            "percent-change" if percent else "change",
            y,
            low,
            high,
            y,
            NAN,
            "%" if percent else unit,
            sign,
            False,
            "the change from baseline printed by the study",
        )
    if result.mean is not None and result.baseline_mean is not None:
        y = factor * (result.mean - result.baseline_mean)
        return Effect(
            "change",
            y,
            NAN,
            NAN,
            y,
            NAN,
            unit,
            sign,
            True,
            "printed mean after minus printed mean before; no interval can be worked out",
        )
    return None


def _proportion(events: int, total: int, sign: int) -> Effect:
    """Wilson interval (Wilson 1927, JASA 22:209), which behaves with few people and with 0 or all."""
    p, z2 = events / total, _Z * _Z
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    return Effect(
        "proportion",
        p,
        max(0.0, centre - half),
        min(1.0, centre + half),
        p,
        NAN,
        None,
        sign,
        True,
        "share of the printed counts, Wilson interval",
    )
