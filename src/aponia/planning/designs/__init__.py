"""The designs a plan can have; each turns true effects into simulated analyses (`Runs`).

A design is a function ``(model, effects, n, first=0) -> Runs``: `effects` are the true effects of B
trials on the endpoint's scale and `n` is the number of people randomised in all.
"""

from __future__ import annotations

from aponia.planning.designs.dose_finding import run_dose_finding
from aponia.planning.designs.enrichment import run_enrichment
from aponia.planning.designs.model import Design, Model, Runs
from aponia.planning.designs.parallel import run_parallel, run_sequential, sequential_boundaries
from aponia.planning.designs.within import run_crossover, run_n_of_1

__all__ = [
    "DESIGNS",
    "Design",
    "Model",
    "Runs",
    "run_crossover",
    "run_dose_finding",
    "run_enrichment",
    "run_n_of_1",
    "run_parallel",
    "run_sequential",
    "sequential_boundaries",
]

#: Every design by the name it is asked for.
DESIGNS: dict[str, Design] = {
    "parallel": run_parallel,
    "crossover": run_crossover,
    "n-of-1": run_n_of_1,
    "sequential": run_sequential,
    "dose-finding": run_dose_finding,
    "enrichment": run_enrichment,
}
