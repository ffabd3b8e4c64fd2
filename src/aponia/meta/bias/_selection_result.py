"""What `selection_model` returns."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aponia.meta._distributions import chi2_sf, critical_value, two_sided_p
from aponia.meta._inputs import FloatArray
from aponia.meta._result import FitStatistics, json_safe
from aponia.meta.bias._maximise import Maximum
from aponia.meta.bias._weight_functions import Smooth, Steps, smooth_weight
from aponia.meta.errors import InputError, MetaWarning, MethodError

if TYPE_CHECKING:
    from aponia.meta.bias._selection import _Problem
    from aponia.meta.bias._selection_setup import Setup

__all__ = ["SelectionModel", "assemble"]


@dataclass(frozen=True)
class SelectionModel:
    """A fitted selection model.

    Standard errors that do not exist (fixed parameters, parameters on a bound) are NaN here
    and None in `to_dict`.

    Attributes
    ----------
    type, alternative : str
    coef, se, z_or_t, p, ci_lower, ci_upper : ndarray of shape (p,)
        Coefficients corrected for selection, with normal tests.
    names : tuple of str
    vcov : ndarray of shape (p, p)
    tau2, tau2_se : float
    delta, delta_se, delta_z, delta_p, delta_lower, delta_upper : ndarray of shape (d,)
        Selection parameters; z and p test the value that means no selection.
    delta_names : tuple of str
    steps : tuple of float
    counts : tuple of int or None
        Studies in each interval of the step function.
    lrt, lrt_p : float
        Likelihood-ratio test of no selection (NaN when no parameter was estimated).
    lrt_df : int
    lrt_tau2, lrt_tau2_p : float
        Likelihood-ratio test of tau2 = 0 (NaN in a model without heterogeneity).
    qm, qm_df, qm_p : float, int, float
        Wald test of all coefficients but the constant (of the constant when it is alone).
    loglik, aic, bic, aicc : float
    loglik_unselected : float
        Maximum log-likelihood without selection.
    k, k_selected : int
    level : float
    notes : tuple of str
    """

    type: str
    alternative: str
    coef: FloatArray
    se: FloatArray
    z_or_t: FloatArray
    p: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    names: tuple[str, ...]
    vcov: FloatArray
    tau2: float
    tau2_se: float
    delta: FloatArray
    delta_se: FloatArray
    delta_z: FloatArray
    delta_p: FloatArray
    delta_lower: FloatArray
    delta_upper: FloatArray
    delta_names: tuple[str, ...]
    steps: tuple[float, ...]
    counts: tuple[int, ...] | None
    lrt: float
    lrt_df: int
    lrt_p: float
    lrt_tau2: float
    lrt_tau2_p: float
    qm: float
    qm_df: int
    qm_p: float
    loglik: float
    aic: float
    bic: float
    aicc: float
    loglik_unselected: float
    k: int
    k_selected: int
    level: float
    notes: tuple[str, ...]
    _problem: _Problem = field(repr=False, compare=False)
    _setup: Setup = field(repr=False, compare=False)
    _theta: FloatArray = field(repr=False, compare=False)
    _plain: Maximum = field(repr=False, compare=False)

    def weight(self, p: ArrayLike) -> FloatArray:
        """Relative probability of selection at p-values `p` (precision 1), for plotting.

        Raises
        ------
        MethodError
            Truncated models select on the effect, not on p.
        InputError
            A p-value outside [0, 1].
        """
        at = np.asarray(p, dtype=np.float64)
        if not ((at >= 0) & (at <= 1)).all():
            raise InputError("p-values lie between 0 and 1")
        if self.type in ("trunc", "truncest"):
            raise MethodError("truncated models select on the effect, not on the p-value")
        if isinstance(self._setup.weight, Steps):
            index = np.minimum(np.searchsorted(self.steps, at, side="left"), len(self.steps) - 1)
            return np.asarray(self.delta[index])
        smooth = self._setup.weight
        assert isinstance(smooth, Smooth)
        low, high = float(np.exp(smooth.log_p.min())), float(np.exp(smooth.log_p.max()))
        if self.type == "beta":
            at = np.clip(at, low, high)
        return smooth_weight(self.type, at, self.delta, smooth.alpha)

    def profile_interval(self, parameter: str, level: float | None = None) -> tuple[float, float]:
        """Profile-likelihood confidence interval.

        Parameters
        ----------
        parameter : str
            ``"tau2"``, the name of a coefficient, or of a selection parameter (`delta_names`).
        level : float, optional
            Confidence level, that of the model by default.

        Returns
        -------
        lower, upper : float
            A bound of the parameter where the likelihood never falls far enough.

        Raises
        ------
        InputError
            No such parameter, or one that was not estimated.
        MethodError
            After `decreasing` or with an estimated cutpoint.
        """
        from aponia.meta.bias._selection_profile import profile_interval

        return profile_interval(self, parameter, self.level if level is None else level)

    def summary(self) -> str:
        """Return the result as text."""
        lines = [
            f"Selection model ({self.type}, alternative {self.alternative}; k = {self.k})",
            f"tau2 = {self.tau2:.4f} (SE {self.tau2_se:.4f})",
        ]
        for j, name in enumerate(self.names):
            lines.append(
                f"{name:<22}{self.coef[j]:>10.4f}{self.se[j]:>10.4f}  p = {self.p[j]:.4f}  "
                f"[{self.ci_lower[j]:.4f}, {self.ci_upper[j]:.4f}]"
            )
        lines.append(f"no selection: LRT({self.lrt_df}) = {self.lrt:.4f}, p = {self.lrt_p:.4f}")
        for j, name in enumerate(self.delta_names):
            count = "" if self.counts is None else f" (k = {self.counts[j]})"
            lines.append(
                f"{name + count:<32}{self.delta[j]:>10.4f}{self.delta_se[j]:>10.4f}  "
                f"[{self.delta_lower[j]:.4f}, {self.delta_upper[j]:.4f}]"
            )
        lines.extend(f"Note: {note}" for note in self.notes)
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings."""
        return {str(k): json_safe(v) for k, v in vars(self).items() if not k.startswith("_")}


