"""Compare a deduplication with labels made by people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

__all__ = ["against_gold"]


def against_gold(groups: Sequence[Sequence[int]], gold: Sequence[str]) -> dict[str, float]:
    """Score groups of records.

    Of a publication with m records of which k are kept (the first of every group is): m − k true
    positives, k − 1 false negatives, and one true negative, unless none is kept: a lost study,
    which is one false positive. This is the counting of the ASySD and bib-dedupe papers.

    Parameters
    ----------
    groups : sequence of sequences of int
        All records, as positions.
    gold : sequence of str
        Label of each record; equal labels are one publication. An empty label is a publication
        of its own.

    Returns
    -------
    dict
        ``tp fp fn tn sensitivity recall specificity precision f1 pair_precision pair_recall``.
    """
    labels = [label or f"\x00{i}" for i, label in enumerate(gold)]
    total = Counter(labels)
    kept = Counter(labels[min(group)] for group in groups)
    tp = fp = fn = tn = 0
    for label, m in total.items():
        k = kept.get(label, 0)
        if k:
            tp, fn, tn = tp + m - k, fn + k - 1, tn + 1
        else:
            tp, fp = tp + m - 1, fp + 1

    def pairs(n: int) -> int:
        return n * (n - 1) // 2

    both = sum(pairs(n) for group in groups for n in Counter(labels[i] for i in group).values())
    found, wanted = sum(pairs(len(g)) for g in groups), sum(map(pairs, total.values()))
    precision = tp / (tp + fp) if tp + fp else 1.0
    sensitivity = tp / (tp + fn) if tp + fn else 1.0
    return {
        "tp": tp, "fp": fp, "fn": fn, "tn": tn, "sensitivity": sensitivity, "recall": sensitivity,
        "specificity": tn / (tn + fp) if tn + fp else 1.0, "precision": precision,
        "f1": 2 * precision * sensitivity / (precision + sensitivity) if precision + sensitivity else 0.0,
        "pair_precision": both / found if found else 1.0, "pair_recall": both / wanted if wanted else 1.0,
    }  # fmt: skip
