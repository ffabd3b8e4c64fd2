"""Names, frames, missing values, warnings and refusals of `effect_sizes`."""

import json

import numpy as np
import pandas as pd
import pytest

from aponia.meta import InputError, MetaWarning, MethodError, VarianceError, effect_sizes
from aponia.meta._effect_sizes import MEASURES

FRAME = pd.DataFrame(
    {
        "study": ["A", "B", "C"],
        "tpos": [4, 6, 3],
        "ttotal": [123, 306, 231],
        "cpos": [11, 29, 11],
        "ctotal": [139, 303, 220],
    }
)


def test_names_with_data_arrays_and_series_are_the_same():
    by_name = effect_sizes(
        "RR", events1="tpos", total1="ttotal", events2="cpos", total2="ctotal", data=FRAME,
        labels="study",
    )  # fmt: skip
    by_series = effect_sizes(
        "RR", events1=FRAME.tpos, total1=FRAME.ttotal, events2=FRAME.cpos, total2=FRAME.ctotal
    )
    by_metafor = effect_sizes("RR", ai="tpos", n1i="ttotal", ci="cpos", n2i="ctotal", data=FRAME)
    np.testing.assert_array_equal(by_name.y, by_series.y)
    np.testing.assert_array_equal(by_name.v, by_metafor.v)
    assert by_name.labels == ("A", "B", "C")


def test_result_tells_itself():
    es = effect_sizes("OR", events1=[4, 0], total1=[123, 9], events2=[11, 3], total2=[139, 9])
    assert json.loads(json.dumps(es.to_dict()))["measure"] == "OR"
    assert list(es.to_frame().columns) == ["label", "y", "v", "se", "ci_lower", "ci_upper", "n"]
    assert "log odds ratio" in es.summary()
    assert "1 studies" in es.summary()
    assert es.k == len(es) == 2
    np.testing.assert_allclose((es.ci_lower + es.ci_upper) / 2, es.y)
    assert es.back == "exp"


def test_frozen():
    es = effect_sizes("MN", mean=1.0, sd=1.0, n=10)
    with pytest.raises(AttributeError):
        es.measure = "MD"


def test_missing_input_gives_a_missing_effect_without_a_warning():
    es = effect_sizes("OR", events1=[4, np.nan], total1=[9, 9], events2=[2, 3], total2=[9, 9])
    assert np.isnan(es.y).tolist() == [False, True]
    assert es.k == 1


def test_an_effect_that_does_not_exist_is_missing_with_a_warning():
    with pytest.warns(MetaWarning, match=r"OR.*row 0 \(study 1\)"):
        es = effect_sizes(
            "OR", events1=[0, 2], total1=[9, 9], events2=[2, 3], total2=[9, 9], to="none"
        )
    assert np.isnan(es.y[0])
    assert np.isfinite(es.y[1])
    with pytest.warns(MetaWarning, match="ZCOR"):
        short = effect_sizes("ZCOR", r=0.5, n=3)
    assert short.y[0] == pytest.approx(0.5493061443340548)
    assert np.isnan(short.v[0])
    with pytest.warns(MetaWarning, match="ROM"):
        effect_sizes("ROM", mean1=-1, sd1=1, n1=5, mean2=2, sd2=1, n2=5)
    with pytest.warns(MetaWarning, match="SMD"):
        effect_sizes("SMD", mean1=1, sd1=1, n1=1, mean2=2, sd2=1, n2=1)


def test_drop00_drops_without_a_warning():
    es = effect_sizes(
        "OR", events1=[0, 1], total1=[9, 9], events2=[0, 3], total2=[9, 9], drop00=True
    )
    assert es.dropped.tolist() == [True, False]
    assert np.isnan(es.y[0])
    assert es.n.tolist() == [18, 18]


