"""`effect_sizes`: the front door of the package."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from aponia.meta._effect_sizes._given import Computed, Given, read_given
from aponia.meta._effect_sizes._registry import MEASURES, Measure
from aponia.meta._effect_sizes._result import EffectSizes
from aponia.meta._inputs import ColumnLike
from aponia.meta.errors import InputError, MetaWarning, MethodError, VarianceError

__all__ = ["effect_sizes"]

_TO = ("all", "only0", "if0all", "none")
#: Measures whose first mean's SD is the standardiser, and so the baseline's.
_STANDARDISED_BY_BASELINE = ("SMCR", "SMCRH")


def effect_sizes(
    measure: str,
    *,
    mean1: ColumnLike | None = None,
    sd1: ColumnLike | None = None,
    n1: ColumnLike | None = None,
    mean2: ColumnLike | None = None,
    sd2: ColumnLike | None = None,
    n2: ColumnLike | None = None,
    events1: ColumnLike | None = None,
    events2: ColumnLike | None = None,
    nonevents1: ColumnLike | None = None,
    nonevents2: ColumnLike | None = None,
    total1: ColumnLike | None = None,
    total2: ColumnLike | None = None,
    time1: ColumnLike | None = None,
    time2: ColumnLike | None = None,
    m_pre: ColumnLike | None = None,
    m_post: ColumnLike | None = None,
    sd_pre: ColumnLike | None = None,
    sd_post: ColumnLike | None = None,
    mean_change: ColumnLike | None = None,
    sd_change: ColumnLike | None = None,
    events: ColumnLike | None = None,
    nonevents: ColumnLike | None = None,
    total: ColumnLike | None = None,
    time: ColumnLike | None = None,
    mean: ColumnLike | None = None,
    sd: ColumnLike | None = None,
    n: ColumnLike | None = None,
    r: ColumnLike | None = None,
    r2: ColumnLike | None = None,
    predictors: ColumnLike | None = None,
    d: ColumnLike | None = None,
    t: ColumnLike | None = None,
    f: ColumnLike | None = None,
    p: ColumnLike | None = None,
    a: ColumnLike | None = None,
    b: ColumnLike | None = None,
    c: ColumnLike | None = None,
    alpha: ColumnLike | None = None,
    items: ColumnLike | None = None,
    auc: ColumnLike | None = None,
    y: ColumnLike | None = None,
    v: ColumnLike | None = None,
    se: ColumnLike | None = None,
    vtype: str | Sequence[str] = "LS",
    correct: bool = True,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    flip: bool = False,
    level: float = 0.95,
    data: Any = None,
    labels: Any = None,
    **metafor_names: ColumnLike,
) -> EffectSizes:
    """Compute effect sizes and sampling variances, one per study.

    Parameters
    ----------
    measure : str
        metafor's code: two means ``MD SMD SMDH SMD1 SMD1H ROM VR CVR CLESN RPB ZPB RBIS ZBIS
        D2ORN D2ORL``; 2x2 tables ``RR OR RD AS PETO PHI ZPHI YUQ YUY RTET ZTET PBIT OR2DN
        OR2DL``; pairs ``MPRD MPRR MPOR MPORC MPPETO MPORM``; rates ``IRR IRD IRSD IR IRLN IRS
        IRFT``; change ``MC SMCC SMCR SMCRH SMCRP SMCRPH ROMC VRC CVRC CLESCN``; correlations
        ``COR UCOR ZCOR PCOR ZPCOR SPCOR ZSPCOR R2 ZR2 R2F ZR2F``; single groups ``PR PLN PLO PRZ
        PAS PFT MN SMN MNLN SDLN CVLN``; reliability ``ARAW AHW ABT``; ``CLES REH``; given
        estimates ``HR HD GEN``. The result is on the analysis scale (ratios are logs).
    mean1, sd1, n1, mean2, sd2, n2 : array_like or str
        Two groups, a quantitative outcome; the effect is first minus second. For SMD and what
        derives from it, rows without means may give `d`, `t`, or `p` (two-sided, with the sign
        of the effect), or the point-biserial `r`.
    events1, events2, total1, total2, nonevents1, nonevents2 : array_like or str
        Two groups, a binary outcome. `a`, `b`, `c`, `d` are the cells row by row.
    events1, time1, events2, time2 : array_like or str
        Two groups, counts over person-time.
    m_pre, m_post, sd_pre, sd_post, r, n : array_like or str
        One group before and after; the effect is **after minus before** (after over before for
        ratios), and SMCR and SMCRH divide by the SD before. `mean_change` and `sd_change` may
        stand in for MC and SMCC. With ``mean1, mean2, sd1, sd2`` instead, the effect is first
        minus second and SMCR divides by `sd1`, as in metafor.
    events, total, nonevents, time, mean, sd, n : array_like or str
        Single groups: proportions, rates, means.
    r, n, t, p, predictors, r2, f : array_like or str
        Correlations; for partial ones `t` is the predictor's test and `predictors` their number.
    alpha, items, auc : array_like or str
        Cronbach's alpha and its number of items; an observed area under the curve.
    y, v, se : array_like or str
        Effects already computed, with variance or standard error; then nothing else is used.
    vtype : str or sequence of str
        Which sampling variance, one for all or one a row: LS (large-sample, the default), and
        per measure LS2, LS3, UB (unbiased), AV (averages over the studies plugged in), H0 (under
        no effect), HO (homoscedastic), ST and CS (stratified, cross-sectional sampling)…
    correct : bool
        Apply the small-sample bias correction where the measure has one.
    add : float, optional
        What to add to zero cells: 1/2 by default, 0 for measures that need nothing (AS, PHI,
        ZPHI, RTET, ZTET, IRSD, PAS, PFT, IRS, IRFT).
    to : {"only0", "all", "if0all", "none"}
        Add in studies with a zero, in all, in all if any study has a zero, or never.
    drop00 : bool
        Make studies without events in both groups (or with events only) missing.
    flip : bool
        Reverse the sign of every effect.
    level : float
        Confidence level of the intervals; 95 is read as 0.95.
    data : data frame, optional
        Where strings are looked up: pandas, polars, anything narwhals reads.
    labels : array_like or str, optional
        Names of the studies.
    **metafor_names : array_like or str
        The same by metafor's argument names (``ai bi ci di n1i n2i x1i x2i t1i t2i m1i m2i sd1i
        sd2i xi mi ri ti fi pi sdi r2i ni yi vi sei slab``).

    Returns
    -------
    EffectSizes

    Raises
    ------
    InputError
        Impossible or contradictory values (the message says field, row, found, expected),
        missing or unknown arguments.
    MethodError
        An unknown measure or vtype.

    Warns
    -----
    MetaWarning
        A row with complete input has no finite effect or variance, for example a log odds ratio
        with a zero cell and ``to="none"``. Such rows are NaN. Rows with missing input are NaN
        without a warning.

    References
    ----------
    Viechtbauer (2010), Journal of Statistical Software 36(3); each formula's own source is in
    the family modules.

    Examples
    --------
    >>> from aponia import meta
    >>> es = meta.effect_sizes("OR", events1=[4, 6], total1=[123, 306], events2=[11, 29],
    ...                        total2=[139, 303])
    >>> es.y.round(4).tolist()
    [-0.9387, -1.6662]
    """
    given_arguments = {
        name: value
        for name, value in locals().items()
        if name not in _OPTIONS and value is not None
    }
    code = measure.upper() if isinstance(measure, str) else measure
    if code not in MEASURES:
        near = difflib.get_close_matches(str(code), list(MEASURES), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise MethodError(f"unknown measure {measure!r}{hint} Known: {', '.join(MEASURES)}")
    entry = MEASURES[code]
    if "slab" in metafor_names and labels is None:
        labels = metafor_names["slab"]
    named = {name: value for name, value in metafor_names.items() if name != "slab"}
    arguments = _occasions(code, entry.kind, {**given_arguments, **named})
    if to not in _TO:
        raise MethodError(f"to={to!r}: choose one of {', '.join(_TO)}")
    if add is not None and not (np.isfinite(add) and add >= 0):
        raise InputError(f"add: found {add!r}, expected a number of 0 or more")
    constant = add if add is not None else (0.5 if entry.adds else 0.0)
    confidence = level / 100 if level > 1 else level
    if not 0 < confidence < 1:
        raise InputError(f"level: found {level!r}, expected a number between 0 and 1, as 0.95")
    own_estimates = any(arguments.get(name) is not None for name in ("y", "yi"))
    kind = "estimate" if own_estimates else entry.kind
    if kind == "estimate" and own_estimates:
        arguments = {k: x for k, x in arguments.items() if k in _ESTIMATE_NAMES}
    given = read_given(
        code,
        kind,
        arguments,
        data,
        labels,
        correct=bool(correct),
        add=float(constant),
        to=to,
        drop00=bool(drop00),
    )
    kinds = _variance_types(entry, vtype, given.k)
    computed = _estimates(given) if kind == "estimate" else _compute(entry, given, kinds)
    return _result(entry, given, kinds, computed, confidence, flip=bool(flip))


_OPTIONS = frozenset(
    ("measure", "vtype", "correct", "add", "to", "drop00", "flip", "level", "data", "labels")
) | {"metafor_names"}
_ESTIMATE_NAMES = ("y", "yi", "v", "vi", "se", "sei", "n", "ni")


def _occasions(code: str, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Translate before and after, and change scores, into first and second mean."""
    names = ("m_pre", "m_post", "sd_pre", "sd_post", "mean_change", "sd_change")
    used = [name for name in names if name in arguments]
    if not used:
        return arguments
    if kind != "change":
        raise InputError(f"measure {code!r} does not use {', '.join(used)}")
    rest = {name: value for name, value in arguments.items() if name not in names}
    clash = [
        name
        for name in rest
        if name in ("mean1", "mean2", "sd1", "sd2", "m1i", "m2i", "sd1i", "sd2i")
    ]
    if clash:
        raise InputError(f"give either {', '.join(used)} or {', '.join(clash)}, not both")
    if "mean_change" in arguments or "sd_change" in arguments:
        if code not in ("MC", "SMCC"):
            raise InputError(f"measure {code!r} needs both occasions; mean_change serves MC, SMCC")
        if len(used) != 2 or not {"mean_change", "sd_change"} >= set(used):
            raise InputError(f"mean_change and sd_change go together; found {', '.join(used)}")
        if "r" in rest or "ri" in rest:
            raise InputError("with sd_change the correlation r is not needed; leave it out")
        return {
            **rest,
            "m1i": arguments["mean_change"],
            "sd1i": arguments["sd_change"],
            "m2i": 0.0,
            "sd2i": 0.0,
            "ri": 0.0,
        }
    first, second = ("pre", "post") if code in _STANDARDISED_BY_BASELINE else ("post", "pre")
    pairs = {"m1i": "m_post", "m2i": "m_pre", "sd1i": f"sd_{first}", "sd2i": f"sd_{second}"}
    return {**rest, **{to: arguments[name] for to, name in pairs.items() if name in arguments}}


