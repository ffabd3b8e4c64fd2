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

After a plan, what it would change: `forecast` draws the answer and its certainty after a trial,
`outlook` asks whether the registered trials would settle a question, `value_of_trial` what knowing more
is worth on a scale the user states, `gap_report` what earlier trials left unmeasured, `protocol_table`
what the base suggests for a protocol.

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
from aponia.planning.forecast import Forecast, Ground, forecast, ground_of
from aponia.planning.gaps import GapReport, gap_report
from aponia.planning.model import (
    CurvePoint,
    EffectPoint,
    Estimate,
    Operating,
    Plan,
    Size,
    Unblinding,
)
from aponia.planning.new_trials import NewTrial, Registered, registered_trials
from aponia.planning.operating import assurance, find_size, operate, power
from aponia.planning.outlook import Outlook, outlook, outlook_all
from aponia.planning.protocol import ProtocolItem, protocol_table
from aponia.planning.recipes import assume, endpoint_of
from aponia.planning.unblinding import unblinding_cost
from aponia.planning.value import Value, value_of_trial

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
    "Forecast",
    "GapReport",
    "Ground",
    "Model",
    "NewTrial",
    "Operating",
    "Outlook",
    "Plan",
    "PlanningError",
    "ProtocolItem",
    "Registered",
    "Runs",
    "Size",
    "Unblinding",
    "Value",
    "assume",
    "assurance",
    "belief_of",
    "closed_forms",
    "endpoint_of",
    "find_size",
    "forecast",
    "gap_report",
    "ground_of",
    "operate",
    "outlook",
    "outlook_all",
    "plan",
    "power",
    "protocol_table",
    "registered_trials",
    "unblinding_cost",
    "value_of_trial",
]
