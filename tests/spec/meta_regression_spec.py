"""Meta-regression: effects that depend on what is known about the studies."""

import json
from pathlib import Path

CHAPTER = "Meta-regression"
INTRO = (
    "Moderators are given as names of columns, as a formula, as a frame or as a matrix. What "
    "they leave unexplained is the residual tau2. Groups of studies differ in more than the "
    "moderator, so this is observation, never an experiment."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
BCG = {name: _TABLES["bcg"][name] for name in ("study", "y", "v", "ablat", "alloc")}
TEACHERS = _TABLES["pygmalion"]
EIGHT = {
    "y": [0.363, 0.024, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058],
    "v": [0.044, 0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121],
    "x": [1, 3, 2, 5, 4, 1, 2, 2],
    "h": ["p", "q", "p", "q", "p", "q", "p", "q"],
}

SPECS = [
    {
        "title": "One continuous moderator",
        "text": "BCG protects better far from the equator: with every degree of absolute "
        "latitude the log risk ratio falls by 0.029. R2 says that latitude accounts for three "
        "quarters of tau2; Q shows that some heterogeneity is left.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="ablat")',
        "expect": {
            "coef": [0.25146821, -0.029101725],
            "se": [0.249095397, 0.00719532722],
            "ci_lower": [-0.236749796, -0.0432043072],
            "ci_upper": [0.739686216, -0.0149991428],
            "p": [0.312722572, 5.24279397e-05],
            "tau2": 0.076347964,
            "i2": 68.3912248,
            "r2": 75.6266218,
            "q": 30.73309,
            "qm": 16.3582321,
            "qm_p": 5.24279397e-05,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(mods=~ablat)",
    },
    {
        "title": "Predictions at chosen values",
        "text": "Average effect and prediction interval at 0, 13, 33.5 and 60 degrees. At 60 "
        "degrees a new setting is expected to see a risk ratio between exp(-2.20) and exp(-0.79).",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="ablat").predict([0, 13, 33.5, 60])',
        "expect": {
            "mean": [0.25146821, -0.126854215, -0.723439578, -1.49463529],
            "se": [0.249095397, 0.169331759, 0.107693701, 0.232396018],
            "ci_lower": [-0.236749796, -0.458738365, -0.934515352, -1.95012312],
            "ci_upper": [0.739686216, 0.205029934, -0.512363803, -1.03914746],
            "pi_lower": [-0.47767127, -0.762019271, -1.3046801, -2.20227695],
            "pi_upper": [0.98060769, 0.508310841, -0.142199058, -0.78699363],
        },
        "source": "metafor 5.1-12, dat.bcg, predict(newmods=)",
    },
    {
        "title": "A factor",
        "text": "A column of words becomes indicators against its first level in alphabetical "
        "order (here alternate allocation). Knapp–Hartung makes the omnibus test an F test: no "
        "sign that the way of allocation matters. R2 is cut at zero when the moderator explains "
        "nothing.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="alloc", test="knha")',
        "expect": {
            "coef": [-0.517955777, -0.447818401, 0.0890382162],
            "se": [0.421947059, 0.493318572, 0.535603662],
            "p": [0.247732561, 0.385354852, 0.871281961],
            "tau2": 0.361503664,
            "r2": 0,
            "qm": 0.966220845,
            "qm_df": [2, 10],
            "qm_p": 0.413383746,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(mods=~factor(alloc), test='knha')",
    },
    {
        "title": "A factor without the intercept: one mean a group",
        "text": "With `intercept=False` the coefficients are the means of the groups themselves, "
        "for a subgroup table. The omnibus test now asks whether all of them are zero, which is "
        "another question.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="alloc", intercept=False)',
        "expect": {
            "coef": [-0.517955777, -0.965774179, -0.428917561],
            "se": [0.44119446, 0.267244094, 0.344945368],
            "ci_lower": [-1.38268103, -1.48956298, -1.10499806],
            "ci_upper": [0.346769475, -0.441985379, 0.247162936],
            "qm": 15.9841274,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(mods=~0+factor(alloc))",
    },
    {
        "title": "A formula with an interaction",
        "text": "Formulas are those of formulaic. Here the slope of x may differ between the two "
        "groups of h.",
        "table": EIGHT,
        "call": 'pool("y", "v", data=table, moderators="~ x * h", method="DL")',
        "expect": {
            "coef": [0.355492484, 0.0299467585, -0.0642120474, -0.116167484],
        },
        "source": "metafor 5.1-12, rma(mods=~x*h, method='DL')",
    },
    {
        "title": "Several moderators",
        "text": "Does believing that a pupil is gifted raise the IQ? Nineteen experiments, "
        "tested in groups or one by one, by testers who knew or did not know. The coefficients "
        "are differences from tests in groups by testers who knew.",
        "table": TEACHERS,
        "call": 'pool("y", "v", data=table, moderators="~ setting + tester")',
        "expect": {
            "coef": [0.0426763841, 0.2981673, 0.0334308526],
            "se": [0.0639100181, 0.193857261, 0.106932702],
            "tau2": 0.0149579546,
            "qm": 3.20768148,
        },
        "source": "metafor 5.1-12, dat.raudenbush1985, rma(mods=~setting+tester)",
    },
    {
        "title": "Testing some of the coefficients",
        "text": "`btt` names (or counts from zero) the coefficients of the omnibus test; here "
        "the latitude alone, in a model that also has the allocation.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="~ ablat * alloc", btt=[1])',
        "expect": {
            "qm": 0.586507591,
            "qm_df": [1, None],
            "qm_p": 0.443772798,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(mods=~ablat*factor(alloc), btt=2)",
    },
    {
        "title": "How much heterogeneity is left",
        "text": "The Q-profile interval of the residual tau2.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, moderators="ablat").heterogeneity_ci()',
        "expect": {
            "tau2_lower": 0.0166800683,
            "tau2_upper": 0.784835255,
            "i2_lower": 32.0978832,
            "i2_upper": 95.6974435,
        },
        "source": "metafor 5.1-12, dat.bcg, confint() at full precision",
    },
    {
        "title": "A moderator that says nothing new is left out, and said",
        "text": "x2 is twice x. A coefficient of its own does not exist.",
        "table": {
            "y": [0.363, 0.024, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058],
            "v": [0.044, 0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121],
            "x": [1, 2, 3, 4, 5, 6, 7, 8],
            "x2": [2, 4, 6, 8, 10, 12, 14, 16],
        },
        "call": 'pool("y", "v", data=table, moderators=["x", "x2"])',
        "error": "MetaWarning",
        "says": "redundant moderators dropped from the model: x2",
        "source": "metafor 5.1-12 does the same",
    },
    {
        "title": "Is tau2 the same in all studies?",
        "text": "A score test of one tau2 against one a study, before a model with moderators of "
        "tau2 is tried. With thirteen trials it finds nothing.",
        "table": {name: BCG[name] for name in ("study", "y", "v")},
        "call": 'heteroscedasticity_test("y", "v", data=table)',
        "expect": {
            "statistic": 2.88841587,
            "df": 12,
            "p": 0.996281839,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12, dat.bcg, hettest(test='score')",
    },
    {
        "title": "Location-scale model: who scatters more",
        "text": "`scale` gives moderators of log tau2. In 44 comparisons of writing-to-learn, "
        "studies with more pupils (ni100, in hundreds) scatter less: the log of tau2 falls by "
        "0.73 for every hundred pupils, though the interval includes zero. The average is pooled "
        "with a tau2 for each study.",
        "table": _TABLES["writing"],
        "call": 'pool("y", "v", data=table, scale="ni100")',
        "expect": {
            "coef": [0.140743289],
            "se": [0.0396637776],
            "scale.coef": [-1.94462491, -0.733507309],
            "scale.se": [0.791548528, 0.582988979],
            "scale.ci_lower": [-3.49603152, -1.87614471],
            "scale.ci_upper": [-0.393218304, 0.409130093],
            "scale.qs": 1.58302656,
            "loglik": -14.6582447,
        },
        "rtol": 2e-6,
        "source": "metafor 5.1-12, dat.bangertdrowns2004, rma(scale=~ni100); Viechtbauer & "
        "López-López (2022)",
    },
    {
        "title": "Location and scale with moderators, by ML",
        "text": "Size moves the mean and the scatter; prompts to reflect (meta) may go with more "
        "of it.",
        "table": _TABLES["writing"],
        "call": 'pool("y", "v", data=table, moderators="ni100", scale="~ meta + ni100", '
        'method="ML")',
        "expect": {
            "coef": [0.226507138, -0.0396697437],
            "se": [0.0649381638, 0.0194232169],
            "scale.coef": [-2.71780192, 1.61351247, -1.01620299],
            "scale.se": [1.0820172, 1.12982292, 0.504924105],
            "qm": 4.17134845,
        },
        "rtol": 5e-6,
        "source": "metafor 5.1-12, dat.bangertdrowns2004, rma(mods=~ni100, scale=~meta+ni100, "
        "method='ML')",
    },
]
