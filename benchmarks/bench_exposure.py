"""100,000 virtual people over 24 h, beside the same curves one person at a time in the same run.

The peers: "loop" evaluates the same closed form with NumPy for one person after another, "ODE" gives
the differential equations to SciPy (LSODA) for a few people, scaled up to all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import odeint

from aponia import evidence
from aponia.answers.exposure_data import pharmacology
from aponia.exposure import Dose, simulate

PEOPLE, FEW, ROUNDS = 100_000, 200, 5


def seconds(run: Callable[[], object]) -> float:
    """Median wall time."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    data = pharmacology(evidence.load())
    model = data.models["psilocybin", "oral"]
    ours = seconds(lambda: simulate("psilocybin", Dose(25), "oral", n=PEOPLE, data=data))
    got = simulate("psilocybin", Dose(25), "oral", n=PEOPLE, data=data)
    band = seconds(got.band)
    rng = np.random.default_rng(1)
    ke = model.ke * np.exp(0.2 * rng.standard_normal(PEOPLE))
    ka, c0 = model.ka or 1.0, 1000 * 25 / model.volume
    times = got.times

    def loop() -> None:
        for k in ke[: PEOPLE // 10]:
            c0 * ka / (ka - k) * (np.exp(-k * times) - np.exp(-ka * times))

    def ode() -> None:
        for k in ke[:FEW]:
            odeint(lambda y, _t, k=k: [-ka * y[0], ka * y[0] - k * y[1]], [c0, 0.0], times)

    one_by_one = seconds(loop) * 10
    solved = seconds(ode) * PEOPLE / FEW
    print(f"{PEOPLE:,} people x {times.size} times: {ours:.3f} s (band {band:.3f} s more)")
    print(f"loop over people: {one_by_one:.2f} s, {one_by_one / ours:.1f} times as long")
    print(f"ODE solver: {solved:.0f} s (from {FEW} people), {solved / ours:.0f} times as long")
    if ours >= 1:
        raise SystemExit("slower than one second")


if __name__ == "__main__":
    main()
