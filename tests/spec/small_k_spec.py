"""Few studies, no heterogeneity, identical studies, and input that is refused."""

import numpy as np
from scipy.optimize import brentq

CHAPTER = "Few studies and edge cases"
INTRO = (
    "Most questions in a young field have one, two or three studies. Every call either gives "
    "the right answer or refuses with a named error that says what to do; nothing turns "
    "silently into a missing number."
)

TWO = {"study": ["A", "B"], "y": [0.1, 0.9], "v": [0.04, 0.02]}
EIGHT = {
    "study": list("ABCDEFGH"),
    "y": [0.363, 0.024, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058],
    "v": [0.044, 0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121],
}
GAPS = {
    "y": [0.363, None, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058],
    "v": [0.044, 0.026, 0.148, 0.044, None, 0.127, 0.033, 0.121],
}
TEN = {
    "y": [0.1823, 0.2008, 0.1545, 0.1591, 0.2354, 0.172, 0.2397, 0.2187, 0.1986, 0.1699],
    "v": [0.0567, 0.1425, 0.0855, 0.0831, 0.0312, 0.1069, 0.0918, 0.0229, 0.0425, 0.0917],
}

#: Effects and variances with a narrow maximum of the likelihood close to zero.
NARROW = (
    [0.899, 1, 1.034, 0.419, 1.878, -3.703],
    [0.0024, 0.0392, 0.0014, 1.3202, 0.308, 1.1896],
)


def _log_likelihood(tau2, y, v):
    """Log-likelihood of tau2 with the mean maximised out."""
    total = np.asarray(v) + np.reshape(tau2, (-1, 1))
    mean = (y / total).sum(axis=1, keepdims=True) / (1 / total).sum(axis=1, keepdims=True)
    out = -0.5 * (np.log(2 * np.pi * total) + (y - mean) ** 2 / total).sum(axis=1)
    return float(out[0]) if np.ndim(tau2) == 0 else out


def _score(tau2, y, v):
    """Derivative of the log-likelihood."""
    total = np.asarray(v) + tau2
    mean = (y / total).sum() / (1 / total).sum()
    return (((y - mean) / total) ** 2 - 1 / total).sum()


def _highest(y, v):
    """The tau2 of the highest likelihood: a fine grid, then the root of the score beside it."""
    grid = np.concatenate([np.linspace(0, 0.1, 50_001), np.linspace(0.1, 20, 50_000)])
    at = int(np.argmax(_log_likelihood(grid, y, v)))
    return float(brentq(_score, grid[at - 1], grid[at + 1], args=(y, v), xtol=1e-14))


