"""Tests and intervals: of the average, of a new setting, of the heterogeneity."""

import json
from pathlib import Path

CHAPTER = "Tests and intervals"
INTRO = (
    "Three intervals answer three questions: where the average lies (confidence), where the "
    "effect of a new setting lies (prediction), and how much effects differ (heterogeneity)."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
BCG = {name: _TABLES["bcg"][name] for name in ("study", "y", "v")}
SMOKING = _TABLES["smoking"]

SPECS = [
    {
        "title": "Test against a t distribution",
        "text": '`test="t"` keeps the standard error and takes k - 1 degrees of freedom: wider '
        "than the normal interval, but blind to the uncertainty of tau2.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, test="t")',
        "expect": {
            "se": [0.179781516],
            "df": 12,
            "p": [0.00184464721],
            "ci_lower": [-1.10624262],
            "ci_upper": [-0.322822068],
        },
        "source": "metafor 5.1-12, dat.bcg, rma(test='t')",
    },
    {
        "title": "Knapp–Hartung (HKSJ)",
        "text": "The standard error follows from the observed weighted scatter of the effects "
        "and the interval from t with k - 1 degrees of freedom. The interval to report when "
        "studies are few: it holds its level where the normal one does not.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, test="knha")',
        "expect": {
            "se": [0.180791744],
            "df": 12,
            "scale_factor": 1.01126997,
            "z_or_t": [-3.95223989],
            "p": [0.0019200151],
            "ci_lower": [-1.10844371],
            "ci_upper": [-0.320620971],
        },
        "source": "metafor 5.1-12, dat.bcg, rma(test='knha')",
    },
    {
        "title": "Knapp–Hartung that never narrows",
        "text": "When the effects happen to agree better than expected, the Knapp–Hartung factor "
        "falls below 1 (here 0.87, passive smoking and lung cancer) and the interval becomes "
        "narrower than it has a right to be. The ad hoc variant holds the factor at 1.",
        "table": SMOKING,
        "call": '[pool("y", "v", data=table, test="knha"), pool("y", "v", data=table, '
        'test="adhoc")]',
        "expect": {
            "[0].scale_factor": 0.873613785,
            "[0].se": [0.0461686764],
            "[1].scale_factor": 1,
            "[1].se": [0.049395534],
            "[1].ci_lower": [0.118710445],
            "[1].ci_upper": [0.319068018],
        },
        "source": "metafor 5.1-12, dat.hackshaw1998, rma(test='knha') and rma(test='adhoc')",
    },
    {
        "title": "Prediction interval",
        "text": "Where the true effect of a new setting is expected to lie: the average plus or "
        "minus a quantile times the root of se² + tau2. With the average risk ratio at 0.49, a "
        "new setting may see anything from 0.15 to 1.55. The default takes the distribution of "
        "the model's test; `riley` takes t with k - 2 degrees of freedom, `t` with k - 1, and "
        "`simple` leaves se² out.",
        "table": BCG,
        "call": '[pool("y", "v", data=table).predict(), pool("y", "v", '
        'data=table).predict(interval="riley"), pool("y", "v", '
        'data=table).predict(interval="t"), pool("y", "v", '
        'data=table).predict(interval="simple")]',
        "expect": {
            "[0].pi_lower": [-1.86669222],
            "[0].pi_upper": [0.437627534],
            "[1].pi_lower": [-2.00837591],
            "[1].pi_upper": [0.579311223],
            "[2].pi_lower": [-1.99534196],
            "[2].pi_upper": [0.566277274],
            "[3].pi_lower": [-1.81148771],
            "[3].pi_upper": [0.382423025],
        },
        "source": "metafor 5.1-12, dat.bcg, predict(predtype=); Riley, Higgins & Deeks (2011)",
    },
    {
        "title": "On the scale of the reader",
        "text": "`transform` is applied to the estimate and to all limits. Standard errors are "
        "not carried over.",
        "table": BCG,
        "call": 'pool("y", "v", data=table).predict(transform=np.exp)',
        "expect": {
            "mean": [0.48942094],
            "ci_lower": [0.344074306],
            "ci_upper": [0.696166067],
            "pi_lower": [0.154634313],
            "pi_upper": [1.54902784],
        },
        "source": "metafor 5.1-12, dat.bcg, predict(transf=exp)",
    },
    {
        "title": "Confidence interval of the heterogeneity: Q-profile",
        "text": "All tau2 that are compatible with the scatter of the effects. tau2 is hard to "
        "estimate: thirteen trials still allow 0.12 to 1.11. I2 and H2 have limits of their own.",
        "table": BCG,
        "call": 'pool("y", "v", data=table).heterogeneity_ci()',
        "expect": {
            "tau2_lower": 0.119718361,
            "tau2_upper": 1.11147908,
            "tau_lower": 0.346003412,
            "tau_upper": 1.05426708,
            "i2_lower": 81.9205746,
            "i2_upper": 97.678075,
            "h2_lower": 5.53114922,
            "h2_upper": 43.0677124,
        },
        "source": "metafor 5.1-12, dat.bcg, confint(type='qp') at full precision; Viechtbauer "
        "(2007)",
    },
    {
        "title": "Confidence interval of the heterogeneity: other methods",
        "text": "Profile likelihood (PL) fits REML and ML; the Wald interval is symmetric and "
        "goes wrong near zero, where its lower limit is cut off; the test-based interval (HT) "
        "follows from Q alone.",
        "table": BCG,
        "call": '[pool("y", "v", data=table).heterogeneity_ci("PL"), pool("y", "v", '
        'data=table).heterogeneity_ci("Wald"), pool("y", "v", data=table).heterogeneity_ci("HT")]',
        "expect": {
            "[0].tau2_lower": 0.115266106,
            "[0].tau2_upper": 0.964695327,
            "[1].tau2_lower": 0,
            "[1].tau2_upper": 0.63943174,
            "[2].i2_lower": 88.4705835,
            "[2].i2_upper": 94.7519583,
        },
        "source": "metafor 5.1-12, dat.bcg, confint(type='pl'), 'wald' and 'ht'",
    },
    {
        "title": "Confidence interval of the heterogeneity: generalised Q",
        "text": "Goes with the GENQ estimator; its distribution (a weighted sum of chi-squared "
        "variables) is computed, not approximated.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, method="GENQ", weights=1 / '
        'table["v"]).heterogeneity_ci()',
        "expect": {
            "method": "GENQ",
            "tau2": 0.308760263,
            "tau2_lower": 0.1010500694,
            "tau2_upper": 1.636088201,
        },
        "source": "the two limits put 97.5% and 2.5% below Q in the characteristic function "
        "inverted at 25 digits (Jackson 2013; Imhof 1961); metafor 5.1-12 prints 0.1010501 and "
        "1.6360734, for which it is 97.499993% and 2.500070%",
    },
]
