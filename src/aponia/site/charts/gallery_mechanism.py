"""Samples of the mechanism charts: for the gallery and the tests that hold for every chart."""

from __future__ import annotations

from aponia.site.charts.correlations import CorrelationPlot, CorrelationRow
from aponia.site.charts.mechanism_graph import GraphStep, MechanismGraph

__all__ = ["CHAIN", "CORRELATIONS"]

CHAIN = MechanismGraph(
    "Seen in animals, disputed in people without pain; in people with pain, no study here has tied it to relief",
    "One mark a study: full for the link, half mixed, ring no difference, cross against, bar not told.",
    (
        GraphStep(
            "In cells and animals",
            "animal-cell",
            "shown",
            "seen",
            [("supports", 1)] * 5 + [("supports", 0)],
            "mice, pigs, cells; 12 animals",
            "Does the drug move the marker in cells or animals?",
        ),
        GraphStep(
            "In people without pain",
            "person",
            "mixed",
            "disputed",
            [
                ("supports", 2),
                ("supports", 1),
                ("mixed", 1),
                ("null", 2),
                ("null", 1),
                ("null", 1),
                ("against", 1),
            ],
            "196 people; 2 of 7 studies give no number",
            "Does it in people without pain?",
        ),
        GraphStep(
            "In people with pain",
            "patient",
            "null",
            "not seen",
            [("null", 1), ("unclear", 0)],
            "30 people",
            "Does it in people with pain?",
        ),
        GraphStep(
            "together with relief",
            "relief",
            "not studied",
            "no study here",
            [],
            "",
            "Does the marker go with relief, in the same people?",
        ),
    ),
    "3 randomised trials of pain itself, 41 people; very low certainty.",
)

CORRELATIONS = CorrelationPlot(
    "One study printed a figure, from ten people",
    "Between two changes in the same people.",
    (
        CorrelationRow(
            "Madsen 2024",
            "brain activity; 10 people",
            r=-0.81,
            ci=(-0.95, -0.37),
            group="With relief, in people with pain",
        ),
        CorrelationRow(
            "Schindler 2021",
            "strength of the acute experience; 10 people",
            "no link seen; no figure printed",
            open_range=(-0.63, 0.63),
            group="With relief, in people with pain",
        ),
        CorrelationRow(
            "Galvão-Coelho 2020",
            "CRP; number of people not read",
            r=0.57,
            group="With mood; no pain was measured",
        ),
        CorrelationRow(
            "Mason 2023",
            "interleukin-6; number of people not read",
            "said to go together; no figure printed",
            group="With mood; no pain was measured",
        ),
    ),
)
