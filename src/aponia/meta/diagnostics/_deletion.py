"""What changes when one study is left out, and as studies are added one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aponia.meta._distributions import chi2_sf
from aponia.meta.diagnostics._record import FloatArray, Record
from aponia.meta.diagnostics._refit import Refits, need_studies, plain, refit_subsets
from aponia.meta.diagnostics._residuals import hatvalues, rstudent
from aponia.meta.errors import InputError
from aponia.meta.kernels.projection import least_squares, sandwich

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = [
    "Influence",
    "StudyFits",
    "cooks_distance",
    "cumulative",
    "dfbetas",
    "influence",
    "leave_one_out",
]


@dataclass(frozen=True, eq=False)
class Influence(Record):
    """Case-deletion diagnostics, one row a study.

    Attributes
    ----------
    rstudent, dffits, cook_d, cov_r, tau2_del, q_del, hat, weight : ndarray of shape (k,)
        Externally standardised residual; change of the fitted value in standard deviations; Cook's
        distance; ratio of the generalised variances of the coefficients; tau2 and Q without the
        study; leverage; weight in percent.
    dfbs : ndarray of shape (k, p)
        Change of each coefficient in standard deviations.
    is_infl : ndarray of bool, shape (k,)
        Whether the study passes one of the cut-offs: abs(dffits) > 3 sqrt(p / (k - p)), the lower
        tail area of a chi-squared distribution with p degrees of freedom at Cook's distance
        > 0.5, hat > 3 p / k, or a abs(dfbs) > 1.
    names : tuple of str
        Coefficients.
    labels : tuple of str
        Studies.

    Notes
    -----
    NaN marks a study without which the model cannot be estimated.
    """

    rstudent: FloatArray
    dffits: FloatArray
    cook_d: FloatArray
    cov_r: FloatArray
    tau2_del: FloatArray
    q_del: FloatArray
    hat: FloatArray
    weight: FloatArray
    dfbs: FloatArray
    is_infl: NDArray[np.bool_]
    names: tuple[str, ...]
    labels: tuple[str, ...]

    def _table(self) -> dict[str, Any]:
        plain_columns = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat")
        table: dict[str, Any] = {"study": self.labels}
        table |= {name: getattr(self, name) for name in (*plain_columns, "weight")}
        table |= {f"dfbs[{name}]": self.dfbs[:, j] for j, name in enumerate(self.names)}
        return table | {"is_infl": self.is_infl}


@dataclass(frozen=True, eq=False)
class StudyFits(Record):
    """Fits to subsets that differ by one study: leave-one-out or cumulative.

    Attributes
    ----------
    coef, se, z_or_t, p, ci_lower, ci_upper : ndarray of shape (n,) or (n, m)
        One-dimensional for a model with one coefficient, else one column a coefficient. NaN where
        the model cannot be estimated.
    tau2, i2, h2, q, q_p : ndarray of shape (n,)
    k : ndarray of int, shape (n,)
        Number of studies in each fit.
    labels : tuple of str
        The study left out, or the study added.
    order : ndarray of int, shape (n,)
        Position in the fit of the study that each row leaves out or adds.
    names : tuple of str
    kind : {"leave-one-out", "cumulative"}
    level : float
    reference : float
        The coefficient of the fit to all studies; NaN for several coefficients.
    """

    coef: FloatArray
    se: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    q_p: FloatArray
    k: NDArray[np.int64]
    labels: tuple[str, ...]
    order: NDArray[np.int64]
    names: tuple[str, ...]
    kind: str
    level: float
    reference: float

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {"study": self.labels, "k": self.k}
        for name in ("coef", "se", "z_or_t", "p", "ci_lower", "ci_upper"):
            values = getattr(self, name)
            if values.ndim == 1:
                table[name] = values
            else:
                table |= {f"{name}[{c}]": values[:, j] for j, c in enumerate(self.names)}
        return table | {name: getattr(self, name) for name in ("tau2", "i2", "h2", "q", "q_p")}

    def plot(self, **options: Any) -> Any:
        """Draw the fits as a forest plot; see `aponia.meta.plots.study_fits`."""
        from aponia.meta.plots import study_fits

        return study_fits(self, **options)


def _without(result: PoolResult, what: str) -> Refits:
    plain(result, what)
    need_studies(result, what)
    return refit_subsets(result, ~np.eye(result.k, dtype=bool))


def influence(result: PoolResult) -> Influence:
    """Case-deletion diagnostics.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    Influence

    Raises
    ------
    MethodError
        A location-scale model.
    TooFewStudiesError
        One study.

    References
    ----------
    Viechtbauer W, Cheung MWL (2010). Outlier and influence diagnostics for meta-analysis.
    Research Synthesis Methods 1:112-125.

    Examples
    --------
    >>> from aponia.meta import pool
    >>> fit = pool([0.1, 0.2, 0.15, 0.1, 2.0], [0.01] * 5)
    >>> influence(fit).is_infl.tolist()
    [False, False, False, False, True]
    """
    without = _without(result, "influence")
    k, p = result.X.shape
    hat = hatvalues(result)
    change = result.coef - without.coef
    predicted_change = np.einsum("ij,ij->i", result.X, change)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(without.scale * hat * (result.v + without.tau2))
        dffits = np.where(predicted_change == 0, 0.0, predicted_change / spread)
        ratio = np.linalg.det(without.vcov) / np.linalg.det(result.vcov)
        dfbs = np.where(change == 0, 0.0, change / _unit(result, without))
    cook = _cook(result, change)
    tail = 1.0 - chi2_sf(np.nan_to_num(cook), float(p))
    limit = 3.0 * np.sqrt(p / (k - p)) if k > p else np.inf
    with np.errstate(invalid="ignore"):
        large = (np.abs(dffits) > limit) | (tail > 0.5) | (hat > 3.0 * p / k)
        large |= (np.abs(dfbs) > 1.0).any(axis=1)
    return Influence(
        rstudent=rstudent(result).z,
        dffits=dffits,
        cook_d=cook,
        cov_r=np.asarray(ratio),
        tau2_del=without.tau2,
        q_del=without.q,
        hat=hat,
        weight=result.study_weights,
        dfbs=dfbs,
        is_infl=np.asarray(large & without.ok, dtype=bool),
        names=result.names,
        labels=result.labels,
    )


def _cook(result: PoolResult, change: FloatArray) -> FloatArray:
    if not np.diagonal(result.vcov).all():
        return np.where(np.abs(change).max(axis=1) == 0, 0.0, np.nan)
    # Scaled to unit diagonal: covariances of an uncentred year and its intercept differ a lot.
    size = np.sqrt(np.diagonal(result.vcov))
    root = np.linalg.cholesky(result.vcov / np.outer(size, size))
    return np.asarray(np.square(np.linalg.solve(root, (change / size).T)).sum(axis=0))


def _unit(result: PoolResult, without: Refits) -> FloatArray:
    """Return standard errors from all studies at the tau2 of each deletion, shape (k, p)."""
    k, p = result.X.shape
    out = np.full((k, p), np.nan)
    good = np.flatnonzero(without.ok)
    m = result.v + without.tau2[good, None]
    X = np.broadcast_to(result.X, (good.size, k, p))
    if result.weights is None:
        root = least_squares(np.zeros_like(m), 1.0 / m, X)[1]
        variance = np.square(root).sum(axis=-1)
    else:
        w = np.broadcast_to(result.weights, m.shape)
        variance = np.diagonal(sandwich(w, X, m), axis1=-2, axis2=-1)
    out[good] = np.sqrt(without.scale[good, None] * variance)
    return out


def cooks_distance(result: PoolResult) -> FloatArray:
    """Return Cook's distances, shape (k,); see `influence`."""
    return _cook(result, result.coef - _without(result, "cooks_distance").coef)


