"""How `pool` reads columns, formulas, factors and missing values, and what it refuses."""

from __future__ import annotations

import subprocess
import sys

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from aponia import meta

Y = np.array([0.363, 0.024, 0.481, -0.127, 0.461, 0.274, 0.426, 0.058])
V = np.array([0.044, 0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121])
DATA = pd.DataFrame(
    {
        "effect": Y,
        "var": V,
        "sd_err": np.sqrt(V),
        "year": np.arange(1990.0, 1998.0),
        "group": list("aabbccca"),
        "name": [f"s{i}" for i in range(8)],
    }
)


def test_columns_by_name_arrays_and_standard_errors_agree() -> None:
    a = meta.pool(Y, V)
    assert a.to_dict() == meta.pool("effect", "var", data=DATA).to_dict()
    assert a.to_dict() == meta.pool("effect", "var", data=dict(DATA)).to_dict()
    np.testing.assert_allclose(meta.pool("effect", se="sd_err", data=DATA).coef, a.coef)
    assert meta.pool(Y, V, labels="name", data=DATA).labels[2] == "s2"


def test_effect_sizes_can_be_pooled_as_they_are() -> None:
    class Sizes:
        y, v = Y, V

    assert meta.pool(Sizes()).to_dict() == meta.pool(Y, V).to_dict()


def test_moderators_as_matrix_frame_names_and_formula_agree() -> None:
    fits = [
        meta.pool(Y, V, moderators=DATA["year"].to_numpy()),
        meta.pool(Y, V, moderators=DATA[["year"]]),
        meta.pool(Y, V, moderators=nw.from_native(DATA[["year"]]).to_native()),
        meta.pool(Y, V, moderators=["year"], data=DATA),
        meta.pool(Y, V, moderators="year", data=DATA),
        meta.pool(Y, V, moderators="~ year", data=DATA),
        meta.pool(Y, V, moderators="1 + year", data=DATA),
    ]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.coef, fits[0].coef, rtol=1e-12)
        assert fit.names[0] == "intercept"
    assert fits[2].names == ("intercept", "year")


def test_factor_coding_with_and_without_intercept() -> None:
    coded = meta.pool(Y, V, moderators="~ C(group)", data=DATA)
    frame = meta.pool(Y, V, moderators=DATA[["group"]])
    labels = meta.pool(Y, V, moderators=DATA["group"].to_numpy())
    assert frame.names == ("intercept", "group[b]", "group[c]")
    for other in (frame, labels, meta.pool(Y, V, moderators="~ factor(group)", data=DATA)):
        np.testing.assert_allclose(other.coef, coded.coef, rtol=1e-10)
    means = meta.pool(Y, V, moderators=DATA[["group"]], intercept=False)
    assert means.names == ("group[a]", "group[b]", "group[c]")
    np.testing.assert_allclose(means.coef[0], coded.coef[0], rtol=1e-10)
    np.testing.assert_allclose(means.coef[1:], coded.coef[0] + coded.coef[1:], rtol=1e-10)
    np.testing.assert_allclose(means.tau2, coded.tau2, rtol=1e-10)
    dropped = meta.pool(Y, V, moderators="~ 0 + C(group)", data=DATA)
    np.testing.assert_allclose(dropped.coef, means.coef, rtol=1e-10)


def test_prediction_uses_the_coding_of_the_fit() -> None:
    fit = meta.pool(Y, V, moderators="~ year + C(group)", data=DATA)
    new = DATA.iloc[[3, 5]][["year", "group"]]
    np.testing.assert_allclose(fit.predict(new).mean, fit.fitted[[3, 5]], rtol=1e-10)
    frame = meta.pool(Y, V, moderators=DATA[["year", "group"]])
    np.testing.assert_allclose(
        frame.predict({"year": [1993.0], "group": ["b"]}).mean, fit.fitted[[3]], rtol=1e-9
    )
    with pytest.raises(meta.InputError, match="unknown levels"):
        frame.predict({"year": [1993.0], "group": ["z"]})
    with pytest.raises(meta.InputError, match="no moderators"):
        meta.pool(Y, V).predict([1.0])


def test_missing_rows_are_dropped_counted_and_announced() -> None:
    y, x = Y.copy(), np.arange(8.0)
    y[1], x[6] = np.nan, np.nan
    v = V.copy()
    v[4] = np.nan
    with pytest.warns(meta.MetaWarning, match="3 of 8 rows"):
        fit = meta.pool(y, v, moderators=x)
    assert (fit.k, fit.n_dropped) == (5, 3)
    assert fit.kept.tolist() == [True, False, True, True, False, True, False, True]
    assert fit.labels == ("1", "3", "4", "6", "8")
    keep = fit.kept
    np.testing.assert_allclose(fit.coef, meta.pool(y[keep], v[keep], moderators=x[keep]).coef)


def test_missing_factor_level_is_a_missing_row() -> None:
    data = DATA.assign(group=["a", None, "b", "b", "c", "c", "c", "a"])
    for moderators in ("~ C(group)", ["group"]):
        with pytest.warns(meta.MetaWarning, match="1 of 8 rows"):
            fit = meta.pool(Y, V, moderators=moderators, data=data)
        assert fit.k == 7


def test_rows_can_be_selected_without_being_called_missing() -> None:
    fit = meta.pool(Y, V, where=Y > 0)
    assert (fit.k, fit.n_dropped) == (7, 0)
    np.testing.assert_allclose(fit.coef, meta.pool(Y[Y > 0], V[Y > 0]).coef)


