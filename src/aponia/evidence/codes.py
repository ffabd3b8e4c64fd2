"""The closed lists of the schema: every code a record may use outside the vocabulary."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "COMPARATOR_SIDES",
    "INTERVENTION_SIDES",
    "UNIT_KINDS",
    "Comparator",
    "Design",
    "DoseUnit",
    "Layer",
    "Masking",
    "Measure",
    "Mechanism",
    "Operator",
    "OutcomeUnit",
    "Phase",
    "Read",
    "Route",
    "SourceKind",
    "Species",
    "TableRead",
    "Theme",
    "TrialStatus",
    "layer_of",
]

Design = Literal[
    "rct-parallel",
    "rct-crossover",
    "non-randomized-controlled",
    "open-label",
    "case-series",
    "case-report",
    "survey",
    "cohort",
    "healthy-volunteer-rct",
    "human-mechanistic",
    "preclinical-in-vivo",
    "preclinical-in-vitro",
    "pharmacokinetic",
    "systematic-review",
    "meta-analysis",
]
Layer = Literal["randomised", "uncontrolled", "cases", "surveys", "volunteers", "animals"]
Comparator = Literal["placebo", "active", "none", "usual-care"]
Mechanism = Literal["plasticity", "inflammation", "affective"]
Operator = Literal["=", "<", "<=", ">", ">="]
Read = Literal["full-text", "abstract", "registry", "secondary"]
# Tables say more exactly which part of a source was read.
TableRead = Literal[
    "full-text",
    "abstract",
    "registry",
    "secondary",
    "table",
    "intro",
    "classification",
    "package-source",
    "copy page",
    "press",
    "press-release",
    "government-page",
    "organisation-page",
    "encyclopedia",
    "not-found",
]
Masking = Literal[
    "none", "open-label", "single-blind", "double-blind", "triple-blind", "partial", "unclear"
]
Route = Literal[
    "oral",
    "intravenous",
    "intranasal",
    "intramuscular",
    "subcutaneous",
    "sublingual",
    "topical",
    "epidural",
    "spinal",
    "inhaled",
    "intraperitoneal",
    "intracranial",
    "infusion",
    "systemic",
    "in-vitro",
    "mixed",
]
DoseUnit = Literal[
    "mg",
    "mg/kg",
    "mg/70 kg",
    "mg/day",
    "mg/kg/day",
    "mg/h",
    "mg/kg/h",
    "mg/h/70 kg",
    "mg/spray",
    "mg/infusion",
    "ug",
    "ug/kg",
    "ug/day",
    "ug/kg/min",
    "mg dried mushroom",
    "g dried mushroom",
    "% cream",
    "IU",
]
# Measures in the field's short codes: MD mean difference, SMD standardised mean difference,
# SMCC standardised change within people, MC mean change, MEDD difference of medians, RR OR RD
# IRR ratios and differences of risks and rates, PR one proportion, PCT difference in percent,
# ROM ratio of means, COR correlation, B regression coefficient, F and t test statistics,
# ES an effect size the source does not name, TEST a comparison told without a size.
Measure = Literal[
    "MD",
    "SMD",
    "SMCC",
    "MC",
    "MEDD",
    "RR",
    "OR",
    "RD",
    "IRR",
    "PR",
    "PCT",
    "ROM",
    "COR",
    "B",
    "F",
    "t",
    "ES",
    "TEST",
]
SourceKind = Literal[
    "abstract",
    "abstract-page",
    "blog",
    "commentary",
    "community-post",
    "conference-abstract",
    "conference-poster",
    "guideline-page",
    "index-abstract",
    "institution-page",
    "journal-abstract",
    "journal-commentary",
    "journal-figure",
    "journal-front-page",
    "journal-highlight",
    "journal-page",
    "journal-table",
    "meeting-report",
    "news",
    "patent",
    "patient-organization",
    "pmc",
    "pmc-abstract",
    "pmc-figure",
    "pmc-table",
    "preprint",
    "preprint-abstract",
    "preprint-review",
    "preprint-summary",
    "press",
    "pubmed",
    "pubmed-abstract",
    "registry",
    "registry-copy",
    "review",
    "review-page",
    "secondary",
    "secondary-review",
    "summary",
    "summary-page",
    "thesis-abstract",
    "translation",
    "trial-listing",
    "university-page",
    "vendor-blog",
]
Phase = Literal[
    "Early Phase 1",
    "Phase 1",
    "Phase 1/Phase 2",
    "Phase 2",
    "Phase 2/Phase 3",
    "Phase 3",
    "Phase 4",
    "N/A",
]
TrialStatus = Literal[
    "Not yet recruiting",
    "Recruiting",
    "Enrolling by invitation",
    "Active, not recruiting",
    "Not recruiting",
    "Suspended",
    "Terminated",
    "Withdrawn",
    "Completed",
    "Unknown",
]
Theme = Literal[
    "affective",
    "animal-pain",
    "animal-pain-null",
    "neuroplasticity",
    "inflammation",
    "interaction",
    "exposure",
    "dose-equivalence",
]
MechanismName = Literal[
    "plasticity", "inflammation", "affective", "serotonin", "experience", "pain"
]
ChainLink = Literal[
    "animals",  # the drug moves the marker in animals or cells
    "animals-pain",  # the marker and pain-like behaviour belong together in the same animals
    "volunteers",  # the drug moves the marker in people without pain
    "patients",  # the drug moves the marker in people with pain
    "together",  # marker and pain change together in the same patients
    "together-volunteers",  # the same in people without pain, with laboratory pain
    "together-mood",  # the marker goes with mood; no pain measured
    "blocked",  # the marker was blocked, or moved in another way, and pain measured, in people
    "needed",  # relief needs the acute experience
]
ChainMarker = Literal[
    "synapses",
    "bdnf",
    "learning",
    "eeg-ltp",
    "networks",
    "crp",
    "il-6",
    "tnf",
    "cytokines",
    "airway",
    "mood",
    "fear",
    "acceptance",
    "5-ht2a",
    "intensity",
    "analogue",
    "small-dose",
    "full-dose",
    "plasticity",
    "inflammation",
    "touch",
    "heat",
    "cold",
    "formalin",
    "several",
]
FindingDirection = Literal["supports", "null", "against", "mixed", "unclear"]
Species = Literal["human", "mouse", "rat", "pig", "animals", "cells"]
OutcomeUnit = Literal[
    # people and other things counted
    "patients",
    "participants",
    "respondents",
    "users",
    "encounters",
    "infusions",
    "studies",
    "articles",
    # scores
    "points",
    "mm",
    "category",
    "score-days",
    "SMD",
    "Hedges' g",
    # shares and changes in percent
    "%",
    "% of patients",
    "% of users",
    "% of infusions",
    "% change",
    "% relief",
    "% reduction",
    "% of initial value",
    "% of saline",
    "proportion",
    # ratios and associations
    "risk ratio",
    "odds ratio",
    "incidence rate ratio",
    "rho",
    "fold",
    "ratio",
    # time and frequency
    "seconds",
    "hours",
    "days",
    "days/week",
    "days/month",
    "attacks/day",
    "attacks/week",
    "attacks/month",
    # physical quantities
    "degrees C",
    "kPa",
    "mmHg",
    "pg/mL",
    "ng/mL",
    "mg/day",
    "lifts",
    "count, s",
]
_COUNTED = ["patients", "participants", "respondents", "users"]
_COUNTED += ["encounters", "infusions", "studies", "articles"]
_SHARE = ["%", "% of patients", "% of users", "% of infusions", "proportion"]
_RATIO = ["risk ratio", "odds ratio", "incidence rate ratio", "rho", "fold", "ratio"]
_SCORE = ["points", "mm", "category", "score-days", "SMD", "Hedges' g"]
_CHANGE = ["% change", "% relief", "% reduction", "% of initial value", "% of saline"]
_TIME = ["seconds", "hours", "days"]
_RATE = ["attacks/day", "attacks/week", "attacks/month"]
_DAYS = ["days", "days/week", "days/month"]

# Which units make sense for a construct. A construct that is not named here takes any unit.
UNIT_KINDS: dict[str, frozenset[str]] = {
    "attack-frequency": frozenset([*_RATE, *_CHANGE, *_SHARE, *_COUNTED, *_SCORE, *_RATIO]),
    "attack-duration": frozenset([*_TIME, *_CHANGE, *_SHARE, *_COUNTED, *_SCORE, *_RATIO]),
    "pain-days": frozenset([*_DAYS, *_CHANGE, *_SHARE, *_COUNTED, *_SCORE, *_RATIO]),
    "responder": frozenset([*_COUNTED, *_SHARE, *_RATIO, *_CHANGE]),
    # also how long relief lasts, and what animals do
    "pain-intensity": frozenset(
        [*_SCORE, *_CHANGE, *_SHARE, *_COUNTED, *_RATIO, *_TIME, "lifts", "count, s"]
    ),
    "pain-interference": frozenset([*_SCORE, *_CHANGE, *_SHARE, *_COUNTED, *_RATIO]),
    "quality-of-life": frozenset([*_SCORE, *_CHANGE, *_SHARE, *_COUNTED, *_RATIO]),
    "depression": frozenset([*_SCORE, *_CHANGE, *_SHARE, *_COUNTED, *_RATIO]),
    "anxiety": frozenset([*_SCORE, *_CHANGE, *_SHARE, *_COUNTED, *_RATIO]),
}

_LAYERS: dict[str, Layer] = {
    "rct-parallel": "randomised",
    "rct-crossover": "randomised",
    "non-randomized-controlled": "uncontrolled",
    "open-label": "uncontrolled",
    "cohort": "uncontrolled",
    "case-series": "cases",
    "case-report": "cases",
    "survey": "surveys",
    "healthy-volunteer-rct": "volunteers",
    "human-mechanistic": "volunteers",
    "pharmacokinetic": "volunteers",
    "preclinical-in-vivo": "animals",
    "preclinical-in-vitro": "animals",
}


def layer_of(design: str) -> Layer | None:
    """Give the design layer a study belongs to.

    Parameters
    ----------
    design : str
        A design code.

    Returns
    -------
    Layer or None
        None for reviews and meta-analyses: they sum up studies and form no layer of their own.
    """
    return _LAYERS.get(design)


# How `favours` may name a side when it names neither an arm nor a substance.
INTERVENTION_SIDES = frozenset({"intervention", "psychedelics"})
COMPARATOR_SIDES = frozenset({"comparator", "placebo", "controls", "non-users"})
