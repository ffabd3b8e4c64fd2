"""Intercept-only fits as machine code: the lanes of the vector units are meta-analyses.

A block of `LANES` meta-analyses is copied into two rows of lanes a study (variance, effect), so
every arithmetic instruction works on as many different meta-analyses as a vector register holds,
with no horizontal operation and no branch. Ragged meta-analyses are padded with infinite
variances, whose weight is exactly zero. Blocks are shared among threads.

In each meta-analysis the most precise study comes first and the effects are measured from it.
That study has the largest weight at every tau2, so the sums below cannot cancel, however much it
outweighs the others; one pass over the studies then gives Q, its derivatives and all traces.

All numbers of a block live in two flat arrays: `d` (the studies) and `z` (rows of lanes, at the
offsets below), because a compiler vectorises a loop only when it can see that arrays do not
overlap. All of it is in one file because numba's cache notices changes only in the file of the
function that is called.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

__all__ = ["CODES", "LANES", "OUTPUTS", "fit_lanes"]

LANES = 16
# Step of the likelihood grid in log(v_min + tau2); as in `likelihood`.
_STEP = 0.3
_MAX_STEPS = 200

CODES = {
    **dict.fromkeys(("FE", "EE", "CE"), 0),
    **{"DL": 1, "HE": 2, "HS": 3, "HSk": 4, "SJ": 5},
    **dict.fromkeys(("PM", "EB", "DLIT", "SJIT", "PMM"), 6),
    **{"ML": 7, "REML": 8},
}
#: Rows of the output of `fit_lanes`.
OUTPUTS = ("coef", "variance", "tau2", "q", "typical_variance", "scale", "k", "status")

# Sums over all studies but the first: of w, w^2 and w^3, times 1, y and y^2.
_S, _SY, _SYY, _A, _AY, _AYY, _C, _CY, _CYY = (LANES * i for i in range(9))
# What was loaded, and the estimate T.
_CENTRE, _COUNT, _SPREAD, _CRUDE, _LOW, _HIGH, _STATUS, _T = (LANES * i for i in range(9, 17))
# Mean, Q, total weight, Q at tau2 = 0, typical variance, target of Q.
_MU, _Q, _TOTAL, _Q0, _VT, _TARGET = (LANES * i for i in range(17, 23))
# The likelihood search: score, Newton's change, the bracket and its scores, the grid, its peaks.
_F, _STEP_N, _LO, _HI, _F_LO, _F_HI = (LANES * i for i in range(23, 29))
_BOUND, _RATIO, _M, _F_OLD, _T_OLD, _PEAKS, _OPEN = (LANES * i for i in range(29, 36))
_SIZE = LANES * 36
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}, "cache": True}


@nb.njit(inline="always", **_OPTIONS)
def _plain_sums(d, z, k):  # type: ignore[no-untyped-def]
    """Add up w, w y and w y^2: enough for the mean and Q."""
    for j in range(3 * LANES):
        z[j] = 0.0
    for i in range(1, k):
        at = 2 * i * LANES
        for j in range(LANES):
            y = d[at + LANES + j]
            w = 1.0 / (d[at + j] + z[_T + j])
            wy = w * y
            z[_S + j] += w
            z[_SY + j] += wy
            z[_SYY + j] += wy * y


@nb.njit(inline="always", **_OPTIONS)
def _score_sums(d, z, k):  # type: ignore[no-untyped-def]
    """Add up w, w y and w^2 times 1, y, y^2: enough for the score."""
    for j in range(6 * LANES):
        z[j] = 0.0
    for i in range(1, k):
        at = 2 * i * LANES
        for j in range(LANES):
            y = d[at + LANES + j]
            w = 1.0 / (d[at + j] + z[_T + j])
            w2 = w * w
            w2y = w2 * y
            z[_S + j] += w
            z[_SY + j] += w * y
            z[_A + j] += w2
            z[_AY + j] += w2y
            z[_AYY + j] += w2y * y


@nb.njit(inline="always", **_OPTIONS)
def _all_sums(d, z, k):  # type: ignore[no-untyped-def]
    """Add up everything: the sums of w^3 give the second derivative."""
    for j in range(9 * LANES):
        z[j] = 0.0
    for i in range(1, k):
        at = 2 * i * LANES
        for j in range(LANES):
            y = d[at + LANES + j]
            w = 1.0 / (d[at + j] + z[_T + j])
            w2 = w * w
            w3 = w2 * w
            wy = w * y
            w2y = w2 * y
            w3y = w3 * y
            z[_S + j] += w
            z[_SY + j] += wy
            z[_SYY + j] += wy * y
            z[_A + j] += w2
            z[_AY + j] += w2y
            z[_AYY + j] += w2y * y
            z[_C + j] += w3
            z[_CY + j] += w3y
            z[_CYY + j] += w3y * y


@nb.njit(inline="always", **_OPTIONS)
def _score(d, z, restricted):  # type: ignore[no-untyped-def]
    """Twice the derivative of the log-likelihood: y'PPy - tr P (REML) or - tr W (ML)."""
    for j in range(LANES):
        w0 = 1.0 / (d[j] + z[_T + j])
        rest = z[_S + j]
        total = w0 + rest
        inverse = 1.0 / total
        mu = z[_SY + j] * inverse
        ypy2 = z[_AYY + j] - 2.0 * mu * z[_AY + j] + mu * mu * (w0 * w0 + z[_A + j])
        trace = (w0 * rest + total * rest - z[_A + j]) * inverse if restricted else total
        z[_F + j] = ypy2 - trace


