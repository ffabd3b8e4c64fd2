"""Diagnostics of a pooled fit: influence, deletion, permutation, subsets, residuals, profiles.

Every function takes the result of `aponia.meta.pool` and returns arrays in a small frozen
dataclass with ``to_frame()``, ``to_dict()`` and ``summary()``. What refits the model (deletion,
permutation, subsets, bootstrap) runs through the batch kernels.

>>> from aponia import meta
>>> from aponia.meta import diagnostics
>>> fit = meta.pool([0.1, 0.3, 0.5], [0.01, 0.02, 0.03])
>>> diagnostics.leave_one_out(fit).k.tolist()
[2, 2, 2]
"""

from aponia.meta.diagnostics._bootstrap import Bootstrap, bootstrap
from aponia.meta.diagnostics._comparisons import (
    LinearHypotheses,
    ModelComparison,
    WaldTest,
    anova,
)
from aponia.meta.diagnostics._coordinates import (
    Points,
    Profile,
    baujat,
    funnel,
    profile,
    qqnorm,
    radial,
)
from aponia.meta.diagnostics._criteria import FitComparison, VarianceInflation, fitstats, vif
from aponia.meta.diagnostics._deletion import (
    Influence,
    StudyFits,
    cooks_distance,
    cumulative,
    dfbetas,
    influence,
    leave_one_out,
)
from aponia.meta.diagnostics._gosh import Gosh, gosh
from aponia.meta.diagnostics._hettest import HeteroscedasticityTest, hettest
from aponia.meta.diagnostics._permutation import PermutationTest, permutation_test
from aponia.meta.diagnostics._residuals import (
    RESIDUALS,
    Residuals,
    StudyPredictions,
    blup,
    fitted,
    hatvalues,
    ranef,
    residuals,
    rstandard,
    rstudent,
    weights,
)

__all__ = [
    "RESIDUALS",
    "Bootstrap",
    "FitComparison",
    "Gosh",
    "HeteroscedasticityTest",
    "Influence",
    "LinearHypotheses",
    "ModelComparison",
    "PermutationTest",
    "Points",
    "Profile",
    "Residuals",
    "StudyFits",
    "StudyPredictions",
    "VarianceInflation",
    "WaldTest",
    "anova",
    "baujat",
    "blup",
    "bootstrap",
    "cooks_distance",
    "cumulative",
    "dfbetas",
    "fitstats",
    "fitted",
    "funnel",
    "gosh",
    "hatvalues",
    "hettest",
    "influence",
    "leave_one_out",
    "permutation_test",
    "profile",
    "qqnorm",
    "radial",
    "ranef",
    "residuals",
    "rstandard",
    "rstudent",
    "vif",
    "weights",
]
