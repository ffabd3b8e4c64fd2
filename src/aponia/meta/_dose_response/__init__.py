"""Dose-response meta-analysis: `dose_response` pools curves."""

from aponia.meta._dose_response._covariance import (
    greenland_longnecker,
    greenland_longnecker_counts,
    hamling,
    hamling_counts,
)
from aponia.meta._dose_response._curve import Curve
from aponia.meta._dose_response._dose_response import dose_response
from aponia.meta._dose_response._result import CurveEstimate, DoseResponseResult

__all__ = [
    "Curve",
    "CurveEstimate",
    "DoseResponseResult",
    "dose_response",
    "greenland_longnecker",
    "greenland_longnecker_counts",
    "hamling",
    "hamling_counts",
]
