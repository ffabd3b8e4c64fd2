"""How far a body of evidence can be trusted: risk of bias, blinding, GRADE certainty.

In: plain facts about a synthesis (layer, people, interval, prediction interval, masking …).
Out: a `Certainty`: one of four words, with a `Judgement` and a reason for each of GRADE's domains.
Everything computed here is a *suggestion*; a named reviewer overrides it in ``evidence/appraisals``.

>>> from aponia.appraisal import Body, suggest_certainty
>>> body = Body(randomised=True, k=1, people=14, ci_lower=-9.1, ci_upper=2.6, null=0.0, mid=None,
...             estimate=-3.2, pi_lower=float("nan"), pi_upper=float("nan"), i2=0.0, flags=("Inert comparator.",))
>>> suggest_certainty(body).level
'very low'
"""

from aponia.appraisal.blinding import (
    UnblindingBound,
    bang_index,
    james_index,
    unblinding_bound,
)
from aponia.appraisal.grade import LEVELS, Body, Certainty, Judgement, Level, suggest_certainty
from aponia.appraisal.risk_of_bias import BiasFlag, bias_flags, blinding_box
from aponia.appraisal.rob2 import DomainJudgement, rob2

__all__ = [
    "LEVELS",
    "BiasFlag",
    "Body",
    "Certainty",
    "DomainJudgement",
    "Judgement",
    "Level",
    "UnblindingBound",
    "bang_index",
    "bias_flags",
    "blinding_box",
    "james_index",
    "rob2",
    "suggest_certainty",
    "unblinding_bound",
]