@nb.njit(inline="always", **_OPTIONS)
def _newton_step(d, z, restricted):  # type: ignore[no-untyped-def]
    """Find the score and Newton's change of tau2 (endless where the curvature is not negative)."""
    for j in range(LANES):
        w0 = 1.0 / (d[j] + z[_T + j])
        rest = z[_S + j]
        total = w0 + rest
        inverse = 1.0 / total
        mu = z[_SY + j] * inverse
        w02 = w0 * w0
        a = z[_A + j] + w02
        c = z[_C + j] + w02 * w0
        ypy2 = z[_AYY + j] - 2.0 * mu * z[_AY + j] + mu * mu * a
        first = z[_AY + j] - mu * a
        ypy3 = z[_CYY + j] - 2.0 * mu * z[_CY + j] + mu * mu * c - first * first * inverse
        trace = (w0 * rest + total * rest - z[_A + j]) * inverse if restricted else total
        ratio = a * inverse
        trace2 = a - 2.0 * c * inverse + ratio * ratio if restricted else a
        f = ypy2 - trace
        curvature = trace2 - 2.0 * ypy3
        z[_F + j] = f
        z[_STEP_N + j] = f / -curvature if curvature < 0.0 else 1e300


@nb.njit(inline="always", **_OPTIONS)
def _mean_q(d, z):  # type: ignore[no-untyped-def]
    """Weighted mean (from the first study), Q and total weight."""
    for j in range(LANES):
        total = 1.0 / (d[j] + z[_T + j]) + z[_S + j]
        mu = z[_SY + j] / total
        z[_TOTAL + j] = total
        z[_MU + j] = mu
        z[_Q + j] = max(z[_SYY + j] - mu * z[_SY + j], 0.0)


@nb.njit(**_OPTIONS)
def _gather(Y, V, r, j, d):  # type: ignore[no-untyped-def]
    """Copy the present studies of a row into a lane; return their number and what is wrong."""
    n, best = 0, 0
    status = 0.0
    for i in range(Y.shape[1]):
        y, v = Y[r, i], V[r, i]
        if np.isnan(y) or np.isnan(v):
            continue
        if not (v > 0.0 and v < np.inf and abs(y) < np.inf):
            n, status = 0, 2.0
            break
        at = 2 * n * LANES + j
        d[at] = v
        d[at + LANES] = y
        best = n if v < d[2 * best * LANES + j] else best
        n += 1
    if n == 0:  # something harmless, so that the other lanes can go on
        d[j], d[LANES + j] = 1.0, 0.0
        status = max(status, 1.0)
    for i in range(max(n, 1), Y.shape[1]):
        d[2 * i * LANES + j] = np.inf
        d[2 * i * LANES + j + LANES] = 0.0
    return n, best, status


