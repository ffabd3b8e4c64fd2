"""Classes of doses and equal doses: what sources say, weighed one voice a source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponia.exposure import (
    Dose,
    DoseBand,
    DoseError,
    Equivalence,
    NotKnownError,
    Pharmacology,
    approach,
    border,
    convert,
    place,
)

positive = st.floats(1e-3, 1e4)


def band(source, kind, low, high=None, substance="x", form=None):
    return DoseBand(f"{source}-{kind}-{low:g}", source, substance, form, "oral", "word", kind, low,
                    high if high is not None else low)  # fmt: skip


BANDS = (band("a", "microdose", 1, 3), band("b", "psycholytic", 5, 10), band("c", "full", 20, 30))


@given(
    positive, st.lists(positive, min_size=1, max_size=4), st.lists(positive, min_size=1, max_size=4)
)
def test_a_higher_dose_is_never_less_likely_past_a_border(dose, below, above):
    here, there = border(np.array([dose, dose * 1.3]), below, above)
    assert 0 <= here <= there + 1e-12 <= 1 + 1e-12
    assert border(np.array([min([*below, *above]) / 2]), below, above)[0] == 0
    assert border(np.array([max([*below, *above]) * 2]), below, above)[0] == 1


@given(positive)
def test_the_classes_share_out_the_whole(dose):
    got, used = place(np.array([dose]), BANDS)
    assert sum(got.values()) == pytest.approx(1)
    assert min(got.values()) >= -1e-12
    assert len(used) == 3


@pytest.mark.parametrize(("dose", "kind"), [(0.1, "microdose"), (3, "microdose"), (5, "psycholytic"),
                                            (10, "psycholytic"), (20, "full"), (90, "full")])  # fmt: skip
def test_a_dose_inside_a_band_is_of_its_class(dose, kind):
    assert place(np.array([dose]), BANDS)[0][kind] == 1


def test_between_two_bands_the_border_is_even_on_the_logarithm():
    got, _ = place(np.array([np.sqrt(200.0)]), BANDS)
    assert got["full"] == pytest.approx(0.5)
    assert got["psycholytic"] == pytest.approx(0.5)


def test_where_sources_contradict_each_other_each_gets_half():
    bands = (*BANDS, band("d", "full", 8))
    got, _ = place(np.array([9.0]), bands)
    # Source c still says below full; source d says full where b says psycholytic.
    assert got["full"] == pytest.approx(0.25)


def test_many_rows_of_one_source_are_one_voice():
    more = (*BANDS, *(band("c", "full", 20 + i) for i in range(5)))
    one, two = (place(np.array([15.0]), b)[0] for b in (BANDS, more))
    assert one == two


def test_words_that_name_no_class_do_not_count():
    more = (*BANDS, band("e", None, 42))
    assert place(np.array([15.0]), more) == place(np.array([15.0]), BANDS)


def test_one_band_says_nothing_about_lower_doses():
    only = (band("c", "full", 20),)
    assert place(np.array([25.0]), only)[0]["full"] == 1
    assert place(np.array([5.0]), only)[0] is None
    assert approach("x", Dose(5), data=Pharmacology(bands=only)).how == "not known"
    assert approach("nobody", Dose(5), data=Pharmacology(bands=only)).probabilities is None


@pytest.mark.parametrize("dose", [0.0, -1.0, np.nan, np.inf])
def test_no_class_for_what_is_no_dose(dose):
    with pytest.raises(DoseError):
        place(np.array([dose]), BANDS)


def ratio(row, source, value, low=None, high=None, a="x", b="y", form_a=None):
    return Equivalence(row, source, a, form_a, b, None, value, low, high, "direct", "effects")


RATIOS = (ratio("r1", "s1", 200.0), ratio("r2", "s2", 100.0), ratio("r3", "s1", None, 150.0, 400.0))


def test_an_equal_dose_is_the_middle_of_the_sources_with_all_bounds():
    got = convert(Dose(20), "x", "y", RATIOS)
    assert got.mg == pytest.approx(20 / np.sqrt(200 * 100))
    assert (got.low_mg, got.high_mg) == pytest.approx((20 / 400, 20 / 100))
    assert got.n_sources == 2
    back = convert(Dose(got.mg), "y", "x", RATIOS)
    assert back.mg == pytest.approx(20)


def test_a_bare_inequality_gives_no_ratio():
    only = (ratio("r", "s", None, 150.0),)
    with pytest.raises(NotKnownError, match="no source"):
        convert(Dose(20), "x", "y", only)
    with pytest.raises(NotKnownError):
        convert(Dose(20), "x", "z", RATIOS)
    with pytest.raises(DoseError, match="itself"):
        convert(Dose(20), "x", "x", RATIOS)


def test_a_dose_without_bands_is_placed_through_a_published_ratio():
    data = Pharmacology(bands=BANDS, ratios=(ratio("r", "s", 10.0, a="m", b="x"),))
    got = approach("m", Dose(250), data=data)
    assert got.how == "equivalence"
    assert got.probabilities["full"] == 1
    assert got.rows[0] == "r"
    assert got.people is None


def test_a_preparation_is_never_placed_by_the_bands_of_the_pure_substance():
    data = Pharmacology(bands=BANDS)
    assert approach("x", Dose(25, "mg", "dried mushroom"), data=data).probabilities is None


def test_doses_per_kilogram_are_placed_over_the_weights():
    from aponia.exposure import Weight

    data = Pharmacology(bands=BANDS)
    sharp = approach("x", Dose(0.286, "mg/kg"), data=data)
    wide = approach("x", Dose(0.286, "mg/kg"), data=data, weight=Weight(70, 0.3, "assumed"))
    assert sharp.probabilities["full"] == 1
    assert 0.5 < wide.probabilities["full"] < 1


def test_doses_given_in_turn_are_averaged():
    data = Pharmacology(bands=BANDS)
    got = approach("x", (Dose(2), Dose(25)), data=data)
    assert got.probabilities == pytest.approx({"microdose": 0.5, "psycholytic": 0, "full": 0.5})
    with pytest.raises(NotKnownError, match="preparations"):
        approach("x", (Dose(2), Dose(2, "g", "dried mushroom")), data=data)
