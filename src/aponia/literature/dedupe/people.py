"""Whether two records name the same people."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from aponia.literature.dedupe.prepare import Prepared

__all__ = ["same_people"]


def same_people(a: Prepared, b: Prepared) -> tuple[str, float]:
    """Return ``same overlap differ missing`` and how many of the shorter list are in the other."""
    if not a.families or not b.families:
        return "missing", 0.0
    short, long = (a, b) if len(a.families) <= len(b.families) else (b, a)
    pool = list(long.families)
    hits = 0
    for name in short.families[:30]:
        for place, other in enumerate(pool):
            if _same_name(name, other):
                hits += 1
                del pool[place]
                break
    share = hits / min(len(short.families), 30)
    first = _same_name(a.families[0], b.families[0])
    if first and a.initials[0] and b.initials[0] and a.initials[0] != b.initials[0] and share < 1.0:
        first = False
    if first and share >= 0.6:
        return "same", share
    # Family and given name may have changed places; one name may stand for all.
    if share >= 0.5 or first:
        return "overlap", share
    if _swapped(a, b):
        return "same", 1.0
    joined = (" ".join(a.families), " ".join(b.families))
    if fuzz.token_set_ratio(*joined) >= 85:
        return "overlap", share
    return "differ", share


def _swapped(a: Prepared, b: Prepared) -> bool:
    """Given and family names have changed places in one of the two."""
    together = list(zip(a.families, a.given, b.families, b.given, strict=False))
    if not together or len(a.families) != len(b.families):
        return False
    crossings = 0
    for family_a, given_a, family_b, given_b in together:
        if not (given_a and given_b):
            return False
        crossed = given_b.startswith(family_a[: max(1, len(given_b))]) and given_a.startswith(
            family_b[: max(1, len(given_a))]
        )
        crossings += crossed or (family_a[:1] == given_b[:1] and family_b[:1] == given_a[:1])
    # Of three names or more one may have been cut up wrongly.
    return crossings == len(together) or crossings >= max(2, len(together) - 1)


def _same_name(a: str, b: str) -> bool:
    if a == b:
        return True
    if not a or not b:
        return False
    if min(len(a), len(b)) >= 4 and (
        a.endswith(b) or b.endswith(a) or a.startswith(b) or b.startswith(a)
    ):
        return True
    if min(len(a), len(b)) <= 3:
        return False
    return bool(JaroWinkler.similarity(a, b) >= 0.92)
