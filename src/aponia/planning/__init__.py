"""The next trial: what study would address a question, from what is known.

In: a question of an evidence base (or its answer) and a design. Out: a `Plan`: the belief about the
effect, every number it rests on with its source, people needed for a target power and assurance, power
curves, what a trial of that size would do (error rates, width, exaggeration) and what functional
unblinding would do to it. Trials are simulated on the outcome's own scale, in batches and reproducibly:
a seed gives the same plan on any number of threads.

>>> from aponia import planning
>>> plan = planning.plan(
...     "psilocybin for cluster headache", "parallel", people=60, largest=60, simulations=500
... )
>>> plan.endpoint.kind, plan.belief.kind, plan.operating.people
('count', 'posterior', 60)

The parts can be used alone: `Endpoint` and `Model` describe a trial, `DESIGNS` simulate it
(``DESIGNS["parallel"](model, effects, people)``), `power` and `assurance` sum it up, `closed_forms` holds
the formulas they are checked against.
"""

from aponia.planning import closed_forms
from aponia.planning.assumptions import Assumption, Assumptions
from aponia.planning.belief import Belief, belief_of
from aponia.planning.designs import DESIGNS, Design, Model, Runs
from aponia.planning.endpoints import Endpoint
from aponia.planning.engine import DesignName, plan
from aponia.planning.errors import PlanningError
from aponia.planning.model import (
    CurvePoint,
    EffectPoint,
    Estimate,
    Operating,
    Plan,
    Size,
    Unblinding,
)
from aponia.planning.operating import assurance, find_size, operate, power
from aponia.planning.recipes import assume, endpoint_of
from aponia.planning.unblinding import unblinding_cost

__all__ = [
    "DESIGNS",
    "Assumption",
    "Assumptions",
    "Belief",
    "CurvePoint",
    "Design",
    "DesignName",
    "EffectPoint",
    "Endpoint",
    "Estimate",
    "Model",
    "Operating",
    "Plan",
    "PlanningError",
    "Runs",
    "Size",
    "Unblinding",
    "assume",
    "assurance",
    "belief_of",
    "closed_forms",
    "endpoint_of",
    "find_size",
    "operate",
    "plan",
    "power",
    "unblinding_cost",
]
