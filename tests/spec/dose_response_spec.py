"""Dose-response meta-analysis."""

import math

import numpy as np

CHAPTER = "Dose and response"
INTRO = (
    "Studies that report several doses against one reference give a curve each. The contrasts "
    "of one study share their reference group, so they are correlated; the covariance is "
    "rebuilt from the numbers of cases and people (Greenland & Longnecker 1992, or Hamling et "
    "al. 2008), or follows from means and SDs."
)

ALCOHOL = {
    "study": [1, 1, 1, 1],
    "dose": [0, 2, 6, 11],
    "or": [1, 0.80, 1.16, 1.57],
    "lower": [1, 0.51, 0.73, 0.99],
    "upper": [1, 1.27, 1.85, 2.51],
    "cases": [165, 74, 90, 122],
    "total": [337, 167, 186, 212],
}
MEANS = {
    "study": [1, 1, 1],
    "dose": [0, 5, 10],
    "mean": [1.0, 2.0, 4.0],
    "sd": [2.0, 3.0, 2.5],
    "n": [20, 25, 30],
}
SLOPES = {
    "study": ["A", "A", "B", "B"],
    "dose": [0, 2, 0, 4],
    "y": [0, 0.4, 0, 0.6],
    "v": [0, 0.04, 0, 0.08],
}


def _slope():
    """Slope of the three groups by generalised least squares, the SDs not pooled."""
    y, x = np.array([1.0, 3.0]), np.array([5.0, 10.0])
    S = np.diag([3.0**2 / 25, 2.5**2 / 30]) + 2.0**2 / 20
    W = np.linalg.inv(S)
    precision = x @ W @ x
    return float(f"{x @ W @ y / precision:.9g}"), float(f"{precision**-0.5:.9g}")


SPECS = [
    {
        "title": "A linear trend",
        "text": "The case-control study with which the method was published: alcohol (grams a "
        "day) and breast cancer. The log odds ratio rises by 0.0454 a gram. Ignoring the shared "
        "reference group would give another slope and a wrong standard error.",
        "table": ALCOHOL,
        "call": 'dose_response(study="study", dose="dose", y=np.log(table["or"]), '
        'ci_lower="lower", ci_upper="upper", cases="cases", total="total", design="cc", '
        "data=table)",
        "expect": {"coef": [0.0454], "se": [0.0207], "p": [0.0279], "k": 1, "n_contrasts": 3},
        "rtol": 2e-3,
        "source": "Orsini, Bellocco & Greenland (2006); Crippa & Orsini (2016): 0.0454 (0.0207), "
        "p = 0.0279",
    },
    {
        "title": "Mean differences at two doses",
        "text": "Placebo, 5 and 10 units. The differences from placebo share its mean, so their "
        "covariance is its variance, and the slope is a generalised least-squares one.",
        "table": MEANS,
        "call": 'dose_response(study="study", dose="dose", mean="mean", sd="sd", n="n", '
        "pooled_sd=False, data=table)",
        "expect": {"coef": [_slope()[0]], "se": [_slope()[1]]},
        "source": "generalised least squares in closed form",
    },
    {
        "title": "One dose a study",
        "text": "With one dose each, the pooled trend is the meta-analysis of the slopes: 0.2 "
        "(variance 0.01) and 0.15 (variance 0.005).",
        "table": SLOPES,
        "call": 'dose_response(study="study", dose="dose", y="y", v="v", method="EE", data=table)',
        "expect": {"coef": [float(f"{(20 + 30) / 300:.9g}")], "se": [float(f"{300**-0.5:.9g}")]},
        "source": "by hand: (0.2/0.01 + 0.15/0.005) / (1/0.01 + 1/0.005)",
    },
    {
        "title": "Reading the curve",
        "text": "`predict` gives the effect at chosen doses against a reference; exponentiated, "
        "the odds ratio at 10 grams a day.",
        "table": ALCOHOL,
        "call": 'dose_response(study="study", dose="dose", y=np.log(table["or"]), '
        'ci_lower="lower", ci_upper="upper", cases="cases", total="total", design="cc", '
        "data=table).predict([0, 10], exponentiate=True)",
        "expect": {"estimate": [1, float(f"{math.exp(0.454):.4g}")]},
        "rtol": 1e-3,
        "source": "by hand: exp(10 × 0.0454)",
    },
    {
        "title": "A curve asked of one point is refused",
        "text": "A quadratic needs at least two doses beside the reference.",
        "table": {"study": ["A", "A"], "dose": [0, 2], "y": [0, 0.4], "v": [0, 0.04]},
        "call": 'dose_response(study="study", dose="dose", y="y", v="v", shape="quadratic", '
        "data=table)",
        "error": "SingularDesignError",
        "source": "by definition",
    },
]
