"""Is the heterogeneity the same for all studies? The test on the studies of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aponia.meta._heteroscedasticity import HeteroscedasticityTest, heteroscedasticity_test
from aponia.meta.diagnostics._refit import plain
from aponia.meta.errors import MethodError

if TYPE_CHECKING:
    from aponia.meta._result import PoolResult

__all__ = ["HeteroscedasticityTest", "hettest"]


def hettest(result: PoolResult, test: str = "score") -> HeteroscedasticityTest:
    """Test whether studies differ in their between-study variance, on the studies of a fit.

    Parameters
    ----------
    result : PoolResult
        Fitted by REML, without weights.
    test : {"score", "LRT", "Wald"}

    Returns
    -------
    HeteroscedasticityTest

    Raises
    ------
    MethodError
        Unknown test, a location-scale model, weights, a fit by another method than REML, or a model
        without a constant.
    TooFewStudiesError
        The variances of single studies are not identified.
    VarianceError
        A sampling variance is zero.
    """
    plain(result, "hettest")
    if result.method != "REML" or result.weights is not None:
        raise MethodError("hettest needs a model fitted by REML, without weights")
    X = result.X
    if result.intercept_only:
        return heteroscedasticity_test(result.y, result.v, test=test)
    ones = np.ones(result.k)
    scale = np.abs(X).max(axis=0)
    weight = np.linalg.lstsq(X / scale, ones, rcond=None)[0]
    if np.abs(X / scale @ weight - ones).max() > 1e-8:
        raise MethodError("hettest needs a model with a constant")
    # The constant replaces the column that it depends on most: the same model.
    rest = np.delete(X, int(np.argmax(np.abs(weight))), axis=1)
    return heteroscedasticity_test(result.y, result.v, moderators=rest, test=test)