def dfbetas(result: PoolResult) -> FloatArray:
    """Return the standardised changes of the coefficients, shape (k, p); see `influence`."""
    return influence(result).dfbs


def leave_one_out(result: PoolResult) -> StudyFits:
    """Refit the model without each study in turn.

    Parameters
    ----------
    result : PoolResult

    Returns
    -------
    StudyFits
        Row i leaves out study i.

    Raises
    ------
    MethodError
        A location-scale model.
    TooFewStudiesError
        One study.
    """
    fits = _without(result, "leave_one_out")
    return _study_fits(result, fits, result.labels, np.arange(result.k), "leave-one-out")


def cumulative(result: PoolResult, *, order: ArrayLike | None = None) -> StudyFits:
    """Add the studies one by one, and refit each time.

    Parameters
    ----------
    result : PoolResult
    order : array_like of shape (k,) or (n,), optional
        What to sort by, smallest first, such as the year of publication: one value a study in the
        fit, or one a row that was given. The order of the rows by default. Ties keep their order.

    Returns
    -------
    StudyFits
        Row i has the first i + 1 studies.

    Raises
    ------
    InputError
        `order` of another length, or with missing values.
    MethodError
        A location-scale model.

    References
    ----------
    Lau J, et al. (1992). New England Journal of Medicine 327:248-254.
    """
    plain(result, "cumulative")
    index = np.arange(result.k) if order is None else _sorted(result, order)
    rows = np.zeros((result.k, result.k), dtype=bool)
    rows[:, index] = np.tri(result.k, dtype=bool)
    fits = refit_subsets(result, rows)
    labels = tuple(result.labels[i] for i in index)
    return _study_fits(result, fits, labels, index, "cumulative")


def _sorted(result: PoolResult, order: ArrayLike) -> NDArray[np.int64]:
    values = np.asarray(order)
    if values.ndim == 1 and values.size == result.kept.size:
        values = values[result.kept]
    if values.shape != (result.k,):
        raise InputError(
            f"order has shape {values.shape}, expected one value a study ({result.k}) or a row "
            f"given ({result.kept.size})"
        )
    if any(value is None or value != value for value in values.tolist()):
        raise InputError("order has missing values")
    return np.argsort(values, kind="stable")


def _study_fits(
    result: PoolResult,
    fits: Refits,
    labels: tuple[str, ...],
    order: NDArray[np.int64],
    kind: str,
) -> StudyFits:
    i2, h2 = fits.heterogeneity
    half = fits.half_width
    one = result.coef.size == 1
    columns = {
        "coef": fits.coef,
        "se": fits.se,
        "z_or_t": fits.z,
        "p": fits.p,
        "ci_lower": fits.coef - half,
        "ci_upper": fits.coef + half,
    }
    return StudyFits(
        **{name: values[:, 0] if one else values for name, values in columns.items()},
        tau2=fits.tau2,
        i2=i2,
        h2=h2,
        q=fits.q,
        q_p=fits.q_p,
        k=fits.k,
        labels=labels,
        order=order,
        names=result.names,
        kind=kind,
        level=result.level,
        reference=float(result.coef[0]) if one else float("nan"),
    )
