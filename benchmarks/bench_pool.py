"""One `pool()` REML fit from 10 to 10,000 studies, and the first result of a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np

from aponia import meta

SIZES = (10, 30, 100, 300, 1_000, 10_000)
ROUNDS = 15
#: metafor 5.1 in R 4.2 on a two-core machine; context, not measured here.
METAFOR_MS = {10: 6.3, 1_000: 3_300.0}
FRESH = (
    "import time; s = time.perf_counter(); from aponia import meta; "
    "meta.pool([.1,.3,.2,.5,-.1,.4,.6,.2,.3,.1], [.04,.02,.03,.05,.1,.02,.07,.01,.06,.03])"
    ".summary(); print(time.perf_counter() - s)"
)


def median_ms(k: int, moderator: bool) -> float:
    """Median time of one fit in milliseconds."""
    rng = np.random.default_rng(k)
    v = np.clip(0.25 * rng.chisquare(1, k), 0.009, 0.6)
    y = 0.3 + rng.normal(size=k) * np.sqrt(v + 0.05)
    x = rng.normal(size=k) if moderator else None
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        meta.pool(y, v, moderators=x)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> None:
    """Print times and the exponent of growth."""
    fresh = [
        float(subprocess.run([sys.executable, "-c", FRESH], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    print(f"first result in a fresh process, imports included: {statistics.median(fresh):.2f} s")
    plain = {k: median_ms(k, moderator=False) for k in SIZES}
    for k in SIZES:
        line = f"k = {k:6,}: {plain[k]:8.2f} ms, with a moderator {median_ms(k, True):8.2f} ms"
        if k in METAFOR_MS:
            line += f"; metafor as published {METAFOR_MS[k]:g} ms, {METAFOR_MS[k] / plain[k]:,.0f} times"
        print(line)
    growth = np.log(plain[10_000] / plain[1_000]) / np.log(10)
    print(f"growth from 1,000 to 10,000 studies: k^{growth:.2f} (1 is linear, 2 a k x k matrix)")


if __name__ == "__main__":
    main()
