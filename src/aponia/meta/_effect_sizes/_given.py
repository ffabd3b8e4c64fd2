"""What the caller gave: names resolved, columns read, values checked.

Inside the package every number goes by metafor's argument name (``ai``, ``m1i``, ``n1i`` …),
because one letter means one thing there for each kind of data. The front door translates the
descriptive names per kind of data: ``events1`` is ``ai`` of a 2x2 table but ``x1i`` of a rate.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray, column
from aponia.meta.errors import InputError

__all__ = ["KINDS", "METAFOR_NAMES", "Computed", "Given", "read_given"]

BoolArray = NDArray[np.bool_]

# fmt: off
METAFOR_NAMES = (
    "ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "x2i", "t1i", "t2i", "m1i", "m2i", "sd1i",
    "sd2i", "xi", "mi", "ri", "ti", "fi", "pi", "sdi", "r2i", "ni", "yi", "vi", "sei",
)
# fmt: on

#: For each kind of data: descriptive name -> metafor name.
_CELLS = {"a": "ai", "b": "bi", "c": "ci", "d": "di"}
_ESTIMATE = {"y": "yi", "v": "vi", "se": "sei", "n": "ni"}
KINDS: dict[str, dict[str, str]] = {
    "table": {
        "events1": "ai",
        "nonevents1": "bi",
        "events2": "ci",
        "nonevents2": "di",
        "total1": "n1i",
        "total2": "n2i",
        "n1": "n1i",
        "n2": "n2i",
        **_CELLS,
    },
    "paired table": {"r": "ri", "p": "pi", **_CELLS},
    "rates": {"events1": "x1i", "events2": "x2i", "time1": "t1i", "time2": "t2i"},
    "two means": {
        "mean1": "m1i",
        "mean2": "m2i",
        "sd1": "sd1i",
        "sd2": "sd2i",
        "n1": "n1i",
        "n2": "n2i",
        "total1": "n1i",
        "total2": "n2i",
        "d": "di",
        "t": "ti",
        "p": "pi",
        "r": "ri",
        "auc": "ai",
    },
    "change": {
        "mean1": "m1i",
        "mean2": "m2i",
        "sd1": "sd1i",
        "sd2": "sd2i",
        "r": "ri",
        "n": "ni",
        "d": "di",
        "t": "ti",
        "p": "pi",
    },
    "correlation": {"r": "ri", "n": "ni", "t": "ti", "p": "pi"},
    "regression": {
        "t": "ti",
        "n": "ni",
        "predictors": "mi",
        "r2": "r2i",
        "f": "fi",
        "p": "pi",
        "r": "ri",
    },
    "proportion": {"events": "xi", "nonevents": "mi", "total": "ni", "n": "ni"},
    "rate": {"events": "xi", "time": "ti"},
    "mean": {"mean": "mi", "sd": "sdi", "n": "ni", "total": "ni"},
    "reliability": {"alpha": "ai", "items": "mi", "n": "ni"},
    "auc": {"auc": "ai", "n1": "n1i", "n2": "n2i"},
    "genotypes": {**_CELLS, "dominant": "ai", "heterozygous": "bi", "recessive": "ci"},
    "estimate": {},
}


@dataclass(frozen=True)
class Computed:
    """Effects, sampling variances, sample sizes; rows in `adjusted` had a constant added."""

    y: FloatArray
    v: FloatArray
    n: FloatArray
    adjusted: BoolArray | None = None
    dropped: BoolArray | None = None


@dataclass(frozen=True)
class Given:
    """The columns by metafor name, and the options, for one call."""

    measure: str
    kind: str
    columns: Mapping[str, FloatArray]
    k: int
    labels: tuple[str, ...]
    vtype: str = "LS"
    correct: bool = True
    add: float = 0.5
    to: str = "only0"
    drop00: bool = False
    written: Mapping[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether all these columns were given."""
        return all(name in self.columns for name in names)

    def get(self, name: str) -> FloatArray:
        """Return a column, all missing if it was not given."""
        if name in self.columns:
            return self.columns[name]
        return np.full(self.k, np.nan)

    def need(self, *alternatives: tuple[str, ...]) -> None:
        """Raise unless one of the alternative sets of columns is complete."""
        if any(self.has(*names) for names in alternatives):
            return
        ways = " or ".join(
            "(" + ", ".join(self.name(n) for n in names) + ")" for names in alternatives
        )
        found = ", ".join(self.written.values()) or "nothing"
        raise InputError(f"measure {self.measure!r} needs {ways}; found {found}")

    def name(self, internal: str) -> str:
        """Return the name the caller used, or the descriptive one."""
        if internal in self.written:
            return self.written[internal]
        for descriptive, target in KINDS[self.kind].items():
            if target == internal and len(descriptive) > 1:
                return descriptive
        for descriptive, target in {**KINDS[self.kind], **_ESTIMATE}.items():
            if target == internal:
                return descriptive
        return internal

    def check(self, internal: str, good: Callable[[FloatArray], Any], expected: str) -> None:
        """Raise `InputError` for the first present value that is not good."""
        if internal not in self.columns:
            return
        values = self.columns[internal]
        with np.errstate(invalid="ignore"):
            bad = ~np.isnan(values) & ~np.asarray(good(values), dtype=bool)
        self.refuse(bad, internal, values, expected)

    def refuse(self, bad: Any, internal: str, values: FloatArray, expected: str) -> None:
        """Raise `InputError` naming field, row, found and expected for the first bad row."""
        rows = np.flatnonzero(bad)
        if rows.size:
            row = int(rows[0])
            more = f" (and {rows.size - 1} more rows)" if rows.size > 1 else ""
            raise InputError(
                f"{self.name(internal)}, row {row} ({self.labels[row]}): found {values[row]:g}, "
                f"expected {expected}{more}"
            )

    def nonnegative(self, *names: str) -> None:
        """Check counts, standard deviations and the like."""
        for name in names:
            self.check(name, lambda x: (x >= 0) & np.isfinite(x), "a finite number of 0 or more")

    def positive(self, *names: str) -> None:
        """Check group sizes and person-times."""
        for name in names:
            self.check(name, lambda x: (x > 0) & np.isfinite(x), "a finite number above 0")

    def within(self, low: float, high: float, *names: str) -> None:
        """Check correlations, proportions and the like."""
        for name in names:
            self.check(
                name, lambda x: (x >= low) & (x <= high), f"a value from {low:g} to {high:g}"
            )


