"""Random numbers for machine code: one stream a trial.

Every trial has its own xoshiro256++ generator, seeded by SplitMix64 from the seed of the run and the
number of the trial. What a trial draws therefore depends on nothing else: not on how the trials are
cut into chunks, nor on the number of threads. Within a trial people are drawn one after another, so
a larger trial begins with the people of the smaller one: comparing sizes uses common random numbers.

Sources: xoshiro256++ and SplitMix64, Blackman & Vigna (ACM TOMS 2021;47:36); normal, Marsaglia &
Tsang's ziggurat in Doornik's form (ZIGNOR, 2005); gamma, Marsaglia & Tsang (ACM TOMS 2000;26:363);
Poisson, multiplication below a mean of 10, else Hörmann's PTRS (Insurance Math Econ 1993;12:39).
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

__all__ = ["OPTIONS", "exponential", "gamma", "normal", "poisson", "seed_stream", "uniform"]

OPTIONS: dict[str, Any] = {"error_model": "numpy", "cache": True}
_LAYERS = 128
_TAIL = 3.442619855899
_AREA = 9.91256303526217e-3


def _ziggurat() -> np.ndarray[Any, np.dtype[np.float64]]:
    edge = np.zeros(_LAYERS + 1)
    height = math.exp(-0.5 * _TAIL * _TAIL)
    edge[0], edge[1] = _AREA / height, _TAIL
    for i in range(2, _LAYERS):
        edge[i] = math.sqrt(-2.0 * math.log(_AREA / edge[i - 1] + height))
        height = math.exp(-0.5 * edge[i] * edge[i])
    return edge


_EDGE = _ziggurat()
# log k! for the counts that occur; beyond it Stirling's series is exact to double precision.
_LOG_FACTORIAL = np.array([math.lgamma(k + 1.0) for k in range(512)])


@nb.njit(**OPTIONS)
def _next(s):  # type: ignore[no-untyped-def]
    total = s[0] + s[3]
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s[0]
    t = s[1] << np.uint64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = (s[3] << np.uint64(45)) | (s[3] >> np.uint64(19))
    return result


@nb.njit(**OPTIONS)
def seed_stream(s, seed, trial):  # type: ignore[no-untyped-def]
    """Set the state `s` (4,) of uint64 to the stream of one trial."""
    x = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(0x2545F4914F6CDD1D)
    x ^= np.uint64(trial) * np.uint64(0x9E3779B97F4A7C15)
    for i in range(4):
        x += np.uint64(0x9E3779B97F4A7C15)
        z = x
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        s[i] = z ^ (z >> np.uint64(31))


@nb.njit(**OPTIONS)
def uniform(s):  # type: ignore[no-untyped-def]
    """Return a number in (0, 1)."""
    return (np.float64(_next(s) >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@nb.njit(**OPTIONS)
def normal(s):  # type: ignore[no-untyped-def]
    """Return a standard normal number."""
    while True:
        bits = _next(s)
        i = np.int64(bits & np.uint64(127))
        u = 2.0 * ((np.float64(bits >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)) - 1.0
        x = u * _EDGE[i]
        if abs(x) < _EDGE[i + 1]:
            return x
        if i == 0:
            while True:
                a = -math.log(uniform(s)) / _TAIL
                b = -math.log(uniform(s))
                if b + b > a * a:
                    return _TAIL + a if u > 0 else -_TAIL - a
        f0 = math.exp(-0.5 * (_EDGE[i] * _EDGE[i] - x * x))
        f1 = math.exp(-0.5 * (_EDGE[i + 1] * _EDGE[i + 1] - x * x))
        if f1 + uniform(s) * (f0 - f1) < 1.0:
            return x


@nb.njit(**OPTIONS)
def exponential(s):  # type: ignore[no-untyped-def]
    """Return an exponential number with mean 1."""
    return -math.log(uniform(s))


@nb.njit(**OPTIONS)
def gamma(s, shape):  # type: ignore[no-untyped-def]
    """Return a gamma number of this shape with scale 1."""
    boost = 1.0
    a = shape
    if a < 1.0:
        boost = uniform(s) ** (1.0 / a)
        a += 1.0
    d = a - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(s)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            u = uniform(s)
            if u < 1.0 - 0.0331 * x * x * x * x:
                return boost * d * v
            if math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
                return boost * d * v


@nb.njit(**OPTIONS)
def _log_factorial(k):  # type: ignore[no-untyped-def]
    if k < 512:
        return _LOG_FACTORIAL[np.int64(k)]
    x = k + 1.0
    return (
        (x - 0.5) * math.log(x) - x + 0.9189385332046728 + 1.0 / (12.0 * x) - 1.0 / (360.0 * x**3)
    )


@nb.njit(**OPTIONS)
def poisson(s, mean):  # type: ignore[no-untyped-def]
    """Return a Poisson count as a float."""
    if mean <= 0.0:
        return 0.0
    if mean < 10.0:
        limit = math.exp(-mean)
        k = 0
        p = uniform(s)
        while p > limit:
            p *= uniform(s)
            k += 1
        return float(k)
    root = math.sqrt(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    log_mean = math.log(mean)
    while True:
        u = uniform(s) - 0.5
        v = uniform(s)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v * inverse_alpha / (a / (us * us) + b)) <= (
            -mean + k * log_mean - _log_factorial(k)
        ):
            return float(k)
