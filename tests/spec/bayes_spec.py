"""Bayesian pooling with named priors, checked against adaptive integration."""

import json
import math
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

CHAPTER = "Bayesian pooling"
INTRO = (
    "With few studies the heterogeneity cannot be learned from the data alone, and pretending "
    "it is zero makes intervals too narrow. A weakly informative prior on tau says what sizes "
    "are plausible. The posterior is integrated numerically, without simulation: the same call "
    "gives the same digits."
)

REJECTION = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))[
    "rejection"
]
TWO = {"study": ["A", "B"], "y": [0.1, 0.9], "v": [0.04, 0.02]}
SCHOOLS = {
    "school": list("ABCDEFGH"),
    "y": [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16],
    "se": [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6],
}


def _log_odds_ratios(table):
    """Effects and variances of the transplantation trials, one half added where a cell is zero."""
    a, n1, c, n2 = (np.array(table[name], float) for name in table)
    b, d = n1 - a, n2 - c
    add = 0.5 * ((a == 0) | (b == 0) | (c == 0) | (d == 0))
    a, b, c, d = a + add, b + add, c + add, d + add
    return np.log(a * d / b / c), 1 / a + 1 / b + 1 / c + 1 / d


class _Integrated:
    """Posterior by adaptive quadrature over tau, the mean integrated out by hand."""

    def __init__(self, y, v, log_prior, mean_prior=None):
        self.y, self.v = np.array(y, float), np.array(v, float)
        self.log_prior, self.mean_prior = log_prior, mean_prior
        scale = math.sqrt(float(np.mean(self.v)))
        self.points = [0.0, *(scale * np.geomspace(1e-3, 1e3, 13)), np.inf]
        self.top = max(self._log(t) for t in scale * np.geomspace(1e-3, 30, 200))
        self.total = self._over(lambda t: 1.0)

    def conditional(self, tau):
        """Mean and variance of the average effect given tau."""
        precision = 1 / (self.v + tau**2)
        weight, first = precision.sum(), (precision * self.y).sum()
        if self.mean_prior is not None:
            at, sd = self.mean_prior
            weight, first = weight + 1 / sd**2, first + at / sd**2
        return first / weight, 1 / weight

    def _log(self, tau):
        """Log of the unnormalised posterior density of tau."""
        mean, variance = self.conditional(tau)
        total = self.v + tau**2
        out = -0.5 * float(np.sum(np.log(total) + self.y**2 / total)) + 0.5 * mean**2 / variance
        if self.mean_prior is not None:
            out -= 0.5 * (self.mean_prior[0] / self.mean_prior[1]) ** 2
        return out + 0.5 * math.log(variance) + self.log_prior(tau)

    def _over(self, function):
        pieces = zip(self.points[:-1], self.points[1:], strict=True)
        return sum(
            quad(
                lambda t: function(t) * math.exp(self._log(t) - self.top),
                *piece,
                epsabs=1e-13,
                epsrel=1e-10,
                limit=200,
            )[0]
            for piece in pieces
        )

    def expect(self, function):
        """Posterior expectation of a function of tau, nine digits."""
        return float(f"{self._over(function) / self.total:.9g}")

    def numbers(self):
        """What the specifications below compare."""
        tau = self.expect(lambda t: t)
        mean = self.expect(lambda t: self.conditional(t)[0])
        second = self.expect(lambda t: self.conditional(t)[0] ** 2 + self.conditional(t)[1])
        above = self.expect(lambda t: ndtr(self.conditional(t)[0] / self.conditional(t)[1] ** 0.5))
        return {
            "mean.mean": mean,
            "mean.sd": float(f"{math.sqrt(second - mean**2):.9g}"),
            "prob_above(0)": above,
            "tau.mean": tau,
        }

    def against_zero(self, constant):
        """Bayes factor of tau = 0; `constant` normalises the prior."""
        at_zero = math.exp(self._log(0.0) - self.log_prior(0.0) - self.top)
        return float(f"{at_zero / (constant * self.total):.9g}")

    def prediction_limit(self, probability):
        """Quantile of the effect of a new study."""

        def below(x):
            return self._over(
                lambda t: ndtr(
                    (x - self.conditional(t)[0]) / math.sqrt(self.conditional(t)[1] + t**2)
                )
            )

        centre, wide = float(np.mean(self.y)), float(np.ptp(self.y) + 5 * self.v.max() ** 0.5)
        root = brentq(
            lambda x: below(x) / self.total - probability, centre - wide, centre + wide, xtol=1e-10
        )
        return float(f"{root:.9g}")


