"""Recover what a paper did not print: SDs, standard errors, means, cell counts.

Every function returns a frozen result that marks the values as derived (``derived`` is True) and
says by which method and formula, so that nothing derived passes for something printed.

>>> from aponia.meta import recover
>>> result = recover.sd_from_ci(30.0, 34.2, n=25)
>>> round(float(result), 2), result.derived
(5.09, True)
"""

from __future__ import annotations

from aponia.meta._recover_estimates import delta_method, from_wald, se_from_ci, se_from_p
from aponia.meta._recover_quantiles import mean_sd_from_quantiles
from aponia.meta._recover_result import (
    Recovered,
    RecoveredEstimate,
    RecoveredMeanSD,
    RecoveredTable,
)
from aponia.meta._recover_sds import (
    combine_groups,
    correlation_from_sd_change,
    sd_change,
    sd_from_ci,
    sd_from_p,
    sd_from_se,
    sd_from_t,
)
from aponia.meta._recover_tables import counts_from_margins, events_from_percent

__all__ = [
    "Recovered",
    "RecoveredEstimate",
    "RecoveredMeanSD",
    "RecoveredTable",
    "combine_groups",
    "correlation_from_sd_change",
    "counts_from_margins",
    "delta_method",
    "events_from_percent",
    "from_wald",
    "mean_sd_from_quantiles",
    "sd_change",
    "sd_from_ci",
    "sd_from_p",
    "sd_from_se",
    "sd_from_t",
    "se_from_ci",
    "se_from_p",
]
