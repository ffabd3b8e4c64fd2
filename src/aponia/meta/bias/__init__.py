"""Small-study effects and publication bias.

>>> from aponia.meta import bias
>>> bias.begg([0.9, 0.5, 0.4, 0.2], [0.25, 0.09, 0.06, 0.01]).tau
1.0
"""

from aponia.meta.bias._asymmetry import BeggTest, EggerTest, begg, egger
from aponia.meta.bias._excess import ExcessSignificance, excess_significance
from aponia.meta.bias._fail_safe import FailSafeN, fail_safe_n
from aponia.meta.bias._pet_peese import PetPeese, pet_peese
from aponia.meta.bias._selection import selection_model
from aponia.meta.bias._selection_result import SelectionModel
from aponia.meta.bias._trimfill import TrimFill, trim_and_fill

__all__ = [
    "BeggTest",
    "EggerTest",
    "ExcessSignificance",
    "FailSafeN",
    "PetPeese",
    "SelectionModel",
    "TrimFill",
    "begg",
    "egger",
    "excess_significance",
    "fail_safe_n",
    "pet_peese",
    "selection_model",
    "trim_and_fill",
]
