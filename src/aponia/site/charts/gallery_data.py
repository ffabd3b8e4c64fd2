"""Sample values to look at every component with, in the shape real records have.

Nothing here feeds a page of the site, and nothing here is evidence: some numbers are those of
published studies (Schindler 2022, the BCG vaccine trials of Colditz 1994), others are made up to
reach a corner of a drawing. The gallery says so on every page.
"""

from __future__ import annotations

import itertools
import math

from aponia.site.charts.components import (
    Crumb,
    Download,
    Fact,
    Layer,
    Reason,
    Side,
    Source,
    TrialCard,
    UrgentLine,
)
from aponia.site.charts.direction import DirectionCell, DirectionRow, EffectDirectionPlot
from aponia.site.charts.durability import DurabilityCurve, DurabilityPoint, DurabilitySeries
from aponia.site.charts.figure import Link, Row, Table
from aponia.site.charts.forest import ForestPlot, ForestPooled, ForestRow
from aponia.site.charts.history import HistoryCurve, HistoryPoint
from aponia.site.charts.icons import IconArm, IconArray
from aponia.site.charts.specification import Specification, SpecificationCurve
from aponia.site.charts.strip import EffectStrip, StripItem

CLUSTER = ForestPlot(
    title="One small trial points to fewer attacks, but cannot rule out more",
    subtitle="Difference in the change of cluster attacks a week, weeks 1–3; 14 people",
    rows=[
        ForestRow(
            "Schindler 2022",
            "8 people: −3.2 (−8.3 to 1.9)",
            "6 people: 0.03 (−2.6 to 2.6)",
            -3.23,
            (-8.54, 2.08),
            derived="difference computed from the change and interval printed for each arm",
            href="#",
        ),
        ForestRow(
            "Schindler 2024, second round",
            "10 people: 18.4 to 9.8 a week",
            "no control",
            text="Everybody got psilocybin: not comparable, shown in the next layer down",
            pooled=False,
            href="#",
        ),
    ],
    measure="Difference in attacks a week",
    left_header="Psilocybin",
    right_header="Placebo",
    favours_low="fewer attacks with psilocybin",
    favours_high="more attacks with psilocybin",
    mid=(-2.0, 2.0),
    mid_label="Shaded: smaller than a difference people are taken to notice (2 attacks a week)",
)

_BCG = [
    ("Aronson 1948", 4, 119, 11, 128, "Random allocation"),
    ("Ferguson & Simes 1949", 6, 300, 29, 274, "Random allocation"),
    ("Rosenthal 1960", 3, 228, 11, 209, "Random allocation"),
    ("Hart & Sutherland 1977", 62, 13536, 248, 12619, "Random allocation"),
    ("TPT Madras 1980", 505, 87886, 499, 87892, "Random allocation"),
    ("Stein & Aronson 1953", 180, 1361, 372, 1079, "Alternate or systematic"),
    ("Vandiviere 1973", 8, 2537, 10, 619, "Alternate or systematic"),
    ("Coetzee & Berjak 1968", 29, 7470, 45, 7232, "Alternate or systematic"),
    ("Comstock 1974", 186, 50448, 141, 27197, "Alternate or systematic"),
]


def _bcg_rows() -> list[ForestRow]:
    rows, weights = [], []
    for label, e1, n1, e2, n2, group in _BCG:
        log_rr = math.log(e1 / n1) - math.log(e2 / n2)
        variance = 1 / e1 - 1 / n1 + 1 / e2 - 1 / n2
        weights.append(1 / (variance + 0.3132))
        half = 1.96 * math.sqrt(variance)
        rows.append((label, e1, n1, e2, n2, group, log_rr, half))
    total = sum(weights)
    return [
        ForestRow(
            label,
            f"{e1} of {n1:,}".replace(",", "\u2009"),
            f"{e2} of {n2:,}".replace(",", "\u2009"),
            math.exp(y),
            (math.exp(y - half), math.exp(y + half)),
            weight=100 * w / total,
            group=group,
        )
        for (label, e1, n1, e2, n2, group, y, half), w in zip(rows, weights, strict=True)
    ]