def _half_normal(s):
    return lambda t: -0.5 * (t / s) ** 2


def _half_t(df, s):
    return lambda t: -0.5 * (df + 1) * math.log1p((t / s) ** 2 / df)


def _log_normal(mu, sigma):
    return lambda t: -math.log(t) - 0.5 * ((math.log(t) - mu) / sigma) ** 2


def _dumouchel(v):
    s = math.sqrt(len(v) / sum(1 / x for x in v))
    return lambda t: -2 * math.log(s + t)


def _jeffreys(v):
    return lambda t: 0.5 * math.log(sum((t / (x + t * t)) ** 2 for x in v))


def _inside(upper):
    return lambda t: 0.0 if t <= upper else -math.inf


Y, V = _log_odds_ratios(REJECTION)
_REJECTION = _Integrated(Y, V, _half_normal(0.5), (0, 4))
_EIGHT_V = [se**2 for se in SCHOOLS["se"]]
_EIGHT = _Integrated(SCHOOLS["y"], _EIGHT_V, _half_normal(10))
BY_INTEGRATION = (
    "checked against adaptive integration (the code stands in tests/spec/bayes_spec.py)"
)


def _schools(prior, log_prior, mean_prior=None):
    """One named prior on the eight schools."""
    mean = "" if mean_prior is None else f"mean_prior={mean_prior}, "
    return {
        "table": SCHOOLS,
        "call": f'bayes("y", np.square(table["se"]), data=table, {mean}tau_prior="{prior}")',
        "expect": _Integrated(SCHOOLS["y"], _EIGHT_V, log_prior, mean_prior).numbers(),
        "rtol": 2e-7,
    }


HALF_CAUCHY = _schools("half-cauchy(25)", _half_t(1, 25), (0, 50))
HALF_CAUCHY["expect"] |= {"tau.median": 4.758539, "tau.sd": 4.869904}
HALF_CAUCHY["source"] = f"{BY_INTEGRATION}; median and sd of tau as bayesmeta prints them"

