"""`pool_many` gives, row by row, exactly what `pool` gives, with either engine."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import meta

METHODS = ("FE", "DL", "HE", "HS", "HSk", "SJ", "SJIT", "ML", "REML", "EB", "PM", "PMM", "DLIT")
CALM = settings(deadline=None, derandomize=True, max_examples=30)
COLUMNS = (
    *("coef", "se", "ci_lower", "ci_upper", "z", "p", "tau2", "i2", "h2", "q", "q_p"),
    *("pi_lower", "pi_upper"),
)


def ragged(seed: int, B: int = 60, k: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Meta-analyses of 1 to k studies, heterogeneous or not, some with one dominant study."""
    rng = np.random.default_rng(seed)
    v = np.exp(rng.normal(size=(B, k)) * 1.5 - 2)
    v[::7, 0] = 1e-7
    spread = v * rng.choice([0.1, 1, 3], (B, 1)) + rng.choice([0, 0.05, 1], (B, 1))
    y = 0.3 + rng.normal(size=(B, k)) * np.sqrt(spread)
    y[np.arange(k) >= rng.integers(1, k + 1, B)[:, None]] = np.nan
    v[(rng.random((B, k)) < 0.1) & (np.arange(k) > 0)] = np.nan
    return y, v


def loop(y: np.ndarray, v: np.ndarray, **options: object) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        fits = [meta.pool(a, b, **options) for a, b in zip(y, v, strict=True)]  # type: ignore[arg-type]
    out = {}
    for name in COLUMNS:
        attribute = {"z": "z_or_t"}.get(name, name)
        out[name] = np.array([np.ravel(getattr(fit, attribute))[0] for fit in fits])
    out["k"] = np.array([fit.k for fit in fits])
    return out


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("method", METHODS)
def test_batch_equals_loop(method: str, engine: str) -> None:
    y, v = ragged(1)
    for test in ("z", "knha", "adhoc"):
        batch = meta.pool_many(y, v, method=method, test=test, engine=engine)
        expected = loop(y, v, method=method, test=test)
        assert batch.converged.all()
        np.testing.assert_array_equal(batch.k, expected["k"])
        for name in COLUMNS:
            np.testing.assert_allclose(
                getattr(batch, name), expected[name], rtol=1e-8, atol=1e-10, err_msg=name
            )


@CALM
@given(st.integers(0, 2**32 - 1), st.sampled_from(METHODS), st.integers(1, 40), st.integers(1, 12))
def test_engines_agree_on_anything(seed: int, method: str, B: int, k: int) -> None:
    y, v = ragged(seed, B, k)
    a = meta.pool_many(y, v, method=method, engine="numpy")
    b = meta.pool_many(y, v, method=method, engine="compiled")
    for name in ("coef", "se", "tau2", "q"):
        np.testing.assert_allclose(
            getattr(b, name), getattr(a, name), rtol=1e-7, atol=1e-9, err_msg=name
        )


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_likelihoods_with_two_maxima_get_the_global_one(engine: str) -> None:
    y = np.array([[0.899, 1, 1.034, 0.419, 1.878, -3.703], [-0.218, -0.352, 1.731, *[np.nan] * 3]])
    v = np.array([[0.0024, 0.0392, 0.0014, 1.3202, 0.308, 1.1896], [0.0013, 0.0612, 0.5752] * 2])
    for method in ("ML", "REML"):
        batch = meta.pool_many(y, v, method=method, engine=engine)
        for row in range(2):
            keep = ~np.isnan(y[row])
            a, b = y[row][keep], v[row][keep]
            grid = [0.0, *np.geomspace(1e-6, 20, 300)]
            best = max(meta.pool(a, b, method=method, tau2=float(t)).loglik for t in grid)
            found = meta.pool(a, b, method=method, tau2=float(batch.tau2[row])).loglik
            assert found >= best - 1e-12


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_rows_in_any_order_and_any_block_give_the_same(engine: str) -> None:
    y, v = ragged(4, 83)
    a = meta.pool_many(y, v, engine=engine)
    order = np.random.default_rng(0).permutation(83)
    b = meta.pool_many(y[order], v[order], engine=engine)
    np.testing.assert_allclose(b.coef, a.coef[order], rtol=1e-12)
    np.testing.assert_allclose(b.tau2, a.tau2[order], rtol=1e-9, atol=1e-14)


def test_lengths_cut_rows_as_nan_does() -> None:
    y, v = np.array([[0.1, 0.3, 9.0], [0.2, 0.4, 0.5]]), np.array([[0.1, 0.2, 0.3]] * 2)
    a = meta.pool_many(y, v, lengths=[2, 3])
    b = meta.pool_many([[0.1, 0.3, np.nan], y[1]], v)
    assert a.k.tolist() == [2, 3]
    np.testing.assert_array_equal(a.coef, b.coef)
    with pytest.raises(meta.InputError, match="lengths"):
        meta.pool_many(y, v, lengths=[2, 4])


def test_one_study_a_row_is_the_study() -> None:
    batch = meta.pool_many([[0.3], [0.5]], [[0.04], [0.09]], test="knha")
    np.testing.assert_allclose(batch.se, [0.2, 0.3])
    np.testing.assert_allclose(batch.tau2, 0)
    np.testing.assert_allclose(batch.i2, 0)
    assert np.isinf(batch.df).all()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_bad_rows_are_named_errors(engine: str) -> None:
    y, v = np.full((4, 3), 0.3), np.full((4, 3), 0.1)
    with pytest.raises(meta.VarianceError, match="rows 2"):
        meta.pool_many(y, np.where(np.arange(4)[:, None] == 2, -v, v), engine=engine)
    with pytest.raises(meta.VarianceError, match="infinite"):
        meta.pool_many(np.where(np.arange(3) == 1, np.inf, y), v, engine=engine)
    with pytest.raises(meta.TooFewStudiesError, match="rows 1"):
        meta.pool_many(np.where(np.arange(4)[:, None] == 1, np.nan, y), v, engine=engine)


def test_bad_arguments_are_named_errors() -> None:
    y, v = np.full((4, 3), 0.3), np.full((4, 3), 0.1)
    with pytest.raises(meta.InputError, match="same shape"):
        meta.pool_many(y, v[:, :2])
    with pytest.raises(meta.InputError, match="same shape"):
        meta.pool_many(y[0], v[0])
    with pytest.raises(meta.MethodError, match="needs weights"):
        meta.pool_many(y, v, method="GENQ")
    with pytest.raises(meta.MethodError, match="engine"):
        meta.pool_many(y, v, engine="gpu")


def test_batch_tells_itself_as_text_json_and_frame() -> None:
    batch = meta.pool_many(*ragged(2))
    assert len(batch) == 60
    assert "60 meta-analyses" in batch.summary()
    json.dumps(batch.to_dict(), allow_nan=False)
    assert list(batch.to_frame()["k"]) == batch.k.tolist()


def test_identical_effects_have_exactly_no_heterogeneity() -> None:
    y = np.full((5, 4), 0.1 + 0.2)
    v = np.geomspace(0.001, 1, 20).reshape(5, 4)
    for engine in ("numpy", "compiled"):
        batch = meta.pool_many(y, v, engine=engine)
        assert (batch.q == 0).all()
        assert (batch.tau2 == 0).all()