def test_redundant_moderators_are_dropped_with_a_warning() -> None:
    x = np.arange(8.0)
    with pytest.warns(meta.MetaWarning, match="x2"):
        fit = meta.pool(Y, V, moderators=np.column_stack([x, 2 * x]))
    assert (fit.names, fit.dropped_names) == (("intercept", "x1"), ("x2",))
    np.testing.assert_allclose(fit.coef, meta.pool(Y, V, moderators=x).coef)
    np.testing.assert_allclose(fit.predict([[9.0, 18.0]]).mean, fit.coef @ [1, 9])
    with pytest.warns(meta.MetaWarning, match="x1"):
        constant = meta.pool(Y, V, moderators=np.full(8, 3.0))
    np.testing.assert_allclose(constant.coef, meta.pool(Y, V).coef)


def test_constant_column_in_place_of_an_intercept_is_one() -> None:
    X = np.column_stack([np.ones(8), np.arange(8.0)])
    fit = meta.pool(Y, V, moderators=X, intercept=False)
    other = meta.pool(Y, V, moderators=np.arange(8.0))
    np.testing.assert_allclose(fit.qm, other.qm)
    np.testing.assert_allclose(fit.r2, other.r2)


def test_omnibus_test_of_chosen_coefficients() -> None:
    fit = meta.pool(Y, V, moderators="~ year + C(group)", data=DATA, btt=["year"])
    j = fit.names.index("year")
    np.testing.assert_allclose(fit.qm, fit.z_or_t[j] ** 2, rtol=1e-9)
    np.testing.assert_allclose(fit.qm_p, fit.p[j], rtol=1e-9)
    assert fit.qm_df == (1, None)
    with pytest.raises(meta.InputError, match="btt"):
        meta.pool(Y, V, btt=[3])


BAD = {
    "two lengths": ({"y": Y, "v": V[:5]}, meta.InputError),
    "no variances": ({"y": Y}, meta.InputError),
    "both v and se": ({"y": Y, "v": V, "se": V}, meta.InputError),
    "text": ({"y": list("abcdefgh"), "v": V}, meta.InputError),
    "matrix of effects": ({"y": Y.reshape(2, 4), "v": V}, meta.InputError),
    "unknown column": ({"y": "nope", "v": "var", "data": DATA}, meta.InputError),
    "name without data": ({"y": "effect", "v": V}, meta.InputError),
    "negative variance": ({"y": Y, "v": -V}, meta.VarianceError),
    "zero variance": ({"y": Y, "v": V * (V > 0.03), "method": "FE"}, meta.VarianceError),
    "infinite variance": ({"y": Y, "v": np.where(V > 0.1, np.inf, V)}, meta.VarianceError),
    "infinite effect": ({"y": np.where(Y > 0.4, np.inf, Y), "v": V}, meta.InputError),
    "negative standard error": ({"y": Y, "se": -V}, meta.VarianceError),
    "unknown method": ({"y": Y, "v": V, "method": "XX"}, meta.MethodError),
    "unknown test": ({"y": Y, "v": V, "test": "f"}, meta.MethodError),
    "level in percent": ({"y": Y, "v": V, "level": 95}, meta.InputError),
    "GENQ without weights": ({"y": Y, "v": V, "method": "GENQ"}, meta.MethodError),
    "negative weights": ({"y": Y, "v": V, "weights": -V}, meta.InputError),
    "negative tau2": ({"y": Y, "v": V, "tau2": -1.0}, meta.InputError),
    "tau2 of a fixed effect": ({"y": Y, "v": V, "tau2": 1.0, "method": "FE"}, meta.MethodError),
    "no coefficient": ({"y": Y, "v": V, "intercept": False}, meta.SingularDesignError),
    "formula without data": ({"y": Y, "v": V, "moderators": "~ x"}, meta.InputError),
    "broken formula": (
        {"y": Y, "v": V, "moderators": "~ year +* 2", "data": DATA},
        meta.InputError,
    ),
    "unknown in formula": ({"y": Y, "v": V, "moderators": "~ nope", "data": DATA}, meta.InputError),
    "too many moderators": (
        {"y": Y[:3], "v": V[:3], "moderators": np.eye(3)[:, :2]},
        meta.TooFewStudiesError,
    ),
    "scale of DL": ({"y": Y, "v": V, "scale": Y, "method": "DL"}, meta.MethodError),
    "unknown link": ({"y": Y, "v": V, "scale": Y, "link": "probit"}, meta.MethodError),
}


@pytest.mark.parametrize(("options", "error"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_a_named_error_that_says_why(options: dict, error: type) -> None:
    with pytest.raises(error, match=r".{15}"):
        meta.pool(**options)


@pytest.mark.filterwarnings("ignore::aponia.meta.MetaWarning")
def test_nothing_left_is_an_error() -> None:
    with pytest.raises(meta.TooFewStudiesError, match="no study is left"):
        meta.pool([np.nan, 1.0], [0.1, np.nan])


def test_first_fit_imports_nothing_heavy() -> None:
    """The first result in a fresh process takes well under a second because of this."""
    code = (
        "import sys; from aponia import meta; meta.pool(list(range(10)), [0.1] * 10).summary(); "
        "heavy = {'numba', 'pandas', 'scipy.stats', 'scipy.optimize', 'formulaic', 'altair'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