SPECS = [
    {
        "title": "Half-normal prior on tau",
        "text": "Interleukin-2 antagonists against acute rejection in children with a new liver, "
        "log odds ratios of six studies. half-normal(0.5) says that tau is probably below 1: at "
        "tau = 1 the odds ratios of 95% of all settings span a factor of 50. The average odds "
        "ratio is exp(-1.58) = 0.21, and it is nearly certain to be below 1.",
        "table": REJECTION,
        "call": 'bayes(effect_sizes("OR", events1="events1", total1="total1", events2="events2", '
        'total2="total2", data=table), mean_prior=(0, 4), tau_prior="half-normal(0.5)")',
        "expect": _REJECTION.numbers() | {"tau.median": 0.3445023, "tau.sd": 0.2593672},
        "rtol": 2e-7,
        "source": f"{BY_INTEGRATION}; median and sd of tau as bayesmeta prints them, Röver (2020), section 3 (its figures for the mean come from a coarser grid: sd 0.3295, and 0.0000619 above zero)",
    },
    {
        "title": "Where a new study will lie",
        "text": "The prediction interval holds the uncertainty of tau as well as that of the "
        'mean. `interval="central"` leaves 2.5% on either side.',
        "table": REJECTION,
        "call": 'bayes(effect_sizes("OR", events1="events1", total1="total1", events2="events2", '
        'total2="total2", data=table), mean_prior=(0, 4), tau_prior="half-normal(0.5)", '
        'interval="central").prediction_interval',
        "expect": {
            "[0]": _REJECTION.prediction_limit(0.025),
            "[1]": _REJECTION.prediction_limit(0.975),
        },
        "rtol": 1e-6,
        "source": BY_INTEGRATION,
    },
    {
        "title": "Two studies",
        "text": "The same two studies that left a Knapp–Hartung interval from -4.6 to 5.6. A "
        "prior that rules out absurd heterogeneity gives an answer that can be used, and must be "
        "named beside it.",
        "table": TWO,
        "call": 'bayes("y", "v", data=table, tau_prior="half-normal(0.5)")',
        "expect": _Integrated(TWO["y"], TWO["v"], _half_normal(0.5)).numbers(),
        "rtol": 2e-7,
        "source": BY_INTEGRATION,
    },
    {
        "title": "One study and a prior for the mean",
        "text": "With one study and a normal prior the heterogeneity widens the sampling error: "
        "the study counts for less than its own interval says.",
        "table": {"y": [0.3], "v": [0.05]},
        "call": 'bayes("y", "v", data=table, mean_prior=(0, 1), tau_prior="half-normal(0.5)")',
        "expect": _Integrated([0.3], [0.05], _half_normal(0.5), (0, 1)).numbers(),
        "rtol": 2e-7,
        "source": BY_INTEGRATION,
    },
    {
        "title": "Half-Cauchy",
        "text": "The eight schools of Rubin (1981), coaching for a test. Heavier tails than the "
        "half-normal: the data may overrule it. The prior of the mean is normal with sd 50.",
    }
    | HALF_CAUCHY,
    {
        "title": "Half-t",
        "text": "Between half-normal and half-Cauchy, by its degrees of freedom.",
    }
    | _schools("half-t(4, 10)", _half_t(4, 10))
    | {"source": BY_INTEGRATION},
    {
        "title": "Log-normal",
        "text": "The form of the empirical priors made from thousands of Cochrane reviews "
        "(Turner, Rhodes), here on the scale of the eight schools.",
    }
    | _schools("log-normal(1.5, 1)", _log_normal(1.5, 1))
    | {"source": BY_INTEGRATION},
    {
        "title": "Exponential",
        "text": "Most of its mass near zero, mean 1/rate.",
    }
    | _schools("exponential(0.1)", lambda t: -0.1 * t)
    | {"source": BY_INTEGRATION},
    {
        "title": "Uniform",
        "text": "All values up to a bound alike; the bound matters more than one would think.",
    }
    | _schools("uniform(0, 30)", _inside(30))
    | {"source": BY_INTEGRATION},
    {
        "title": "DuMouchel",
        "text": "A reference prior whose median is the root of the harmonic mean of the "
        "variances: no number to choose.",
    }
    | _schools("dumouchel", _dumouchel(_EIGHT_V))
    | {"source": BY_INTEGRATION},
    {
        "title": "Jeffreys",
        "text": "From the Fisher information; improper, so no Bayes factor exists. Needs at "
        "least two studies, better three.",
    }
    | _schools("jeffreys", _jeffreys(_EIGHT_V))
    | {"source": BY_INTEGRATION},
    {
        "title": "Bayes factor for no heterogeneity",
        "text": "How much better tau = 0 predicts the data than the prior does; above 1 it "
        "favours homogeneity. The eight schools speak mildly for it.",
        "table": SCHOOLS,
        "call": 'bayes("y", np.square(table["se"]), data=table, tau_prior="half-normal(10)")',
        "expect": {"bf_tau_zero": _EIGHT.against_zero(math.sqrt(2 / math.pi) / 10)},
        "rtol": 2e-7,
        "source": BY_INTEGRATION,
    },
    {
        "title": "Given tau, it is the usual estimate",
        "text": "At a fixed tau and a flat prior on the mean, mean and standard deviation are "
        "the inverse-variance average and its standard error: (0.1/0.29 + 0.9/0.27) / (1/0.29 + "
        "1/0.27) at tau = 0.5.",
        "table": TWO,
        "call": 'bayes("y", "v", data=table).conditional(0.5)',
        "expect": {
            "[0]": [float(f"{(0.1 / 0.29 + 0.9 / 0.27) / (1 / 0.29 + 1 / 0.27):.9g}")],
            "[1]": [float(f"{(1 / 0.29 + 1 / 0.27) ** -0.5:.9g}")],
        },
        "source": "by hand",
    },
    {
        "title": "An unknown prior is refused",
        "text": "The message lists what can be asked for.",
        "table": TWO,
        "call": 'bayes("y", "v", data=table, tau_prior="vague")',
        "error": "MethodError",
        "source": "by definition",
    },
]