SPECS = [
    {
        "title": "One study is returned as it is",
        "text": "The estimate is the study, its interval the normal one, and tau2 is 0 because "
        "nothing can be said about heterogeneity.",
        "table": {"study": ["A"], "y": [0.3], "v": [0.05]},
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "k": 1,
            "coef": [0.3],
            "se": [0.223606798],
            "ci_lower": [-0.13826127],
            "ci_upper": [0.73826127],
            "tau2": 0,
            "q": 0,
        },
        "source": "metafor 5.1-12, rma() with one study; by hand: 0.3 ± 1.96 √0.05",
    },
    {
        "title": "Two studies, normal interval",
        "text": "Two effects that differ by more than their errors. The normal interval includes "
        "zero, and it is still much too narrow: it treats the estimate of tau2, made from one "
        "difference, as known.",
        "table": TWO,
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "coef": [0.5125],
            "se": [0.39980464],
            "ci_lower": [-0.271102695],
            "ci_upper": [1.29610269],
            "tau2": 0.29,
            "i2": 90.625,
        },
        "source": "metafor 5.1-12, rma() with two studies",
    },
    {
        "title": "Two studies, Knapp–Hartung",
        "text": "With one degree of freedom the quantile of t is 12.7: the honest answer from "
        "two studies that disagree is that the average is hardly known.",
        "table": TWO,
        "call": 'pool("y", "v", data=table, test="knha")',
        "expect": {
            "se": [0.39980464],
            "df": 1,
            "p": [0.421755873],
            "ci_lower": [-4.56749961],
            "ci_upper": [5.59249961],
        },
        "source": "metafor 5.1-12, rma(test='knha') with two studies",
    },
    {
        "title": "Two identical effects",
        "text": "There is no scatter, so the Knapp–Hartung standard error would be zero and the "
        "interval a point. The ad hoc variant keeps the standard error of the sampling variances.",
        "table": {"study": ["A", "B"], "y": [0.5, 0.5], "v": [0.04, 0.02]},
        "call": 'pool("y", "v", data=table, test="adhoc")',
        "expect": {"coef": [0.5], "se": [0.115470054], "df": 1, "tau2": 0, "scale_factor": 1},
        "source": "by hand: 1 / √(1/0.04 + 1/0.02)",
    },
    {
        "title": "No heterogeneity: tau2 is exactly zero",
        "text": "Ten effects that scatter less than their errors. The estimate sits on the "
        "boundary and the random-effects result is the common-effect one.",
        "table": TEN,
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "coef": [0.202403223],
            "se": [0.0747883218],
            "tau2": 0,
            "i2": 0,
            "h2": 1,
            "q": 0.138705504,
            "q_p": 0.99999989,
        },
        "source": "metafor 5.1-12, rma(); every other estimator but SJ gives the same",
    },
    {
        "title": "An interval of the heterogeneity that is empty",
        "text": "The same ten effects agree even more closely than chance allows at this level: "
        "no tau2 from zero on is compatible with them. Both limits are reported as 0, `empty` is "
        "True, and a warning says why. It is a reason to look for copied data or wrong variances.",
        "table": TEN,
        "call": 'pool("y", "v", data=table).heterogeneity_ci()',
        "error": "MetaWarning",
        "says": "the interval for tau2 is empty and both limits are reported as 0",
        "source": "metafor 5.1-12, confint(type='qp') returns the null set",
    },
    {
        "title": "Identical studies",
        "text": "Six copies of one study: the average is the study, its variance one sixth, and "
        "no estimator of tau2 divides by zero.",
        "table": {"y": [0.37] * 6, "v": [0.04] * 6},
        "call": '[pool("y", "v", data=table, method="REML"), pool("y", "v", data=table, '
        'method="PM"), pool("y", "v", data=table, method="DL"), pool("y", "v", data=table, '
        'method="HE")]',
        "expect": {
            "[0].coef": [0.37],
            "[0].se": [0.0816496581],
            "[0].tau2": 0,
            "[1].tau2": 0,
            "[2].tau2": 0,
            "[3].tau2": 0,
        },
        "source": "metafor 5.1-12, rma(); by hand: √(0.04/6)",
    },
    {
        "title": "Two maxima of the restricted likelihood",
        "text": "One imprecise outlier can give the likelihood of tau2 two maxima, here at zero "
        "(log-likelihood -3.0746) and far from it. The higher one is returned; an iteration "
        "started at the wrong place would stop at the other.",
        "table": {"y": [-0.218, -0.352, 1.731], "v": [0.0013, 0.0612, 0.5752]},
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "tau2": 0.690537659,
            "loglik": -2.96773518,
            "coef": [0.163846014],
        },
        "source": "metafor 5.1-12, rma(); profile() shows both maxima",
    },
    {
        "title": "Two maxima of the likelihood, one of them narrow",
        "text": "The likelihood is -10.28 at zero, -9.79 at 0.0026, lower again behind it, and "
        "has a second, lower maximum at 1.59. The highest point counts, however narrow.",
        "table": {"y": NARROW[0], "v": NARROW[1]},
        "call": 'pool("y", "v", data=table, method="ML")',
        "expect": {
            "tau2": _highest(*NARROW),
            "loglik": _log_likelihood(_highest(*NARROW), *NARROW),
        },
        "source": "the likelihood scanned on 100,000 values of tau2 and its score solved "
        "(metafor 5.1-12 stops at tau2 = 0, log-likelihood -10.2820)",
    },
    {
        "title": "Missing values are left out, never filled, and said",
        "text": "A row without effect or variance does not enter the fit; it is counted in "
        "`n_dropped`.",
        "table": GAPS,
        "call": 'pool("y", "v", data=table)',
        "error": "MetaWarning",
        "says": "2 of 8 rows have missing values and were dropped",
        "source": "metafor 5.1-12 warns too",
    },
    {
        "title": "Rows chosen beforehand",
        "text": "With the complete rows chosen by `where` there is nothing to warn of, and the "
        "numbers are the same.",
        "table": GAPS,
        "call": 'pool("y", "v", data=table, where=table["y"].notna() & table["v"].notna())',
        "expect": {
            "k": 6,
            "n_dropped": 0,
            "coef": [0.241372233],
            "se": [0.116769134],
            "tau2": 0.0167201812,
        },
        "source": "metafor 5.1-12, rma() with missing values",
    },
    {
        "title": "Units do not matter",
        "text": "Effects in other units (here times one million) give the same answer in those "
        "units: no tolerance is tied to the size of the numbers.",
        "table": {"y": [1e6 * y for y in EIGHT["y"]], "v": [1e12 * v for v in EIGHT["v"]]},
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "coef": [222242.55],
            "se": [94120.3359],
            "tau2": 15442361700.0,
            "i2": 22.2392276,
        },
        "source": "metafor 5.1-12, rma()",
    },
    {
        "title": "A negative variance is refused",
        "text": "Standard errors given as variances cannot be recognised, but a negative number "
        "can.",
        "table": {"y": [0.363, 0.024], "v": [0.044, -0.01]},
        "call": 'pool("y", "v", data=table)',
        "error": "VarianceError",
        "says": "negative",
        "source": "metafor 5.1-12 stops too",
    },
    {
        "title": "An infinite effect is refused",
        "text": "It comes from a zero cell for which no correction was made.",
        "table": {"y": [0.363, float("inf")], "v": [0.044, 0.026]},
        "call": 'pool("y", "v", data=table)',
        "error": "InputError",
        "says": "infinite",
        "source": "metafor 5.1-12 stops too",
    },
    {
        "title": "No study at all is refused",
        "text": "Nothing can be pooled from nothing.",
        "call": "pool([], [])",
        "error": "TooFewStudiesError",
        "says": "no study is left",
        "source": "by definition",
    },
    {
        "title": "More coefficients than studies are refused",
        "text": "Three studies cannot carry an intercept and two slopes and leave anything to "
        "estimate tau2 from.",
        "table": {"y": [0.1, 0.9, 0.4], "v": [0.04, 0.02, 0.03], "x": [0, 1, 3], "z": [1, 0, 5]},
        "call": 'pool("y", "v", data=table, moderators=["x", "z"], method="REML")',
        "error": "TooFewStudiesError",
        "source": "metafor 5.1-12 stops too",
    },
    {
        "title": "An unknown method is refused by name",
        "text": "The message lists the names that exist.",
        "table": TWO,
        "call": 'pool("y", "v", data=table, method="DerSimonian")',
        "error": "MethodError",
        "says": "REML",
        "source": "by definition",
    },
]
