"""`multilevel` and `robust` on 1,000 effects in 100 clusters, beside a dense fit in the same run.

The peers maximise the same restricted likelihood on the same data: "dense" is this library's own
optimiser told nothing about blocks (one 1,000 x 1,000 matrix factored at every evaluation), "plain"
is the textbook way (dense matrix, numerical gradient, SciPy's L-BFGS-B).
"""

from __future__ import annotations

import copy
import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from aponia.meta._multilevel import multilevel
from aponia.meta._multilevel._blocks import make_buckets
from aponia.meta._multilevel._fit import Problem, fit
from aponia.meta._robust import robust

CLUSTERS, EACH = 100, 10
K = CLUSTERS * EACH


def simulate(seed: int = 20260101) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(CLUSTERS), EACH)
    v = rng.uniform(0.01, 0.1, K)
    x = rng.normal(size=K)
    rater = rng.integers(0, 30, K)
    y = (
        0.2
        + 0.1 * x
        + rng.normal(0, 0.3, CLUSTERS)[cluster]
        + rng.normal(0, 0.15, 30)[rater]
        + rng.normal(0, 0.2, K)
        + rng.normal(0, np.sqrt(v))
    )
    same = cluster[:, None] == cluster[None, :]
    V = np.where(same, 0.5 * np.sqrt(np.outer(v, v)), 0.0)
    np.fill_diagonal(V, v)
    return {
        "y": y, "v": v, "V": V, "x": x, "cluster": cluster, "effect": np.arange(K),
        "outcome": np.tile(np.arange(5), K // 5), "rater": rater,
    }  # fmt: skip


def seconds(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median wall time and the last result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def one_block(problem: Problem) -> Problem:
    """The same problem without its block structure."""
    Q = np.linalg.qr(problem.X)[0]
    whole = np.zeros(problem.y.size, dtype=np.int64)
    buckets = make_buckets(whole, problem.V.scaled(problem.unit**-2), Q, problem.y / problem.unit)
    # Terms remember the blocks they were last cut into, so the copy needs its own.
    terms = copy.deepcopy(problem.terms)
    return dataclasses.replace(problem, block=whole, buckets=buckets, terms=terms)


def plain(d: dict[str, Any]) -> tuple[float, np.ndarray]:
    """Nested model through a dense matrix and SciPy; restricted log-likelihood and sigma2."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize

    X = np.column_stack([np.ones(K), d["x"]])
    Z = (d["cluster"][:, None] == d["cluster"][None, :]).astype(float)
    constant = np.linalg.slogdet(X.T @ X)[1] - (K - 2) * np.log(2 * np.pi)

    def cost(theta: np.ndarray) -> float:
        s = np.exp(theta)
        M = np.diag(d["v"] + s[1]) + s[0] * Z
        c = cho_factor(M, lower=True)
        WX, Wy = cho_solve(c, X), cho_solve(c, d["y"])
        A = X.T @ WX
        r = d["y"] - X @ np.linalg.solve(A, X.T @ Wy)
        log_det = 2 * np.log(np.diagonal(c[0])).sum()
        return 0.5 * (log_det + np.linalg.slogdet(A)[1] + r @ cho_solve(c, r) - constant)

    found = minimize(cost, np.log([0.1, 0.1]), method="L-BFGS-B")
    return -float(found.fun), np.exp(found.x)


def main() -> None:
    """Print a table of times and ratios."""
    d = simulate()
    models: list[tuple[str, dict[str, Any], Any, int]] = [
        ("nested  ~1|cluster/effect", {"random": [d["cluster"], d["effect"]]}, d["v"], 7),
        ("nested, correlated errors", {"random": [d["cluster"], d["effect"]]}, d["V"], 7),
        (
            "HCS  ~outcome|cluster",
            {"inner": d["outcome"], "outer": d["cluster"], "structure": "HCS"},
            d["v"],
            3,
        ),
        (
            "UN  ~outcome|cluster",
            {"inner": d["outcome"], "outer": d["cluster"], "structure": "UN"},
            d["v"],
            3,
        ),
        (
            "crossed  ~1|cluster, ~1|rater",
            {"random": [d["cluster"], d["effect"], d["rater"]]},
            d["v"],
            1,
        ),
    ]
    print(f"{K} effects in {CLUSTERS} clusters, REML, one moderator; median seconds")
    print(f"{'model':32s}{'blocks':>10s}{'dense':>10s}{'ratio':>8s}{'logL difference':>18s}")
    first = None
    for name, options, V, repeats in models:
        ours, r = seconds(
            lambda o=options, V=V: multilevel(d["y"], V, moderators=d["x"], **o), repeats
        )
        first = first or (ours, r)
        dense = one_block(r._state.problem)
        other, f = seconds(lambda p=dense: fit(p), 1)
        gap = f.loglik - r._state.fit.loglik
        print(f"{name:32s}{ours:>10.4f}{other:>10.3f}{other / ours:>7.0f}x{gap:>18.1e}")
    assert first is not None
    other, (ll, _) = seconds(lambda: plain(d), 1)
    print(
        f"{'nested, plain dense SciPy fit':32s}{first[0]:>10.4f}{other:>10.3f}"
        f"{other / first[0]:>7.0f}x{ll - first[1].loglik:>18.1e}"
    )
    t, s = seconds(lambda: robust(first[1], d["cluster"]), 5)
    print(f"CR2 with Satterthwaite tests after the nested model: {t:.4f} s, df {s.df.round(1)}")
    t, _ = seconds(lambda: first[1].ranef(), 3)
    print(f"predictions of all {CLUSTERS + K} random effects: {t:.4f} s")


if __name__ == "__main__":
    main()
