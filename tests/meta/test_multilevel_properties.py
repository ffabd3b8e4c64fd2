"""What must hold for every multilevel model, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from aponia.meta._multilevel import multilevel
from aponia.meta._multilevel._blocks import SamplingCovariance, blocks_of
from aponia.meta._multilevel._fit import make_problem
from aponia.meta._multilevel._parse import Known, make_terms
from aponia.meta._multilevel._request import read_random
from aponia.meta._multilevel._state import internal_factor, marginal_covariance
from aponia.meta._pool import pool

seeds = st.integers(0, 10_000)
FEW = settings(max_examples=12, deadline=None)


def data(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, 9)
    study = np.repeat(np.arange(9), sizes)
    k = study.size
    v = rng.uniform(0.02, 0.2, k)
    sd = rng.choice([0.0, 0.2, 0.6])
    y = 0.3 + rng.normal(0, sd, 9)[study] + rng.normal(0, 0.3, k) + rng.normal(0, np.sqrt(v))
    same = study[:, None] == study[None, :]
    V = np.where(same, 0.4 * np.sqrt(np.outer(v, v)), 0.0)
    np.fill_diagonal(V, v)
    place = np.concatenate([np.arange(n) for n in sizes])
    return {
        "y": y,
        "v": v,
        "V": V,
        "study": study,
        "effect": np.arange(k),
        "place": place,
        "x": rng.normal(size=k),
        "k": k,
    }


def fitted(d: dict[str, Any], **changes: Any) -> Any:
    d = {**d, **changes}
    return multilevel(d["y"], d["V"], random=[d["study"], d["effect"]], moderators=d["x"])


@FEW
@given(seeds)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    d = data(seed)
    order = np.random.default_rng(seed).permutation(d["k"])
    moved = {n: d[n][order] for n in ("y", "v", "study", "effect", "x")}
    a, b = fitted(d), fitted(d, **moved, V=d["V"][np.ix_(order, order)])
    assert_allclose(b.loglik, a.loglik, rtol=1e-10)
    assert_allclose(b.coef, a.coef, rtol=1e-7, atol=1e-10)
    assert_allclose(b.sigma2, a.sigma2, rtol=1e-6, atol=1e-9)


@FEW
@given(seeds)
def test_names_of_clusters_do_not_matter(seed: int) -> None:
    d = data(seed)
    names = np.random.default_rng(seed).permutation(9)
    renamed = np.array([f"study {names[s]}" for s in d["study"]])
    a, b = fitted(d), fitted(d, study=renamed)
    assert_allclose(b.loglik, a.loglik, rtol=1e-11)
    assert_allclose(b.coef, a.coef, rtol=1e-8, atol=1e-11)


@FEW
@given(seeds, st.sampled_from([-1.0, 1e-4, 37.0, 1e5]))
def test_units_of_the_outcome_scale_through(seed: int, c: float) -> None:
    d = data(seed)
    a, b = fitted(d), fitted(d, y=c * d["y"], V=c**2 * d["V"])
    assert_allclose(b.coef, c * a.coef, rtol=1e-7, atol=1e-9 * abs(c))
    assert_allclose(b.se, abs(c) * a.se, rtol=1e-7)
    assert_allclose(b.sigma2, c**2 * a.sigma2, rtol=1e-6, atol=1e-9 * c**2)
    assert_allclose(b.q, a.q, rtol=1e-8)


@FEW
@given(seeds)
def test_uncentred_predictors_fit_the_same(seed: int) -> None:
    d = data(seed)
    a, b = fitted(d), fitted(d, x=1990.0 + 1e-2 * d["x"])
    # The restricted likelihood is normalised by |X'X|, so it does not see the units of x either.
    assert_allclose(b.loglik, a.loglik, rtol=1e-9)
    assert_allclose(b.fitted(), a.fitted(), rtol=1e-6, atol=1e-8)


@FEW
@given(seeds, st.sampled_from(["REML", "ML"]))
def test_one_level_a_row_equals_pool(seed: int, method: str) -> None:
    d = data(seed)
    a = multilevel(
        d["y"],
        d["v"],
        inner=d["effect"],
        outer=d["effect"],
        structure="ID",
        method=method,
        moderators=d["x"],
    )
    b = pool(d["y"], d["v"], moderators=d["x"], method=method)
    assert_allclose(a.tau2[0], b.tau2, rtol=1e-6, atol=1e-9)
    assert_allclose(a.coef, b.coef, rtol=1e-6, atol=1e-9)
    assert_allclose(a.loglik, b.loglik, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:.*the correlation.*is below")
@FEW
@given(seeds)
def test_nested_models_have_ordered_likelihoods(seed: int) -> None:
    d = data(seed)
    pair = {"inner": d["place"], "outer": d["study"]}
    fits = {
        s: multilevel(d["y"], d["V"], structure=s, **pair, method="ML")
        for s in ("ID", "DIAG", "CS", "HCS")
    }
    ll = {s: f.loglik for s, f in fits.items()}
    slack = 1e-7
    assert ll["ID"] <= ll["CS"] + slack
    assert ll["ID"] <= ll["DIAG"] + slack
    assert ll["DIAG"] <= ll["HCS"] + slack
    if fits["CS"].rho[0] >= -1 / 3:  # below, it is no covariance of four effects
        assert ll["CS"] <= ll["HCS"] + slack


@FEW
@given(seeds)
def test_nothing_nearby_is_likelier(seed: int) -> None:
    d = data(seed)
    best = fitted(d)
    rng = np.random.default_rng(seed)
    for _ in range(6):
        trial = np.maximum(best.sigma2 * np.exp(rng.normal(0, 0.3, 2)), rng.choice([0, 1e-3]))
        held = multilevel(
            d["y"],
            d["V"],
            random=[d["study"], d["effect"]],
            moderators=d["x"],
            sigma2=trial.tolist(),
        )
        assert held.loglik <= best.loglik + 1e-9


def problem(structure: str, *, reml: bool = True) -> Any:
    d = data(5)
    empty = np.empty(0, dtype=np.int64)
    i, j = np.nonzero(d["V"] - np.diag(d["v"]))
    V = (
        SamplingCovariance(d["v"], i, j, d["V"][i, j])
        if reml
        else SamplingCovariance(d["v"], empty, empty, np.empty(0))
    )
    inner: Any = d["place"]
    if structure.startswith("SP"):
        inner = np.random.default_rng(1).normal(size=(d["k"], 2))
    if structure in ("GEN", "GDIAG"):
        inner = d["x"]
    requests = read_random(
        [d["study"]], None, d["k"], structure=structure, inner=inner, outer=d["study"] // 2
    )
    terms = make_terms(requests, np.ones(d["k"], bool), Known())
    X = np.column_stack([np.ones(d["k"]), d["x"]])
    return make_problem(d["y"], X, V, terms, reml=reml), d


STRUCTURES = [
    "CS",
    "HCS",
    "AR",
    "HAR",
    "CAR",
    "ID",
    "DIAG",
    "UN",
    "UNR",
    "GEN",
    "GDIAG",
    "SPEXP",
    "SPGAU",
    "SPLIN",
    "SPRAT",
    "SPSPH",
]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("reml", [True, False])
def test_gradient_is_the_derivative_of_the_likelihood(structure: str, reml: bool) -> None:
    p, _ = problem(structure, reml=reml)
    like = p.likelihood
    eta = np.concatenate([t.starts(0.4)[0] for t in p.terms]) + 0.013
    _, gradient = like.value_and_gradient(eta)
    for n in range(eta.size):
        h = 1e-6
        up, down = eta.copy(), eta.copy()
        up[n] += h
        down[n] -= h
        slope = (like.value(up) - like.value(down)) / (2 * h)
        assert_allclose(gradient[n], slope, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_blocks_give_the_likelihood_of_the_whole(structure: str) -> None:
    p, d = problem(structure)
    eta = np.concatenate([t.starts(0.4)[0] for t in p.terms])
    M = marginal_covariance(p, eta / internal_factor(p))
    W, X = np.linalg.inv(M), p.X
    A = X.T @ W @ X
    b = np.linalg.solve(A, X.T @ W @ d["y"])
    r = d["y"] - X @ b
    k, q = X.shape
    dense = -0.5 * (
        (k - q) * np.log(2 * np.pi)
        - np.linalg.slogdet(X.T @ X)[1]
        + np.linalg.slogdet(M)[1]
        + np.linalg.slogdet(A)[1]
        + r @ W @ r
    )
    assert_allclose(p.likelihood.value(eta) - (k - q) * np.log(p.unit), dense, rtol=1e-10)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_natural_and_internal_parameters_are_inverse(structure: str) -> None:
    p, _ = problem(structure)
    for term in p.terms:
        for eta in term.starts(0.3):
            again = term.internal(term.natural(eta))
            assert_allclose(term.natural(again).variances, term.natural(eta).variances, rtol=1e-8)
            assert_allclose(
                term.natural(again).correlations, term.natural(eta).correlations, atol=1e-7
            )


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25))
@settings(max_examples=40, deadline=None)
def test_blocks_are_the_connected_components(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(c) for c in zip(*pairs, strict=True))
    k = a.size
    empty = np.empty(0, dtype=np.int64)
    V = SamplingCovariance(np.ones(k), empty, empty, np.empty(0))
    block = blocks_of(k, [a, b], V)
    for i in range(k):
        for j in range(k):
            if a[i] == a[j] or b[i] == b[j]:
                assert block[i] == block[j]
    assert block[0] == 0
    assert set(block) == set(range(int(block.max()) + 1))
