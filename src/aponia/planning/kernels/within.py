"""Trials whose people are their own comparison: two-period crossover and aggregated N-of-1.

A person goes through blocks of two periods, one on each treatment. What differs between people
cancels; what is left are the noise of a period (a first-order autoregression), the person's own
effect, what the treatment leaves behind in the next period, and, in counts, bouts that end.

Each person gives one number, the mean over blocks of active minus comparator (scores and responders)
or the log of the ratio of the two counts, each with half an event added. N-of-1: a t-test over
people, exact whatever the noise within people (Senn, Stat Med 2019;38:1283: summary measures).
Crossover: half the difference of the two sequences, which removes any effect of the period
(Hills & Armitage, Br J Clin Pharmacol 1979;8:7).
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from aponia.planning.kernels.draws import (
    OPTIONS,
    exponential,
    gamma,
    normal,
    poisson,
    seed_stream,
    uniform,
)

__all__ = ["simulate_within"]


@nb.njit(parallel=True, **OPTIONS)
def simulate_within(seed, first, kind, loc, effect, shift, n, blocks, crossover, p, q, threads):  # type: ignore[no-untyped-def]
    """Draw and analyse B trials of n people.

    Parameters
    ----------
    seed, first, kind
        As in `aponia.planning.kernels.groups.simulate_groups`.
    loc, effect : ndarray of shape (B,)
        Location on the comparator, and what the active treatment adds on the latent scale.
    shift : float
        What believing in the active treatment adds on the latent scale.
    n, blocks : int
        People, and blocks of two periods each.
    crossover : bool
        Sequences alternate and the period effect is removed; otherwise the order is drawn anew
        in each block.
    p : ndarray of shape (6,)
        Scores: unused, share of the spread that is the person's own, spread, unused, lowest, highest.
        Counts: mean a week, unused, weeks a period, dispersion between people, SD of the log rate
        between periods, mean weeks of bout left (0: does not end by itself).
    q : ndarray of shape (7,)
        SD of the effect between people (latent), autocorrelation of neighbouring periods, share of
        the effect left in the next period, share leaving in a period, belief on active and on
        comparator, weeks between periods.
    threads : int

    Returns
    -------
    ndarray of shape (B, 3)
        Estimate, standard error (0: cannot be analysed), degrees of freedom.
    """
    B = loc.shape[0]
    out = np.zeros((B, 3))
    periods = 2 * blocks
    pieces = max(1, min(B, 64 * threads))
    for piece in nb.prange(pieces):
        s = np.empty(4, np.uint64)
        for b in range(piece * B // pieces, (piece + 1) * B // pieces):
            seed_stream(s, seed, first + b)
            m = np.zeros(2)
            mean = np.zeros(2)
            squares = np.zeros(2)
            for i in range(n):
                own = effect[b] + q[0] * normal(s)
                if kind == 3:
                    frailty = gamma(s, 1.0 / p[3]) * p[3] if p[3] > 0.0 else 1.0
                else:
                    frailty = math.sqrt(p[1]) * normal(s)
                bout = exponential(s) * p[5] if kind == 3 and p[5] > 0.0 else math.inf
                noise = normal(s)
                before = False
                staying = True
                complete = 0
                totals = np.zeros(2)
                block = np.zeros(2)
                order = i % 2
                for t in range(periods):
                    if t % 2 == 0 and not crossover:
                        order = 1 if uniform(s) < 0.5 else 0
                    active = (t % 2 == 0) == (order == 0)
                    if t > 0:
                        noise = q[1] * noise + math.sqrt(1.0 - q[1] * q[1]) * normal(s)
                    at = loc[b]
                    if active:
                        at += own
                    elif before:
                        at += q[2] * own
                    believes = uniform(s) < (q[4] if active else q[5])
                    if believes:
                        at += shift
                    leaves = uniform(s) < q[3]
                    if kind == 3:
                        start = t * (p[2] + q[6])
                        share = min(1.0, max(0.0, (bout - start) / p[2]))
                        rate = p[0] * p[2] * frailty * share
                        rate *= math.exp(at + p[4] * noise - 0.5 * p[4] * p[4])
                        value = poisson(s, rate)
                    else:
                        z = frailty + math.sqrt(1.0 - p[1]) * noise
                        if kind == 2:
                            # Standard normal latent response with the wanted log odds as its margin.
                            u = 0.5 * math.erfc(-z / math.sqrt(2.0))
                            value = 1.0 if u < 1.0 / (1.0 + math.exp(-at)) else 0.0
                        elif kind == 1:
                            value = p[4] + (p[5] - p[4]) / (1.0 + math.exp(-(at + p[2] * z)))
                        else:
                            value = at + p[2] * z
                    staying = staying and not leaves
                    block[0 if active else 1] = value
                    before = active
                    if t % 2 == 1 and staying:
                        complete += 1
                        totals[0] += block[0]
                        totals[1] += block[1]
                if complete == 0:
                    continue
                if kind == 3:
                    if totals[0] + totals[1] == 0.0:
                        continue
                    d = math.log((totals[0] + 0.5) / (totals[1] + 0.5))
                else:
                    d = (totals[0] - totals[1]) / complete
                g = order if crossover else 0
                m[g] += 1.0
                step = d - mean[g]
                mean[g] += step / m[g]
                squares[g] += step * (d - mean[g])
            if crossover:
                df = m[0] + m[1] - 2.0
                ss = squares[0] + squares[1]
                if m[0] > 0 and m[1] > 0 and df > 0 and ss > 0.0:
                    # d is active minus comparator in both sequences; their mean removes the period.
                    out[b, 0] = 0.5 * (mean[0] + mean[1])
                    out[b, 1] = 0.5 * math.sqrt(ss / df * (1.0 / m[0] + 1.0 / m[1]))
                    out[b, 2] = df
            else:
                df = m[0] - 1.0
                if df > 0 and squares[0] > 0.0:
                    out[b, 0] = mean[0]
                    out[b, 1] = math.sqrt(squares[0] / df / m[0])
                    out[b, 2] = df
    return out
