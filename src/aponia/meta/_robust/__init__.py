"""Cluster-robust variance estimation."""

from aponia.meta._robust._result import CoefficientTest, RobustResult, robust
from aponia.meta._robust._robu import RobuResult, correlated_effects, hierarchical_effects
from aponia.meta._robust._small_sample import RobustWald

__all__ = [
    "CoefficientTest",
    "RobuResult",
    "RobustResult",
    "RobustWald",
    "correlated_effects",
    "hierarchical_effects",
    "robust",
]
