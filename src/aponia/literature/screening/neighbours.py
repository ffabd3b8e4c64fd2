"""What a label says about records that are alike: label spreading over nearest neighbours.

A linear model asks which words speak for a record. This asks which read records it is like, and
which those are like in turn, read or not (Zhou et al. 2003, "Learning with local and global
consistency"). It finds the relevant records that lie off the main topic, which a linear model
shows last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Neighbours", "seeds_of"]

_NEAREST = 10
#: How much of a record's score is its own label; the rest comes over the graph.
_OWN = 0.2
_BLOCK = 2_000


class Neighbours:
    """The graph of nearest records, and labels spread over it.

    Parameters
    ----------
    places : array of float, shape (n, k)
        Coordinates of unit length; a row of zeros has no neighbours.
    """

    def __init__(self, places: np.ndarray) -> None:
        from scipy import sparse

        self.n = len(places)
        graph = _nearest(places)
        graph = graph.maximum(graph.T)
        degree = np.asarray(graph.sum(axis=1)).ravel()
        scale = sparse.diags(1 / np.sqrt(degree + 1e-9))
        self._system = (sparse.identity(self.n) - (1 - _OWN) * (scale @ graph @ scale)).tocsr()

    def spread(self, seeds: np.ndarray) -> np.ndarray:
        """Return the scores, shape ``(n,)``, that values at some records give to all.

        The map is linear and symmetric: ``spread(e_i)[j]`` is what a value of 1 at j adds to i.
        """
        from scipy.sparse.linalg import cg

        scores, _ = cg(self._system, seeds, rtol=1e-7, maxiter=500)
        return np.asarray(scores)


def seeds_of(n: int, labelled: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the values to spread: each side's labels share 1 (relevant) or -1 (not)."""
    seeds = np.zeros(n)
    relevant = labelled[labels == 1]
    irrelevant = labelled[labels == 0]
    seeds[relevant] = 1 / max(len(relevant), 1)
    seeds[irrelevant] = -1 / max(len(irrelevant), 1)
    return seeds


def _nearest(places: np.ndarray) -> Any:
    """Return the similarities with the nearest records, sparse, in blocks to spare memory."""
    from scipy import sparse

    n = len(places)
    most = min(_NEAREST, n - 1)
    if most < 1:
        return sparse.csr_matrix((n, n))
    rows, columns, values = [], [], []
    for start in range(0, n, _BLOCK):
        block = places[start : start + _BLOCK] @ places.T
        inside = np.arange(len(block))
        block[inside, start + inside] = -np.inf
        best = np.argpartition(-block, most - 1, axis=1)[:, :most]
        rows.append(np.repeat(start + inside, most))
        columns.append(best.ravel())
        values.append(np.take_along_axis(block, best, axis=1).ravel())
    value = np.concatenate(values)
    keep = value > 0
    where = np.concatenate(rows)[keep], np.concatenate(columns)[keep]
    return sparse.csr_matrix((value[keep].astype(float), where), shape=(n, n))
