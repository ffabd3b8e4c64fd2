"""A million simulated parallel trials of 50 people an arm, beside peers in the same run.

Peers: a plain loop over trials (NumPy draws one trial, SciPy or NumPy analyses it), NumPy vectorised
over trials in chunks, and, where their interpreters are named, statsmodels
(``APONIA_BENCH_STATSMODELS=/venv/bin/python``) and R with MASS (``APONIA_BENCH_R=Rscript``). Slow peers
run fewer trials, scaled up to a million and said so. Wall times of a shared machine vary; the ratios
are of the same run.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from scipy import stats

from aponia.planning import DESIGNS, Endpoint, Model

TRIALS, ARM = 1_000_000, 50
EFFECT, RATIO, RATE, DISPERSION = -0.5, 0.7, 10.0, 0.5

STATSMODELS = """
import sys, time, warnings
import numpy as np, statsmodels.api as sm
from statsmodels.stats.weightstats import ttest_ind
warnings.simplefilter("ignore")
kind, n, arm = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(1)
group = np.repeat([0.0, 1.0], arm)
X = sm.add_constant(group)
hits, start = 0, time.perf_counter()
for _ in range(n):
    if kind == "normal":
        y = rng.standard_normal(2 * arm) - 0.5 * group
        hits += ttest_ind(y[:arm], y[arm:])[1] < 0.05
    else:
        mean = 10.0 * np.where(group == 1, 0.7, 1.0)
        y = rng.poisson(mean * rng.gamma(2.0, 0.5, 2 * arm))
        hits += sm.NegativeBinomial(y, X).fit(disp=0).pvalues[1] < 0.05
