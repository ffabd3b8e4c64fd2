"""How far reviewers agree beyond chance: Cohen's kappa with its interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from aponia.literature.store.board import Board
from aponia.literature.store.trail import outcome_of

__all__ = ["Agreement", "agreement", "kappa"]

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two reviewers on the publications both judged without seeing the other's say.

    `table` is [[both include, only a], [only b, both exclude]]; kappa and its 95 % interval are None
    where they are not defined (nothing in common, or both always said the same one thing).
    """

    a: str
    b: str
    n: int
    table: tuple[tuple[int, int], tuple[int, int]]
    observed: float | None
    kappa: float | None
    lower: float | None
    upper: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self) | {"table": [list(row) for row in self.table]}


def agreement(board: Board, stage: str) -> list[Agreement]:
    """Return the agreement of every two reviewers who judged the same publications.

    Only what each said before the other's decision could be seen counts; "maybe" counts as include
    at title and abstract. A report not retrieved is no judgement and is left out.
    """
    tables: dict[tuple[str, str], list[list[int]]] = {}
    for said in board.independent_pairs(stage):
        names = sorted(said)
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                pair = [said[a].verdict, said[b].verdict]
                if "not-retrieved" in pair:
                    continue
                x, y = (int(v == "exclude" or (stage == "full-text" and outcome_of(v, stage) != "included")) for v in pair)  # fmt: skip
                tables.setdefault((a, b), [[0, 0], [0, 0]])[x][y] += 1
    return [kappa(a, b, table) for (a, b), table in sorted(tables.items())]


def kappa(a: str, b: str, table: list[list[int]]) -> Agreement:
    """Return Cohen's kappa of a two by two table.

    Notes
    -----
    The standard error is that of Fleiss, Cohen and Everitt (1969, 10.1037/h0028106) for a kappa that
    is not zero; the interval is cut at −1 and 1.
    """
    (both, only_a), (only_b, neither) = table
    frozen = ((both, only_a), (only_b, neither))
    n = both + only_a + only_b + neither
    if n == 0:
        return Agreement(a, b, 0, frozen, None, None, None, None)
    p = [[both / n, only_a / n], [only_b / n, neither / n]]
    row = [sum(p[0]), sum(p[1])]
    column = [p[0][0] + p[1][0], p[0][1] + p[1][1]]
    observed = p[0][0] + p[1][1]
    expected = row[0] * column[0] + row[1] * column[1]
    if expected >= 1.0 - 1e-12:
        return Agreement(a, b, n, frozen, observed, None, None, None)
    value = (observed - expected) / (1 - expected)
    first = sum(p[i][i] * (1 - (row[i] + column[i]) * (1 - value)) ** 2 for i in (0, 1))
    second = (1 - value) ** 2 * sum(
        p[i][j] * (column[i] + row[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j
    )
    third = (value - expected * (1 - value)) ** 2
    error = math.sqrt(max(first + second - third, 0.0) / n) / (1 - expected)
    return Agreement(
        a, b, n, frozen, observed, value, max(-1.0, value - _Z * error), min(1.0, value + _Z * error)
    )  # fmt: skip
