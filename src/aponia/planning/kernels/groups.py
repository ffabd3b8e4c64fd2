"""Trials whose people stay in the group they were put in.

One kernel serves parallel, group sequential, dose-finding and enrichment designs: it draws the people
of every group, and analyses them at every look with one model, an intercept a group and at most one
covariate, the same measurement before treatment:

* scores: analysis of covariance, or of variance without a covariate;
* counts: negative binomial regression with log link by iteratively reweighted least squares, its
  dispersion by the method of moments (Breslow, Appl Stat 1984;33:38: Pearson's statistic equals the
  degrees of freedom), Wald tests against t;
* responders: log odds with half a person added to each cell (Gart & Zweifel, Biometrika 1967;54:181).

Every contrast follows from what comes back: with weights W of the groups, levels y and covariate means
x, slope b and its information S, the contrast c has the estimate sum c (y - b x) and the variance
sum c^2 / W + (sum c x)^2 / S.
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

__all__ = ["BINARY", "BOUNDED", "COUNT", "NORMAL", "simulate_groups"]

NORMAL, BOUNDED, BINARY, COUNT = 0, 1, 2, 3
_ROUNDS = 25


@nb.njit(**OPTIONS)
def _expit(x):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 + math.exp(-x))


@nb.njit(**OPTIONS)
def _recruit(s, kind, loc, believe, dropout, size, look, p, adjust, x, y, count):  # type: ignore[no-untyped-def]
    """Draw the people who join between two looks, one of each group in turn."""
    G = size.shape[0]
    most = 0
    least = size[0, look - 1] if look > 0 else 0
    for g in range(G):
        most = max(most, size[g, look])
        if look > 0:
            least = min(least, size[g, look - 1])
    rest = math.sqrt(1.0 - p[3] * p[3]) if kind < 2 else 0.0
    for j in range(least, most):
        for g in range(G):
            if j >= size[g, look] or (look > 0 and j < size[g, look - 1]):
                continue
            at = loc[g, 1] if believe[g] > 0.0 and uniform(s) < believe[g] else loc[g, 0]
            stays = dropout[g] == 0.0 or uniform(s) >= dropout[g]
            before = 0.0
            if kind == 2:
                after = 1.0 if uniform(s) < _expit(at) else 0.0
            elif kind == 3:
                # p: mean before, weeks before, weeks after, between, within dispersion, bout left
                frailty = gamma(s, 1.0 / p[3]) * p[3] if p[3] > 0.0 else 1.0
                own = gamma(s, 1.0 / p[4]) * p[4] if p[4] > 0.0 else 1.0
                active = min(1.0, exponential(s) * p[5] / p[2]) if p[5] > 0.0 else 1.0
                if adjust:
                    first = gamma(s, 1.0 / p[4]) * p[4] if p[4] > 0.0 else 1.0
                    before = math.log(poisson(s, p[0] * p[1] * frailty * first) + 0.5)
                after = poisson(s, p[0] * p[2] * frailty * own * active * math.exp(at))
            else:
                # p: location before, spread before, spread after, correlation, lowest, highest
                e = normal(s)
                after = at + p[2] * e
                if adjust:
                    # Drawn given the outcome: both have their margins and this correlation.
                    before = p[0] + p[1] * (p[3] * e + rest * normal(s))
                if kind == 1:
                    after = p[4] + (p[5] - p[4]) * _expit(after)
                    if adjust:
                        before = p[4] + (p[5] - p[4]) * _expit(before)
            if stays:
                i = count[g]
                x[g, i] = before
                y[g, i] = after
                count[g] = i + 1


# Sums may be added up in any order: the compiler then uses the vector units.
@nb.njit(fastmath={"reassoc", "contract", "nsz"}, **OPTIONS)
def _moments(x, y, m, adjust, out):  # type: ignore[no-untyped-def]
    """Means of y and x of one group, and its centred sums of squares and products."""
    mx = my = 0.0
    for i in range(m):
        my += y[i]
    my /= max(m, 1)
    syy = sxx = sxy = 0.0
    if adjust:
        for i in range(m):
            mx += x[i]
        mx /= max(m, 1)
        for i in range(m):
            dx = x[i] - mx
            dy = y[i] - my
            sxx += dx * dx
            sxy += dx * dy
            syy += dy * dy
    else:
        for i in range(m):
            dy = y[i] - my
            syy += dy * dy
    out[0], out[1], out[2], out[3], out[4] = my, mx, syy, sxx, sxy


@nb.njit(**OPTIONS)
def _gaussian(x, y, count, G, adjust, level, weight, xbar, rest, work):  # type: ignore[no-untyped-def]
    """Analysis of covariance; rest = (slope, information of the slope, degrees of freedom)."""
    n = 0
    sxx = sxy = syy = 0.0
    sums = work[:5, 0]
    for g in range(G):
        n += count[g]
        _moments(x[g], y[g], count[g], adjust, sums)
        level[g] = sums[0]
        xbar[g] = sums[1]
        syy += sums[2]
        sxx += sums[3]
        sxy += sums[4]
    use = adjust and sxx > 0.0
    slope = sxy / sxx if use else 0.0
    df = n - G - (1 if use else 0)
    residual = syy - slope * sxy
    rest[0] = slope
    rest[2] = df
    # What rounding leaves of a residual that is zero is no variance.
    variance = residual / df if df > 0 and residual > 1e-12 * syy else 0.0
    rest[1] = sxx / variance if use and variance > 0.0 else math.inf
    for g in range(G):
        weight[g] = count[g] / variance if variance > 0.0 else 0.0


@nb.njit(**OPTIONS)
def _logits(y, count, G, level, weight, xbar, rest):  # type: ignore[no-untyped-def]
    for g in range(G):
        hits = 0.0
        for i in range(count[g]):
            hits += y[g, i]
        a = hits + 0.5
        b = count[g] - hits + 0.5
        level[g] = math.log(a / b)
        weight[g] = a * b / (a + b) if count[g] > 0 else 0.0
        xbar[g] = 0.0
    rest[0] = 0.0
    rest[1] = math.inf
    rest[2] = math.inf


@nb.njit(**OPTIONS)
def _dispersion(mean, squares, count, G, df):  # type: ignore[no-untyped-def]
    """Dispersion by moments when every group has one mean; Newton from 0 cannot overshoot."""
    k = 0.0
    for _ in range(_ROUNDS):
        pearson = fall = 0.0
        for g in range(G):
            if count[g] > 0:
                v = 1.0 + k * mean[g]
                pearson += squares[g] / (mean[g] * v)
                fall += squares[g] / (v * v)
        if fall == 0.0:
            return 0.0
        new = max(0.0, k + (pearson - df) / fall)
        if abs(new - k) <= 1e-9 * (1.0 + k):
            return new
        k = new
    return k


@nb.njit(**OPTIONS)
def _counts(x, y, count, G, adjust, level, weight, xbar, rest, work):  # type: ignore[no-untyped-def]
    """Negative binomial regression; a group without any event gets half an event in all.

    `work` is (9, G) of scratch.
    """
    n = 0
    mean, squares, w0, wx, wxx = work[0], work[1], work[2], work[3], work[4]
    wz, wxz, middle, added = work[5], work[6], work[7], work[8]
    for g in range(G):
        m = count[g]
        n += m
        total = away = 0.0
        for i in range(m):
            total += y[g, i]
            away += x[g, i]
        added[g] = 0.5 / m if total == 0.0 and m > 0 else 0.0
        mean[g] = total / m + added[g] if m > 0 else 1.0
        middle[g] = away / m if m > 0 else 0.0
        squares[g] = 0.0
        for i in range(m):
            d = y[g, i] + added[g] - mean[g]
            squares[g] += d * d
        level[g] = math.log(mean[g])
        xbar[g] = 0.0
        weight[g] = 0.0
    df = n - G - (1 if adjust else 0)
    rest[0] = 0.0
    rest[1] = math.inf
    rest[2] = df
    if df < 1:
        return
    k = _dispersion(mean, squares, count, G, df)
    if not adjust:
        for g in range(G):
            weight[g] = count[g] * mean[g] / (1.0 + k * mean[g])
        return
    slope = 0.0
    for _ in range(_ROUNDS):
        # One pass: Newton's sums for the dispersion and weighted sums for level and slope.
        pearson = fall = sxx = sxz = 0.0
        for g in range(G):
            a = b = c = d = e = 0.0
            at = level[g]
            for i in range(count[g]):
                dx = x[g, i] - middle[g]
                eta = at + slope * (dx + middle[g] - xbar[g])
                m = math.exp(min(eta, 50.0))
                r = (y[g, i] + added[g] - m) / m
                w = m / (1.0 + k * m)
                pearson += r * r * w
                fall += r * r * w * w
                z = eta + r
                a += w
                b += w * dx
                c += w * dx * dx
                d += w * z
                e += w * dx * z
            w0[g], wx[g], wxx[g], wz[g], wxz[g] = a, b, c, d, e
            if a > 0.0:
                sxx += c - b * b / a
                sxz += e - b * d / a
        new_k = max(0.0, k + (pearson - df) / fall) if fall > 0.0 else 0.0
        new_slope = min(3.0, max(-3.0, sxz / sxx)) if sxx > 1e-10 else 0.0
        change = abs(new_k - k) / (1.0 + k) + abs(new_slope - slope)
        k = new_k
        slope = new_slope
        for g in range(G):
            if w0[g] > 0.0:
                # A step never moves a level by more than a factor e: no run-away means.
                here = wz[g] / w0[g]
                centre = middle[g] + wx[g] / w0[g]
                step = here - (level[g] + slope * (centre - xbar[g]))
                step = min(1.0, max(-1.0, step))
                level[g] += slope * (centre - xbar[g]) + step
                xbar[g] = centre
                weight[g] = w0[g]
                change += abs(step)
        rest[0] = slope
        rest[1] = sxx if sxx > 1e-10 else math.inf
        if change < 1e-5:
            break


@nb.njit(parallel=True, **OPTIONS)
def simulate_groups(seed, first, kind, loc, believe, dropout, size, p, adjust, threads):  # type: ignore[no-untyped-def]
    """Draw and analyse B trials of G groups at L looks.

    Parameters
    ----------
    seed, first : int
        Seed of the run and number of the first trial: trial i draws from the stream (seed, first + i).
    kind : int
        `NORMAL`, `BOUNDED`, `BINARY` or `COUNT`.
    loc : ndarray of shape (B, G, 2)
        Location after treatment of people who believe they got the comparator (0) or the active
        treatment (1): mean (normal), logit location (bounded), log odds (binary), log of the rate
        relative to before (count).
    believe, dropout : ndarray of shape (G,)
        Share who believe they got the active treatment; share without an outcome.
    size : ndarray of shape (G, L) of int
        People of each group randomised by each look, not decreasing.
    p : ndarray of shape (6,)
        Scores: location before, spread before and after, correlation, lowest, highest. Counts: mean
        a week before, weeks before, weeks after, dispersion between people and between the periods of
        a person, mean weeks of bout left (0: does not end by itself).
    adjust : bool
        Whether the measurement before treatment is a covariate (not for responders).
    threads : int
        Number of threads.

    Returns
    -------
    level, weight, xbar : ndarray of shape (B, L, G)
    rest : ndarray of shape (B, L, 3)
        Slope, its information, degrees of freedom. A weight of 0 marks an analysis that cannot be
        done.
    """
    B, G = loc.shape[0], loc.shape[1]
    L = size.shape[1]
    level = np.zeros((B, L, G))
    weight = np.zeros((B, L, G))
    xbar = np.zeros((B, L, G))
    rest = np.zeros((B, L, 3))
    most = 1
    for g in range(G):
        most = max(most, size[g, L - 1])
    pieces = max(1, min(B, 64 * threads))
    for piece in nb.prange(pieces):
        s = np.empty(4, np.uint64)
        x = np.empty((G, most))
        y = np.empty((G, most))
        work = np.empty((9, G))
        count = np.zeros(G, np.int64)
        for b in range(piece * B // pieces, (piece + 1) * B // pieces):
            seed_stream(s, seed, first + b)
            for g in range(G):
                count[g] = 0
            for look in range(L):
                _recruit(s, kind, loc[b], believe, dropout, size, look, p, adjust, x, y, count)
                if kind == 3:
                    _counts(
                        x,
                        y,
                        count,
                        G,
                        adjust,
                        level[b, look],
                        weight[b, look],
                        xbar[b, look],
                        rest[b, look],
                        work,
                    )
                elif kind == 2:
                    _logits(
                        y, count, G, level[b, look], weight[b, look], xbar[b, look], rest[b, look]
                    )
                else:
                    _gaussian(
                        x,
                        y,
                        count,
                        G,
                        adjust,
                        level[b, look],
                        weight[b, look],
                        xbar[b, look],
                        rest[b, look],
                        work,
                    )
    return level, weight, xbar, rest
