"""Effect sizes and their sampling variances, the counterpart of metafor's ``escalc``."""

from aponia.meta._effect_sizes._front import effect_sizes
from aponia.meta._effect_sizes._registry import MEASURES, Measure
from aponia.meta._effect_sizes._result import EffectSizes

__all__ = ["MEASURES", "EffectSizes", "Measure", "effect_sizes"]