BCG = ForestPlot(
    title="Fewer cases of tuberculosis after vaccination, how many fewer differs widely",
    subtitle="Risk ratio, random effects; textbook data used to look at the drawing",
    rows=_bcg_rows(),
    pooled=[
        ForestPooled("Random allocation", 0.46, (0.24, 0.88), group="Random allocation"),
        ForestPooled(
            "Alternate or systematic", 0.52, (0.34, 0.79), group="Alternate or systematic"
        ),
        ForestPooled("All trials", 0.49, (0.34, 0.70), (0.15, 1.55), note="τ² 0.31; I² 92%"),
    ],
    measure="Risk ratio",
    left_header="Vaccinated",
    right_header="Not vaccinated",
    favours_low="fewer cases with the vaccine",
    favours_high="more cases with the vaccine",
    log=True,
    digits=2,
)

REVIEWS = ForestPlot(
    title="Reviews of ketamine for neuropathic pain agree on a short effect",
    subtitle="Mean difference in pain, points of 10; the reviews share trials, so no pooling",
    rows=[
        ForestRow("Guimarães Pereira 2022, week 1", effect=-2.14, ci=(-2.65, -1.63), pooled=False),
        ForestRow("Orhurhu 2019, to week 2", effect=-1.83, ci=(-2.35, -1.31), pooled=False),
        ForestRow("Guimarães Pereira 2022, day 30", effect=-1.68, ci=(-2.25, -1.12), pooled=False),
        ForestRow("Moradi 2024, week 4", effect=-0.99, ci=(-2.0, 0.03), pooled=False),
        ForestRow("Michelet 2018, week 4", effect=-1.12, ci=(-2.33, 0.09), pooled=False),
        ForestRow(
            "Ferraro 2025 (Cochrane)", text="scale 0–100: −15.8 (−32.1 to 0.5)", pooled=False
        ),
    ],
    measure="Mean difference, points of 10",
    favours_low="less pain with ketamine",
    favours_high="more pain",
    mid=(-1.0, 1.0),
    mid_label="Shaded: under 1 point of 10, less than people notice",
)

REASONS = [
    Reason("Risk of bias", "Two of 16 people were left out after randomisation.", "some concerns"),
    Reason("Blinding", "Sugar-like placebo: most people can tell. Nobody published the guesses."),
    Reason(
        "Imprecision", "The interval runs from 8.5 fewer to 2.1 more attacks a week.", "down two"
    ),
    Reason("Consistency", "There is only one trial to look at.", "cannot be judged"),
    Reason("Publication", "One more trial is registered; its results are not out.", "undetected"),
]

LADDER = [
    Layer(
        "Randomised trials",
        1,
        14,
        "3.2 fewer attacks a week against no change with placebo; p = 0.25.",
        "#",
    ),
    Layer(
        "Before and after, no control",
        1,
        10,
        "Attacks a week fell from 18.4 to 9.8 in a second round.",
        "#",
    ),
    Layer(
        "Case reports and series",
        4,
        61,
        "Most people reported fewer or no attacks; nobody was followed blind.",
        "#",
    ),
    Layer("Surveys", 5, 2104, "Around half of users say it ended or shortened a bout.", "#"),
    Layer("Healthy volunteers"),
    Layer("Animals", text="No animal model of cluster headache was used."),
]

URGENT = [
    UrgentLine("United States", "911", "988 Suicide & Crisis Lifeline", "988", "24/7", "Jul 2022"),
    UrgentLine("Canada", "911", "988 Suicide Crisis Helpline", "988", "24/7", "Nov 2023"),
    UrgentLine("United Kingdom, Ireland", "999 / 112", "Samaritans", "116 123", "24/7", "2024"),
    UrgentLine("European Union", "112", "Find the line of your country", "112"),
]
RED_FLAGS = [
    "a thunderclap headache, or the worst headache of your life",
    "headache with fever, stiff neck, weakness or confusion",
    "chest pain",
    "agitation with fever and stiff muscles after mixing medicines",
]

TRIALS = [
    TrialCard(
        "NCT03781128",
        "Lysergic Acid Diethylamide (LSD) as Treatment for Cluster Headache",
        "#",
        "Recruiting",
        "5 Apr 2026",
        "Phase 2",
        30,
        "Jan 2019",
        "Dec 2025",
        "University Hospital, Basel",
        "Switzerland",
        running=True,
        overdue=True,
        slip="planned end has passed; status not seen since",
    ),
    TrialCard(
        "NCT05477459",
        "LSD to Improve Cluster Headache Impact Trial",
        "#",
        "Recruiting",
        "5 Apr 2026",
        "Phase 2",
        65,
        "Apr 2025",
        "Apr 2027",
        "Radboud University Medical Center",
        "Netherlands",
        running=True,
    ),
    TrialCard(
        "NCT02981173",
        "Psilocybin for the Treatment of Cluster Headache",
        "#",
        "Completed",
        "5 Apr 2026",
        "Phase 1",
        25,
        "Dec 2016",
        "Oct 2022",
        "Yale University",
        "United States",
    ),
]

