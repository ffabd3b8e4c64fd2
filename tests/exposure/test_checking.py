"""The count of near predictions, and of what any model in proportion to dose could reach."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aponia.exposure import best_possible, held_out, score
from aponia.exposure.model import Check


def check(row, observed, predicted=1.0, *, fitted=False, low=None, high=None, quantity="cmax"):
    return Check("x", "oral", row, quantity, "s", None, observed, low, high, predicted, fitted)


def test_papers_that_contradict_each_other_cannot_all_be_met():
    assert best_possible([check("a", 1.0), check("b", 1.5), check("c", 3.0)]) == 2
    # A range is met by any factor that lands inside it.
    assert best_possible([check("a", 3.0), check("b", None, low=1.0, high=3.2)]) == 2


def test_fitted_rows_never_count_and_shared_rows_count_once():
    rows = [check("a", 1.0), check("a", 1.0), check("b", 1.0, fitted=True), check("c", 2.0)]
    assert [c.row for c in held_out(rows)] == ["a", "c"]
    got = score(rows)
    assert (got.checks, got.within, got.possible) == (2, 1, 1)


@given(
    st.lists(
        st.tuples(st.floats(0.01, 100), st.floats(0.01, 100), st.sampled_from(["cmax", "tmax"])),
        max_size=12,
    )
)
def test_no_model_does_better_than_what_is_possible(pairs):
    rows = [check(str(i), o, p, quantity=q) for i, (o, p, q) in enumerate(pairs)]
    got = score(rows)
    assert got.within <= got.possible <= got.checks


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=8), st.floats(0.1, 10))
def test_what_is_possible_does_not_depend_on_the_models_scale(observed, factor):
    one = [check(str(i), o) for i, o in enumerate(observed)]
    two = [check(str(i), o, predicted=factor) for i, o in enumerate(observed)]
    assert best_possible(one) == best_possible(two)
