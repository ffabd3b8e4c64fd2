"""Small-study effects and publication bias."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau, t

CHAPTER = "Small-study effects and publication bias"
INTRO = (
    "None of these methods sees what was not published; they see whether small studies give "
    "larger effects, which has other causes too. With fewer than ten studies they say little. "
    "Use them as sensitivity analyses, several side by side."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
BCG = {name: _TABLES["bcg"][name] for name in ("study", "y", "v")}
SMOKING = _TABLES["smoking"]
MAGNESIUM = {n: _TABLES["magnesium"][n] for n in ("events1", "total1", "events2", "total2")}
BOWEL = _TABLES["bowel"]
EIGHT = {
    "y": [0.363, 0.024, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058],
    "v": [0.044, 0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121],
}
ODDS = 'effect_sizes("OR", events1="events1", total1="total1", events2="events2", total2="total2", data=table)'


def _magnesium():
    """Log odds ratios and variances of the magnesium trials."""
    a, n1, c, n2 = (np.array(MAGNESIUM[n], float) for n in MAGNESIUM)
    b, d = n1 - a, n2 - c
    add = 0.5 * ((a == 0) | (b == 0) | (c == 0) | (d == 0))
    a, b, c, d = a + add, b + add, c + add, d + add
    return np.log(a * d / b / c), 1 / a + 1 / b + 1 / c + 1 / d


def _regression(y, v, x):
    """Weighted least squares of y on a constant and x: coefficients, se, t, p, as in R's lm()."""
    X = np.column_stack([np.ones(len(y)), x])
    A = X.T @ (X / np.array(v)[:, None])
    coef = np.linalg.solve(A, X.T @ (np.array(y) / v))
    dispersion = np.sum((y - X @ coef) ** 2 / v) / (len(y) - 2)
    se = np.sqrt(dispersion * np.diag(np.linalg.inv(A)))
    z = coef / se
    return coef, se, z, 2 * t.sf(np.abs(z), len(y) - 2)


def _rounded(x):
    return float(f"{x:.9g}")


_Y, _V = _magnesium()
_EGGER = _regression(_Y, _V, np.sqrt(_V))
_PET = _regression(EIGHT["y"], EIGHT["v"], np.sqrt(EIGHT["v"]))
_PEESE = _regression(_Y, _V, _V)
_HALF = t.ppf(0.975, 6) * _PET[1][0]


def _kendall(y, v):
    """Kendall's tau of the standardised deviations and the variances (Begg & Mazumdar)."""
    y, v = np.array(y), np.array(v)
    mean = np.sum(y / v) / np.sum(1 / v)
    return kendalltau((y - mean) / np.sqrt(v - 1 / np.sum(1 / v)), v)