@nb.njit(inline="always", **_OPTIONS)
def _load(Y, V, block, d, z):  # type: ignore[no-untyped-def]
    """Copy a block of rows into lanes; return the largest number of studies."""
    B, width = Y.shape
    most = 1
    for j in range(LANES):
        r = min(block * LANES + j, B - 1)
        n, best, status = width, 0, 0.0
        least = np.inf
        fine = True
        for i in range(width):
            y, v = Y[r, i], V[r, i]
            at = 2 * i * LANES + j
            d[at] = v
            d[at + LANES] = y
            fine &= v > 0.0 and v < np.inf and abs(y) < np.inf
            best = i if v < least else best
            least = v if v < least else least
        if not fine:
            n, best, status = _gather(Y, V, r, j, d)
        at = 2 * best * LANES + j
        d[j], d[at] = d[at], d[j]
        d[LANES + j], d[at + LANES] = d[at + LANES], d[LANES + j]
        z[_COUNT + j] = n
        z[_LOW + j] = z[_HIGH + j] = d[j]
        z[_CENTRE + j] = d[LANES + j]
        z[_STATUS + j] = status
        z[_SPREAD + j] = z[_CRUDE + j] = 0.0
        most = max(most, n)
    for i in range(1, most):
        at = 2 * i * LANES
        for j in range(LANES):
            v = d[at + j]
            here = v < np.inf
            y = d[at + LANES + j] - z[_CENTRE + j] if here else 0.0
            d[at + LANES + j] = y
            z[_CRUDE + j] += y
            z[_SPREAD + j] += y * y
            z[_HIGH + j] = v if here and v > z[_HIGH + j] else z[_HIGH + j]
    for j in range(LANES):
        n_j = max(z[_COUNT + j], 1.0)
        squares = max(z[_SPREAD + j] - z[_CRUDE + j] * z[_CRUDE + j] / n_j, 0.0)
        z[_CRUDE + j] = squares / n_j
        z[_SPREAD + j] = squares / max(n_j - 1.0, 1.0)
    return most


@nb.njit(**_OPTIONS)
def _lane_likelihood(d, j, k, t, restricted):  # type: ignore[no-untyped-def]
    """Profile log-likelihood of one lane, without its constant."""
    rest, wy, wyy, logs = 0.0, 0.0, 0.0, np.log(d[j] + t)
    for i in range(1, k):
        m = d[2 * i * LANES + j] + t
        if m < np.inf:
            y = d[2 * i * LANES + LANES + j]
            rest += 1.0 / m
            wy += y / m
            wyy += y * y / m
            logs += np.log(m)
    total = rest + 1.0 / (d[j] + t)
    value = logs + wyy - wy * wy / total
    return -0.5 * (value + np.log(total)) if restricted else -0.5 * value


@nb.njit(**_OPTIONS)
def _lane_score(d, j, k, t, restricted):  # type: ignore[no-untyped-def]
    """Return the score of one lane; see `_score`."""
    rest = wy = a = ay = ayy = 0.0
    for i in range(1, k):
        y = d[2 * i * LANES + LANES + j]
        w = 1.0 / (d[2 * i * LANES + j] + t)
        rest += w
        wy += w * y
        a += w * w
        ay += w * w * y
        ayy += w * w * y * y
    w0 = 1.0 / (d[j] + t)
    total = w0 + rest
    mu = wy / total
    trace = (w0 * rest + total * rest - a) / total if restricted else total
    return ayy - 2.0 * mu * ay + mu * mu * (w0 * w0 + a) - trace


@nb.njit(**_OPTIONS)
def _best_of_several(d, j, k, bound, low, restricted):  # type: ignore[no-untyped-def]
    """Global maximum of a lane whose likelihood has several local maxima, by bisection."""
    span = np.log1p(bound / low)
    steps = int(np.ceil(span / _STEP)) + 1
    best_t, best = 0.0, -np.inf
    before, at = 0.0, _lane_score(d, j, k, 0.0, restricted)
    if at <= 0.0:
        best = _lane_likelihood(d, j, k, 0.0, restricted)
    for g in range(1, steps + 1):
        here = low * np.expm1(span * g / steps)
        new = _lane_score(d, j, k, here, restricted) if g < steps else -1.0
        if at > 0.0 and new <= 0.0:
            a, b = before, here
            for _ in range(_MAX_STEPS):
                middle = 0.5 * (a + b)
                if middle <= a or middle >= b:
                    break
                if _lane_score(d, j, k, middle, restricted) > 0.0:
                    a = middle
                else:
                    b = middle
            value = _lane_likelihood(d, j, k, b, restricted)
            if value > best:
                best, best_t = value, b
        before, at = here, new
    return best_t


