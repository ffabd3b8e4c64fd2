"""From dose to plasma concentration, receptor occupancy and approach. Knows no studies.

Every figure comes in through a `Pharmacology`: plain objects that carry the ids of the rows they
were read in. Where no source gives a figure, the answer is "not known" and why (`NotKnownError`, or
a result whose status says so), never a guess. Made to describe what studies gave, not to advise a
person.

>>> from aponia.exposure import Observation, fit_typical
>>> seen = [
...     Observation("row-1", "paper", "cmax", 10.0, dose_mg=20.0),
...     Observation("row-2", "paper", "tmax", 2.0),
...     Observation("row-3", "paper", "half_life", 3.0),
... ]
>>> fit = fit_typical(seen, absorbed=True)
>>> [round(r.ratio, 6) for r in fit.residuals]
[1.0, 1.0, 1.0]
"""

from aponia.exposure._api import (
    Pharmacology,
    approach,
    duration_above,
    equivalent,
    peak_occupancy,
    simulate,
)
from aponia.exposure.approach import APPROACHES, Approach, DoseBand, Placement, border, place
from aponia.exposure.checking import Score, best_possible, held_out, score
from aponia.exposure.dosing import UNITS, Dose, Schedule, Weight
from aponia.exposure.equivalence import Equivalence, Equivalent, convert
from aponia.exposure.errors import DoseError, ExposureError, NotKnownError
from aponia.exposure.fitting import Fit, SpreadFit, expected_range, fit_spreads, fit_typical
from aponia.exposure.model import (
    Check,
    ExposureModel,
    Observation,
    Parameter,
    Quantity,
    Residual,
    Spread,
)
from aponia.exposure.occupancy import (
    OccupancyEstimate,
    OccupancyPoint,
    OccupancyRelation,
    derive_relation,
)
from aponia.exposure.simulation import Band, Simulation

__all__ = [
    "APPROACHES",
    "UNITS",
    "Approach",
    "Band",
    "Check",
    "Dose",
    "DoseBand",
    "DoseError",
    "Equivalence",
    "Equivalent",
    "ExposureError",
    "ExposureModel",
    "Fit",
    "NotKnownError",
    "Observation",
    "OccupancyEstimate",
    "OccupancyPoint",
    "OccupancyRelation",
    "Parameter",
    "Pharmacology",
    "Placement",
    "Quantity",
    "Residual",
    "Schedule",
    "Score",
    "Simulation",
    "Spread",
    "SpreadFit",
    "Weight",
    "approach",
    "best_possible",
    "border",
    "convert",
    "derive_relation",
    "duration_above",
    "equivalent",
    "expected_range",
    "fit_spreads",
    "fit_typical",
    "held_out",
    "peak_occupancy",
    "place",
    "score",
    "simulate",
]
