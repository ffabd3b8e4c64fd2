"""100,000 independent REML fits through `pool_many`, side by side with PyMARE's batched REML.

PyMARE is not a dependency: name an interpreter that has it in ``PYMARE_PYTHON`` (or install it
next to this package), otherwise the comparison is left out with a message. Both get the same
arrays, take turns within one run, and the median of each is compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba
import numpy as np

from aponia import meta
from aponia.meta.kernels.compiled import LANES

B, ROUNDS, SIZES = 100_000, 5, (10, 30)
#: metafor 5.1 in R 4.2 on a two-core machine: milliseconds of one rma(); context, not measured here.
METAFOR_MS = 6.3
PEER = """
import sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from pymare import __version__
from pymare.estimators import VarianceBasedLikelihoodEstimator
y, v = (np.ascontiguousarray(np.load(p).T) for p in sys.argv[1:3])
X = np.ones((y.shape[0], 1))
start = time.perf_counter()
VarianceBasedLikelihoodEstimator(method="REML").fit(y, v, X)
print(__version__, time.perf_counter() - start)
"""


def simulate(k: int, seed: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """The usual simulation design: variances from chi-squared(1) / 4 within [0.009, 0.6]."""
    rng = np.random.default_rng(seed)
    v = np.clip(0.25 * rng.chisquare(1, (B, k)), 0.009, 0.6)
    return 0.3 + rng.normal(size=(B, k)) * np.sqrt(v + 0.05), v


def peer_seconds(files: list[str]) -> tuple[str, float] | None:
    """Time PyMARE on the same arrays in its own interpreter; None when it is not there."""
    python = os.environ.get("PYMARE_PYTHON", sys.executable)
    run = subprocess.run([python, "-c", PEER, *files], capture_output=True, text=True, check=False)
    if run.returncode:
        return None
    version, seconds = run.stdout.split()
    return version, float(seconds)


def floor_us(v: np.ndarray, y: np.ndarray, threads: int) -> tuple[float, float]:
    """Microseconds a fit if only the divisions, or only reading the data, took time."""
    x = np.linspace(1.0, 2.0, 2048)
    out = np.empty_like(x)
    best = min(_time(lambda: [np.divide(1.0, x, out=out) for _ in range(200)]) for _ in range(5))
    division = best / (200 * x.size)
    k = y.shape[1]
    low, high, s2 = v.min(1), v.max(1), y.var(1, ddof=1)
    bound = np.maximum(0.5 * s2 - low + np.sqrt(0.25 * s2**2 + s2 * (high - low)), 0)
    span = np.log1p(bound / low)[: B // LANES * LANES].reshape(-1, LANES).max(1)
    passes = float(np.ceil(span / 0.3).mean()) + 2 + 7 + 3  # grid, Newton, Q and the final mean
    copy = min(_time(lambda: (y + v).sum()) for _ in range(5))
    return passes * k * division / threads * 1e6, copy / B * 1e6


def _time(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start


def main() -> None:
    """Print microseconds a fit, ratios to the peers, and the distance from the hardware limit."""
    threads = numba.get_num_threads()
    warm = simulate(SIZES[0])
    first = _time(lambda: meta.pool_many(warm[0], warm[1]))
    meta.pool_many(warm[0][:10], warm[1][:10]).to_frame()  # imports pandas
    print(
        f"{B:,} REML fits, {threads} threads; first call (import, compile or cache) {first:.1f} s"
    )
    for k in SIZES:
        y, v = simulate(k)
        ours, theirs, version = [], [], ""
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("y.npy", "v.npy")]
            for path, array in zip(files, (y, v), strict=True):
                np.save(path, array)
            for _ in range(ROUNDS):
                ours.append(_time(lambda y=y, v=v: meta.pool_many(y, v)))
                peer = peer_seconds(files)
                if peer is not None:
                    version = peer[0]
                    theirs.append(peer[1])
        batch = meta.pool_many(y, v)
        mine = statistics.median(ours) / B * 1e6
        everything = _time(lambda b=batch: b.to_frame()) / B * 1e6
        arithmetic, memory = floor_us(v, y, threads)
        print(f"k = {k}: {mine:.3f} us a fit (all rows converged: {bool(batch.converged.all())})")
        print(
            f"  p-values, intervals and I2 of all rows, when asked for: {everything:.3f} us a fit"
        )
        if theirs:
            other = statistics.median(theirs) / B * 1e6
            print(f"  PyMARE {version}: {other:.1f} us a fit, {other / mine:.0f} times ours")
        else:
            print("  PyMARE is not installed here: comparison left out (see PYMARE_PYTHON)")
        if k == SIZES[0]:
            print(
                f"  metafor as published ({METAFOR_MS} ms a fit, not run here): "
                f"{METAFOR_MS * 1e3 / mine:,.0f} times ours"
            )
        print(
            f"  limits: divisions alone {arithmetic:.3f} us ({mine / arithmetic:.1f} times that), "
            f"reading the data {memory:.3f} us ({mine / memory:.0f} times that)"
        )


if __name__ == "__main__":
    main()