def _variance_types(entry: Measure, vtype: str | Sequence[str], k: int) -> tuple[str, ...]:
    asked = (vtype,) * k if isinstance(vtype, str) else tuple(str(x) for x in vtype)
    if len(asked) != k:
        raise InputError(f"vtype has {len(asked)} values, expected 1 or {k}")
    for one in dict.fromkeys(asked):
        if one not in entry.vtypes:
            raise MethodError(
                f"measure {entry.code!r} has no vtype {one!r}; choose from {', '.join(entry.vtypes)}"
            )
    return asked


def _compute(entry: Measure, given: Given, kinds: tuple[str, ...]) -> Computed:
    assert entry.compute is not None
    unique = list(dict.fromkeys(kinds)) or ["LS"]
    results = {one: entry.compute(replace(given, vtype=one)) for one in unique}
    first = results[unique[0]]
    if len(unique) == 1:
        return first
    v = np.array([results[one].v[i] for i, one in enumerate(kinds)])
    return replace(first, v=v)


def _estimates(given: Given) -> Computed:
    given.need(("yi", "vi"), ("yi", "sei"))
    given.nonnegative("sei")
    v = given.get("vi")
    if np.any(v < 0):
        row = int(np.flatnonzero(v < 0)[0])
        raise VarianceError(
            f"{given.name('vi')}, row {row} ({given.labels[row]}): found {v[row]:g}, "
            "expected a variance of 0 or more"
        )
    v = np.where(np.isnan(v), given.get("sei") ** 2, v)
    return Computed(given.get("yi"), v, given.get("ni"))


