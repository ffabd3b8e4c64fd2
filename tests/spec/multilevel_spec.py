"""Several effects a study: multilevel and multivariate models, sampling covariances."""

import json
from pathlib import Path

CHAPTER = "Several effects a study"
INTRO = (
    "Effects from one study (outcomes, time points, arms, schools of a district) are not "
    "independent. Two things tie them: shared people, which make sampling errors correlate "
    "(`sampling_covariance`), and shared circumstances, which make true effects correlate "
    "(`multilevel`)."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
SCHOOLS = {name: _TABLES["schools"][name] for name in ("district", "school", "y", "v")}
PERIODONTAL = {n: _TABLES["periodontal"][n] for n in ("trial", "outcome", "y", "v1", "v2")}
RADIOTHERAPY = _TABLES["radiotherapy"]

BOUNDARY = {
    "study": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    "effect": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    "y": [0.314, 0.577, 0.06, 0.539, 0.133, 0.045, 0.187, 0.346, 0.334, 0.23, 0.096, 0.162],
    "v": [0.075, 0.171, 0.108, 0.099, 0.14, 0.141, 0.069, 0.094, 0.137, 0.145, 0.127, 0.126],
}

SPECS = [
    {
        "title": "Three levels",
        "text": "Schools in districts. Of the spread of true effects, 0.065 lies between "
        "districts and 0.033 between schools of one district. Treating the 56 schools as "
        "independent would have made the standard error half as large.",
        "table": SCHOOLS,
        "call": 'multilevel("y", "v", random="~ 1 | district/school", data=table)',
        "expect": {
            "coef": [0.184713163],
            "se": [0.0845559178],
            "ci_lower": [0.0189866099],
            "ci_upper": [0.350439717],
            "sigma2": [0.0650619425, 0.0327365176],
            "q": 578.864018,
            "loglik": -7.95872403,
            "aicc": 22.3880363,
        },
        "source": "metafor 5.1-12, dat.konstantopoulos2011, rma.mv(random=~1|district/school) "
        "polished to the maximum; Konstantopoulos (2011)",
    },
    {
        "title": "Degrees of freedom by containment",
        "text": "The average is estimated from eleven districts, not from 56 schools: t with 10 "
        "degrees of freedom.",
        "table": SCHOOLS,
        "call": 'multilevel("y", "v", random="~ 1 | district/school", data=table, dfs="contain")',
        "expect": {
            "df": [10],
            "p": [0.0538335392],
            "ci_lower": [-0.00368916217],
            "ci_upper": [0.373115489],
        },
        "source": "metafor 5.1-12, dat.konstantopoulos2011, rma.mv(dfs='contain')",
    },
    {
        "title": "The same model as compound symmetry",
        "text": "A `~ inner | outer` term with one variance and one correlation: tau2 is the sum "
        "of the two components, rho the share of the districts in it.",
        "table": SCHOOLS,
        "call": 'multilevel("y", "v", random="~ school | district", structure="CS", data=table)',
        "expect": {
            "coef": [0.184713163],
            "tau2": [0.0977984601],
            "rho": [0.66526551],
        },
        "source": "metafor 5.1-12, dat.konstantopoulos2011, "
        "rma.mv(random=~factor(school)|district)",
    },
    {
        "title": "What a new school may see",
        "text": "The prediction interval holds both components.",
        "table": SCHOOLS,
        "call": 'multilevel("y", "v", random="~ 1 | district/school", data=table).predict()',
        "expect": {
            "pred": [0.184713164],
            "pi_lower": [-0.45023097],
            "pi_upper": [0.819657297],
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, dat.konstantopoulos2011, predict()",
    },
    {
        "title": "Two outcomes at once, unstructured",
        "text": "Five trials of periodontal surgery report probing depth (PD) and attachment "
        "level (AL), with known sampling covariance. Every outcome has its own mean and tau2, "
        "and the true effects correlate with 0.61. `sampling_covariance` puts the printed 2 × 2 "
        "blocks together.",
        "table": PERIODONTAL,
        "call": 'multilevel("y", sampling_covariance(1, "trial", rvars=["v1", "v2"], '
        'data=table), moderators="~ 0 + outcome", random="~ outcome | trial", structure="UN", '
        "data=table)",
        "expect": {
            "coef": [-0.339215178, 0.35342817],
            "se": [0.0879051361, 0.0588486315],
            "tau2": [0.0326513323, 0.0117330253],
            "rho": [0.608798682],
            "qm": 108.861584,
            "loglik": 3.69176769,
        },
        "source": "metafor 5.1-12, dat.berkey1998, rma.mv(struct='UN') polished to the maximum; "
        "Berkey et al. (1998)",
    },
    {
        "title": "Effects over time, autoregressive",
        "text": "Survival 6, 12, 18 and 24 months after radiotherapy with and without "
        "chemotherapy, log odds ratios. AR gives all times one variance and lets the correlation "
        "of true effects fall with their distance in time (HAR: one variance each; CAR: by the "
        "numbers of time).",
        "table": RADIOTHERAPY,
        "call": 'multilevel("y", "v", moderators="~ 0 + C(time)", random="~ time | study", '
        'structure="AR", data=table)',
        "expect": {
            "coef": [0.22107382, 0.408133351, 0.496389663, 0.385093961],
            "se": [0.120043873, 0.103193427, 0.124783709, 0.134582522],
            "tau2": [0.0294768803],
            "rho": [0.990040341],
            "loglik": -53.9957861,
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, dat.fine1993, rma.mv(struct='AR') polished to the maximum",
    },
    {
        "title": "Is a level needed?",
        "text": "Likelihood-ratio test of three levels against districts alone.",
        "table": SCHOOLS,
        "call": 'multilevel("y", "v", random="~ 1 | district/school", '
        'data=table).anova(multilevel("y", "v", random="~ 1 | district", data=table))',
        "expect": {
            "statistic": 48.5155043,
            "p_value": 3.27687922e-12,
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, dat.konstantopoulos2011, anova()",
    },
    {
        "title": "Components may be zero",
        "text": "Twelve effects in six studies that scatter less than their errors: both "
        "components are exactly zero and the result is the inverse-variance mean.",
        "table": BOUNDARY,
        "call": 'multilevel("y", "v", random="~ 1 | study/effect", data=table)',
        "expect": {
            "coef": [0.252857473],
            "se": [0.0962633757],
            "sigma2": [0, 0],
            "loglik": 0.393894299,
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, rma.mv(random=~1|st/es)",
    },
    {
        "title": "Sampling covariance from an assumed correlation",
        "text": "Two outcomes in the same people, correlation 0.5, and a third effect from "
        "another study: the covariance is 0.5 √(0.04 × 0.09) = 0.03. When the correlation is not "
        "printed, try several.",
        "table": {
            "study": ["A", "A", "B"],
            "outcome": ["pain", "sleep", "pain"],
            "v": [0.04, 0.09, 0.02],
        },
        "call": 'sampling_covariance("v", "study", obs="outcome", rho=0.5, data=table)',
        "expect": {"[0]": [0.04, 0.03, 0], "[1]": [0.03, 0.09, 0], "[2]": [0, 0, 0.02]},
        "source": "by hand",
    },
    {
        "title": "Sampling covariance of follow-up times",
        "text": "One group at 1, 2 and 4 months, autocorrelation 0.8 for one month: the "
        "correlation of months 1 and 4 is 0.8³.",
        "table": {"study": ["A", "A", "A"], "month": [1, 2, 4], "v": [0.04, 0.04, 0.09]},
        "call": 'sampling_covariance("v", "study", time1="month", phi=0.8, data=table)',
        "expect": {
            "[0]": [0.04, 0.032, 0.03072],
            "[1]": [0.032, 0.04, 0.0384],
            "[2]": [0.03072, 0.0384, 0.09],
        },
        "source": "by hand: 0.8 × 0.04; 0.8³ √(0.04 × 0.09); 0.8² √(0.04 × 0.09)",
    },
    {
        "title": "Sampling covariance through a shared control group",
        "text": "Two dose arms against the same placebo arm, all of equal size: the shared arm "
        "makes the two differences correlate with one half.",
        "table": {
            "study": ["A", "A"],
            "arm": ["low", "high"],
            "control": ["placebo", "placebo"],
            "v": [0.04, 0.04],
        },
        "call": 'sampling_covariance("v", "study", grp1="arm", grp2="control", data=table)',
        "expect": {"[0]": [0.04, 0.02], "[1]": [0.02, 0.04]},
        "source": "by hand: Cov(a - c, b - c) = Var(c), half of Var(a - c)",
    },
]