FACTS = [
    Fact("Design", "Randomised, parallel groups, double-blind", "Headache 2022, abstract"),
    Fact("People", "16 randomised, 14 analysed", "Headache 2022, abstract"),
    Fact(
        "What the trial gave",
        "Psilocybin 0.143\u2009mg/kg by mouth, three times, about five days apart, "
        "with monitoring in a research unit",
        "Headache 2022, abstract",
    ),
    Fact("Mean age", None),
    Fact("Registration", "NCT02981173", href="#"),
]

SOURCES = [
    Source(
        "Schindler 2022, Headache",
        "https://doi.org/10.1111/head.14420",
        "abstract",
        "abstract",
        ("population", "arms", "outcomes"),
    ),
    Source(
        "Registry record NCT02981173",
        "https://clinicaltrials.gov/study/NCT02981173",
        "registry",
        "whole record",
        ("dates", "planned size"),
    ),
]

DOWNLOADS = [
    Download("CSV", "#", "4\u2009kB"),
    Download("JSON", "#", "11\u2009kB"),
    Download("SVG", "#", "6\u2009kB"),
    Download("RIS", "#", "3\u2009kB"),
]

SIDES = [
    Side("Abstract", "0.143\u2009mg/kg", "#"),
    Side("Journal commentary", "0.413\u2009mg/kg", "#"),
]

CRUMBS = [Crumb("Map", "#"), Crumb("Questions", "#"), Crumb("Psilocybin for cluster headache")]
CONTENTS = [
    Crumb("How sure, and why", "#sure"),
    Crumb("Each kind of study", "#ladder"),
    Crumb("The trials", "#trials"),
    Crumb("Sources", "#sources"),
]

TABLE = Table(
    "Outcomes of Schindler 2022",
    ("Outcome", "Psilocybin", "Placebo", "Difference", "p", "Read in"),
    [
        Row(("Attacks",), "group"),
        Row(
            (
                Link("Attacks a week, weeks 1–3", "#"),
                "−3.2 (−8.3 to 1.9)",
                "0.03 (−2.6 to 2.6)",
                "d 0.69",
                "0.251",
                "abstract",
            )
        ),
        Row(("Attacks a week, episodic", None, None, "d 0.35", None, "abstract")),
        Row(("Attacks a week, chronic", None, None, "d 1.25", None, "abstract")),
        Row(("Harms",), "group"),
        Row(("Serious adverse events", "0 of 8", "0 of 6", None, None, "abstract")),
    ],
    note="n = 14 analysed; d is the standardised mean difference as the authors print it",
    numeric=(4,),
)

STRIP = EffectStrip(
    title="3.2 fewer attacks a week with psilocybin, no change with placebo",
    subtitle="Change in cluster attacks a week, weeks 1–3 after the first dose; 14 people",
    items=[
        StripItem("People given psilocybin", -3.2, (-8.3, 1.9), "8 people", main=True),
        StripItem("People given placebo", 0.03, (-2.6, 2.6), "6 people"),
    ],
    unit="attacks a week",
    low_words="fewer attacks",
    high_words="more attacks",
    null_label="no change",
    mid=(-2.0, 2.0),
    mid_label="Shaded: smaller than a change people are taken to notice (2 attacks a week)",
)

DIRECTIONS = EffectDirectionPlot(
    title="Seven of nine results point to benefit, most from people who knew what they took",
    subtitle="Direction of each result for psilocybin in headache; larger marks: more people",
    outcomes=["Attack frequency", "Pain intensity", "Attack duration", "Acute medicines"],
    rows=[
        DirectionRow(
            "Schindler 2022",
            14,
            [DirectionCell("benefit", "p = 0.25"), DirectionCell("unclear"), None, None],
            "randomised",
        ),
        DirectionRow(
            "Schindler 2021",
            10,
            [
                DirectionCell("benefit", "p = 0.003"),
                DirectionCell("benefit", "p = 0.007"),
                DirectionCell("none"),
                DirectionCell("benefit"),
            ],
            "crossover",
        ),
        DirectionRow(
            "Madsen 2024",
            10,
            [DirectionCell("benefit", "31% fewer"), None, None, None],
            "no control",
        ),
        DirectionRow(
            "Johnson 2012",
            18,
            [DirectionCell("harm", "headache after full doses"), None, DirectionCell("harm"), None],
            "healthy volunteers",
        ),
        DirectionRow(
            "Schindler 2015",
            496,
            [DirectionCell("benefit", "41% say bout ended"), DirectionCell("mixed"), None, None],
            "survey",
        ),
    ],
)

