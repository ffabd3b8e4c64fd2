"""Screening: ranking by active learning, simulation, and when to stop."""

from aponia.literature.screening.metrics import order_metrics
from aponia.literature.screening.ranking import Ranker, Reason
from aponia.literature.screening.simulation import Simulation, choose_priors, simulate
from aponia.literature.screening.stopping import (
    StopTest,
    needed_sample,
    random_sample_test,
    ranked_quasi_test,
)

__all__ = [
    "Ranker",
    "Reason",
    "Simulation",
    "StopTest",
    "choose_priors",
    "needed_sample",
    "order_metrics",
    "random_sample_test",
    "ranked_quasi_test",
    "simulate",
]