@pytest.mark.parametrize(
    ("measure", "arguments", "words"),
    [
        ("OR", {"a": -1, "b": 2, "c": 3, "d": 4}, r"a, row 0 \(study 1\): found -1, expected"),
        ("COR", {"r": [0.1, 1.2], "n": 10}, "r, row 1.*found 1.2.*from -1 to 1"),
        ("SMD", {"mean1": 1, "sd1": -1, "n1": 5, "mean2": 2, "sd2": 1, "n2": 5}, "sd1.*found -1"),
        ("PR", {"events": 5, "total": 3}, "events.*found 5, expected at most total"),
        ("RR", {"ai": 5, "n1i": 3, "ci": 1, "n2i": 4}, "ai.*found 5, expected at most n1i"),
        ("IRR", {"events1": 2, "time1": 0, "events2": 1, "time2": 4}, "time1.*found 0.*above 0"),
        ("PLO", {"events": 0, "total": 0}, "total.*found 0"),
        ("OR", {"a": 1, "b": 2, "c": 3}, "needs .*found a, b, c"),
        ("OR", {"a": 1, "b": 2, "n1": 9, "c": 3, "d": 4}, "n1.*found 9.*sum of the two cells"),
        ("OR", {"a": 0, "b": 0, "c": 3, "d": 4}, "at least one person"),
        ("MD", {"mean1": 1, "meen2": 2}, "meen2.*did you mean mean2"),
        ("MD", {"mean1": 1, "m1i": 2}, "mean the same"),
        ("MD", {"mean1": [1, 2], "mean2": [1, 2, 3]}, "mean2 has 3 values, but mean1 has 2"),
        ("MD", {"mean1": ["x"]}, "mean1 must hold numbers"),
        ("MD", {}, "no data"),
        ("HR", {"ai": 3, "n1i": 9}, "does not use ai=; it takes y, v, se"),
        ("HR", {"y": 3}, "needs .*v"),
        ("R2", {"r2": 0.3, "n": 5, "predictors": 4}, "n.*found 5.*predictors"),
        ("ARAW", {"alpha": 1.2, "items": 5, "n": 20}, "alpha.*found 1.2"),
        ("MC", {"mean_change": 2, "n": 10}, "go together"),
        ("SMCR", {"mean_change": 2, "sd_change": 1, "n": 10}, "both occasions"),
        ("MD", {"m_pre": 2}, "does not use m_pre"),
        ("MD", {"mean1": 2, "v": 1}, "does not use v="),
        ("IRR", {"x1i": 2, "n1i": 9}, "does not use n1i="),
        ("MC", {"m_pre": 2, "mean1": 1}, "either m_pre or mean1"),
    ],
)
def test_wrong_input_is_refused_by_name(measure, arguments, words):
    with pytest.raises(InputError, match=words):
        effect_sizes(measure, **arguments)


def test_unknown_measures_and_variances_are_refused():
    with pytest.raises(MethodError, match=r"SMDD.*did you mean SMD"):
        effect_sizes("SMDD", d=1)
    with pytest.raises(MethodError, match="no vtype 'UB'"):
        effect_sizes("MD", mean1=1, sd1=1, n1=5, mean2=2, sd2=1, n2=5, vtype="UB")
    with pytest.raises(MethodError, match="to='some'"):
        effect_sizes("PR", events=1, total=2, to="some")
    with pytest.raises(InputError, match="add"):
        effect_sizes("PR", events=1, total=2, add=-1)
    with pytest.raises(InputError, match="level"):
        effect_sizes("PR", events=1, total=2, level=0)
    with pytest.raises(VarianceError, match="v, row 1"):
        effect_sizes("GEN", y=[1, 2], v=[1, -1])


def test_given_estimates_pass_through():
    es = effect_sizes("HR", y=[-0.2, 0.1], se=[0.1, 0.2], n=[30, 50])
    np.testing.assert_allclose(es.v, [0.01, 0.04])
    assert es.n.tolist() == [30, 50]
    smd = effect_sizes("SMD", yi=[0.4], vi=[0.1])
    assert smd.y.tolist() == [0.4]


def test_variance_type_may_differ_by_row():
    table = {"a": [10, 10], "b": [20, 20], "c": [15, 15], "d": [9, 9]}
    mixed = effect_sizes("PHI", **table, vtype=["ST", "CS"])
    assert mixed.v[0] == effect_sizes("PHI", **table, vtype="ST").v[0]
    assert mixed.v[1] == effect_sizes("PHI", **table, vtype="CS").v[0]
    with pytest.raises(InputError, match="vtype has 1 values"):
        effect_sizes("PHI", **table, vtype=["ST"])


def test_flip_reverses_every_sign():
    data = {"mean1": [1, 2], "sd1": 1, "n1": 9, "mean2": [2, 1], "sd2": 1, "n2": 9}
    np.testing.assert_array_equal(
        effect_sizes("MD", **data, flip=True).y, -effect_sizes("MD", **data).y
    )


def test_level_in_percent_is_understood():
    one = effect_sizes("MN", mean=1.0, sd=1.0, n=10, level=95)
    two = effect_sizes("MN", mean=1.0, sd=1.0, n=10, level=0.95)
    np.testing.assert_array_equal(one.ci_lower, two.ci_lower)


def test_no_rows_give_no_effects():
    es = effect_sizes("OR", a=[], b=[], c=[], d=[])
    assert len(es) == es.k == 0


def test_every_back_transformation_exists():
    from aponia.meta import transform

    for entry in MEASURES.values():
        if entry.back:
            assert callable(transform.by_name(entry.back)), entry.code


def test_input_arrays_are_not_changed():
    y, v = np.array([0.1, 0.2]), np.array([0.01, 0.02])
    effect_sizes("GEN", y=y, v=v, flip=True)
    assert y.tolist() == [0.1, 0.2]
    assert v.tolist() == [0.01, 0.02]