def _translate(kind: str, measure: str, arguments: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    names = _ESTIMATE if kind == "estimate" else KINDS[kind]
    used = set(names.values())
    out: dict[str, tuple[str, Any]] = {}
    for written, value in arguments.items():
        if value is None:
            continue
        internal = written if written in METAFOR_NAMES else names.get(written)
        if internal not in used:
            near = difflib.get_close_matches(written, sorted({*names, *used}), n=1)
            hint = f"; did you mean {near[0]}=?" if near else ";"
            raise InputError(
                f"measure {measure!r} does not use {written}={hint} it takes {', '.join(names)} "
                f"(in metafor's names {', '.join(sorted(used))})"
            )
        if internal in out:
            raise InputError(f"{written}= and {out[internal][0]}= mean the same; give one of them")
        out[internal] = (written, value)
    return out


def read_given(
    measure: str,
    kind: str,
    arguments: Mapping[str, Any],
    data: Any,
    labels: Any,
    **options: Any,
) -> Given:
    """Resolve names, read the columns, check that lengths agree.

    Raises
    ------
    InputError
        An argument the measure does not use, two names for one thing, columns of different
        lengths, values that are not numbers, or nothing at all.
    """
    translated = _translate(kind, measure, arguments)
    read: dict[str, FloatArray] = {}
    scalars: dict[str, FloatArray] = {}
    k: int | None = None
    first = ""
    for internal, (written, value) in translated.items():
        values = column(value, data, name=written)
        if np.ndim(value) == 0 and not isinstance(value, str):
            scalars[internal] = values
            continue
        if k is not None and values.size != k:
            raise InputError(f"{written} has {values.size} values, but {first} has {k}")
        k, first = values.size, first or written
        read[internal] = values
    if not translated:
        raise InputError(f"measure {measure!r} was given no data")
    k = 1 if k is None else k
    for internal, values in scalars.items():
        read[internal] = np.full(k, values[0])
    return Given(
        measure=measure,
        kind=kind,
        columns=read,
        k=k,
        labels=_labels(labels, data, k),
        written={internal: written for internal, (written, _) in translated.items()},
        **options,
    )


def _labels(labels: Any, data: Any, k: int) -> tuple[str, ...]:
    from aponia.meta._inputs import label_column

    if labels is None:
        return tuple(f"study {i + 1}" for i in range(k))
    return tuple(str(x) for x in label_column(labels, data, name="labels", length=k))
