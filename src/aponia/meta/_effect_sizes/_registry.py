"""Every measure: its code, its name, its data, its variances, and the function that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aponia.meta._effect_sizes._correlations import (
    correlation_effects,
    determination_effects,
    partial_effects,
)
from aponia.meta._effect_sizes._from_d import effects_from_d
from aponia.meta._effect_sizes._given import Computed, Given
from aponia.meta._effect_sizes._pairs import pair_effects
from aponia.meta._effect_sizes._pre_post import change_effects
from aponia.meta._effect_sizes._proportions import proportion_effects
from aponia.meta._effect_sizes._rates import rate_effects, two_rate_effects
from aponia.meta._effect_sizes._single import (
    area_effect,
    heterozygosity_effect,
    mean_effects,
    reliability_effects,
)
from aponia.meta._effect_sizes._tables import table_effects
from aponia.meta._effect_sizes._two_means import (
    clesn_effect,
    ratio_of_means,
    smd_effects,
    variability_ratio,
)

__all__ = ["MEASURES", "Measure"]


@dataclass(frozen=True)
class Measure:
    """What is known about one measure.

    Attributes
    ----------
    code : str
        metafor's code.
    title : str
        What the number is.
    kind : str
        Which data it is computed from (a key of ``KINDS``), ``"estimate"`` for y and v only.
    vtypes : tuple of str
        The sampling variances there are; the first is the default.
    back : str
        The name in `aponia.meta.transform` that takes it back to a scale people read, or "".
    null : float
        The value that means no difference.
    adds : bool
        Whether 1/2 is added to zero cells unless the caller says otherwise.
    """

    code: str
    title: str
    kind: str
    vtypes: tuple[str, ...]
    back: str
    null: float
    adds: bool
    compute: Callable[[Given], Computed] | None


def _table() -> dict[str, Measure]:
    rows: list[Measure] = []

    def add(
        code: str,
        title: str,
        kind: str,
        compute: Callable[[Given], Computed] | None,
        vtypes: str = "LS",
        back: str = "",
        *,
        null: float = 0.0,
        adds: bool = True,
    ) -> None:
        rows.append(Measure(code, title, kind, tuple(vtypes.split()), back, null, adds, compute))

    binary = table_effects
    add("RR", "log risk ratio", "table", binary, "LS AV H0", "exp")
    add("OR", "log odds ratio", "table", binary, "LS AV H0", "exp")
    add("RD", "risk difference", "table", binary, "LS UB AV H0")
    add("AS", "arcsine risk difference", "table", binary, adds=False)
    add("PETO", "log odds ratio (Peto)", "table", binary, "LS", "exp")
    add("PHI", "phi coefficient", "table", binary, "LS CS ST", adds=False)
    add("ZPHI", "Fisher's z of phi", "table", binary, "LS CS ST", "tanh", adds=False)
    add("YUQ", "Yule's Q", "table", binary)
    add("YUY", "Yule's Y", "table", binary)
    add("RTET", "tetrachoric correlation", "table", binary, adds=False)
    add("ZTET", "Fisher's z of the tetrachoric", "table", binary, "LS", "tanh", adds=False)
    add("PBIT", "probit difference (as SMD)", "table", binary)
    add("OR2D", "odds ratio as SMD (logistic)", "table", binary, "LS AV H0")
    add("OR2DN", "odds ratio as SMD (normal)", "table", binary, "LS AV H0")
    add("OR2DL", "odds ratio as SMD (logistic)", "table", binary, "LS AV H0")

    pairs = pair_effects
    add("MPRD", "marginal risk difference, pairs", "paired table", pairs)
    add("MPRR", "marginal log risk ratio, pairs", "paired table", pairs, "LS", "exp")
    add("MPOR", "marginal log odds ratio, pairs", "paired table", pairs, "LS", "exp")
    add("MPORC", "conditional log odds ratio, pairs", "paired table", pairs, "LS", "exp")
    add("MPPETO", "conditional log odds ratio (Peto)", "paired table", pairs, "LS", "exp")
    add("MPORM", "marginal log odds ratio, margins", "paired table", pairs, "LS", "exp")

    add("IRR", "log incidence rate ratio", "rates", two_rate_effects, "LS", "exp")
    add("IRD", "incidence rate difference", "rates", two_rate_effects)
    add("IRSD", "square-root rate difference", "rates", two_rate_effects, adds=False)

    groups = "two means"
    add("MD", "mean difference", groups, smd_effects, "LS HO")
    add("SMD", "standardised mean difference", groups, smd_effects, "LS LS2 UB AV H0")
    add("SMDH", "SMD, unequal variances", groups, smd_effects, "LS LS2 LS3")
    add("SMD1", "SMD by the second group's SD", groups, smd_effects, "LS LS2 UB AV H0")
    add("SMD1H", "SMD1, unequal variances", groups, smd_effects)
    add("ROM", "log ratio of means", groups, ratio_of_means, "LS LS2 HO AV AVHO", "exp")
    add("VR", "log variability ratio", groups, variability_ratio, "LS LS2", "exp")
    add("CVR", "log CV ratio", groups, variability_ratio, "LS LS2", "exp")
    add("RPB", "point-biserial correlation", groups, effects_from_d, "LS ST CS")
    add("ZPB", "Fisher's z of point-biserial", groups, effects_from_d, "LS ST CS", "tanh")
    add("RBIS", "biserial correlation", groups, effects_from_d)
    add("ZBIS", "Fisher's z of biserial", groups, effects_from_d, "LS", "tanh")
    for code, law in (("D2OR", "logistic"), ("D2ORN", "normal"), ("D2ORL", "logistic")):
        add(code, f"log odds ratio from SMD ({law})", groups, effects_from_d, "LS", "exp")
    for code in ("CLESN", "AUCN"):
        title = "probability of superiority (normal)"
        add(code, title, groups, clesn_effect, "LS LS2 LS3 HO H0", null=0.5)
    for code in ("CLES", "AUC"):
        add(code, "probability of superiority", "auc", area_effect, "LS LS2 H0 MAX", null=0.5)

    change = change_effects
    add("MC", "mean change", "change", change)
    add("SMCC", "standardised mean change (SD of change)", "change", change, "LS LS2 UB H0")
    add("SMCR", "standardised mean change (raw SD)", "change", change, "LS LS2 UB H0")
    add("SMCRH", "SMCR, unequal variances", "change", change, "LS LS2")
    add("SMCRP", "standardised mean change (pooled SD)", "change", change)
    add("SMCRPH", "SMCRP, unequal variances", "change", change, "LS LS2")
    add("ROMC", "log ratio of means, change", "change", change, "LS LS2", "exp")
    add("VRC", "log variability ratio, change", "change", change, "LS LS2", "exp")
    add("CVRC", "log CV ratio, change", "change", change, "LS LS2", "exp")
    for code in ("CLESCN", "AUCCN"):
        add(code, "probability of superiority, change", "change", change, null=0.5)

    corr = correlation_effects
    add("COR", "correlation", "correlation", corr, "LS AV H0 H0a H0b")
    add("UCOR", "correlation, unbiased", "correlation", corr, "LS UB AV")
    add("ZCOR", "Fisher's z", "correlation", corr, "LS", "tanh")
    add("PCOR", "partial correlation", "regression", partial_effects, "LS AV")
    add("ZPCOR", "z of partial correlation", "regression", partial_effects, "LS", "tanh")
    add("SPCOR", "semi-partial correlation", "regression", partial_effects, "LS AV")
    add("ZSPCOR", "z of semi-partial", "regression", partial_effects, "LS AV", "tanh")
    fit = determination_effects
    add("R2", "R²", "regression", fit, "LS LS2 AV AV2")
    add("ZR2", "z of R²", "regression", fit, "LS", "z_to_r2")
    add("R2F", "R², fixed predictors", "regression", fit)
    add("ZR2F", "z of R², fixed predictors", "regression", fit, "LS", "z_to_r2")

    part = proportion_effects
    add("PR", "proportion", "proportion", part, "LS UB AV")
    add("PLN", "log proportion", "proportion", part, "LS AV", "exp")
    add("PLO", "log odds", "proportion", part, "LS AV", "expit")
    add("PRZ", "probit", "proportion", part, "LS", "probit_inverse")
    add("PAS", "arcsine proportion", "proportion", part, "LS", "arcsine_inverse", adds=False)
    add("PFT", "double arcsine proportion", "proportion", part, "LS", adds=False)
    add("IR", "incidence rate", "rate", rate_effects)
    add("IRLN", "log incidence rate", "rate", rate_effects, "LS", "exp")
    add("IRS", "square-root rate", "rate", rate_effects, "LS", "square", adds=False)
    add("IRFT", "Freeman-Tukey rate", "rate", rate_effects, adds=False)
    add("MN", "mean", "mean", mean_effects, "LS HO")
    add("SMN", "standardised mean", "mean", mean_effects)
    add("MNLN", "log mean", "mean", mean_effects, "LS", "exp")
    add("SDLN", "log SD", "mean", mean_effects, "LS", "exp")
    add("CVLN", "log CV", "mean", mean_effects, "LS", "exp")
    alpha = reliability_effects
    add("ARAW", "Cronbach's alpha", "reliability", alpha)
    add("AHW", "alpha (Hakstian-Whalen)", "reliability", alpha, "LS", "hakstian_whalen_inverse")
    add("ABT", "alpha (Bonett)", "reliability", alpha, "LS", "bonett_inverse")
    add("REH", "log relative excess heterozygosity", "genotypes", heterozygosity_effect, back="exp")
    add("HR", "log hazard ratio", "estimate", None, "LS", "exp")
    add("HD", "hazard difference", "estimate", None)
    add("GEN", "generic effect", "estimate", None)
    return {row.code: row for row in rows}


#: Every measure by metafor's code, in the order of the manual.
MEASURES: dict[str, Measure] = _table()
