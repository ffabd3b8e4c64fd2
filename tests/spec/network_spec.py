"""Network meta-analysis."""

import json
from pathlib import Path

from scipy.special import ndtr

CHAPTER = "Networks of treatments"
INTRO = (
    "When A was compared with B and B with C, the three trials together say something about A "
    "against C. All effects are estimated at once under one heterogeneity variance, multi-arm "
    "trials with their correlations; the assumption that direct and indirect evidence agree "
    "must be looked at."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
GLUCOSE = _TABLES["glucose"]
CHAIN = {
    "study": ["S1", "S2"],
    "treat1": ["A", "C"],
    "treat2": ["B", "B"],
    "y": [-0.5, -0.2],
    "v": [0.04, 0.05],
}
TRIANGLE = {
    "study": ["S1", "S2", "S3"],
    "treat1": ["A", "A", "B"],
    "treat2": ["B", "C", "C"],
    "y": [-0.5, -0.3, -0.1],
    "v": [0.04, 0.05, 0.04],
}
CONTRASTS = 'study="study", treat1="treat1", treat2="treat2", y="y", v="v"'


def _rounded(x):
    """The nine digits that are shown."""
    return float(f"{x:.9g}")


SPECS = [
    {
        "title": "Indirect comparison",
        "text": "A against B is -0.5 and C against B is -0.2, so A against C is their difference "
        "-0.3 with the sum of the two variances (Bucher). An indirect effect is never more "
        "precise than the less precise of its legs.",
        "table": CHAIN,
        "call": f'network({CONTRASTS}, reference="B", method="EE", data=table).compare("A", "C")',
        "expect": {"['estimate']": -0.3, "['se']": 0.3},
        "source": "by hand: √(0.04 + 0.05)",
    },
    {
        "title": "A real network",
        "text": "Ten treatments for blood glucose (HbA1c) in 26 trials, one of them with three "
        "arms. The coefficients are effects against placebo in per cent HbA1c; every drug lowers "
        "it. Q holds heterogeneity and inconsistency.",
        "table": GLUCOSE,
        "call": f'network({CONTRASTS}, n1="n1", n2="n2", reference="placebo", data=table)',
        "expect": {
            "names": [
                "acarbose",
                "benfluorex",
                "metformin",
                "miglitol",
                "pioglitazone",
                "rosiglitazone",
                "sitagliptin",
                "sulfonylurea",
                "vildagliptin",
            ],
            "coef": [
                -0.839549162,
                -0.736531775,
                -1.12985362,
                -0.949873542,
                -1.13005145,
                -1.23405089,
                -0.57,
                -0.417524466,
                -0.7,
            ],
            "se": [
                0.241998427,
                0.278125377,
                0.150269162,
                0.225654929,
                0.212456169,
                0.123719077,
                0.342230609,
                0.233055109,
                0.341540274,
            ],
            "tau2": 0.100450092,
            "q": 96.9856826,
            "qm": 167.481951,
            "loglik": -7.70954148,
        },
        "source": "metafor 5.1-12, dat.senn2013, rma.mv(random=~comp|study, rho=1/2) with "
        "indicators of the treatments",
    },
    {
        "title": "Heterogeneity and inconsistency taken apart",
        "text": "Q of the network is the sum of the scatter within designs and of the "
        "disagreement between them (design by treatment). Here most of it is heterogeneity; "
        "disagreement is present too.",
        "table": GLUCOSE,
        "call": f'network({CONTRASTS}, n1="n1", n2="n2", reference="placebo", data=table).inconsistency()',
        "expect": {
            "q": 96.99,
            "q_df": 18,
            "q_within": 74.46,
            "q_within_df": 11,
            "q_between": 22.53,
            "q_between_df": 7,
        },
        "rtol": 1e-3,
        "source": "Senn et al. (2013) and the netmeta package, to two decimals (there with a "
        "slightly different covariance of the three-arm trial)",
    },
    {
        "title": "P-scores",
        "text": "The mean certainty that a treatment is better than another, from 0 to 1. The "
        "direction must be said: here smaller is better. It ranks point estimates and intervals, "
        "not importance.",
        "table": CHAIN,
        "call": f'network({CONTRASTS}, reference="B", method="EE", data=table).p_scores("desirable")',
        "expect": {
            "['A']": _rounded((ndtr(2.5) + ndtr(1)) / 2),
            "['C']": _rounded((ndtr(0.2 / 0.05**0.5) + ndtr(-1)) / 2),
            "['B']": _rounded((ndtr(-2.5) + ndtr(-0.2 / 0.05**0.5)) / 2),
        },
        "source": "by hand from the normal distribution: A against B z = 2.5, C against B z = "
        "0.894, A against C z = 1 (Rücker & Schwarzer 2015)",
    },
    {
        "title": "Direct against indirect evidence",
        "text": "Node splitting on a triangle of three two-arm trials: the direct effect of A "
        "against B is -0.5, the indirect one through C is -0.3 - (-0.1) = -0.2. Their "
        "difference, with its standard error, is the test of inconsistency.",
        "table": TRIANGLE,
        "call": f'network({CONTRASTS}, reference="A", method="EE", data=table).node_split()',
        "expect": {
            "treat1[0]": "A",
            "treat2[0]": "B",
            "direct[0]": -0.5,
            "direct_se[0]": 0.2,
            "indirect[0]": -0.2,
            "indirect_se[0]": 0.3,
            "difference[0]": -0.3,
            "difference_se[0]": _rounded(0.13**0.5),
            "z[0]": _rounded(-0.3 / 0.13**0.5),
            "p[0]": _rounded(2 * ndtr(-0.3 / 0.13**0.5)),
            "proportion_direct[0]": _rounded((1 / 0.04) / (1 / 0.04 + 1 / 0.09)),
        },
        "source": "by hand (Bucher)",
    },
    {
        "title": "A network that falls apart is refused",
        "text": "Trials of A against B and of C against D have nothing in common.",
        "table": {
            "study": ["S1", "S2"],
            "treat1": ["A", "C"],
            "treat2": ["B", "D"],
            "y": [0.1, 0.2],
            "v": [0.04, 0.05],
        },
        "call": f"network({CONTRASTS}, data=table)",
        "error": "DisconnectedNetworkError",
        "source": "by definition",
    },
]