def assemble(
    problem: _Problem,
    best: Maximum,
    setup: Setup,
    plain: Maximum,
    without: Maximum | None,
    tied: tuple[tuple[int, ...], ...],
) -> SelectionModel:
    """Add standard errors, tests and criteria at the maximum."""
    p = problem.studies.X.shape[1]
    notes: list[str] = []
    estimated = setup.lower < setup.upper
    delta, tau2 = best.theta[p + 1 :], float(best.theta[p])
    vcov = _covariance(problem, best, setup, estimated, notes)
    errors = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    crit = critical_value(problem.studies.level, None)
    coef = problem.sign * best.theta[:p]
    se = errors[:p]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = coef / se
    d_se = np.where(estimated, errors[p + 1 :], np.nan)
    d_z = (delta - setup.null) / d_se
    lower = np.maximum(delta - crit * d_se, setup.lower)
    upper = np.minimum(delta + crit * d_se, setup.upper)
    _bound_notes(delta, setup, estimated, notes)
    free = int(estimated.sum())
    cut = problem.kind == "truncest"
    lrt = 2 * (best.value - plain.value)
    count = p + free + (not problem.fixed_tau2) + cut
    fit = FitStatistics.of(best.value, -2 * best.value, count, problem.studies.k)
    covered = [j for j, n in enumerate(problem.studies.names) if n != "intercept"] or [0]
    block = vcov[np.ix_(covered, covered)]
    qm = float(coef[covered] @ np.linalg.solve(block, coef[covered]))
    has_tau = without is not None
    lrt_tau2 = 2 * (best.value - without.value) if without is not None else math.nan
    shown = _shown(problem, setup, tied)
    pick = np.array([g for g, _ in shown], dtype=int)
    names = tuple(n for _, n in shown)
    result = SelectionModel(
        type=problem.kind,
        alternative=problem.alternative,
        coef=coef,
        se=se,
        z_or_t=z,
        p=two_sided_p(z, None),
        ci_lower=coef - crit * se,
        ci_upper=coef + crit * se,
        names=problem.studies.names,
        vcov=vcov[:p, :p],
        tau2=tau2,
        tau2_se=float(errors[p]) if not problem.fixed_tau2 else math.nan,
        delta=delta[pick],
        delta_se=d_se[pick],
        delta_z=d_z[pick],
        delta_p=two_sided_p(d_z, None)[pick],
        delta_lower=lower[pick],
        delta_upper=upper[pick],
        delta_names=names,
        steps=tuple(problem.sign * s for s in setup.steps) if _on_effect(problem) else setup.steps,
        counts=setup.counts if problem.kind == "stepfun" else None,
        lrt=max(lrt, 0.0) if free else math.nan,
        lrt_df=free + cut,
        lrt_p=float(chi2_sf(max(lrt, 0.0), free + cut)) if free else math.nan,
        lrt_tau2=max(lrt_tau2, 0.0) if has_tau else math.nan,
        lrt_tau2_p=float(chi2_sf(max(lrt_tau2, 0.0), 1)) if has_tau else math.nan,
        qm=qm,
        qm_df=len(covered),
        qm_p=float(chi2_sf(qm, len(covered))),
        loglik=fit.loglik,
        aic=fit.aic,
        bic=fit.bic,
        aicc=fit.aicc,
        loglik_unselected=plain.value,
        k=problem.studies.k,
        k_selected=int(problem.selected.sum()),
        level=problem.studies.level,
        notes=tuple(notes),
        _problem=problem,
        _setup=setup,
        _theta=best.theta,
        _plain=plain,
    )
    if cut:
        point = problem.sign * setup.steps[0]
        nothing = np.array([math.nan])
        result = replace(
            result,
            delta=np.append(result.delta, point),
            delta_se=np.append(result.delta_se, nothing),
            delta_z=np.append(result.delta_z, nothing),
            delta_p=np.append(result.delta_p, nothing),
            delta_lower=np.append(result.delta_lower, nothing),
            delta_upper=np.append(result.delta_upper, nothing),
            delta_names=(*result.delta_names, "cutpoint"),
        )
    for note in notes:
        warnings.warn(note, MetaWarning, stacklevel=6)
    return result