SPECS = [
    {
        "title": "Egger's regression, the original form",
        "text": "Weighted regression of the effect on its standard error, with a dispersion of "
        "its own. Fifteen trials of magnesium after a heart attack, before the large one that "
        "found nothing: small trials show larger benefits, and the line extrapolated to a "
        "standard error of zero predicts no effect worth speaking of.",
        "table": MAGNESIUM,
        "call": f'bias.egger({ODDS}, model="lm")',
        "expect": {
            "z_or_t": _rounded(_EGGER[2][1]),
            "df": 13,
            "p": _rounded(_EGGER[3][1]),
            "limit": _rounded(_EGGER[0][0]),
        },
        "source": "weighted least squares in closed form; metafor prints t = -3.1783, p = "
        "0.0073, limit -0.1512",
    },
    {
        "title": "Egger's regression with heterogeneity",
        "text": "The standard error as a moderator in a random-effects model (the default), so "
        "that unexplained heterogeneity is not taken for precision.",
        "table": MAGNESIUM,
        "call": f"bias.egger({ODDS})",
        "expect": {
            "z_or_t": -2.8062,
            "p": 0.0050,
            "limit": -0.1639,
            "limit_lower": -0.5681,
            "limit_upper": 0.2402,
        },
        "rtol": 6e-3,
        "source": "metafor, documentation and test suite of regtest(), four decimals",
    },
    {
        "title": "Begg's rank correlation",
        "text": "Kendall's tau between effects and variances. Weak power; no assumption about "
        "the form.",
        "table": BCG,
        "call": 'bias.begg("y", "v", data=table)',
        "expect": {
            "tau": _rounded(_kendall(BCG["y"], BCG["v"]).statistic),
            "p": _rounded(_kendall(BCG["y"], BCG["v"]).pvalue),
            "exact": True,
        },
        "source": "scipy.stats.kendalltau; metafor prints 0.0256, p = 0.9524",
    },
    {
        "title": "Trim and fill",
        "text": "How many studies are missing on one side if the funnel should be symmetric, and "
        "what the average would be with their mirror images. Four are added to the thirteen BCG "
        "trials under a common effect; a sensitivity analysis, not an estimate.",
        "table": BCG,
        "call": 'bias.trim_and_fill(pool("y", "v", data=table, method="EE"))',
        "expect": {
            "k0": 4,
            "side": "right",
            "y[-4:]": [0.78929282, 0.85949921, 1.00333667, 1.03884624],
            "v[-4]": 0.073024794,
            "fit.k": 17,
        },
        "source": "metafor, documentation of trimfill()",
    },
    {
        "title": "Selection model with steps",
        "text": "The likelihood allows studies to be more or less likely to appear by their "
        "one-sided p-value. delta is the chance relative to the first interval. Passive smoking "
        "and lung cancer: the correction moves the average log odds ratio from 0.22 to 0.12, "
        "while the likelihood-ratio test of selection (p = 0.07) decides nothing.",
        "table": SMOKING,
        "call": 'bias.selection_model("y", "v", steps=[0.05, 0.10, 0.50, 1.0], data=table)',
        "expect": {
            "delta": [1, 2.422079, 0.977543, 0.396713],
            "delta_se": [None, 1.66085, 0.820387, 0.469235],
            "tau2": 0.03071325,
            "lrt": 7.066137,
            "lrt_df": 3,
            "counts": [7, 8, 16, 6],
        },
        "rtol": 6e-6,
        "source": "metafor, test suite of selmodel(), type='stepfun'",
    },
    {
        "title": "PET-PEESE",
        "text": "Regression on the standard error (PET) tests for an effect at infinite "
        "precision; only if it finds one is the regression on the variance (PEESE) reported. "
        "With eight studies PET finds none, and its own imprecise limit is the answer.",
        "table": EIGHT,
        "call": 'bias.pet_peese("y", "v", data=table)',
        "expect": {
            "selected": "PET",
            "estimate": _rounded(_PET[0][0]),
            "se": _rounded(_PET[1][0]),
            "p": _rounded(_PET[3][0]),
            "ci_lower": _rounded(_PET[0][0] - _HALF),
            "ci_upper": _rounded(_PET[0][0] + _HALF),
        },
        "source": "weighted least squares in closed form; Stanley & Doucouliagos (2014)",
    },
    {
        "title": "PEESE of the magnesium trials",
        "text": "The regression on the variance is always there to be read.",
        "table": MAGNESIUM,
        "call": f"bias.pet_peese({ODDS}).peese",
        "expect": {"limit": _rounded(_PEESE[0][0]), "limit_se": _rounded(_PEESE[1][0])},
        "source": "weighted least squares in closed form",
    },
    {
        "title": "Fail-safe N",
        "text": "How many null studies would overturn the result, by four definitions. A number "
        "asked for by editors; it assumes that the missing studies average to nothing.",
        "table": BCG,
        "call": '[bias.fail_safe_n("y", "v", data=table), bias.fail_safe_n("y", "v", '
        'type="Orwin", target=np.log(0.95), data=table), bias.fail_safe_n("y", "v", '
        'type="Rosenberg", data=table), bias.fail_safe_n("y", "v", type="General", method="EE", '
        "data=table)]",
        "expect": {"[0].n": 598, "[1].n": 97, "[2].n": 370, "[3].n": 370},
        "source": "metafor, documentation and test suite of fsn()",
    },
    {
        "title": "Excess significance",
        "text": "Ten of nineteen trials of complementary medicine for irritable bowel are "
        "significant, where 4.9 would be expected from their power: too many.",
        "table": BOWEL,
        "call": 'bias.excess_significance(effect_sizes("RR", events1="events1", total1="total1", '
        'events2="events2", total2="total2", data=table), test="chi2")',
        "expect": {
            "observed": 10,
            "k": 19,
            "expected": 4.923333,
            "statistic": 7.065648,
            "p": 0.003928794,
        },
        "rtol": 3e-7,
        "source": "metafor, test suite of tes(), dat.dorn2007",
    },
    {
        "title": "One study is refused",
        "text": "There is no slope through one point.",
        "table": {"y": [0.5], "v": [0.1]},
        "call": 'bias.egger("y", "v", data=table)',
        "error": "SingularDesignError",
        "source": "by definition",
    },
]
