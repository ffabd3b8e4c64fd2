"""Screening: ranking by active learning, simulation, and when to stop."""

from aponia.literature.screening.live import LiveQueue, Shown
from aponia.literature.screening.metrics import order_metrics
from aponia.literature.screening.ranking import Explanation, Ranker, Reason
from aponia.literature.screening.simulation import (
    Simulation,
    choose_priors,
    read_labels,
    simulate,
)
from aponia.literature.screening.stopping import (
    StopTest,
    check_level,
    needed_sample,
    random_sample_test,
    ranked_quasi_test,
)

__all__ = [
    "Explanation",
    "LiveQueue",
    "Ranker",
    "Reason",
    "Shown",
    "Simulation",
    "StopTest",
    "check_level",
    "choose_priors",
    "needed_sample",
    "order_metrics",
    "random_sample_test",
    "ranked_quasi_test",
    "read_labels",
    "simulate",
]
