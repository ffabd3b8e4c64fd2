"""Meta-analysis for Python: effect sizes, models, bias, Bayes, networks and batches.

Functions: `effect_sizes`, `pool`, `pool_many`, `mantel_haenszel`, `peto`, `glmm`, `multilevel`,
`sampling_covariance`, `robust`, `network`, `bayes`, `dose_response`, `sequential`,
`heteroscedasticity_test`. Modules: `bias` (small-study effects), `swim` (synthesis without
meta-analysis), `recover` (numbers that a paper did not print), `transform`, `diagnostics`, `plots`.

>>> from aponia import meta
>>> fit = meta.pool([0.1, 0.3, 0.5], [0.01, 0.02, 0.03])
>>> fit.k
3
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aponia.meta.errors import (
    ConvergenceError,
    InputError,
    MetaError,
    MetaWarning,
    MethodError,
    SingularDesignError,
    TooFewStudiesError,
    VarianceError,
)

if TYPE_CHECKING:
    from aponia.meta import (
        aggregate,
        bias,
        diagnostics,
        plots,
        recover,
        swim,
        tables,
        transform,
    )
    from aponia.meta._batch import PoolBatch, pool_many
    from aponia.meta._bayes import BayesBatch, BayesResult, bayes, bayes_many
    from aponia.meta._dose_response import DoseResponseResult, dose_response
    from aponia.meta._effect_sizes import EffectSizes, effect_sizes
    from aponia.meta._heteroscedasticity import (
        HeteroscedasticityTest,
        heteroscedasticity_test,
    )
    from aponia.meta._multilevel import MultilevelResult, multilevel, sampling_covariance
    from aponia.meta._network import DisconnectedNetworkError, NetworkResult, network
    from aponia.meta._pool import pool
    from aponia.meta._result import PoolResult
    from aponia.meta._robust import RobustResult, robust
    from aponia.meta._sequential import SequentialResult, sequential
    from aponia.meta.counts import CountResult, GlmmResult, glmm, mantel_haenszel, peto

#: Public name -> module that defines it; imported when first used, so that `from aponia import
#: meta` costs nothing that is not needed.
_LAZY = {
    "BayesBatch": "_bayes",
    "BayesResult": "_bayes",
    "CountResult": "counts",
    "DisconnectedNetworkError": "_network",
    "DoseResponseResult": "_dose_response",
    "EffectSizes": "_effect_sizes",
    "GlmmResult": "counts",
    "HeteroscedasticityTest": "_heteroscedasticity",
    "MultilevelResult": "_multilevel",
    "NetworkResult": "_network",
    "PoolBatch": "_batch",
    "PoolResult": "_result",
    "RobustResult": "_robust",
    "SequentialResult": "_sequential",
    "bayes": "_bayes",
    "bayes_many": "_bayes",
    "dose_response": "_dose_response",
    "effect_sizes": "_effect_sizes",
    "glmm": "counts",
    "heteroscedasticity_test": "_heteroscedasticity",
    "mantel_haenszel": "counts",
    "multilevel": "_multilevel",
    "network": "_network",
    "peto": "counts",
    "pool": "_pool",
    "pool_many": "_batch",
    "robust": "_robust",
    "sampling_covariance": "_multilevel",
    "sequential": "_sequential",
}
_MODULES = (
    "aggregate",
    "bias",
    "diagnostics",
    "plots",
    "recover",
    "swim",
    "tables",
    "transform",
)

__all__ = [
    "BayesBatch",
    "BayesResult",
    "ConvergenceError",
    "CountResult",
    "DisconnectedNetworkError",
    "DoseResponseResult",
    "EffectSizes",
    "GlmmResult",
    "HeteroscedasticityTest",
    "InputError",
    "MetaError",
    "MetaWarning",
    "MethodError",
    "MultilevelResult",
    "NetworkResult",
    "PoolBatch",
    "PoolResult",
    "RobustResult",
    "SequentialResult",
    "SingularDesignError",
    "TooFewStudiesError",
    "VarianceError",
    "aggregate",
    "bayes",
    "bayes_many",
    "bias",
    "diagnostics",
    "dose_response",
    "effect_sizes",
    "glmm",
    "heteroscedasticity_test",
    "mantel_haenszel",
    "multilevel",
    "network",
    "peto",
    "plots",
    "pool",
    "pool_many",
    "recover",
    "robust",
    "sampling_covariance",
    "sequential",
    "swim",
    "tables",
    "transform",
]


def __getattr__(name: str) -> Any:
    value: Any
    if name in _LAZY:
        value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
