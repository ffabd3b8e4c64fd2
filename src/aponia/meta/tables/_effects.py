"""Effects taken from a table, and studies that have more than one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from aponia.meta.errors import InputError, MethodError
from aponia.meta.tables._table import Table

__all__ = ["MULTIPLE", "TableEffects", "resolve_multiple"]

FloatArray = NDArray[np.float64]
#: What to do with studies that have several effects.
MULTIPLE = ("all", "aggregate", "first", "precise", "error")


@dataclass(frozen=True, eq=False)
class TableEffects:
    """Effects with what they came from.

    Attributes
    ----------
    y, v : ndarray of shape (n,)
        NaN where the table has none.
    labels : list of str
        One a row; made distinct where a study has several effects.
    studies : list of str
        Name of the study of each row.
    measure : str
        What the effect is, for titles.
    transform : str or None
        ``"exp"`` for logarithms of ratios.
    table : Table
        Rows in the same order.
    raw : dict of str to list of str
        Raw numbers for the forest plot.
    notes : tuple of str
        What was used and decided, for the user.
    """

    y: FloatArray
    v: FloatArray
    labels: list[str]
    studies: list[str]
    measure: str
    transform: str | None
    table: Table
    raw: dict[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.y.size)

    @property
    def shown(self) -> str:
        """Name of the measure on the scale of a plot: without "log" where that is undone."""
        if self.transform == "exp" and self.measure.lower().startswith("log "):
            return self.measure[4:5].upper() + self.measure[5:]
        return self.measure

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Rows with both an effect and a variance, shape (n,)."""
        return ~(np.isnan(self.y) | np.isnan(self.v))

    def take(self, rows: list[int]) -> TableEffects:
        """Return some of the rows."""
        return replace(
            self,
            y=self.y[rows],
            v=self.v[rows],
            labels=[self.labels[i] for i in rows],
            studies=[self.studies[i] for i in rows],
            table=self.table.take(rows),
            raw={name: [cells[i] for i in rows] for name, cells in self.raw.items()},
        )

    def noting(self, *notes: str) -> TableEffects:
        """Return the effects with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def resolve_multiple(
    effects: TableEffects, multiple: str = "all", *, rho: float = 0.5
) -> TableEffects:
    """Deal with studies that have more than one usable effect.

    Parameters
    ----------
    effects : TableEffects
    multiple : {"all", "aggregate", "first", "precise", "error"}
        Keep all as if independent; merge those of a study, with correlation `rho` between their
        sampling errors; keep the first, or the most precise; or refuse.
    rho : float
        For "aggregate".

    Returns
    -------
    TableEffects
        With a note that names the studies and what was done.

    Raises
    ------
    InputError
        For "error", or a correlation outside its range.
    MethodError
        Unknown `multiple`.
    """
    if multiple not in MULTIPLE:
        raise MethodError(f"multiple={multiple!r} is not known; use one of {', '.join(MULTIPLE)}")
    usable = effects.usable
    counts = Counter(s for s, use in zip(effects.studies, usable, strict=True) if use)
    several = {study: count for study, count in counts.items() if count > 1}
    if not several:
        return effects
    named = "; ".join(f"{study} ({count})" for study, count in several.items())
    start = f"{len(several)} studies have more than one effect: {named}"
    if multiple == "error":
        raise InputError(
            f"{start}. Choose with --where, or say --multiple all, aggregate, first or precise"
        )
    if multiple == "all":
        return effects.noting(
            f"{start}. All were pooled as if independent, which gives these studies too much "
            "weight; --multiple aggregate, first or precise keeps one effect a study"
        )
    if multiple == "aggregate":
        return _aggregate(effects, several, rho, start)
    best: dict[str, int] = {}
    for i in np.flatnonzero(usable).tolist():
        study = effects.studies[i]
        if study not in best or (multiple == "precise" and effects.v[i] < effects.v[best[study]]):
            best[study] = i
    kept = [i for i in range(len(effects)) if not usable[i] or best[effects.studies[i]] == i]
    chosen = "; ".join(effects.labels[best[study]] for study in several)
    how = "first" if multiple == "first" else "most precise"
    return effects.take(kept).noting(f"{start}. The {how} of each was kept: {chosen}")


def _aggregate(
    effects: TableEffects, several: dict[str, int], rho: float, start: str
) -> TableEffects:
    from aponia.meta.aggregate import aggregate

    usable = np.flatnonzero(effects.usable)
    merged = aggregate(
        effects.y[usable],
        effects.v[usable],
        cluster=[effects.studies[i] for i in usable],
        rho=rho,
    )
    first = {study: i for i, study in reversed([(int(i), effects.studies[i]) for i in usable])}
    rows = [first[str(study)] for study in merged.cluster]
    out = effects.take(rows)
    labels = [
        study if study in several else label
        for study, label in zip(out.studies, out.labels, strict=True)
    ]
    # The raw numbers of one row do not describe a merged effect.
    raw = {
        name: ["" if s in several else cell for s, cell in zip(out.studies, cells, strict=True)]
        for name, cells in out.raw.items()
    }
    return replace(out, y=merged.y, v=merged.v, labels=labels, raw=raw).noting(
        f"{start}. Those of each study were merged, taking a correlation of {rho:g} between their "
        "sampling errors; other columns are those of the study's first row"
    )
