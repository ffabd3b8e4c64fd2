"""Counts: Mantel-Haenszel, Peto, and models for the counts themselves."""

import json
from pathlib import Path

CHAPTER = "Rare events: counts pooled as counts"
INTRO = (
    "With few events an effect and a variance per study are poor summaries, and a continuity "
    "correction can make the result. The methods here use the counts: Mantel–Haenszel and Peto "
    "pool the tables under one common effect, the GLMMs let effects vary."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
BCG = {n: _TABLES["bcg"][n] for n in ("study", "events1", "nonevents1", "events2", "nonevents2")}
CATHETERS = _TABLES["catheters"]
WARFARIN = _TABLES["warfarin"]
VASOSPASM = _TABLES["vasospasm"]
ZEROS = {
    "events1": [0, 0, 3, 5, 0, 12],
    "nonevents1": [10, 20, 30, 15, 12, 40],
    "events2": [0, 4, 0, 8, 0, 9],
    "nonevents2": [11, 18, 33, 14, 15, 44],
}
CELLS = 'events1="events1", nonevents1="nonevents1", events2="events2", nonevents2="nonevents2"'
TOTALS = 'events1="events1", total1="total1", events2="events2", total2="total2"'
RATES = 'events1="events1", time1="time1", events2="events2", time2="time2"'

SPECS = [
    {
        "title": "Mantel–Haenszel odds ratio",
        "text": "The classic for many sparse tables under one common odds ratio. Breslow–Day "
        "(with Tarone's correction) tests that assumption, and rejects it here; the "
        "Cochran–Mantel–Haenszel test asks whether there is any association.",
        "table": BCG,
        "call": f"mantel_haenszel({CELLS}, data=table)",
        "expect": {
            "coef": [-0.473410988],
            "se": [0.0410077784],
            "ci_lower": [-0.553784757],
            "ci_upper": [-0.39303722],
            "cmh": 135.688944,
            "cochran": 135.708715,
            "breslow_day": 171.765367,
            "tarone": 171.756673,
            "q": 163.94258,
        },
        "source": "metafor 5.1-12, dat.bcg, rma.mh(measure='OR')",
    },
    {
        "title": "As a ratio",
        "text": "`predict(exponentiate=True)` gives the odds ratio and its limits.",
        "table": BCG,
        "call": f"mantel_haenszel({CELLS}, data=table).predict(exponentiate=True)",
        "expect": {
            "['estimate']": 0.622874025,
            "['ci_lower']": 0.574770322,
            "['ci_upper']": 0.675003624,
        },
        "source": "metafor 5.1-12, dat.bcg, predict(transf=exp)",
    },
    {
        "title": "Mantel–Haenszel with zero cells",
        "text": "The pooled estimate needs no continuity correction: a table with one zero takes "
        "part as it is, and a table without events in both groups adds nothing to a ratio. Two "
        "of the six are such tables, so four have an effect of their own.",
        "table": ZEROS,
        "call": f'[mantel_haenszel({CELLS}, data=table, measure="OR"), mantel_haenszel({CELLS}, data=table, measure="RR"), mantel_haenszel({CELLS}, data=table, measure="RD")]',
        "expect": {
            "[0].coef": [0.000581226404],
            "[0].se": [0.349367368],
            "[0].k": 6,
            "[0].k_yi": 4,
            "[1].coef": [0.000468055239],
            "[1].se": [0.282473957],
            "[2].coef": [6.2984191e-05],
            "[2].se": [0.0378590743],
        },
        "source": "metafor 5.1-12, rma.mh() on the same tables",
    },
    {
        "title": "Peto with zero cells",
        "text": "Observed less expected events, pooled in one step. Best when events are rare, "
        "the effect is small and the groups are of similar size; biased otherwise. It needs no "
        "correction either.",
        "table": ZEROS,
        "call": f"peto({CELLS}, data=table)",
        "expect": {
            "coef": [0.0005817688],
            "se": [0.349530325],
            "ci_lower": [-0.68448508],
            "ci_upper": [0.685648617],
            "q": 8.24037045,
        },
        "source": "metafor 5.1-12, rma.peto() on the same tables",
    },
    {
        "title": "One table",
        "text": "With one study, Mantel–Haenszel is its odds ratio, (5 × 12) / (10 × 3) = 2, and "
        "Peto its own approximation of it.",
        "table": {"events1": [5], "nonevents1": [10], "events2": [3], "nonevents2": [12]},
        "call": f"[mantel_haenszel({CELLS}, data=table), peto({CELLS}, data=table)]",
        "expect": {
            "[0].coef": [0.693147181],
            "[0].se": [0.846561673],
            "[1].coef": [0.659090909],
            "[1].se": [0.811844141],
        },
        "source": "metafor 5.1-12; by hand: log 2",
    },
    {
        "title": "No event anywhere is refused",
        "text": "A ratio cannot be learned from tables without events; metafor returns missing "
        "values, here it is an error.",
        "table": {
            "events1": [0, 0],
            "nonevents1": [10, 20],
            "events2": [0, 0],
            "nonevents2": [12, 18],
        },
        "call": f"mantel_haenszel({CELLS}, data=table)",
        "error": "TooFewStudiesError",
        "source": "by definition",
    },
    {
        "title": "Incidence rates",
        "text": "Events over person-time: warfarin against stroke in atrial fibrillation. The "
        "rate under warfarin is exp(-1.03) = 0.36 of that without, and the six trials agree.",
        "table": WARFARIN,
        "call": f'mantel_haenszel({RATES}, data=table, measure="IRR")',
        "expect": {
            "coef": [-1.0295746],
            "se": [0.1620949],
            "ci_lower": [-1.34727476],
            "ci_upper": [-0.71187443],
            "q": 2.96854815,
        },
        "source": "metafor 5.1-12, dat.hart1999, rma.mh(measure='IRR')",
    },
    {
        "title": "GLMM with a baseline risk for each study",
        "text": "UM.FS: a logistic model with one intercept a study and a treatment effect that "
        "varies. Anti-infective catheters: six of eighteen trials had no infection in the "
        "treated group, and one had none at all, which is left out. No correction is made.",
        "table": CATHETERS,
        "call": f'glmm({TOTALS}, measure="OR", model="UM.FS", data=table)',
        "expect": {
            "k": 17,
            "coef": [-1.23692028],
            "se": [0.280409043],
            "tau2": 0.319793684,
            "q": 28.7359061,
        },
        "rtol": 1e-3,
        "source": "metafor 5.1-12 with lme4 1.1-31, dat.nielweise2007, rma.glmm(model='UM.FS'); "
        "lme4 reports that it stopped short of the maximum, our likelihood is a little higher",
    },
    {
        "title": "GLMM with baseline risks from one distribution",
        "text": "UM.RS: the baseline log odds vary at random too (sigma2). Fewer parameters, but "
        "trials with more events at baseline then say something about the effect.",
        "table": CATHETERS,
        "call": f'glmm({TOTALS}, measure="OR", model="UM.RS", data=table)',
        "expect": {
            "coef": [-1.28122355],
            "se": [0.329646494],
            "tau2": 0.725845581,
            "sigma2": 0.521172763,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12 with lme4 1.1-31, dat.nielweise2007, rma.glmm(model='UM.RS')",
    },
    {
        "title": "Conditional GLMM, exact",
        "text": "CM.EL conditions on the total number of events of each study, so no baseline "
        "risks need to be estimated: noncentral hypergeometric likelihood, the model of choice "
        "for rare events.",
        "table": CATHETERS,
        "call": f'glmm({TOTALS}, measure="OR", model="CM.EL", data=table)',
        "expect": {
            "coef": [-1.35315828],
            "se": [0.351068193],
            "tau2": 0.693459265,
            "q": 28.6092677,
            "q_p": 0.026707893,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12 with BiasedUrn 2.0.9, dat.nielweise2007, "
        "rma.glmm(model='CM.EL'); Stijnen, Hamza & Özdemir (2010)",
    },
    {
        "title": "Conditional GLMM, approximate",
        "text": "CM.AL replaces the hypergeometric by a binomial distribution. Fast, and close "
        "when events are rare.",
        "table": CATHETERS,
        "call": f'glmm({TOTALS}, measure="OR", model="CM.AL", data=table)',
        "expect": {
            "coef": [-1.30265303],
            "se": [0.33864093],
            "tau2": 0.600684708,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12 with lme4 1.1-31, dat.nielweise2007, rma.glmm(model='CM.AL')",
    },
    {
        "title": "GLMM for rates",
        "text": "Poisson model for events and person-time. tau2 is zero: the trials do not "
        "differ more than chance makes them.",
        "table": WARFARIN,
        "call": f'glmm({RATES}, measure="IRR", model="UM.FS", data=table)',
        "expect": {
            "coef": [-1.0326954],
            "se": [0.162586602],
            "tau2": 0,
            "q": 2.96604719,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12 with lme4 1.1-31, dat.hart1999, rma.glmm(measure='IRR')",
    },
    {
        "title": "GLMM for single proportions",
        "text": "Log odds of a proportion: patients who recovered from cerebral vasospasm in "
        "fourteen uncontrolled series. Groups in which everyone or no one has the event need no "
        "correction.",
        "table": VASOSPASM,
        "call": 'glmm(events="events", total="total", measure="PLO", data=table)',
        "expect": {
            "coef": [1.37658752],
            "se": [0.288377373],
            "tau2": 0.589299894,
            "q": 42.232398,
        },
        "rtol": 1e-4,
        "source": "metafor 5.1-12 with lme4 1.1-31, dat.pritz1997, rma.glmm(measure='PLO', "
        "nAGQ=25)",
    },
]
