"""Sequential monitoring of a living meta-analysis: `sequential` and its `boundaries`."""

from aponia.meta._sequential._boundaries import Boundaries, boundaries
from aponia.meta._sequential._result import SequentialResult, StagewiseEstimate
from aponia.meta._sequential._sequential import sequential
from aponia.meta._sequential._spending import spending_function

__all__ = [
    "Boundaries",
    "SequentialResult",
    "StagewiseEstimate",
    "boundaries",
    "sequential",
    "spending_function",
]
