"""Means and standard deviations from medians, quartiles and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import ColumnLike, FloatArray
from aponia.meta._recover_fits import box_cox_mean_sd, quantile_fit_mean_sd
from aponia.meta._recover_input import read_columns, refuse
from aponia.meta._recover_result import RecoveredMeanSD
from aponia.meta.errors import MethodError

__all__ = ["mean_sd_from_quantiles"]

#: Method -> (its formula in words, its source).
_METHODS = {
    "luo/wan/shi": (
        "mean by the optimal weights of Luo et al., SD by Wan et al. (three numbers) or Shi et "
        "al. (five numbers)",
        "Luo et al. 2018 eq. 7, 11, 15; Wan et al. 2014 eq. 9, 16; Shi et al. 2020 eq. 10",
    ),
    "luo2018": (
        "mean by the optimal weights of Luo et al., SD by Wan et al.",
        "Luo et al. 2018 eq. 7, 11, 15; Wan et al. 2014 eq. 9, 13, 16",
    ),
    "wan2014": ("mean and SD by Wan et al.", "Wan et al. 2014 eq. 2, 9, 10, 13, 14, 16"),
    "hozo2005": ("mean and SD from the range", "Hozo et al. 2005"),
    "bland2015": ("mean and SD from five numbers", "Bland 2015"),
    "walter2007": ("SD as range over the expected range", "Walter & Yao 2007"),
    "qe": ("mean and SD of the best-fitting distribution", "McGrath et al. 2020, QE"),
    "bc": ("normal after a Box-Cox transformation", "McGrath et al. 2020, BC"),
}
#: metafor's names for methods that rest on other packages; there, too, the log-normal case
#: gives way to the default.
_ELSEWHERE = ("mln", "blue")
_ALIASES = {"default": "luo/wan/shi", "shi2020": "luo/wan/shi", "wan": "wan2014", "luo": "luo2018"}


def mean_sd_from_quantiles(
    *,
    minimum: ColumnLike | None = None,
    q1: ColumnLike | None = None,
    median: ColumnLike | None = None,
    q3: ColumnLike | None = None,
    maximum: ColumnLike | None = None,
    n: ColumnLike,
    method: str = "luo/wan/shi",
    distribution: str = "normal",
    back_transform: bool = True,
    test: bool = True,
    data: Any = None,
) -> RecoveredMeanSD:
    """Estimate means and SDs from minimum, quartiles, median, maximum and sample size.

    Three cases are told apart row by row: minimum, median, maximum; quartiles and median; all
    five numbers. If only the median is missing, the SD alone is estimated where possible.

    Parameters
    ----------
    minimum, q1, median, q3, maximum : array_like or str, optional
        What the paper prints; NaN where it does not.
    n : array_like or str
        Sample sizes; rows below 5 give NaN.
    method : str
        ``"luo/wan/shi"`` (the default; also ``"shi2020"``), ``"luo2018"``, ``"wan2014"``,
        ``"hozo2005"``, ``"bland2015"``, ``"walter2007"``, ``"qe"`` (best of normal, log-normal,
        gamma, Weibull and, on [0, 1], beta), ``"bc"`` (Box-Cox).
    distribution : {"normal", "log-normal"}
        With ``"log-normal"`` the numbers are logged, the default method is applied, and the
        results are brought back with the bias correction of Shi et al. (2020b); other methods
        then give way to the default.
    back_transform : bool
        With ``"log-normal"``: False returns mean and SD of the logs.
    test : bool
        Leave out rows whose numbers are too skewed for a normal (or log-normal) distribution, by
        the test of Shi et al. (2023). Not used by ``"bc"``, nor by ``"qe"`` on positive numbers.
    data : data frame, optional
        Where strings are looked up.

    Returns
    -------
    RecoveredMeanSD

    Raises
    ------
    InputError
        Numbers out of order, non-positive numbers with a log-normal distribution.
    MethodError
        An unknown method or distribution.

    References
    ----------
    Luo et al. (2018), Stat. Methods Med. Res. 27, 1785; Wan et al. (2014), BMC Med. Res.
    Methodol. 14, 135; Shi et al. (2020a), Res. Synth. Methods 11, 641; Shi et al. (2020b), Stat.
    Interface 13, 519; Shi et al. (2023), Stat. Methods Med. Res. 32, 1338; McGrath et al. (2020),
    Stat. Methods Med. Res. 29, 2520.
    """
    name = _ALIASES.get(method.lower(), method.lower())
    law = {"norm": "normal", "lnorm": "log-normal", "lognormal": "log-normal"}.get(
        distribution.lower(), distribution.lower()
    )
    if law not in ("normal", "log-normal"):
        raise MethodError(f"distribution={distribution!r}: choose 'normal' or 'log-normal'")
    if name not in _METHODS and not (law == "log-normal" and name in _ELSEWHERE):
        raise MethodError(f"unknown method {method!r}; choose from {', '.join(_METHODS)}")
    columns, k = read_columns(
        data, minimum=minimum, q1=q1, median=median, q3=q3, maximum=maximum, n=n
    )
    five = [columns[key] for key in ("minimum", "q1", "median", "q3", "maximum")]
    _check_order(columns)
    size = columns["n"]
    if law == "log-normal":
        name = "luo/wan/shi"
        for key in ("minimum", "q1", "median", "q3", "maximum"):
            refuse(columns[key] <= 0, key, columns[key], "a positive number (log-normal)")
        five = [np.log(x) for x in five]
    case = _case(five)
    statistic, critical = _skewness(five, size, case)
    with np.errstate(invalid="ignore"):
        skewed = statistic > critical
    model = np.full(k, law, dtype=object)
    tested = np.full(k, True)
    with np.errstate(all="ignore"):
        if name in ("qe", "bc"):
            fit = quantile_fit_mean_sd if name == "qe" else box_cox_mean_sd
            mean, sd, model = fit(five, size, case)
            tested = np.full(k, name == "qe") & (np.nanmin(np.array(five), axis=0) < 0)
        else:
            mean, sd = _closed_form(name, five, size, case)
            if law == "log-normal":
                mean, sd = _log_normal(five, size, case, mean, sd, back_transform=back_transform)
    bad = (size < 5) | (np.isnan(size)) | (skewed & tested & test)
    formula, source = _METHODS[name]
    if law == "log-normal":
        formula += ", on the logs" + (", back-transformed" if back_transform else "")
        source += "; Shi et al. 2020b"
    return RecoveredMeanSD(
        method=name,
        formula=formula,
        source=source,
        mean=np.where(bad, np.nan, mean),
        sd=np.where(bad, np.nan, sd),
        skewed=np.asarray(skewed),
        statistic=statistic,
        critical=critical,
        model=model,
    )


def _check_order(columns: dict[str, FloatArray]) -> None:
    keys = ("minimum", "q1", "median", "q3", "maximum")
    refuse(columns["n"] <= 0, "n", columns["n"], "a sample size above 0")
    for i, low in enumerate(keys):
        for high in keys[i + 1 :]:
            with np.errstate(invalid="ignore"):
                wrong = columns[low] > columns[high]
            refuse(wrong, low, columns[low], f"at most {high}")


def _case(five: list[FloatArray]) -> NDArray[np.int_]:
    """1: range; 2: quartiles; 3: both; each with or without the median; 0: not enough."""
    a, q1, _, q3, b = (~np.isnan(x) for x in five)
    extremes, quartiles = a & b, q1 & q3
    return np.where(extremes & quartiles, 3, np.where(quartiles, 2, np.where(extremes, 1, 0)))


def _skewness(
    five: list[FloatArray], n: FloatArray, case: NDArray[np.int_]
) -> tuple[FloatArray, FloatArray]:
    """Test statistic and 5% critical value of Shi et al. (2023)."""
    a, q1, m, q3, b = five
    with np.errstate(all="ignore"):
        outer = np.abs(a + b - 2 * m) / (b - a)
        inner = np.abs(q1 + q3 - 2 * m) / (q3 - q1)
        both = np.maximum(2.65 * np.log(0.6 * n) / np.sqrt(n) * outer, inner)
        statistics = (np.nan, outer, inner, both)
        critical = (
            np.nan,
            1.01 / np.log(n + 9) + 2.43 / (n + 1),
            2.66 / np.sqrt(n) - 5.92 / n**2,
            2.97 / np.sqrt(n) - 39.1 / n**3,
        )
    return _pick(case, statistics), _pick(case, critical)


def _pick(case: NDArray[np.int_], options: tuple[Any, ...]) -> FloatArray:
    out = np.full(case.shape, np.nan)
    for number, values in enumerate(options):
        out = np.where(case == number, values, out)
    return out


def _normal_scores(n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the expected largest value and upper quartile of n standard normals (Blom)."""
    from scipy.special import ndtri

    return ndtri((n - 0.375) / (n + 0.25)), ndtri((0.75 * n - 0.125) / (n + 0.25))


