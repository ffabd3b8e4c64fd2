"""Bayes against published output of the bayesmeta package.

Röver, J Stat Softw 2020;93(6), section 3 (six transplantation studies), and the vignette of
bayesmeta 3.4 (eight schools). bayesmeta computes the posterior of tau to many digits and those
of the mean, the prediction and the shrinkage on a coarse grid of tau (divergence 0.01), so the
latter agree only to about three digits.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from aponia.meta._bayes import bayes

DATA = json.loads((Path(__file__).parent / "data" / "bias.json").read_text())


def crins():
    a, n1, c, n2 = (np.array(DATA["crins2014"][x], float) for x in ("ai", "n1i", "ci", "n2i"))
    b, d = n1 - a, n2 - c
    add = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), 0.5, 0.0)
    a, b, c, d = a + add, b + add, c + add, d + add
    return np.log(a * d / b / c), 1 / a + 1 / b + 1 / c + 1 / d


def schools(**options):
    y, se = (np.array(DATA["rubin1981"][c]) for c in ("y", "se"))
    return bayes(y, se**2, labels=list("ABCDEFGH"), **options)


def test_transplantation_studies():
    y, v = crins()
    fit = bayes(y, v, mean_prior=(0, 4), tau_prior="half-normal(0.5)")
    tau = fit.tau
    assert tau.mode == pytest.approx(0.2453139, abs=2e-6)
    assert (tau.median, tau.mean, tau.sd) == pytest.approx((0.3445023, 0.3810562, 0.2593672), 2e-7)
    assert fit.tau_interval == pytest.approx((0, 0.8607193), abs=2e-5)
    assert tau.prob_above(1) == pytest.approx(0.02097488, abs=6e-9)
    assert tau.quantile(0.99) == pytest.approx(1.109186, abs=6e-7)
    assert tau.interval(0.99) == pytest.approx((0, 1.109186), abs=6e-7)
    assert tau.interval(0.99, "central") == pytest.approx((0.003547657, 1.205400562), abs=6e-9)
    assert (fit.mean.mode, fit.mean.median) == pytest.approx((-1.5691214, -1.5734819), abs=1e-4)
    assert (fit.mean.mean, fit.mean.sd) == pytest.approx((-1.5764365, 0.3295301), abs=2e-4)
    assert fit.mean_interval == pytest.approx((-2.2311251, -0.9263075), abs=6e-4)
    assert fit.prob_above(0) == pytest.approx(6.187343e-05, rel=0.03)
    new = fit.prediction
    assert (new.mode, new.median) == pytest.approx((-1.5632732, -1.5701653), abs=2e-4)
    assert (new.mean, new.sd) == pytest.approx((-1.5764365, 0.5671855), abs=1e-3)
    assert fit.prediction_interval == pytest.approx((-2.7661319, -0.4072970), abs=2e-3)
    assert fit.joint_mode_tau == pytest.approx(0.08690907, abs=2e-5)
    assert fit.joint_mode_coef[0] == pytest.approx(-1.559376, abs=2e-5)


def test_randomised_transplantation_studies():
    y, v = crins()
    fit = bayes(y[[0, 4]], v[[0, 4]], mean_prior="normal(0, 4)", tau_prior="half-normal(0.5)")
    assert fit.prob_below(0) == pytest.approx(0.9974968, abs=1e-4)


def test_given_tau_it_is_the_frequentist_estimate():
    y, v = crins()
    mean, sd = bayes(y, v, tau_prior="jeffreys").conditional(0.4670268)
    assert (mean[0], sd[0]) == pytest.approx((-1.591513, 0.3340882), abs=6e-7)


def test_eight_schools_with_proper_priors():
    fit = schools(mean_prior=(0, 50), tau_prior="half-cauchy(25)")
    tau = fit.tau
    assert tau.mode == 0
    assert (tau.median, tau.mean, tau.sd) == pytest.approx((4.758539, 5.884511, 4.869904), 2e-7)
    assert fit.tau_interval == pytest.approx((0, 15.165894), abs=4e-6)
    assert tau.interval(0.95, "central") == pytest.approx((0.2199559, 18.0531718), abs=6e-8)
    assert (fit.mean.mean, fit.mean.sd) == pytest.approx((7.985729, 4.995762), rel=1e-3)
    assert fit.mean_interval == pytest.approx((-1.823353, 17.824562), abs=5e-3)
    assert fit.prediction_interval == pytest.approx((-10.623526, 26.827377), abs=3e-2)
    assert fit.prob_above(0) == pytest.approx(0.9487521, abs=3e-5)
    assert fit.joint_mode_tau == 0
    assert fit.joint_mode_coef[0] == pytest.approx(7.816294, abs=1e-4)
    shown = {"A": 0, "G": 6, "H": 7}
    published = {
        "A": (8.845856, 10.093581, 11.095255, 7.901084, -3.209562, 28.169723),
        "G": (8.933348, 9.786985, 10.336032, 6.631039, -2.138807, 24.230908),
        "H": (8.023126, 8.266594, 8.474644, 7.456906, -6.528854, 24.110315),
    }
    for name, i in shown.items():
        s = fit.shrinkage[i]
        found = (s.mode, s.median, s.mean, s.sd, *fit.shrinkage_intervals[i])
        assert found == pytest.approx(published[name], abs=0.05)
        assert fit.labels[i] == name


def test_eight_schools_with_flat_priors():
    fit = schools(tau_prior="flat")
    tau = fit.tau
    assert (tau.median, tau.mean, tau.sd) == pytest.approx((5.227732, 6.585992, 5.685974), 2e-7)
    assert fit.tau_interval[1] == pytest.approx(17.265797, abs=5e-6)
    assert (fit.mean.median, fit.mean.mean) == pytest.approx((8.055861, 8.092138), abs=2e-3)
    assert fit.mean_interval == pytest.approx((-2.176157, 18.406330), abs=5e-3)
    assert fit.bf_tau_zero is None
    assert fit.log_marginal_likelihood is None


def test_empirical_prior_stated_on_tau_squared():
    # the same paper prints the quantiles of the prior of Turner et al. for this comparison
    from aponia.meta._bayes import tau_prior

    mu, sigma = math.log(0.34300852) * 2, 2 * math.log(1.88734045 / 0.34300852) / 1.959963984540054
    prior = tau_prior(f"tau2: log-normal({mu}, {sigma})")
    x = np.linspace(1e-6, 1.88734045, 200001)
    density = np.exp(prior.log_density(x, np.ones(1)))
    below = np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(x))
    assert below == pytest.approx(0.975, abs=1e-5)
