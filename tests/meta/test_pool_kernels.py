"""The numerical kernels against textbook formulas with explicit matrices."""

from __future__ import annotations

import numpy as np
import pytest

from aponia import meta
from aponia.meta._distributions import chi2_quantile, chi2_sf, critical_value, f_sf, two_sided_p
from aponia.meta.kernels.likelihood import log_likelihood, score
from aponia.meta.kernels.projection import least_squares, project, sandwich
from aponia.meta.kernels.quadratic_form import quadratic_form_cdf, solve_tau2
from aponia.meta.kernels.scale import ScaleModel

RNG = np.random.default_rng(20)


def example(k: int = 11, p: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = np.column_stack([np.ones(k), RNG.normal(size=(k, p - 1))])
    return RNG.normal(size=k), np.exp(RNG.normal(size=k)), X


def dense_p(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    W = np.diag(w)
    return W - W @ X @ np.linalg.inv(X.T @ W @ X) @ X.T @ W


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("heavy", [1.0, 1e5])
def test_projection_equals_the_explicit_matrix(p: int, heavy: float) -> None:
    y, w, X = example(p=p)
    w[2] *= heavy
    P, a = dense_p(w, X), project(y, w, X)
    d1, d2 = RNG.uniform(0.5, 2, 11), RNG.uniform(0.5, 2, 11)
    D1, D2 = np.diag(d1), np.diag(d2)
    loose = 1e-15 * heavy * 1e3 + 1e-10
    np.testing.assert_allclose(a.py, P @ y, rtol=loose, atol=loose)
    np.testing.assert_allclose(a.rss, y @ P @ y, rtol=loose)
    np.testing.assert_allclose(a.trace, np.trace(P), rtol=loose)
    np.testing.assert_allclose(a.trace_pd(d1), np.trace(P @ D1), rtol=loose)
    np.testing.assert_allclose(a.trace_pdpd(d1, d2), np.trace(P @ D1 @ P @ D2), rtol=loose)
    np.testing.assert_allclose(a.ypy2, y @ P @ P @ y, rtol=loose)
    np.testing.assert_allclose(a.ypy3, y @ P @ P @ P @ y, rtol=loose)


def test_traces_keep_their_digits_next_to_a_study_of_weight_1e14() -> None:
    """With one study known exactly the others are compared with it: tr P = sum of their weights."""
    w = np.array([1e14, 2.0, 3.0, 0.5])
    a = project(np.zeros(4), w, np.ones((4, 1)))
    np.testing.assert_allclose(a.trace, 2 * 5.5, rtol=1e-12)
    np.testing.assert_allclose(a.trace_pdpd(), 5.5**2 + 3 * 13.25, rtol=1e-12)


def test_least_squares_and_sandwich_equal_the_explicit_inverse() -> None:
    y, w, X = example()
    C = np.linalg.inv(X.T @ np.diag(w) @ X)
    coef, root, logdet = least_squares(y, w, X)
    np.testing.assert_allclose(coef, C @ X.T @ (w * y), rtol=1e-10)
    np.testing.assert_allclose(root @ root.T, C, rtol=1e-10)
    np.testing.assert_allclose(logdet, -np.linalg.slogdet(C)[1], rtol=1e-10)
    m = RNG.uniform(0.1, 1, 11)
    middle = X.T @ np.diag(w * m * w) @ X
    np.testing.assert_allclose(sandwich(w, X, m), C @ middle @ C, rtol=1e-10)


@pytest.mark.parametrize("restricted", [True, False])
def test_score_is_the_derivative_of_the_log_likelihood(restricted: bool) -> None:
    y, v, X = example()
    t, h = np.array([0.4]), 1e-5

    def value(s: float) -> float:
        return float(log_likelihood(y[None], v[None], X[None], t + s, restricted=restricted)[0])

    first, second = score(y[None], v[None], X[None], t, restricted=restricted)
    np.testing.assert_allclose(first[0], (value(h) - value(-h)) / (2 * h), rtol=1e-7)
    np.testing.assert_allclose(
        second[0], (value(10 * h) - 2 * value(0) + value(-10 * h)) / (100 * h * h), rtol=1e-3
    )


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("log_link", [True, False])
def test_scale_derivatives_are_those_of_the_likelihood(restricted: bool, log_link: bool) -> None:
    y, v, X = example()
    Z = np.column_stack([np.ones(11), RNG.uniform(0, 1, 11)])
    model = ScaleModel(y, v, X, Z, restricted, log_link)
    alpha, h = np.array([-0.7, 0.3]) if log_link else np.array([0.5, 0.2]), 1e-5
    gradient, hessian = model.derivatives(alpha)
    for j, step in enumerate(h * np.eye(2)):
        slope = (model.value(alpha + step) - model.value(alpha - step)) / (2 * h)
        np.testing.assert_allclose(gradient[j], slope, rtol=1e-6)
        up, down = model.derivatives(alpha + step)[0], model.derivatives(alpha - step)[0]
        np.testing.assert_allclose(hessian[j], (up - down) / (2 * h), rtol=1e-6)


@pytest.mark.parametrize("k", [2, 3, 10, 60, 500])
def test_quadratic_form_with_inverse_variance_weights_is_chi_squared(k: int) -> None:
    v = RNG.uniform(0.01, 1, k)
    a = project(RNG.normal(size=k), 1 / v, np.ones((k, 1)))
    for p in (0.001, 0.025, 0.5, 0.975, 0.999):
        q = chi2_quantile(p, k - 1.0)
        assert abs(quadratic_form_cdf(q, a, v) - p) < 1e-11


def test_quadratic_form_of_two_studies_has_a_closed_form() -> None:
    v, w = np.array([0.3, 2.0]), np.array([5.0, 0.2])
    a = project(np.array([1.0, 0.0]), w, np.ones((2, 1)))
    scale = float(a.trace_pd(v))  # the only nonzero eigenvalue
    for q in (0.01, 1.0, 7.0):
        assert abs(quadratic_form_cdf(q, a, v) - (1 - float(chi2_sf(q / scale, 1)))) < 1e-12


def test_solving_for_tau2_inverts_the_distribution() -> None:
    v = np.exp(RNG.normal(size=15))
    y = RNG.normal(size=15) * 3
    a = project(y, np.exp(RNG.normal(size=15)), np.ones((15, 1)))
    for p in (0.025, 0.5, 0.975):
        t = solve_tau2(float(a.rss), a, v, p)
        assert t == 0 or abs(quadratic_form_cdf(float(a.rss), a, v + t) - p) < 1e-11


def test_tails_of_distributions_keep_relative_precision() -> None:
    np.testing.assert_allclose(two_sided_p(10.0), 1.523970604832105e-23, rtol=1e-12)
    np.testing.assert_allclose(two_sided_p(30.0, 8.0), 1.653525675178976e-9, rtol=1e-12)
    np.testing.assert_allclose(critical_value(0.95, 1), 12.706204736174698, rtol=1e-12)
    np.testing.assert_allclose(critical_value(0.5, 3), 0.764892328404345, rtol=1e-12)
    np.testing.assert_allclose(f_sf(4.0, 1, 10), two_sided_p(2.0, 10), rtol=1e-12)
    np.testing.assert_allclose(chi2_sf(9.0, 1), two_sided_p(3.0), rtol=1e-12)
    assert float(chi2_sf(0.0, 0)) == 1.0


def test_a_fit_of_many_studies_needs_no_square_matrix() -> None:
    """100,000 studies would need 80 GB as a k x k matrix."""
    k = 100_000
    v = RNG.uniform(0.01, 1, k)
    fit = meta.pool(RNG.normal(size=k) * np.sqrt(v + 0.1), v, moderators=RNG.normal(size=k))
    assert fit.k == k
    np.testing.assert_allclose(fit.tau2, 0.1, rtol=0.05)
