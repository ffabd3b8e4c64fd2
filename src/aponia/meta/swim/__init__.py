"""Synthesis without meta-analysis (SWiM; Cochrane Handbook, chapter 12).

For evidence that prints directions and p-values rather than effects. Nothing here counts
"significant" studies: direction and p-value are used for what they are.

>>> from aponia.meta import swim
>>> swim.sign_test(["benefit", "benefit", "benefit", "harm", "unclear"]).n_benefit
3
"""

from aponia.meta.swim._albatross import AlbatrossPlot, albatross
from aponia.meta.swim._combine import METHODS, CombinedP, combine_p
from aponia.meta.swim._directions import Direction, read_direction
from aponia.meta.swim._effect_direction import (
    EffectDirectionPlot,
    EffectDirectionRow,
    effect_direction,
)
from aponia.meta.swim._harvest import HarvestBar, HarvestPlot, harvest
from aponia.meta.swim._p_values import PBound, read_p
from aponia.meta.swim._sign import SignTest, sign_test

__all__ = [
    "METHODS",
    "AlbatrossPlot",
    "CombinedP",
    "Direction",
    "EffectDirectionPlot",
    "EffectDirectionRow",
    "HarvestBar",
    "HarvestPlot",
    "PBound",
    "SignTest",
    "albatross",
    "combine_p",
    "effect_direction",
    "harvest",
    "read_direction",
    "read_p",
    "sign_test",
]
