"""Mantel-Haenszel and Peto against metafor, and what must hold for any tables."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aponia.meta.counts import mantel_haenszel, peto
from aponia.meta.errors import InputError, MetaWarning, MethodError, TooFewStudiesError

REFERENCE = json.loads((Path(__file__).parent / "data" / "counts.json").read_text())
CELLS = ("ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "x2i", "t1i", "t2i")


def result_of(case):
    data = REFERENCE["data"][case["data"]]
    args = {k: np.array(data[v], dtype=float) if k in CELLS else v for k, v in case["args"].items()}
    for name in ("add", "to"):
        if isinstance(args.get(name), list):
            args[name] = tuple(args[name])
    return (peto if case["peto"] else mantel_haenszel)(**args)


def close(got, want):
    want = [math.nan if w is None else float(w) for w in np.atleast_1d(np.array(want, object))]
    np.testing.assert_allclose(np.atleast_1d(got), want, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda c: c["id"])
def test_agrees_with_metafor(case):
    result, out, fn = result_of(case), case["out"], case["fn"]
    names = {
        "beta": result.coef,
        "se": result.se,
        "zval": result.z_or_t,
        "pval": result.p,
        "ci.lb": result.ci_lower,
        "ci.ub": result.ci_upper,
        "MH": result.cmh,
        "MHp": result.cmh_p,
        "BD": result.breslow_day,
        "BDp": result.breslow_day_p,
        "TA": result.tarone,
        "TAp": result.tarone_p,
        "CO": result.cochran,
        "COp": result.cochran_p,
        "QE": result.q,
        "QEp": result.q_p,
        "k": result.k,
        "k.yi": result.k_yi,
        "k.pos": result.k_pos,
    }
    if fn in ("leave1out", "cumul"):
        table = result.leave_one_out() if fn == "leave1out" else result.cumulative()
        names = {
            "estimate": table.estimate,
            "se": table.se,
            "zval": table.z,
            "pval": table.p,
            "Q": table.q,
            "I2": table.i2,
        }
    elif fn in ("rstandard", "rstudent"):
        residuals = getattr(result, fn)()
        own = np.isfinite(result.y)
        names = {
            "resid": residuals.residual[own],
            "se": residuals.se[own],
            "z": residuals.z[own],
        }
    elif fn == "weights":
        names = {"value": result.weights}
    for name, want in out.items():
        if name == "fit":
            for criterion, values in want.items():
                f = result.fit[criterion]
                close([f.loglik, f.deviance, f.aic, f.bic, f.aicc], values)
        else:
            close(names[name], want)


counts = st.integers(0, 30)
tables = st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=8)
rates = st.lists(
    st.tuples(counts, counts, st.floats(1, 500), st.floats(1, 500)), min_size=1, max_size=8
)


def columns(rows):
    return np.array(rows, dtype=float).T


def usable(a, b, c, d):
    assume(bool(((a + b > 0) & (c + d > 0)).all()))


def pool_or_none(function, **args):
    try:
        return function(**args)
    except TooFewStudiesError:
        return None


@settings(max_examples=60, deadline=None)
@given(tables, st.sampled_from(["OR", "RR", "RD", "PETO"]))
def test_swapping_the_groups_changes_the_sign_only(rows, measure):
    a, b, c, d = columns(rows)
    usable(a, b, c, d)
    extra = {} if measure == "PETO" else {"measure": measure}
    function = peto if measure == "PETO" else mantel_haenszel
    one = pool_or_none(function, ai=a, bi=b, ci=c, di=d, **extra)
    two = pool_or_none(function, ai=c, bi=d, ci=a, di=b, **extra)
    assert (one is None) == (two is None)
    assume(one is not None)
    np.testing.assert_allclose(two.coef, -one.coef, atol=1e-11)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-9)
    np.testing.assert_allclose(two.q, one.q, rtol=1e-8, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from(["OR", "RR", "RD"]), st.randoms())
def test_the_order_of_studies_does_not_matter(rows, measure, random):
    usable(*columns(rows))
    shuffled = list(rows)
    random.shuffle(shuffled)
    results = []
    for version in (rows, shuffled):
        a, b, c, d = columns(version)
        results.append(pool_or_none(mantel_haenszel, ai=a, bi=b, ci=c, di=d, measure=measure))
    assume(results[0] is not None)
    np.testing.assert_allclose(results[0].coef, results[1].coef, atol=1e-12)
    np.testing.assert_allclose(results[0].se, results[1].se, rtol=1e-10)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_swapping_event_and_non_event_inverts_the_odds_ratio(rows):
    a, b, c, d = columns(rows)
    usable(a, b, c, d)
    one = pool_or_none(mantel_haenszel, ai=a, bi=b, ci=c, di=d)
    two = pool_or_none(mantel_haenszel, ai=b, bi=a, ci=d, di=c)
    assume(one is not None)
    np.testing.assert_allclose(two.coef, -one.coef, atol=1e-11)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-9)
    np.testing.assert_allclose(two.cmh, one.cmh, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(two.breslow_day, one.breslow_day, rtol=1e-6, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(rates, st.sampled_from(["IRR", "IRD"]))
def test_rates_swap_and_do_not_depend_on_the_unit_of_time(rows, measure):
    x1, x2, t1, t2 = columns(rows)
    one = pool_or_none(mantel_haenszel, events1=x1, events2=x2, time1=t1, time2=t2, measure=measure)
    two = pool_or_none(mantel_haenszel, events1=x2, events2=x1, time1=t2, time2=t1, measure=measure)
    days = pool_or_none(
        mantel_haenszel, events1=x1, events2=x2, time1=365 * t1, time2=365 * t2, measure=measure
    )
    assume(one is not None)
    np.testing.assert_allclose(two.coef, -one.coef, atol=1e-11)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-9)
    unit = 1 if measure == "IRR" else 365
    np.testing.assert_allclose(days.coef * unit, one.coef, rtol=1e-8, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(1, 40)] * 4), st.sampled_from(["OR", "RR", "RD"]))
def test_one_table_is_its_own_estimate(cells, measure):
    a, b, c, d = (np.array([float(x)]) for x in cells)
    r = mantel_haenszel(ai=a, bi=b, ci=c, di=d, measure=measure)
    np.testing.assert_allclose(r.coef, r.y, atol=1e-12)
    # The variances of OR, RR and RD of one table are the usual large-sample ones, but for the
    # risk difference, whose Mantel-Haenszel variance mixes the groups.
    if measure != "RD":
        np.testing.assert_allclose(r.se**2, r.v, rtol=1e-9)
    assert r.q == 0
    assert r.q_p == 1


@settings(max_examples=30, deadline=None)
@given(tables, st.sampled_from(["OR", "RR"]))
def test_tables_without_events_change_nothing_in_a_ratio(rows, measure):
    a, b, c, d = columns(rows)
    usable(a, b, c, d)
    one = pool_or_none(mantel_haenszel, ai=a, bi=b, ci=c, di=d, measure=measure)
    assume(one is not None)
    more = [np.append(x, extra) for x, extra in ((a, 0), (b, 17), (c, 0), (d, 23))]
    two = mantel_haenszel(ai=more[0], bi=more[1], ci=more[2], di=more[3], measure=measure)
    np.testing.assert_allclose(two.coef, one.coef, rtol=1e-12)
    np.testing.assert_allclose(two.se, one.se, rtol=1e-12)
    assert two.k == one.k + 1
    assert two.k_yi == one.k_yi


def test_no_events_at_all_is_a_named_error():
    empty = {"events1": [0, 0], "total1": [10, 20], "events2": [0, 0], "total2": [12, 18]}
    for measure in ("OR", "RR", "RD"):
        with pytest.raises(
            TooFewStudiesError, match=r"no (table|sampling|variance)|not determined"
        ):
            mantel_haenszel(**empty, measure=measure)
    with pytest.raises(TooFewStudiesError, match="never occurred"):
        peto(**empty)


def test_missing_cells_are_dropped_with_a_warning_and_counted():
    args = {"events1": [4, None, 3], "total1": [20, 30, 25], "events2": [8, 5, 6]}
    with pytest.warns(MetaWarning, match="1 of 3"):
        r = mantel_haenszel(**args, total2=[20, 30, 25])
    whole = mantel_haenszel(events1=[4, 3], total1=[20, 25], events2=[8, 6], total2=[20, 25])
    np.testing.assert_array_equal(r.coef, whole.coef)
    assert (r.k, r.k_all, r.n_dropped) == (2, 3, 1)
    assert r.labels == ("1", "3")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"events1": [21, 3]}, InputError, "larger than"),
        ({"events1": [-1, 3]}, InputError, "negative"),
        ({"total1": None}, InputError, "needs events1"),
        ({"ai": [1, 2]}, InputError, "same column"),
        ({"measure": "HR"}, MethodError, "measure must be"),
        ({"to": "some"}, MethodError, "to must be"),
        ({"add": -1}, InputError, "add must be"),
        ({"level": 95}, InputError, "level"),
        ({"total1": [20, 30, 40]}, InputError, "expected"),
    ],
)
def test_wrong_input_is_named(change, error, message):
    args = {"events1": [4, 3], "total1": [20, 25], "events2": [8, 6], "total2": [20, 25]}
    with pytest.raises(error, match=message):
        mantel_haenszel(**(args | change))


def test_names_of_a_frame_and_labels_are_read():
    import pandas as pd

    frame = pd.DataFrame(
        {"a": [4, 3], "n": [20, 25], "c": [8, 6], "m": [20, 25], "who": ["Ann", "Bob"]}
    )
    r = mantel_haenszel(events1="a", total1="n", events2="c", total2="m", labels="who", data=frame)
    assert r.labels == ("Ann", "Bob")
    assert r.leave_one_out().labels == ("Ann", "Bob")
    assert r.cumulative(order=[2, 1]).labels == ("Bob", "Ann")
    again = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert again["coef"] == [float(r.coef[0])]
    assert "CMH" in r.summary()


def test_single_study_cannot_be_left_out():
    r = peto(events1=[5], total1=[15], events2=[3], total2=[15])
    with pytest.raises(TooFewStudiesError, match="at least 2"):
        r.leave_one_out()


def test_complete_tables_warn_about_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        r = mantel_haenszel(events1=[0, 3], total1=[20, 25], events2=[2, 6], total2=[20, 25])
    assert np.isfinite(r.coef[0])
    assert r.k_yi == 2
