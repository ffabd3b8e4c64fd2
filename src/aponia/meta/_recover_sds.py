"""Standard deviations from standard errors, intervals, tests, and other standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._recover_input import HANDBOOK, confidence_level, read_columns, refuse, two_sided_t
from aponia.meta._recover_result import Recovered, RecoveredMeanSD
from aponia.meta.errors import InputError, MethodError

__all__ = [
    "combine_groups",
    "correlation_from_sd_change",
    "sd_change",
    "sd_from_ci",
    "sd_from_p",
    "sd_from_se",
    "sd_from_t",
]


def _per_unit_sd(n1: FloatArray, n2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return SE/SD and df of a mean (n2 missing) or of a difference of two means."""
    one = np.isnan(n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(1 / n1 + np.where(one, 0.0, 1 / n2))
    return ratio, np.where(one, n1 - 1, n1 + n2 - 2)


def sd_from_se(se: ColumnLike, n: ColumnLike, *, data: Any = None) -> Recovered:
    """Return the SD of a group from the standard error of its mean, SE·√n.

    Parameters
    ----------
    se, n : array_like or str
        Standard errors and sample sizes.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        A negative standard error or a sample size not above 0.
    """
    x, _ = read_columns(data, se=se, n=n)
    refuse(x["se"] < 0, "se", x["se"], "0 or more")
    refuse(x["n"] <= 0, "n", x["n"], "above 0")
    return Recovered(
        method="se", formula="SD = SE·√n", source=HANDBOOK + "6.5.2.2",
        value=x["se"] * np.sqrt(x["n"]),
    )  # fmt: skip


def sd_from_ci(
    lower: ColumnLike,
    upper: ColumnLike,
    n: ColumnLike,
    n2: ColumnLike | None = None,
    *,
    level: float = 0.95,
    distribution: str = "t",
    data: Any = None,
) -> Recovered:
    """Return the SD from the confidence interval of a mean, or of a difference of two means.

    Parameters
    ----------
    lower, upper : array_like or str
        Bounds of the interval.
    n : array_like or str
        Sample size (of the first group).
    n2 : array_like or str, optional
        Sample size of the second group; then the interval is of the difference of the two means
        and the SD is the average within the groups.
    level : float
        Confidence level, 0.95 or 95.
    distribution : {"t", "normal"}
        How the interval was computed; t is right for what papers print, and for large samples
        there is no difference.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        Bounds in the wrong order, a group too small for the t distribution.
    """
    x, k = read_columns(data, lower=lower, upper=upper, n=n, n2=n2)
    refuse(x["upper"] < x["lower"], "upper", x["upper"], "at least lower")
    ratio, df = _per_unit_sd(x["n"], x["n2"])
    if distribution == "normal":
        df = np.full(k, np.inf)
    elif distribution != "t":
        raise MethodError(f"distribution={distribution!r}: choose 't' or 'normal'")
    refuse(df < 1, "n", x["n"], "at least 2 (one group) or 3 in both groups together")
    critical = two_sided_t(np.full(k, 1 - confidence_level(level)), df)
    return Recovered(
        method=f"ci-{distribution}",
        formula="SD = (upper - lower) / (2·quantile·√(1/n + 1/n2))" if n2 is not None
        else "SD = √n (upper - lower) / (2·quantile)",
        source=HANDBOOK + ("6.5.2.3" if n2 is not None else "6.5.2.2"),
        value=(x["upper"] - x["lower"]) / (2 * critical * ratio),
    )  # fmt: skip


def sd_from_t(
    difference: ColumnLike,
    t: ColumnLike,
    n: ColumnLike,
    n2: ColumnLike | None = None,
    *,
    data: Any = None,
) -> Recovered:
    """Return the SD from a mean difference and its t statistic.

    Parameters
    ----------
    difference, t : array_like or str
        Difference of means (or mean change) and its t statistic; signs do not matter.
    n, n2 : array_like or str
        Sample sizes of the two groups; without `n2` the test is paired and the result is the SD
        of the changes.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        A t statistic of zero, which says nothing about the SD.
    """
    x, _ = read_columns(data, difference=difference, t=t, n=n, n2=n2)
    refuse(x["t"] == 0, "t", x["t"], "a t statistic other than 0")
    refuse(x["n"] <= 0, "n", x["n"], "above 0")
    ratio, _ = _per_unit_sd(x["n"], x["n2"])
    return Recovered(
        method="t", formula="SD = |difference / t| / √(1/n + 1/n2)",
        source=HANDBOOK + "6.5.2.3", value=np.abs(x["difference"] / x["t"]) / ratio,
    )  # fmt: skip


def sd_from_p(
    difference: ColumnLike,
    p: ColumnLike,
    n: ColumnLike,
    n2: ColumnLike | None = None,
    *,
    sides: int = 2,
    data: Any = None,
) -> Recovered:
    """Return the SD from a mean difference and the p-value of its t-test.

    Parameters
    ----------
    difference, p : array_like or str
        Difference of means (or mean change) and p-value. For "p < 0.05" give 0.05: the SD is
        then at most too large.
    n, n2 : array_like or str
        Sample sizes; without `n2` the test is paired and the result is the SD of the changes.
    sides : {2, 1}
        Whether the p-value is two-sided.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        A p-value outside (0, 1), or one that puts the t statistic at 0.
    """
    x, _ = read_columns(data, difference=difference, p=p, n=n, n2=n2)
    if sides not in (1, 2):
        raise InputError(f"sides: found {sides!r}, expected 1 or 2")
    two_sided = x["p"] * (2 / sides)
    refuse((two_sided <= 0) | (two_sided >= 1), "p", x["p"], f"between 0 and {sides / 2:g}")
    ratio, df = _per_unit_sd(x["n"], x["n2"])
    refuse(df < 1, "n", x["n"], "at least 2 (one group) or 3 in both groups together")
    t = two_sided_t(two_sided, df)
    return Recovered(
        method="p", formula="SD = |difference| / (t(p)·√(1/n + 1/n2))",
        source=HANDBOOK + "6.5.2.3", value=np.abs(x["difference"]) / (t * ratio),
    )  # fmt: skip


def sd_change(
    sd_pre: ColumnLike, sd_post: ColumnLike, r: ColumnLike, *, data: Any = None
) -> Recovered:
    """Return the SD of the changes from the SDs of both occasions and their correlation.

    Parameters
    ----------
    sd_pre, sd_post : array_like or str
        SDs before and after.
    r : array_like or str
        Correlation of the two measurements; when assumed, vary it.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        A negative SD or a correlation outside [-1, 1].
    """
    x, _ = read_columns(data, sd_pre=sd_pre, sd_post=sd_post, r=r)
    for name in ("sd_pre", "sd_post"):
        refuse(x[name] < 0, name, x[name], "0 or more")
    refuse(np.abs(x["r"]) > 1, "r", x["r"], "from -1 to 1")
    variance = x["sd_pre"] ** 2 + x["sd_post"] ** 2 - 2 * x["r"] * x["sd_pre"] * x["sd_post"]
    return Recovered(
        method="correlation", formula="SD = √(pre² + post² - 2 r·pre·post)",
        source=HANDBOOK + "6.5.2.8", value=np.sqrt(np.maximum(variance, 0.0)),
    )  # fmt: skip


def correlation_from_sd_change(
    sd_pre: ColumnLike, sd_post: ColumnLike, sd_change: ColumnLike, *, data: Any = None
) -> Recovered:
    """Return the correlation of two occasions from their SDs and the SD of the changes.

    Parameters
    ----------
    sd_pre, sd_post, sd_change : array_like or str
        The three SDs.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    Recovered

    Raises
    ------
    InputError
        SDs that no correlation from -1 to 1 can reconcile.
    """
    x, _ = read_columns(data, sd_pre=sd_pre, sd_post=sd_post, sd_change=sd_change)
    for name in ("sd_pre", "sd_post"):
        refuse(x[name] <= 0, name, x[name], "above 0")
    top = x["sd_pre"] ** 2 + x["sd_post"] ** 2 - x["sd_change"] ** 2
    r = top / (2 * x["sd_pre"] * x["sd_post"])
    refuse(np.abs(r) > 1 + 1e-9, "sd_change", x["sd_change"], "|pre - post| to pre + post")
    return Recovered(
        method="sd-change", formula="r = (pre² + post² - change²) / (2·pre·post)",
        source=HANDBOOK + "6.5.2.8", value=np.clip(r, -1, 1),
    )  # fmt: skip


def combine_groups(
    n1: ColumnLike,
    mean1: ColumnLike,
    sd1: ColumnLike,
    n2: ColumnLike,
    mean2: ColumnLike,
    sd2: ColumnLike,
    *,
    data: Any = None,
) -> RecoveredMeanSD:
    """Return mean and SD of two groups taken together, as if their people were one group.

    Parameters
    ----------
    n1, mean1, sd1, n2, mean2, sd2 : array_like or str
        Sizes, means and SDs of the groups. More than two: combine again.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    RecoveredMeanSD

    Raises
    ------
    InputError
        A size not above 0, a negative SD.
    """
    x, k = read_columns(data, n1=n1, mean1=mean1, sd1=sd1, n2=n2, mean2=mean2, sd2=sd2)
    for name in ("n1", "n2"):
        refuse(x[name] <= 0, name, x[name], "above 0")
    for name in ("sd1", "sd2"):
        refuse(x[name] < 0, name, x[name], "0 or more")
    n = x["n1"] + x["n2"]
    between = x["n1"] * x["n2"] / n * (x["mean1"] - x["mean2"]) ** 2
    within = (x["n1"] - 1) * x["sd1"] ** 2 + (x["n2"] - 1) * x["sd2"] ** 2
    none = np.full(k, np.nan)
    return RecoveredMeanSD(
        method="combine",
        formula="weighted mean; SD from the sums of squares within and between the groups",
        source=HANDBOOK + "6.5.2.10",
        mean=(x["n1"] * x["mean1"] + x["n2"] * x["mean2"]) / n,
        sd=np.sqrt((within + between) / (n - 1)),
        skewed=np.zeros(k, dtype=bool),
        statistic=none,
        critical=none,
        model=np.full(k, "", dtype=object),
    )