def _on_effect(problem: _Problem) -> bool:
    return problem.kind in ("trunc", "truncest")


def _shown(
    problem: _Problem, setup: Setup, tied: tuple[tuple[int, ...], ...]
) -> list[tuple[int, str]]:
    """Parameter index and name of every delta to report."""
    if _on_effect(problem):
        return [(1, "delta")]
    if problem.kind != "stepfun":
        return list(enumerate(setup.names))
    order = sorted((j, g) for g, members in enumerate(tied) for j in members)
    return [(g, setup.names[j]) for j, g in order]


def _covariance(
    problem: _Problem,
    best: Maximum,
    setup: Setup,
    estimated: np.ndarray,
    notes: list[str],
) -> FloatArray:
    p = problem.studies.X.shape[1]
    tau2, delta = float(best.theta[p]), best.theta[p + 1 :]
    # a variance this close to zero makes the information numerically meaningless
    use_tau2 = not problem.fixed_tau2 and not (
        tau2 < 1e-4 or tau2 < float(problem.studies.v.min()) / 10
    )
    use_delta = estimated.copy()
    if problem.kind == "stepfun" or (problem.kind == "beta" and not setup.steps):
        use_delta &= delta >= 1e-4
    if problem.decreasing:
        use_delta &= delta < 1.0
    use = np.concatenate([np.ones(p, dtype=bool), [use_tau2], use_delta])
    vcov = np.full((best.theta.size, best.theta.size), np.nan)
    information = -best.hessian[np.ix_(use, use)]
    scale = np.sqrt(np.abs(np.diag(information)))
    ok = bool((scale > 0).all() and (np.diag(information) > 0).all())
    if ok:
        scaled = information / np.outer(scale, scale)
        ok = float(np.linalg.eigvalsh(scaled)[0]) > 1e-12
    if ok:
        vcov[np.ix_(use, use)] = np.linalg.inv(scaled) / np.outer(scale, scale)
    else:
        notes.append("the information matrix is singular: no standard errors")
        vcov[np.ix_(use, use)] = np.nan
    if problem.sign < 0:
        vcov[:p, p:] *= -1
        vcov[p:, :p] *= -1
    return vcov


def _bound_notes(delta: FloatArray, setup: Setup, estimated: np.ndarray, notes: list[str]) -> None:
    width = np.where(estimated, np.minimum(setup.upper, 1e6) - setup.lower, 1.0)
    near_low = estimated & (delta - setup.lower < 1e-5 * width)
    near_high = estimated & (setup.upper - delta < 1e-5 * width)
    # a lower bound that means "no selection" is an answer, not a failure
    near_low &= setup.null != setup.lower
    if near_low.any() or near_high.any():
        notes.append(
            "a selection parameter lies on its bound: its standard error means little; "
            "compare log-likelihoods instead"
        )
