"""Pooling of counts without a normal approximation in each study.

`mantel_haenszel` and `peto` for sparse tables, `glmm` for exact and approximate likelihoods.
"""

from aponia.meta.counts._glmm import glmm
from aponia.meta.counts._glmm_result import GlmmResult
from aponia.meta.counts._mantel_haenszel import mantel_haenszel
from aponia.meta.counts._peto import peto
from aponia.meta.counts._result import CountResult, DeletionTable, Residuals

__all__ = [
    "CountResult",
    "DeletionTable",
    "GlmmResult",
    "Residuals",
    "glmm",
    "mantel_haenszel",
    "peto",
]