@nb.njit(**_OPTIONS)
def _search_grid(d, z, k, restricted):  # type: ignore[no-untyped-def]
    """Bracket the peaks of the likelihood in every lane; see `likelihood` for the reasoning."""
    widest = 0.0
    for j in range(LANES):
        s = z[_SPREAD + j]
        low = z[_LOW + j]
        root = np.sqrt(0.25 * s * s + s * max(z[_HIGH + j] - low, 0.0))
        bound = max(0.5 * s - low + root, 0.0) * (1.0 + 1e-9)
        z[_BOUND + j] = bound
        z[_RATIO + j] = np.log1p(bound / low)
        widest = max(widest, z[_RATIO + j])
        z[_M + j] = 1.0
        z[_T + j] = z[_LO + j] = z[_HI + j] = z[_F_LO + j] = z[_F_HI + j] = 0.0
        z[_F_OLD + j] = z[_T_OLD + j] = z[_PEAKS + j] = 0.0
    steps = int(np.ceil(widest / _STEP)) + 1
    for j in range(LANES):
        z[_RATIO + j] = np.exp(z[_RATIO + j] / steps)
    for g in range(steps + 1):
        _score_sums(d, z, k)
        _score(d, z, restricted)
        if g == 0:
            for j in range(LANES):
                z[_PEAKS + j] = 1.0 if z[_F + j] <= 0.0 else 0.0
        if g == steps:  # negative by the bound, even when rounding differs
            for j in range(LANES):
                z[_F + j] = min(z[_F + j], -1e-300)
        for j in range(LANES):
            f, t = z[_F + j], z[_T + j]
            found = (z[_F_OLD + j] > 0.0) & (f <= 0.0)
            z[_PEAKS + j] += 1.0 if found else 0.0
            z[_LO + j] = z[_T_OLD + j] if found else z[_LO + j]
            z[_F_LO + j] = z[_F_OLD + j] if found else z[_F_LO + j]
            z[_HI + j] = t if found else z[_HI + j]
            z[_F_HI + j] = f if found else z[_F_HI + j]
            z[_F_OLD + j] = f
            z[_T_OLD + j] = t
            m = z[_M + j] * z[_RATIO + j]
            z[_M + j] = m
            z[_T + j] = z[_LOW + j] * (m - 1.0)


@nb.njit(**_OPTIONS)
def _maximise(d, z, k, restricted):  # type: ignore[no-untyped-def]
    """Global maximum of the likelihood in every lane: Newton's method kept inside the bracket."""
    _search_grid(d, z, k, restricted)
    for j in range(LANES):
        gap = z[_F_LO + j] - z[_F_HI + j]
        share = z[_F_LO + j] / gap if gap > 0.0 else 0.0
        z[_T + j] = z[_LO + j] + (z[_HI + j] - z[_LO + j]) * share
    for _ in range(_MAX_STEPS):
        _all_sums(d, z, k)
        _newton_step(d, z, restricted)
        still_open = 0.0
        for j in range(LANES):
            now = z[_T + j]
            up = z[_F + j] > 0.0
            a = now if up else z[_LO + j]
            b = z[_HI + j] if up else now
            guess = now + z[_STEP_N + j]
            inside = (guess >= a) & (guess <= b)
            new = guess if inside else 0.5 * (a + b)
            small = inside & (abs(new - now) <= 1e-11 * new + 1e-13 * z[_LOW + j])
            z[_LO + j] = a
            z[_HI + j] = b
            z[_T + j] = new
            z[_OPEN + j] = 0.0 if small | (b - a <= 4e-16 * b) else 1.0
        for j in range(LANES):
            still_open += z[_OPEN + j]
        if still_open == 0.0:
            break
    for j in range(LANES):
        if z[_PEAKS + j] > 1.0:
            z[_T + j] = _best_of_several(d, j, k, z[_BOUND + j], z[_LOW + j], restricted)
        elif z[_OPEN + j] > 0.0 and z[_STATUS + j] == 0.0 and z[_COUNT + j] > 1.0:
            z[_STATUS + j] = 3.0


@nb.njit(**_OPTIONS)
def _climb(d, z, k):  # type: ignore[no-untyped-def]
    """Solve Q(tau2) = target in every lane by Newton's method on 1 / Q; see `roots`."""
    for j in range(LANES):
        z[_T + j] = 0.0
    for _ in range(_MAX_STEPS):
        _all_sums(d, z, k)
        _mean_q(d, z)
        still_open = 0.0
        for j in range(LANES):
            t, mu, target = z[_T + j], z[_MU + j], z[_TARGET + j]
            w0 = 1.0 / (d[j] + t)
            ypy2 = z[_AYY + j] - 2.0 * mu * z[_AY + j] + mu * mu * (z[_A + j] + w0 * w0)
            step = z[_Q + j] * (z[_Q + j] - target) / (target * ypy2)
            moving = step > 2e-16 * t
            new = t + step if moving else t
            z[_T + j] = new
            z[_OPEN + j] = 1.0 if moving & (step > 1e-15 * new) else 0.0
        for j in range(LANES):
            still_open += z[_OPEN + j]
        if still_open == 0.0:
            break
    for j in range(LANES):
        if z[_OPEN + j] > 0.0 and z[_STATUS + j] == 0.0 and z[_COUNT + j] > 1.0:
            z[_STATUS + j] = 3.0


