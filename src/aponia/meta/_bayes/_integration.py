"""The one integral of the model, over tau; every posterior is read off its nodes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aponia.meta._bayes._model import Conditional, Model
from aponia.meta._bayes._posterior import IntervalKind, NormalMixture, TauPosterior
from aponia.meta._bayes._priors import TauPrior
from aponia.meta._bayes._quadrature import build_panels, locate
from aponia.meta._bayes._result import BayesResult
from aponia.meta._inputs import FloatArray

__all__ = ["Quadrature"]


class Quadrature:
    """One pass over tau; every posterior is read off the same nodes."""

    def __init__(self, model: Model, prior: TauPrior) -> None:
        self.model, self.prior = model, prior
        # decay[r] > 0 when the posterior moment E(tau**r) exists
        self.decay = prior.tail_power + model.y.size - model.n_flat - 1
        root = np.sqrt(model.v)
        spread = float(np.std(model.y))
        anchors = [*np.log(root), *(math.log(s) for s in prior.scales)]
        if spread > 0:
            anchors.append(math.log(spread))
        growth = max((r for r in (0.0, 1.0, 2.0) if self.decay - r > 1e-9), default=0.0)
        cuts, self.top = locate(self._log_integrand, np.array(anchors), _log(prior.upper), growth)
        # a log likelihood of -1e8 (data in flat conflict with the prior) has only eight digits
        tolerance = max(1e-11, 1e-14 * abs(self.top))
        self.panels = build_panels(self._functionals, cuts, tolerance)
        u = self.panels.u.ravel()
        self.tau = np.exp(u)
        self.at = model.at(self.tau)
        height = np.exp(self._log_joint(self.tau, self.at) + u - self.top)
        raw = height * self.panels.weight.ravel()
        self.log_evidence = math.log(float(raw.sum())) + self.top
        self.weight = raw / raw.sum()
        self.last = float(np.exp(self._log_integrand(cuts[-1:])[0] - self.log_evidence))
        self.end = math.exp(cuts[-1])

    def _log_joint(self, tau: FloatArray, at: Conditional) -> FloatArray:
        return np.asarray(self.prior.log_density(tau, self.model.v) + at.log_likelihood)

    def _log_integrand(self, u: FloatArray) -> FloatArray:
        tau = np.exp(u)
        value = self._log_joint(tau, self.model.at(tau)) + u
        return np.where(np.isnan(value), -np.inf, value)

    def _functionals(self, u: FloatArray) -> FloatArray:
        tau = np.exp(u)
        at = self.model.at(tau)
        p = np.exp(self._log_joint(tau, at) + u - self.top)
        sd = np.sqrt(np.diagonal(at.cov, axis1=1, axis2=2)).T
        # means are resolved on the scale of their standard deviation: after centring they may be
        # nothing but rounding error
        sd = np.minimum(sd, 1e100)
        rows = [p, *(p * (at.mean.T + sd)), *(p * sd)]
        rows += [p * np.minimum(tau, 1e100) ** r for r in (1, 2) if self.decay - r > 1e-9]
        return np.stack(rows)

    def _moment(self, values: FloatArray, power: float) -> float:
        """Return E(values) for values that grow like tau**power; inf when it does not exist."""
        if power > 0 and self.decay - power <= 1e-9:
            return math.inf
        total = float(self.weight @ values)
        if power > 0 and math.isfinite(self.decay):
            # what lies beyond the last panel falls like a known power
            total += self.last * self.end**power * self._ratio(values, power) / (self.decay - power)
        return total

    def _ratio(self, values: FloatArray, power: float) -> float:
        return float(values[-1] / self.tau[-1] ** power)

    def mixture(self, location: FloatArray, variance: FloatArray, grows: bool) -> NormalMixture:
        """Mixture over tau; `grows` when the variance is unbounded in tau."""
        power = 2.0 if grows else 0.0
        exists = not grows or self.decay - 1 > 1e-9
        mean = float(self.weight @ location) if exists else math.nan
        centre = float(self.weight @ location)
        second = self._moment(variance, power) + float(self.weight @ (location - centre) ** 2)
        keep = self.weight > 1e-22
        return NormalMixture(
            self.weight[keep] / float(self.weight[keep].sum()),
            location[keep],
            np.sqrt(variance[keep]),
            mean,
            math.sqrt(second),
        )

    def tau_posterior(self) -> TauPosterior:
        mean = self._moment(self.tau, 1.0)
        second = self._moment(self.tau**2, 2.0) if math.isfinite(mean) else math.inf
        if math.isfinite(second):
            variance = float(self.weight @ (self.tau - mean) ** 2)
            variance += second - self._plain(self.tau**2)
            sd = math.sqrt(variance)
        else:
            sd = math.inf

        def log_density(tau: FloatArray) -> FloatArray:
            value = self._log_joint(tau, self.model.at(tau)) - self.log_evidence
            return np.where(np.isnan(value), -np.inf, value)

        mass = self.weight.reshape(self.panels.u.shape).sum(axis=1)
        return TauPosterior(self.panels, log_density, mass, mean, sd)

    def _plain(self, values: FloatArray) -> float:
        return float(self.weight @ values)

    def joint_mode(self) -> tuple[FloatArray, float]:
        """Coefficients and tau at the highest point of the joint density."""

        def height(tau: FloatArray) -> FloatArray:
            at = self.model.at(tau)
            _, logdet = np.linalg.slogdet(at.cov)
            return np.asarray(self._log_joint(tau, at) - 0.5 * logdet)

        tau = np.append(0.0, self.tau)
        h = height(tau)
        j = int(np.nanargmax(np.where(np.isposinf(h), -np.inf, h)))
        if np.isposinf(h[0]):  # a density that is infinite at zero has its mode there
            j = 0
        low, high = tau[max(j - 1, 0)], tau[min(j + 1, tau.size - 1)]
        best = float(tau[j])
        for _ in range(14 if j else 0):
            x = np.linspace(low, high, 11)
            f = height(x)
            i = int(np.argmax(f))
            best, low, high = float(x[i]), float(x[max(i - 1, 0)]), float(x[min(i + 1, 10)])
        if height(np.array([0.0]))[0] >= height(np.array([best]))[0]:
            best = 0.0
        return self.model.at(np.array([best])).mean[0] + self.model.origin, best

    def bayes_factor_tau(self) -> float | None:
        """p(y | tau = 0) / p(y), when the prior on tau is proper."""
        if not self.prior.proper:
            return None
        at_zero = float(self.model.at(np.zeros(1)).log_likelihood[0])
        return math.exp(at_zero - self.log_evidence)

    def bayes_factor_mean(self, posterior: NormalMixture, j: int) -> float | None:
        """p(y | beta_j = 0) / p(y) by Savage and Dickey, when the prior of beta_j is proper."""
        precision = float(self.model.prior_precision[j])
        if precision == 0:
            return None
        prior_mean = float(self.model.prior_mean[j] + self.model.origin[j])
        log_prior = 0.5 * math.log(precision / (2 * math.pi)) - 0.5 * precision * prior_mean**2
        density = float(posterior.density(0.0))
        return density / math.exp(log_prior)

    def result(
        self,
        *,
        names: Sequence[str],
        labels: Sequence[str],
        level: float,
        interval: IntervalKind,
        mean_prior: str,
        n_dropped: int,
    ) -> BayesResult:
        """Collect everything."""
        model, at = self.model, self.at
        grows = model.n_flat > 0
        coefficients = tuple(
            self.mixture(at.mean[:, j] + model.origin[j], at.cov[:, j, j], grows)
            for j in range(len(names))
        )
        shares = self.weight @ model.weights(self.tau, at)
        mode, mode_tau = self.joint_mode()
        proper = self.prior.proper and model.n_flat == 0
        return BayesResult(
            coefficients=coefficients,
            tau=self.tau_posterior(),
            names=tuple(names),
            labels=tuple(labels),
            y=model.y + model.X @ model.origin,
            v=model.v,
            X=model.X,
            level=level,
            interval_kind=interval,
            tau_prior=self.prior.name,
            mean_prior=mean_prior,
            weights=100 * shares,
            bf_tau_zero=self.bayes_factor_tau(),
            bf_mean_zero=tuple(self.bayes_factor_mean(c, j) for j, c in enumerate(coefficients)),
            log_marginal_likelihood=self.log_evidence if proper else None,
            joint_mode_coef=mode,
            joint_mode_tau=mode_tau,
            n_dropped=n_dropped,
            notes=self._notes(grows),
            _quadrature=self,
        )

    def _notes(self, grows: bool) -> tuple[str, ...]:
        notes = []
        if self.decay - 1 <= 1e-9:
            notes.append(
                "the posterior mean of tau is infinite: the prior is heavy-tailed and there are "
                "very few studies; read the median"
            )
            if grows:
                notes.append("the posterior mean of the effect does not exist; read the median")
        elif self.decay - 2 <= 1e-9:
            notes.append("the posterior standard deviation of tau is infinite")
        return tuple(notes)

    def predict_line(self, x: FloatArray) -> tuple[NormalMixture, NormalMixture]:
        """Posterior of x'beta and of a new study's effect at x."""
        location, variance = self.model.line(x, self.at)
        grows = self.model.n_flat > 0
        line = self.mixture(location, variance, grows)
        new = self.mixture(location, variance + np.minimum(self.tau, 1e150) ** 2, True)
        return line, new

    def study(self, i: int) -> NormalMixture:
        """Posterior of one study's own true effect."""
        location, sd = self.model.study(i, self.tau, self.at)
        return self.mixture(location, sd**2, False)

    def conditional(self, tau: float) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the coefficients given tau."""
        at = self.model.at(np.array([tau]))
        return at.mean[0] + self.model.origin, np.sqrt(np.diagonal(at.cov[0]))


def _log(x: float) -> float:
    return math.log(x) if math.isfinite(x) else math.inf
