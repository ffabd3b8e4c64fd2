"""Multilevel and multivariate meta-analysis with dependent effects."""

from aponia.meta._multilevel._comparisons import Comparison, WaldTest
from aponia.meta._multilevel._correlations import DependentCorrelations, correlation_covariance
from aponia.meta._multilevel._model import multilevel
from aponia.meta._multilevel._result import MultilevelResult
from aponia.meta._multilevel._sampling import sampling_covariance

__all__ = [
    "Comparison",
    "DependentCorrelations",
    "MultilevelResult",
    "WaldTest",
    "correlation_covariance",
    "multilevel",
    "sampling_covariance",
]