def _result(
    entry: Measure,
    given: Given,
    kinds: tuple[str, ...],
    computed: Computed,
    level: float,
    *,
    flip: bool,
) -> EffectSizes:
    k = given.k
    none = np.zeros(k, dtype=bool)
    adjusted = none if computed.adjusted is None else computed.adjusted
    dropped = none if computed.dropped is None else computed.dropped
    y, v = np.array(computed.y, dtype=np.float64), np.array(computed.v, dtype=np.float64)
    infinite = np.isinf(y) | np.isinf(v)
    complete = ~np.isnan(np.array(list(given.columns.values()))).any(axis=0)
    failed = ~dropped & (infinite | (complete & (np.isnan(y) | np.isnan(v))))
    y[infinite] = np.nan
    v[infinite] = np.nan
    if failed.any():
        rows = np.flatnonzero(failed)
        shown = ", ".join(f"{i} ({given.labels[i]})" for i in rows[:5])
        more = f" and {rows.size - 5} more" if rows.size > 5 else ""
        warnings.warn(
            f"{entry.code}: the effect or its variance does not exist for row {shown}{more}; "
            "it is NaN there",
            MetaWarning,
            stacklevel=3,
        )
    return EffectSizes(
        y=-y if flip else y,
        v=v,
        n=np.array(computed.n, dtype=np.float64),
        measure=entry.code,
        title=entry.title,
        labels=given.labels,
        vtype=kinds,
        level=level,
        back=entry.back,
        adjusted=adjusted,
        dropped=dropped,
    )
