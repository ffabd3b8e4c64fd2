"""Sequential monitoring of a living meta-analysis."""

import math

from scipy.stats import norm

CHAPTER = "Living reviews: looking again and again"
INTRO = (
    "Every update is another chance to be wrong. Error spending keeps the overall error at its "
    "level: early looks need stronger results, and the review says beforehand how much "
    "information it wants."
)

#: Information for the effect 0.3 with error 0.05 (two-sided) and power 0.9.
INFORMATION = ((norm.isf(0.025) + norm.isf(0.1)) / 0.3) ** 2
UPDATES = {
    "year": [2019, 2020, 2021, 2023, 2024],
    "y": [0.35, 0.28, 0.41, 0.30, 0.33],
    "v": [float(f"{5 / INFORMATION:.12g}")] * 5,
}


def _rounded(x):
    return float(f"{x:.9g}")


SPECS = [
    {
        "title": "O'Brien-Fleming boundaries",
        "text": "Five looks at equal steps of information. The first result would need z = 4.88; "
        "at the last look the boundary is 2.03, hardly above the usual 1.96.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.3, method="EE", adjust="none", data=table)',
        "expect": {
            "boundaries.upper": [4.877, 3.357, 2.680, 2.290, 2.031],
            "required_information": _rounded(INFORMATION),
            "decision": "benefit",
        },
        "rtol": 2e-4,
        "source": "Lan & DeMets (1983); Reboussin et al. (2000), five looks, three decimals; by "
        "hand: ((1.96 + 1.28) / 0.3)²",
    },
    {
        "title": "Pocock boundaries",
        "text": "Nearly the same height at all looks: easier to stop early, harder at the end.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.3, method="EE", adjust="none", spending="Pocock", '
        "data=table)",
        "expect": {"boundaries.upper": [2.438, 2.427, 2.410, 2.397, 2.386]},
        "rtol": 3e-4,
        "source": "Lan & DeMets (1983); Reboussin et al. (2000), five looks, three decimals",
    },
    {
        "title": "The first boundary in closed form",
        "text": "Before any earlier look there is nothing to integrate: the error spent at a "
        "fifth of the information is 4(1 - Φ(z/√0.2)), with z the normal quantile of 0.9875.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.3, method="EE", adjust="none", '
        "data=table).boundaries",
        "expect": {
            "alpha_spent[0]": _rounded(4 * norm.sf(norm.isf(0.0125) / math.sqrt(0.2))),
            "upper[0]": _rounded(norm.isf(2 * norm.sf(norm.isf(0.0125) / math.sqrt(0.2)))),
        },
        "rtol": 1e-7,
        "source": "closed form",
    },
    {
        "title": "Cumulative estimates and where to stop",
        "text": "The estimates are the meta-analyses of the studies so far, not corrected for "
        "looking; the repeated confidence intervals are. Here the boundary is crossed at the "
        "third look.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.3, method="EE", adjust="none", data=table)',
        "expect": {
            "studies": [1, 2, 3, 4, 5],
            "fraction": [0.2, 0.4, 0.6, 0.8, 1.0],
            "estimate": [0.35, 0.315, _rounded(1.04 / 3), 0.335, 0.334],
            "z": [
                _rounded(m * math.sqrt(j * INFORMATION / 5))
                for j, m in ((1, 0.35), (2, 0.315), (3, 1.04 / 3), (4, 0.335), (5, 0.334))
            ],
            "stop_look": 2,
        },
        "source": "by hand: means of equal weight, z = mean × √information",
    },
    {
        "title": "Heterogeneity asks for more information",
        "text": "A factor on the information required, given here as 2: each look counts for "
        "half as much.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.3, method="EE", adjust=2.0, data=table)',
        "expect": {
            "required_information": _rounded(2 * INFORMATION),
            "fraction": [0.1, 0.2, 0.3, 0.4, 0.5],
        },
        "source": "by hand; Wetterslev et al. (2009)",
    },
    {
        "title": "No effect to look for is refused",
        "text": "The information required follows from the smallest effect that matters; zero "
        "asks for infinitely much.",
        "table": UPDATES,
        "call": 'sequential("y", "v", effect=0.0, data=table)',
        "error": "InputError",
        "source": "by definition",
    },
]