def _closed_form(
    name: str, five: list[FloatArray], n: FloatArray, case: NDArray[np.int_]
) -> tuple[FloatArray, FloatArray]:
    a, q1, m, q3, b = five
    extreme, quartile = _normal_scores(n)
    none = np.full(n.shape, np.nan)
    by_range, by_quartiles = (b - a) / (2 * extreme), (q3 - q1) / (2 * quartile)
    middle, hinge = (a + b) / 2, (q1 + q3) / 2
    if name in ("luo/wan/shi", "luo2018"):
        power = n**0.75
        w1, w2 = 2.2 / (2.2 + power), 0.7 - 0.72 / n**0.55
        means = (
            none,
            4 / (4 + power) * middle + power / (4 + power) * m,
            (0.7 + 0.39 / n) * hinge + (0.3 - 0.39 / n) * m,
            w1 * middle + w2 * hinge + (1 - w1 - w2) * m,
        )
        if name == "luo2018":
            last = (by_range + by_quartiles) / 2
        else:
            theta1 = (2 + 0.14 * n**0.6) * extreme
            theta2 = (2 + 2 / (0.07 * n**0.6)) * quartile
            last = (b - a) / theta1 + (q3 - q1) / theta2
        return _pick(case, means), _pick(case, (none, by_range, by_quartiles, last))
    eight = (a + 2 * q1 + 2 * m + 2 * q3 + b) / 8
    if name == "wan2014":
        means = (none, (a + 2 * m + b) / 4, (q1 + m + q3) / 3, eight)
        return _pick(case, means), _pick(
            case, (none, by_range, by_quartiles, (by_range + by_quartiles) / 2)
        )
    if name == "bland2015":
        squares = (a**2 + 2 * q1**2 + 2 * m**2 + 2 * q3**2 + b**2) / 16
        products = (a * q1 + q1 * m + m * q3 + q3 * b) / 8
        sd = np.sqrt(squares + products - eight**2)
        return _pick(case, (none, none, none, eight)), _pick(case, (none, none, none, sd))
    mean = (a + 2 * m + b) / 4
    if name == "hozo2005":
        mean = np.where(n > 25, m, mean)
        small = np.sqrt(((a - 2 * m + b) ** 2 / 4 + (b - a) ** 2) / 12)
        sd = np.where(n <= 15, small, np.where(n <= 70, (b - a) / 4, (b - a) / 6))
    else:
        sd = (b - a) / _expected_range(n)
    return _pick(case, (none, mean, none, none)), _pick(case, (none, sd, none, none))


