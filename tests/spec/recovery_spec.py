"""Recovering numbers that a paper did not print."""

import math

CHAPTER = "Recovering what a paper did not print"
INTRO = (
    "Papers print intervals, p-values, medians and percentages where means and SDs are needed. "
    "Each function says in its result that the value is derived, by which formula and from "
    "which source, so that a sensitivity analysis can leave such studies out."
)


def _rounded(x):
    return float(f"{x:.9g}")


SPECS = [
    {
        "title": "SD from a standard error",
        "text": "The most frequent confusion in tables: SE is SD over the root of n.",
        "call": "recover.sd_from_se([1.2], [36])",
        "expect": {"value": [7.2], "derived": True},
        "source": "by hand: 1.2 √36; Cochrane Handbook, section 6.5.2.2",
    },
    {
        "title": "SD from the confidence interval of a mean",
        "text": "Small groups had their interval made with t: for 25 people the divisor is 2 × "
        "2.0639 = 4.128, not 3.92.",
        "call": "recover.sd_from_ci([30.0], [34.2], [25])",
        "expect": {"value": [5.087]},
        "rtol": 1e-3,
        "source": "by hand: √25 × 4.2 / 4.128; Cochrane Handbook, section 6.5.2.2",
    },
    {
        "title": "SD from the p-value of a difference",
        "text": "A difference of 3.8 between groups of 25 and 22, p = 0.008: t is 2.78 on 45 "
        "degrees of freedom, the standard error 3.8/2.78 = 1.37, and the SD (of both groups) "
        "1.37/√(1/25 + 1/22).",
        "call": "recover.sd_from_p([3.8], [0.008], [25], [22])",
        "expect": {"value": [4.69]},
        "rtol": 2e-3,
        "source": "Cochrane Handbook, section 6.5.2.3, by hand from t = 2.78",
    },
    {
        "title": "SD from a t statistic",
        "text": "The same from the statistic itself.",
        "call": "recover.sd_from_t([3.8], [2.78], [25], [22])",
        "expect": {"value": [_rounded(3.8 / 2.78 / math.sqrt(1 / 25 + 1 / 22))]},
        "source": "by hand",
    },
    {
        "title": "Standard error from a ratio and its interval",
        "text": "Ratios have symmetric intervals on the log scale.",
        "call": "recover.se_from_ci([1.335], [1.976], log=True)",
        "expect": {"value": [_rounded(math.log(1.976 / 1.335) / 2 / 1.959963984540054)]},
        "source": "by hand: log(1.976/1.335) / 3.92",
    },
    {
        "title": "Effect and variance from a printed odds ratio",
        "text": "An adjusted odds ratio with its interval becomes a log odds ratio with a "
        "variance, ready for `pool`.",
        "table": {"or": [1.624, 1.274], "lower": [1.335, 0.949], "upper": [1.976, 1.709]},
        "call": 'recover.from_wald("or", lower="lower", upper="upper", transform=np.log, '
        "data=table)",
        "expect": {
            "y": [0.484892242, 0.242161557],
            "v": [0.0100076807, 0.0225203383],
            "route": ["ci", "ci"],
        },
        "source": "metafor 5.1-12, conv.wald(transf=log)",
    },
    {
        "title": "Effect and variance from a p-value",
        "text": "When there is no interval, the two-sided p-value of a normal test gives the "
        "standard error.",
        "table": {"estimate": [0.485, 0.242], "p": [0.03, 0.04]},
        "call": 'recover.from_wald("estimate", p="p", data=table)',
        "expect": {"v": [0.0499491192, 0.0138846853], "route": ["p", "p"]},
        "source": "metafor 5.1-12, conv.wald(pval=)",
    },
    {
        "title": "Mean and SD from quartiles",
        "text": "Luo et al. for the mean, Wan et al. for the SD (three numbers) and Shi et al. "
        "(five). A test of skewness goes with it; for skewed data the values are missing, "
        "because they would be wrong.",
        "table": {
            "min": [None, 2.5],
            "q1": [4, 4.1],
            "median": [6.5, 7],
            "q3": [9, 8.8],
            "max": [None, 15],
            "n": [40, 80],
        },
        "call": 'recover.mean_sd_from_quantiles(minimum="min", q1="q1", median="median", '
        'q3="q3", maximum="max", n="n", data=table)',
        "expect": {
            "mean": [6.5, 6.78355247],
            "sd": [3.84464951, 3.05893613],
            "skewed": [False, False],
        },
        "source": "metafor 5.1-12, conv.fivenum()",
    },
    {
        "title": "The same by the older method",
        "text": "Wan et al. (2014) for both, as many published reviews did.",
        "table": {
            "min": [None, 2.5],
            "q1": [4, 4.1],
            "median": [6.5, 7],
            "q3": [9, 8.8],
            "max": [None, 15],
            "n": [40, 80],
        },
        "call": 'recover.mean_sd_from_quantiles(minimum="min", q1="q1", median="median", '
        'q3="q3", maximum="max", n="n", method="wan2014", data=table)',
        "expect": {
            "mean": [6.5, 7.1625],
            "sd": [3.84464951, 3.0661783],
        },
        "source": "metafor 5.1-12, conv.fivenum(method='wan2014')",
    },
    {
        "title": "SD of the change from an assumed correlation",
        "text": "Before-after SDs do not give the SD of the change without the correlation of "
        "the two measurements. Assume one, say so, and try others.",
        "call": "recover.sd_change([2.38], [2.21], [0.68])",
        "expect": {
            "value": [_rounded(math.sqrt(2.38**2 + 2.21**2 - 2 * 0.68 * 2.38 * 2.21))],
        },
        "source": "by hand; the data are those of the Cochrane Handbook 5.1, section 16.4.6.4, "
        "which prints the standard error 0.583 for n = 10",
    },
    {
        "title": "The correlation from three SDs",
        "text": "A paper that prints all three SDs gives the correlation away; use it for the "
        "others.",
        "call": "recover.correlation_from_sd_change([6.4], [7.1], [4.5])",
        "expect": {"value": [_rounded((6.4**2 + 7.1**2 - 4.5**2) / (2 * 6.4 * 7.1))]},
        "source": "by hand: (6.4² + 7.1² - 4.5²) / (2 × 6.4 × 7.1)",
    },
    {
        "title": "Two groups made one",
        "text": "Two dose arms against one placebo arm: combine them instead of counting the "
        "placebo arm twice. The spread between the two means is part of the SD.",
        "call": "recover.combine_groups([3], [2.0], [1.0], [3], [5.0], [1.0])",
        "expect": {"mean": [3.5], "sd": [_rounded(math.sqrt(17.5 / 5))]},
        "source": "by hand: the six numbers 1, 2, 3, 4, 5, 6",
    },
    {
        "title": "A 2×2 table from its margins and the odds ratio",
        "text": "Only one table of whole numbers has these margins and (nearly) this odds ratio.",
        "table": {"row": [41, 82], "column": [69, 46], "total": [110, 128], "or": [1.74, 0.60]},
        "call": 'recover.counts_from_margins(total="total", row1="row", column1="column", '
        'odds_ratio="or", data=table)',
        "expect": {
            "a": [29, 26],
            "b": [12, 56],
            "c": [40, 20],
            "d": [29, 26],
        },
        "source": "metafor 5.1-12, conv.2x2(ori=)",
    },
    {
        "title": "Events from a percentage",
        "text": "29.6% of 27 is 8 people (8/27 = 29.63%).",
        "call": "recover.events_from_percent([29.6], [27])",
        "expect": {"value": [8]},
        "source": "by hand",
    },
    {
        "title": "Reading effects on other scales",
        "text": "Correlations, probabilities and standardised differences back and forth: a "
        "standardised difference of 0.5 means that a treated person does better than an "
        "untreated one with probability 0.638, and corresponds to a log odds ratio of 0.907.",
        "call": "[transform.d_to_cles(0.5), transform.d_to_log_or_logistic(0.5), "
        "transform.d_to_u3(0.5), transform.r_to_z(0.5), transform.logit(0.1)]",
        "expect": {
            "[0]": 0.638163195,
            "[1]": 0.906899682,
            "[2]": 0.691462461,
            "[3]": 0.549306144,
            "[4]": -2.19722458,
        },
        "source": "metafor 5.1-12, transf.dtocles, transf.dtolnor.logis, transf.dtou3, "
        "transf.rtoz, transf.logit",
    },
    {
        "title": "The mean of a skewed scale",
        "text": "exp of the average log effect is the median effect over settings. Its mean lies "
        "above it by exp(tau2/2): integrate over the distribution of true effects instead.",
        "call": "transform.exp_integral(0.3101, tau2=0.3)",
        "expect": {"item()": 1.5842324},
        "source": "metafor 5.1-12, transf.exp.int(tau2=0.3); by hand: exp(0.3101 + 0.3/2)",
    },
]