print(time.perf_counter() - start, hits / n)
"""
R = """
a <- commandArgs(TRUE); kind <- a[1]; n <- as.integer(a[2]); arm <- as.integer(a[3])
suppressMessages(library(MASS)); set.seed(1); g <- rep(0:1, each = arm); hits <- 0
start <- proc.time()[["elapsed"]]
for (i in seq_len(n)) {
  if (kind == "normal") {
    y <- rnorm(2 * arm) - 0.5 * g
    hits <- hits + (t.test(y[g == 0], y[g == 1], var.equal = TRUE)$p.value < 0.05)
  } else {
    y <- rnbinom(2 * arm, mu = 10 * ifelse(g == 1, 0.7, 1), size = 2)
    p <- tryCatch(suppressWarnings(coef(summary(glm.nb(y ~ g)))[2, 4]), error = function(e) NA)
    hits <- hits + (!is.na(p) && p < 0.05)
  }
}
cat(proc.time()[["elapsed"]] - start, hits / n)
"""


def timed(run: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def models() -> dict[str, tuple[Model, float]]:
    count = Endpoint(
        "count", "", "", -1, baseline_mean=RATE, baseline_sd=math.sqrt(RATE + DISPERSION * RATE**2),
        correlation=1.0, baseline_weeks=1.0, followup_weeks=1.0,
    )  # fmt: skip
    return {
        "normal": (Model(Endpoint("normal", "", "", -1), adjust=False), EFFECT),
        "count": (Model(count, adjust=False), math.log(RATIO)),
    }


def loop(kind: str, trials: int) -> float:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(trials):
        if kind == "normal":
            y0, y1 = rng.standard_normal(ARM), rng.standard_normal(ARM) + EFFECT
            hits += stats.ttest_ind(y0, y1).pvalue < 0.05
        else:
            y0, y1 = (
                rng.poisson(RATE * r * rng.gamma(1 / DISPERSION, DISPERSION, ARM))
                for r in (1, RATIO)
            )
            m = np.array([y0.mean(), y1.mean()])
            s = np.array([((y - y.mean()) ** 2).sum() for y in (y0, y1)])
            k, df = 0.0, 2 * ARM - 2
            for _ in range(25):
                step = ((s / (m * (1 + k * m))).sum() - df) / (s / (1 + k * m) ** 2).sum()
                k = max(0.0, k + step)
                if abs(step) < 1e-9:
                    break
            se = math.sqrt(((1 + k * m) / (ARM * m)).sum())
            hits += abs(math.log(m[1] / m[0])) > stats.t.ppf(0.975, df) * se
    return hits / trials


def vectorised(kind: str, trials: int, chunk: int = 10_000) -> float:
    rng = np.random.default_rng(1)
    hits, df = 0, 2 * ARM - 2
    c = stats.t.ppf(0.975, df)
    for _ in range(trials // chunk):
        if kind == "normal":
            y0 = rng.standard_normal((chunk, ARM))
            y1 = rng.standard_normal((chunk, ARM)) + EFFECT
            v = (y0.var(axis=1, ddof=1) + y1.var(axis=1, ddof=1)) / ARM
            hits += int((np.abs(y1.mean(axis=1) - y0.mean(axis=1)) > c * np.sqrt(v)).sum())
        else:
            y = np.stack(
                [
                    rng.poisson(RATE * r * rng.gamma(1 / DISPERSION, DISPERSION, (chunk, ARM)))
                    for r in (1, RATIO)
                ]
            )
            m = y.mean(axis=2)
            s = ((y - m[..., None]) ** 2).sum(axis=2)
            k = np.zeros(chunk)
            for _ in range(12):
                v = 1 + k * m
                k = np.maximum(0, k + ((s / (m * v)).sum(axis=0) - df) / (s / v**2).sum(axis=0))
            se = np.sqrt(((1 + k * m) / (ARM * m)).sum(axis=0))
            hits += int((np.abs(np.log(m[1] / m[0])) > c * se).sum())
    return hits / trials


def elsewhere(command: list[str], kind: str, trials: int) -> tuple[float, float]:
    done = subprocess.run(
        [*command, kind, str(trials), str(ARM)], capture_output=True, text=True, check=True
    )
    seconds, power = map(float, done.stdout.split()[-2:])
    return seconds, power


def _on_one_thread(run: Callable[[], object]) -> float:
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    start = time.process_time()
    run()
    numba.set_num_threads(before)
    return time.process_time() - start


def script(text: str) -> str:
    path = Path(tempfile.mkdtemp()) / "peer.R"
    path.write_text(text, encoding="utf-8")
    return str(path)


def main() -> None:
    statsmodels, r = os.environ.get("APONIA_BENCH_STATSMODELS"), os.environ.get("APONIA_BENCH_R")
    for kind, (model, effect) in models().items():
        design = DESIGNS["parallel"]
        design(model, np.full(10, effect), 2 * ARM)  # compiled or read from the cache
        effects = np.full(TRIALS, effect)
        ours, power = timed(
            lambda d=design, m=model, e=effects: float(d(m, e, 2 * ARM).reject.mean())
        )
        one = _on_one_thread(lambda d=design, m=model, e=effects: d(m, e, 2 * ARM))
        print(
            f"{kind}: {TRIALS:,} trials of {ARM} an arm in {ours:.1f} s on {numba.get_num_threads()} "
            f"threads, {one:.1f} s of one processor; power {power:.4f}"
        )

        def told(name: str, seconds: float, trials: int, power: float, ours: float = ours) -> None:
            whole = seconds * TRIALS / trials
            how = "" if trials == TRIALS else f" ({trials:,} measured, scaled up)"
            print(
                f"  {name}: {whole:.0f} s{how}, power {power:.4f}, {whole / ours:.1f} times as long"
            )

        few = 5_000
        told("plain loop", *_with(few, timed(lambda k=kind, n=few: loop(k, n))))
        some = 200_000
        told("NumPy vectorised", *_with(some, timed(lambda k=kind, n=some: vectorised(k, n))))
        trials = 5_000 if kind == "normal" else 500
        if statsmodels:
            told(
                "statsmodels",
                *_with(trials, elsewhere([statsmodels, "-c", STATSMODELS], kind, trials)),
            )
        else:
            print("  statsmodels: skipped (APONIA_BENCH_STATSMODELS names no interpreter)")
        if r:
            told(
                "R (t.test, MASS::glm.nb)",
                *_with(trials, elsewhere([r, script(R)], kind, trials)),
            )
        else:
            print("  R: skipped (APONIA_BENCH_R names no Rscript)")
    sys.stdout.flush()


def _with(trials: int, found: tuple[float, float]) -> tuple[float, int, float]:
    return found[0], trials, found[1]


if __name__ == "__main__":
    main()
