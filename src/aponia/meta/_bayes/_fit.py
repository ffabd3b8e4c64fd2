"""`bayes`: the exact-by-quadrature normal-normal hierarchical model."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from aponia.meta._bayes._integration import Quadrature
from aponia.meta._bayes._model import Model
from aponia.meta._bayes._posterior import IntervalKind
from aponia.meta._bayes._priors import MeanPrior, TauPrior, parse_mean_prior, tau_prior
from aponia.meta._bayes._result import BayesResult
from aponia.meta._inputs import ColumnLike, FloatArray, column, design_matrix, label_column
from aponia.meta.errors import (
    InputError,
    MetaWarning,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
    VarianceError,
)

__all__ = ["bayes", "check_data"]


def bayes(
    y: ColumnLike,
    v: ColumnLike | None = None,
    *,
    mean_prior: MeanPrior | list[MeanPrior] = None,
    tau_prior: str | TauPrior = "half-normal(0.5)",
    level: float = 0.95,
    labels: ColumnLike | None = None,
    moderators: Any = None,
    intercept: bool = True,
    interval: IntervalKind = "shortest",
    data: Any = None,
) -> BayesResult:
    """Bayesian random-effects meta-analysis, exact by quadrature.

    ``y_i ~ N(theta_i, v_i)``, ``theta_i ~ N(mu, tau**2)``. Given tau everything is normal, so the
    only integral is over tau; it is done by adaptive Gauss-Legendre quadrature on log(tau).
    No sampling is involved and the result does not depend on a seed.

    Parameters
    ----------
    y, v : array_like of shape (k,) or str
        Effects and their sampling variances (squares of standard errors). Anything with
        attributes ``y`` and ``v``, such as the result of `aponia.meta.effect_sizes` or of
        `aponia.meta.pool`, may be given alone.
    mean_prior : None, (mean, sd), "normal(mean, sd)" or a list of these
        Prior on the mean effect: improper flat (None) or normal. With moderators one prior for
        all coefficients or a list with one each. On the scale of `y`.
    tau_prior : str or TauPrior
        Prior on the between-study standard deviation tau, on the scale of `y`:
        ``"half-normal(s)"``, ``"half-cauchy(s)"``, ``"half-t(df, s)"``,
        ``"log-normal(mu, sigma)"``, ``"uniform(0, b)"``, ``"tau2: log-normal(mu, sigma)"``,
        ``"dumouchel"``, ``"shrinkage"``, or the improper ``"flat"``, ``"sqrt"``,
        ``"jeffreys"``, ``"berger-deely"``; see `aponia.meta._bayes.tau_prior`.
    level : float
        Probability inside the credible intervals.
    labels : array_like of shape (k,) or str, optional
        Study names.
    moderators : matrix, frame, formula or list of names, optional
        Study-level covariates: a Bayesian meta-regression.
    intercept : bool
        Whether a matrix of moderators gets a constant column.
    interval : {"shortest", "central"}
        Kind of credible interval shown; both are available from the posteriors.
    data : data frame, optional
        Where names are looked up.

    Returns
    -------
    BayesResult

    Raises
    ------
    InputError, VarianceError
        Wrong lengths, non-numeric values, a variance that is not positive and finite.
    TooFewStudiesError
        No usable study, or the posterior is improper because an improper prior on tau meets
        too few studies.
    SingularDesignError
        Collinear moderators without a proper prior on their coefficients.

    Notes
    -----
    Röver, "Bayesian random-effects meta-analysis using the bayesmeta R package", J Stat Softw
    2020;93(6), equations 3 to 13; Röver and Friede, Comput Methods Programs Biomed
    2023;229:107303 for meta-regression. Rows with a missing value are dropped with a
    `MetaWarning` and counted.

    Examples
    --------
    >>> fit = bayes([0.1, 0.3, 0.5], [0.04, 0.02, 0.05], tau_prior="half-normal(0.5)")
    >>> round(fit.mean.median, 3)
    0.292
    """
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, found {level!r}")
    if interval not in ("shortest", "central"):
        raise MethodError(f"interval={interval!r}: choose 'shortest' or 'central'")
    prior = _read_tau_prior(tau_prior)
    if v is None:
        if not (hasattr(y, "y") and hasattr(y, "v")):
            raise InputError("give the sampling variances v=, the squares of the standard errors")
        labels = getattr(y, "labels", None) if labels is None else labels
        y, v = y.y, y.v
    yy, vv, X, names, names_of_studies, dropped = check_data(
        y, v, labels, moderators, intercept, data
    )
    mean, precision = parse_mean_prior(mean_prior, names)
    model = _shifted(yy, vv, X, mean, precision)
    _check_proper(model, prior)
    quadrature = Quadrature(model, prior)
    return quadrature.result(
        names=names,
        labels=names_of_studies,
        level=level,
        interval=interval,
        mean_prior=_describe(mean_prior),
        n_dropped=dropped,
    )


def _read_tau_prior(prior: str | TauPrior) -> TauPrior:
    return tau_prior(prior)


def check_data(
    y: ColumnLike,
    v: ColumnLike,
    labels: ColumnLike | None,
    moderators: Any,
    intercept: bool,
    data: Any,
) -> tuple[FloatArray, FloatArray, FloatArray, tuple[str, ...], tuple[str, ...], int]:
    """Read the columns, drop incomplete rows, refuse impossible variances."""
    yy = column(y, data, name="y")
    vv = column(v, data, name="v", length=yy.size)
    design = design_matrix(moderators, data, k=yy.size, intercept=intercept)
    if labels is None:
        study = np.array([str(i + 1) for i in range(yy.size)], dtype=object)
    else:
        study = label_column(labels, data, name="labels", length=yy.size)
    keep = ~(np.isnan(yy) | np.isnan(vv) | np.isnan(design.X).any(axis=1))
    yy, vv, X, study = yy[keep], vv[keep], design.X[keep], study[keep]
    dropped = int((~keep).sum())
    if dropped and yy.size:
        warnings.warn(
            f"{dropped} of {keep.size} rows have missing values and were dropped",
            MetaWarning,
            stacklevel=3,
        )
    if yy.size == 0:
        raise TooFewStudiesError("no study has both an effect and a variance")
    if not (np.isfinite(vv) & (vv > 0)).all():
        bad = vv[~(np.isfinite(vv) & (vv > 0))][0]
        raise VarianceError(f"sampling variances must be positive and finite, found {bad!r}")
    if not np.isfinite(yy).all() or not np.isfinite(X).all():
        raise InputError("effects and moderators must be finite")
    return yy, vv, X, design.names, tuple(str(s) for s in study), dropped


def _shifted(
    y: FloatArray, v: FloatArray, X: FloatArray, mean: FloatArray, precision: FloatArray
) -> Model:
    flat = precision == 0
    if flat.any() and np.linalg.matrix_rank(X[:, flat]) < int(flat.sum()):
        raise SingularDesignError(
            "the moderators are collinear (or outnumber the studies) and their coefficients have "
            "a flat prior: drop one or give mean_prior"
        )
    root = np.sqrt(v)
    origin = np.asarray(
        np.linalg.lstsq(X / root[:, None], y / root, rcond=None)[0], dtype=np.float64
    )
    return Model(y - X @ origin, v, X, mean - origin, precision, origin)


def _check_proper(model: Model, prior: TauPrior) -> None:
    """Refuse posteriors that cannot be normalised: they fall like tau**-(a + k - flat)."""
    k = model.y.size
    if prior.proper:
        return
    if prior.tail_power + k - model.n_flat <= 1:
        need = math.floor(1 - prior.tail_power + model.n_flat) + 1
        raise TooFewStudiesError(
            f"the improper prior {prior.name!r} on tau needs at least {need} studies here, found "
            f"{k}: the posterior does not exist. Use a proper prior such as 'half-normal(0.5)'"
        )


def _describe(prior: object) -> str:
    if prior is None:
        return "improper (flat)"
    if isinstance(prior, list):
        return "; ".join(_describe(p) for p in prior)
    if isinstance(prior, str):
        return prior
    assert isinstance(prior, Sequence)
    return f"normal({float(prior[0]):g}, {float(prior[1]):g})"