ICONS = IconArray(
    title="More people had a quarter fewer migraine days after psilocybin, in a trial of ten",
    subtitle="25% fewer migraine days two weeks after one dose; the same 10 people both times",
    arms=[
        IconArm("After psilocybin", 80, 44, 97, "8 of 10 people"),
        IconArm("After placebo", 20, 3, 56, "2 of 10 people"),
    ],
    event="had at least a quarter fewer migraine days",
)
HARM_ICONS = IconArray(
    title="More people had side effects with ketamine",
    subtitle="Any adverse event; risk ratio 3.26 (1.05 to 10.09)",
    arms=[
        IconArm("People given ketamine", 32.6, 10.5, 100, "5 trials"),
        IconArm("People given placebo", 10, None, None, "assumed from the placebo groups"),
    ],
    event="had a side effect",
    harm=True,
)

DURABILITY = DurabilityCurve(
    title="Mood was still better half a year later, in studies without a control group",
    subtitle="Standardised change in depression after psilocybin (pooled, uncontrolled)",
    series=[
        DurabilitySeries(
            "psilocybin",
            [
                DurabilityPoint(1, -0.75, (-1.15, -0.35)),
                DurabilityPoint(7, -1.74, (-2.15, -1.32)),
                DurabilityPoint(30, -1.35, (-1.77, -0.93)),
                DurabilityPoint(90, -0.91, (-1.31, -0.51)),
                DurabilityPoint(180, -1.12, (-1.56, -0.68)),
            ],
        ),
    ],
    null_label="no change",
    direction="benefit",
    digits=2,
)
HISTORY = HistoryCurve(
    title="Reviews of ketamine disagree on the size of the effect after four weeks",
    subtitle="Mean difference in pain, points of 10, as reviews reported it",
    points=[
        HistoryPoint(2018, -1.12, (-2.33, 0.09), "Michelet", 193),
        HistoryPoint(2019, -1.83, (-2.35, -1.31), "Orhurhu", 211),
        HistoryPoint(2022, -1.68, (-2.25, -1.12), "Guimarães Pereira"),
        HistoryPoint(2024, -0.99, (-2.0, 0.03), "Moradi"),
    ],
    mid=(-1.0, 1.0),
    until=2026,
)


def _specifications() -> list[Specification]:
    found = []
    grid = itertools.product(
        [("who is analysed", "analysed (14)"), ("who is analysed", "all randomised (16)")],
        [("window", "weeks 1–3"), ("window", "weeks 1–8")],
        [
            ("type of headache", "all"),
            ("type of headache", "chronic"),
            ("type of headache", "episodic"),
        ],
        [("interval", "t"), ("interval", "normal")],
        [("unblinding", "as measured"), ("unblinding", "quarter of effect is expectation")],
    )
    shift = {
        "all": 0.0,
        "chronic": -2.1,
        "episodic": 1.4,
        "weeks 1–8": -0.4,
        "all randomised (16)": 0.7,
    }
    for choices in grid:
        effect = -3.23 + sum(shift.get(option, 0.0) for _, option in choices)
        if choices[4][1].startswith("quarter"):
            effect *= 0.75
        half = (5.31 if choices[3][1] == "t" else 4.67) * (1.3 if choices[2][1] != "all" else 1.0)
        found.append(Specification(effect, (effect - half, effect + half), choices))
    found[0] = Specification(found[0].effect, found[0].ci, found[0].choices, True)
    return found


SPECIFICATIONS = SpecificationCurve(
    title="All 48 analyses point to fewer attacks; no interval is clear of the line",
    subtitle="Difference in attacks a week, weeks 1–3 or 1–8",
    specifications=_specifications(),
    low_words="fewer attacks with psilocybin",
    high_words="more attacks with psilocybin",
    mid=(-2.0, 2.0),
)
