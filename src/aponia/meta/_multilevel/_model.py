"""`multilevel`: the front door of the multilevel and multivariate model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from aponia.meta._design import drop_redundant
from aponia.meta._distributions import chi2_sf
from aponia.meta._inputs import ColumnLike, FloatArray, column, design_matrix
from aponia.meta._multilevel._components import heterogeneity, natural_components
from aponia.meta._multilevel._fit import Fit, Problem, fit, make_problem
from aponia.meta._multilevel._inference import (
    coefficient_tests,
    containment_df,
    fit_statistics,
    omnibus_test,
    tested,
)
from aponia.meta._multilevel._parse import Known, make_terms
from aponia.meta._multilevel._request import read_random
from aponia.meta._multilevel._result import MultilevelResult
from aponia.meta._multilevel._sampling_input import check_variances, read_covariance
from aponia.meta._multilevel._state import State, moments, solve_at
from aponia.meta._multilevel._structures import CorrelationTerm
from aponia.meta._multilevel._terms import BoolArray
from aponia.meta._options import check_level
from aponia.meta.errors import (
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
)

__all__ = ["assemble", "multilevel"]

_FIXED = ("FE", "EE", "CE")


def multilevel(
    y: ColumnLike,
    V: Any,
    *,
    random: Any = None,
    structure: str | Sequence[str] = "CS",
    inner: Any = None,
    outer: Any = None,
    moderators: Any = None,
    data: Any = None,
    intercept: bool = True,
    method: str = "REML",
    test: str = "z",
    dfs: str | Sequence[float] = "residual",
    level: float = 0.95,
    btt: str | Sequence[int | str] | None = None,
    weights: Any = None,
    R: Any = None,
    R_scale: str = "cor",
    sigma2: Any = None,
    tau2: Any = None,
    rho: Any = None,
    gamma2: Any = None,
    phi: Any = None,
    distance: Any = "euclidean",
    sparse: bool | None = None,
) -> MultilevelResult:
    """Fit a meta-analytic multilevel or multivariate model by (restricted) maximum likelihood.

    The model is ``y = X beta + sum of random effects + e`` with ``e ~ N(0, V)`` known. The
    likelihood is maximised to its true maximum (rounding of the last digits), variance components
    may be exactly zero.

    Parameters
    ----------
    y : array_like of shape (k,) or column name
        Effect sizes. Rows where `y`, its variance or a moderator is missing are left out, with
        a warning.
    V : array_like of shape (k,) or (k, k), column name, sparse matrix, or list of blocks
        Sampling variances, or the sampling variance-covariance matrix; see
        `sampling_covariance`.
    random : str, array_like, mapping, or list of these
        ``"~ 1 | study"``, nested ``"~ 1 | study/arm"``, several in a list for crossed effects,
        and up to two ``"~ inner | outer"`` terms. An array or column of labels is a random
        intercept.
    structure : str or pair of str
        Covariance of the effects of the `inner` levels: CS, HCS, UN, UNR, ID, DIAG; AR, HAR
        (by order of the levels), CAR (by their values); SPEXP, SPGAU, SPLIN, SPRAT, SPSPH with
        ``"~ x + y | outer"``; GEN, GDIAG with ``"~ x | outer"`` for random intercepts and
        slopes.
    inner, outer : column, optional
        One more ``~ inner | outer`` term, as arrays.
    moderators, data, intercept
        As in `aponia.meta.pool`.
    method : {"REML", "ML", "FE"}
        FE ignores the random effects.
    test : {"z", "t"}
        Wald tests against a normal, or against t and F distributions with `dfs`.
    dfs : {"residual", "contain"} or sequence of float
        Residual ``k - p``; containment (sets ``test="t"``): levels of the random effect inside
        which a column of X does not vary, less p; or one number a coefficient.
    level : float
        Confidence level.
    btt : sequence of int or str, or str, optional
        Coefficients of the omnibus test: zero-based positions or names, or one text that their
        names contain.
        All but the intercept by default.
    weights : array_like of shape (k,) or (k, k), optional
        Weights to use instead of the inverse of the marginal covariance.
    R : mapping, optional
        Known correlation matrices of random intercepts (phylogenies): name of the term to a data
        frame with labels, or a pair (matrix, labels).
    R_scale : {"cor", "cor0", "cov0", "none"}
        Make correlations; and shift the smallest to zero; only shift; leave.
    sigma2, tau2, rho, gamma2, phi : float or sequence, optional
        Known components, None or NaN where estimated. sigma2 one a random intercept; tau2 and
        rho for the first ``~ inner | outer`` term, gamma2 and phi for the second; the rho of UN
        in the order of the lower triangle column by column.
    distance : str, callable or matrix
        For spatial structures: euclidean, manhattan, maximum, gcd (longitude, latitude; km), or a
        distance matrix with labels.
    sparse : bool, optional
        Accepted for compatibility; block structure is always used.

    Returns
    -------
    MultilevelResult

    Raises
    ------
    InputError
        Wrong lengths, unknown names, missing values in a grouping variable.
    VarianceError
        A variance is negative, or the marginal covariance cannot be made positive definite.
    TooFewStudiesError
        One row, or no more rows than coefficients.
    SingularDesignError
        No usable column in the model matrix.
    MethodError
        Unknown method, test or structure.
    ConvergenceError
        The likelihood has no attained maximum.

    References
    ----------
    Konstantopoulos S (2011). Research Synthesis Methods 2:61-76.
    Berkey CS, Hoaglin DC, et al. (1998). Statistics in Medicine 17:2537-2550.
    Viechtbauer W (2010). Journal of Statistical Software 36(3).

    Examples
    --------
    >>> r = multilevel([0.1, 0.3, 0.8, 0.9], [0.01, 0.02, 0.01, 0.02], random=[list("aabb")])
    >>> r.k, r.sigma2.round(4).tolist()
    (4, [0.2156])
    """
    method = str(method).upper()
    if method not in ("REML", "ML", *_FIXED):
        raise MethodError(f"method={method!r} is not known; use REML, ML or FE")
    test = str(test).lower()
    if test not in ("z", "t"):
        raise MethodError(f"test={test!r} is not known; use z or t")
    level = check_level(level)
    yy = column(y, data, name="y")
    k = yy.size
    VV = read_covariance(V, data, k)
    design = design_matrix(moderators, data, k=k, intercept=intercept)
    requests = read_random(random, data, k, structure=structure, inner=inner, outer=outer)
    if method in _FIXED:
        requests = []
    keep: BoolArray = np.isfinite(yy) & ~np.isnan(VV.v) & np.isfinite(design.X).all(axis=1)
    holes = np.isnan(VV.cov) & keep[VV.i] & keep[VV.j]
    keep[VV.i[holes]] = False
    _warn_dropped(int((~keep).sum()))
    if int(keep.sum()) < 2:
        raise TooFewStudiesError(
            f"a multilevel model needs at least two usable rows, found {int(keep.sum())}"
        )
    design, dropped = drop_redundant(design, keep)
    if dropped:
        warnings.warn(
            f"redundant moderators left out of the model: {', '.join(dropped)}",
            MetaWarning,
            stacklevel=2,
        )
    rows = np.flatnonzero(keep)
    if rows.size < design.X.shape[1] or (rows.size == design.X.shape[1] and method == "REML"):
        raise TooFewStudiesError(
            f"{rows.size} rows cannot estimate {design.X.shape[1]} coefficients "
            "and the variance components; use fewer moderators"
        )
    V_used = VV.take(rows)
    check_variances(V_used)
    known = Known(sigma2, tau2, rho, gamma2, phi, R, R_scale, distance)
    terms = make_terms(requests, keep, known)
    problem = make_problem(yy[rows], design.X[rows], V_used, terms, reml=method != "ML")
    fitted = fit(problem)
    _warn_indefinite(problem, fitted)
    state = State(
        problem, fitted, design, keep, tuple(requests), known, _weights(weights, data, keep)
    )
    return assemble(state, method, test, dfs, level, btt)


def _warn_dropped(n: int) -> None:
    if n:
        warnings.warn(
            f"{n} rows with missing effects, variances or moderators were left out",
            MetaWarning,
            stacklevel=3,
        )


def _warn_indefinite(problem: Problem, fitted: Fit) -> None:
    parts = problem.likelihood.split(fitted.eta)
    for term, eta in zip(problem.terms, parts, strict=True):
        if isinstance(term, CorrelationTerm) and term.structure in ("CS", "HCS"):
            limit, rho = float(term.lower[-1]), float(eta[-1])
            if term.free[-1] and rho < limit and float(np.min(eta[:-1])) > 0:
                warnings.warn(
                    f"{term.name!r}: the correlation {rho:.3f} is below {limit:.3f}, the least "
                    "that all effects of the largest group can have with each other; the marginal "
                    "covariance of the data is positive definite, but consider another structure",
                    MetaWarning,
                    stacklevel=3,
                )


def _weights(weights: Any, data: Any, keep: BoolArray) -> FloatArray | None:
    if weights is None:
        return None
    array = None if isinstance(weights, str) else np.asarray(weights, dtype=np.float64)
    k = keep.size
    if array is not None and array.ndim == 2:
        if array.shape != (k, k):
            raise InputError(f"weights must have shape ({k},) or ({k}, {k}), found {array.shape}")
        array = array[np.ix_(keep, keep)]
    else:
        array = column(weights, data, name="weights", length=k)[keep]
        if (array < 0).any():
            raise InputError("weights must not be negative")
    if not np.isfinite(array).all():
        raise InputError("weights must be finite")
    return array


def assemble(
    state: State,
    method: str,
    test: str,
    dfs: str | Sequence[float],
    level: float,
    btt: str | Sequence[int | str] | None,
) -> MultilevelResult:
    """Compute tests and fit statistics of a fitted model and put the result together."""
    problem, design = state.problem, state.design
    k, p = problem.X.shape
    solution = solve_at(problem, state.fit.eta)
    m = moments(problem, solution)
    coef, vcov, rss = m.coef, m.vcov, solution.rss
    if state.weights is not None:
        coef, vcov, rss = _weighted(state)
    if not isinstance(dfs, str):
        df = np.asarray(dfs, dtype=np.float64) * np.ones(p)
        test, dfs_name = "t", "given"
    elif dfs == "contain":
        df, test, dfs_name = containment_df(problem, k, p), "t", "contain"
    elif dfs == "residual":
        df, dfs_name = np.full(p, float(k - p)), "residual"
    else:
        raise MethodError(f"dfs={dfs!r} is not known; use residual, contain or numbers")
    if test == "z":
        df = np.full(p, np.inf)
    elif not (df > 0).all():
        raise TooFewStudiesError("no degrees of freedom are left for t tests; use test='z'")
    picked = tested(btt, design.names, design.intercept)
    se, stat, pval, lower, upper = coefficient_tests(coef, vcov, df, level)
    qm, qm_df, qm_p = omnibus_test(coef, vcov, df, picked)
    q, log_det_V = heterogeneity(problem.y, problem.X, problem.V)
    n_natural = sum(t.n_natural for t in state.terms)
    statistics = fit_statistics(problem, solution, rss, n_natural + p, log_det_V)
    sigma2, names, pairs = natural_components(state)
    # Without random effects there is nothing to restrict: the plain likelihood.
    used = "REML" if method == "REML" else "ML"
    chosen = statistics[used]
    q_df = k - p
    q_p = (
        float(chi2_sf(q, q_df))
        if np.isfinite(q) and q_df > 0
        else (1.0 if q_df == 0 and np.isfinite(q) else np.nan)
    )
    first, second = pairs[0], pairs[1]
    return MultilevelResult(
        coef=coef,
        se=se,
        ci_lower=lower,
        ci_upper=upper,
        z_or_t=stat,
        df=df,
        p=pval,
        names=design.names,
        vcov=vcov,
        sigma2=sigma2,
        sigma2_names=tuple(names),
        tau2=first[0],
        rho=first[1],
        tau2_levels=first[2],
        gamma2=second[0],
        phi=second[1],
        gamma2_levels=second[2],
        G=first[3],
        H=second[3],
        structures=tuple(s for s in (first[4], second[4]) if s),
        q=q,
        q_df=q_df,
        q_p=q_p,
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        k=k,
        n_parameters=n_natural + p,
        loglik=chosen["loglik"],
        deviance=chosen["deviance"],
        aic=chosen["aic"],
        bic=chosen["bic"],
        aicc=chosen["aicc"],
        fit_statistics=statistics,
        fit_method=used,
        method=method,
        test=test,
        dfs=dfs_name,
        level=level,
        btt=tuple(picked),
        converged=state.fit.converged,
        n_dropped=int((~state.keep).sum()),
        X=problem.X,
        y=problem.y,
        v=problem.V.v,
        kept=state.keep,
        _state=state,
    )


def _weighted(state: State) -> tuple[FloatArray, FloatArray, float]:
    """Return coefficients, their covariance and r'M^-1 r under weights given by the user."""
    from aponia.meta._multilevel._state import inverse_times, marginal_covariance

    problem = state.problem
    X, y, W = problem.X, problem.y, state.weights
    assert W is not None
    WX = W[:, None] * X if W.ndim == 1 else W @ X
    A = X.T @ WX
    try:
        bread = np.linalg.inv(A)
    except np.linalg.LinAlgError:
        raise InputError("the weights leave some coefficient undetermined") from None
    coef = bread @ (WX.T @ y)
    M = marginal_covariance(problem, state.fit.eta)
    vcov = bread @ (WX.T @ M @ WX) @ bread.T
    r = y - X @ coef
    inverse_r = inverse_times(problem, solve_at(problem, state.fit.eta), r[:, None])[:, 0]
    return coef, 0.5 * (vcov + vcov.T), float(r @ inverse_r)