def _expected_range(n: FloatArray) -> FloatArray:
    """Mean range of n standard normals, ∫ 1 - Φ(x)^n - (1-Φ(x))^n dx (Tippett 1925)."""
    from scipy.special import ndtr

    x = np.linspace(-9.0, 9.0, 4001)
    p = ndtr(x)
    out = np.empty(n.shape)
    for i, size in enumerate(n):
        out[i] = np.trapezoid(1 - p**size - (1 - p) ** size, x)
    return out


def _log_normal(
    five: list[FloatArray],
    n: FloatArray,
    case: NDArray[np.int_],
    mean: FloatArray,
    sd: FloatArray,
    *,
    back_transform: bool,
) -> tuple[FloatArray, FloatArray]:
    """Bias-corrected mean and SD of a log-normal variable from those of its log.

    The constants are those of Shi et al. (2020b) for the three cases: the bias of the squared and
    of the fourth power of the SD, and the variances of the estimated mean and variance.
    """
    log2 = np.log(n) ** 2
    square = sd**2 / _pick(case, (1, 1 + 0.5 / n + 0.25 / log2, 1 + 1.58 / n, 1 + 0.28 / log2))
    if not back_transform:
        return mean, np.sqrt(square)
    fourth = sd**4 / _pick(case, (1, 1 + 2.23 / log2, 1 + 19.2 / n**1.2, 1 + 3.93 / n))
    first = _pick(case, (np.nan, 0.565, 0.57, 0.405)) / n
    second = _pick(case, (np.nan, 0.37, 0.75, 0.315)) / n
    location = np.exp(mean + square / 2) / (1 + first * square + second * fourth)
    upper = np.exp(2 * mean + 2 * square) / (1 + 4 * first * square + 16 * second * fourth)
    lower = np.exp(2 * mean + square) / (1 + 4 * first * square + 4 * second * fourth)
    return location, np.sqrt(upper - lower)