@nb.njit(**_OPTIONS)
def _moments(d, z, k, code):  # type: ignore[no-untyped-def]
    """Closed-form estimates of tau2 in every lane; see `moments`."""
    for j in range(LANES):
        n = z[_COUNT + j]
        df = max(n - 1.0, 1.0)
        q = z[_Q0 + j]
        t = 0.0
        if code == 1:
            t = (q - df) * z[_VT + j] / df
        elif code == 2:
            mean_v = 0.0
            for i in range(int(n)):
                mean_v += d[2 * i * LANES + j]
            t = z[_SPREAD + j] - mean_v / max(n, 1.0)
        elif code == 3:
            t = (q - n) / z[_TOTAL + j]
        elif code == 4:
            t = (q * n / df - n) / z[_TOTAL + j]
        elif code == 5:
            t = z[_CRUDE + j]
        z[_T + j] = max(t, 0.0)
    if code == 5:
        _plain_sums(d, z, k)
        _mean_q(d, z)
        for j in range(LANES):
            z[_T + j] *= z[_Q + j] / max(z[_COUNT + j] - 1.0, 1.0)


@nb.njit(**_OPTIONS)
def _fit_block(Y, V, block, code, targets, d, z, out):  # type: ignore[no-untyped-def]
    k = _load(Y, V, block, d, z)
    for j in range(LANES):
        d[LANES + j] = 0.0
        z[_T + j] = 0.0
    _score_sums(d, z, k)
    for j in range(LANES):
        w0 = 1.0 / d[j]
        rest = z[_S + j]
        total = w0 + rest
        trace = (w0 * rest + total * rest - z[_A + j]) / total
        z[_VT + j] = (z[_COUNT + j] - 1.0) / trace if z[_COUNT + j] > 1.0 else 0.0
        z[_TARGET + j] = targets[max(int(z[_COUNT + j]), 2)] if code == 6 else 0.0
    _plain_sums(d, z, k)
    _mean_q(d, z)
    for j in range(LANES):
        z[_Q0 + j] = z[_Q + j]
    if code == 6:
        _climb(d, z, k)
    elif code >= 7:
        _maximise(d, z, k, code == 8)
    else:
        _moments(d, z, k, code)
    for j in range(LANES):
        z[_T + j] = z[_T + j] if z[_COUNT + j] > 1.0 else 0.0
    _plain_sums(d, z, k)
    _mean_q(d, z)
    for j in range(LANES):
        r = block * LANES + j
        if r < Y.shape[0]:
            several = z[_COUNT + j] > 1.0
            out[0, r] = z[_CENTRE + j] + z[_MU + j]
            out[1, r] = 1.0 / z[_TOTAL + j]
            out[2, r] = z[_T + j]
            out[3, r] = z[_Q0 + j] if several else 0.0
            out[4, r] = z[_VT + j]
            out[5, r] = z[_Q + j] / (z[_COUNT + j] - 1.0) if several else 1.0
            out[6, r] = z[_COUNT + j]
            out[7, r] = z[_STATUS + j]


@nb.njit(parallel=True, **_OPTIONS)
def fit_lanes(Y, V, code, targets, threads):  # type: ignore[no-untyped-def]
    """Fit every row of a batch.

    Parameters
    ----------
    Y, V : ndarray of shape (B, k)
        Effects and variances, NaN where absent.
    code : int
        See `CODES`.
    targets : ndarray of shape (k + 1,)
        For code 6: the value of Q to solve for, by number of studies.
    threads : int
        Number of threads; the work is cut into 64 pieces for each.

    Returns
    -------
    ndarray of shape (8, B)
        Rows as in `OUTPUTS`. Status 0 is right, 1 no study, 2 a variance or effect that is not
        finite or not positive, 3 not converged.
    """
    B, width = Y.shape
    out = np.empty((8, B))
    blocks = (B + LANES - 1) // LANES
    pieces = min(blocks, 64 * threads)
    for piece in nb.prange(pieces):
        d = np.empty(2 * LANES * max(width, 2))
        z = np.empty(_SIZE)
        for block in range(piece * blocks // pieces, (piece + 1) * blocks // pieces):
            _fit_block(Y, V, block, code, targets, d, z, out)
    return out
