"""What two records agree and disagree on, as a row of evidence."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Levenshtein

from aponia.literature.dedupe.prepare import Prepared

__all__ = ["EVIDENCE", "compare", "same_journal"]

#: The kinds of evidence, in the order of `compare`'s row. "has" parts come as pairs: what agrees
#: speaks for one publication, what disagrees against it, what is missing says nothing.
EVIDENCE = (
    "title_same", "title_close", "title_near", "title_part", "title_far", "title_numbers_differ",
    "title_common", "title_generic",
    "authors_same", "authors_overlap", "authors_differ", "authors_missing",
    "year_same", "year_next", "year_differs",
    "journal_same", "journal_differs",
    "volume_same", "volume_differs", "issue_same", "issue_differs",
    "first_page_same", "first_page_near", "first_page_differs", "last_page_same", "last_page_differs",
    "doi_same", "doi_differs", "pmid_same", "pmid_differs",
    "abstract_same", "abstract_differs",
    "correction_differs", "kind_differs", "shape_differs", "supplement_differs", "no_locator",
    "place_same", "span_same", "place_conflict", "venue_conflict", "pages_apart",
    "registry_same", "registry_differs", "registry_and_paper",
)  # fmt: skip
_AT = {name: place for place, name in enumerate(EVIDENCE)}


@lru_cache(maxsize=200_000)
def same_journal(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return how surely two journal names are the same, 0 to 1.

    Abbreviations match word by word ("am j med" is "american journal medicine"), a first word or
    two may stand for the whole ("stroke" is "stroke a journal of cerebral circulation"), and
    initials may be run together ("jama").

    >>> same_journal(("am", "j", "med"), ("american", "journal", "medicine"))
    1.0
    >>> same_journal(("american", "journal", "medicine"), ("american", "journal", "cardiology")) < 0.7
    True
    """
    if not a or not b:
        return 0.5
    if a == b:
        return 1.0
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    place = 0
    matched = 0
    for word in short:
        while place < len(long) and not _abbreviates(word, long[place]):
            place += 1
        if place == len(long):
            break
        matched += 1
        place += 1
    if matched == len(short):
        if len(short) == len(long):
            return 1.0
        # What the longer name has in excess is a subtitle at its end, or a different journal
        # ("neurology" and "journal of neurology").
        return 0.95 if place == len(short) else 0.75
    for one, other in ((short, long), (long, short)):
        if len(one[0]) > 2 and len(other) > 2 and one[0] == "".join(w[0] for w in other):
            return 0.95
    return _unordered(short, long)


def _unordered(short: tuple[str, ...], long: tuple[str, ...]) -> float:
    """Match words in any order and with a slip of the pen; a word of its own on each side parts them."""
    left = list(long)
    alone = 0
    for word in short:
        hit = next((w for w in left if _abbreviates(word, w) or _spelt_like(word, w)), None)
        if hit is None:
            alone += 1
        else:
            left.remove(hit)
    if alone == 0:
        return 0.9 if not left else 0.8
    joined = fuzz.ratio("".join(short), "".join(long)) / 100.0
    if joined >= 0.93:
        return 0.93
    return 0.3 if left else 0.8


def _spelt_like(a: str, b: str) -> bool:
    """Misspelt, or an abbreviation of a word that has lost its accented letters."""
    if a[0] != b[0]:
        return False
    size = min(len(a), len(b))
    return fuzz.ratio(a, b) >= 84 or (size >= 5 and fuzz.ratio(a[:size], b[:size]) >= 80)


def _abbreviates(a: str, b: str) -> bool:
    if a == b:
        return True
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if long.startswith(short):
        return True
    # "int'l", "dtsch", "natl": the first letter and then letters in order.
    if len(short) < 3 or short[0] != long[0]:
        return False
    rest = iter(long)
    return (
        all(c in rest for c in short)
        and len(long) > len(short) + 2
        and short[-1] in {long[-1], "l", "h", "n", "r"}
    )


def _authors(a: Prepared, b: Prepared) -> tuple[str, float]:
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
    for family_a, given_a, family_b, given_b in together:
        if not (given_a and given_b):
            return False
        crossed = given_b.startswith(family_a[: max(1, len(given_b))]) and given_a.startswith(
            family_b[: max(1, len(given_a))]
        )
        if not (crossed or (family_a[:1] == given_b[:1] and family_b[:1] == given_a[:1])):
            return False
    return True


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


def compare(a: Prepared, b: Prepared) -> list[float]:
    """Return the evidence row, in the order of `EVIDENCE`; entries lie between 0 and 1."""
    row = [0.0] * len(EVIDENCE)

    def mark(name: str, value: float = 1.0) -> None:
        row[_AT[name]] = value

    _title(a, b, mark)
    authors, share = _authors(a, b)
    mark(f"authors_{authors}", max(share, 0.5) if authors == "overlap" else 1.0)
    if a.year and b.year:
        gap = abs(a.year - b.year)
        mark("year_same" if gap == 0 else "year_next" if gap == 1 else "year_differs")
    if a.journal and b.journal:
        same = same_journal(a.journal, b.journal)
        if a.issn and a.issn == b.issn:
            same = max(same, 0.95)
        if same >= 0.9:
            mark("journal_same")
        elif same < 0.72:
            mark("journal_differs")
    for name, one, other in (("volume", a.volume, b.volume), ("issue", a.issue, b.issue)):
        if one and other:
            mark(f"{name}_same" if one == other else f"{name}_differs")
    _pages(a, b, mark)
    if a.doi and b.doi:
        if a.doi == b.doi:
            mark("doi_same")
        else:
            mark("doi_differs")
    if a.pmid and b.pmid:
        mark("pmid_same" if a.pmid == b.pmid else "pmid_differs")
    if len(a.abstract) > 80 and len(b.abstract) > 80:
        size = min(len(a.abstract), len(b.abstract), 400)
        close = Levenshtein.normalized_similarity(
            a.abstract[:size], b.abstract[:size], score_cutoff=0.4
        )
        if close < 0.8:
            # A structured abstract may have lost its headings, or start with "PURPOSE".
            close = max(
                close, fuzz.token_set_ratio(a.abstract[:600], b.abstract[:600]) / 100.0 - 0.05
            )
        if close >= 0.8:
            mark("abstract_same")
        elif close < 0.65:
            mark("abstract_differs")
    if a.kind != b.kind:
        hard = {"erratum", "retraction"}
        mark("correction_differs" if {a.kind, b.kind} & hard else "kind_differs")
    if a.supplement != b.supplement and row[_AT["volume_differs"]] + row[_AT["first_page_differs"]]:
        mark("supplement_differs")
    if a.shape != b.shape and "book" in (a.shape, b.shape):
        mark("shape_differs")
    if not ((a.first_page and b.first_page) or (a.volume and b.volume) or (a.doi and b.doi)):
        mark("no_locator")
    if a.registry and b.registry:
        mark("registry_same" if a.registry == b.registry else "registry_differs")
    elif a.registry or b.registry:
        # A trial's registration and its paper are two reports of one study.
        mark("registry_and_paper")
    _place(row, mark)
    return row


_APART = (
    "volume_differs",
    "issue_differs",
    "first_page_differs",
    "last_page_differs",
    "doi_differs",
    "year_next",
)


def _place(row: list[float], mark) -> None:  # type: ignore[no-untyped-def]
    """Judge volume, pages and journal together: alone each is weak, together they are an address."""

    def has(name: str) -> bool:
        return row[_AT[name]] > 0

    if has("title_generic") and any(map(has, _APART)):
        # Every issue may open with an "Editorial" by the same editor on the same page.
        mark("place_conflict")
    if has("first_page_same") and not any(
        map(has, ("journal_differs", "volume_differs", "issue_differs"))
    ):
        if has("volume_same"):
            mark("place_same")
            if has("last_page_same") and (
                has("journal_same") or (has("authors_same") and has("year_same"))
            ):
                # Several congress abstracts share one page, never a run of pages.
                mark("span_same")
        return
    if (
        has("first_page_differs")
        and (
            has("volume_differs")
            or has("journal_differs")
            or has("issue_differs")
            or has("last_page_differs")
        )
    ) or (has("issue_differs") and has("volume_differs")):
        mark("place_conflict")
    if has("journal_differs") and (
        has("volume_differs") or has("first_page_differs") or has("year_differs")
    ):
        mark("venue_conflict")
    if (
        has("journal_same")
        and has("volume_same")
        and has("first_page_differs")
        and has("last_page_differs")
    ):
        mark("pages_apart")


def _title(a: Prepared, b: Prepared, mark) -> None:  # type: ignore[no-untyped-def]
    if not a.tight or not b.tight:
        # A record without a title can still be the same by its numbers.
        return
    if a.common or b.common:
        mark("title_common")
    if a.generic or b.generic:
        mark("title_generic")
    if a.tight == b.tight:
        mark("title_same")
        return
    plain = fuzz.ratio(a.title, b.title)
    close = max(plain, fuzz.ratio(a.tight, b.tight), 0.97 * fuzz.token_sort_ratio(a.title, b.title))
    short, long = (a, b) if len(a.tight) <= len(b.tight) else (b, a)
    part = len(short.words) >= 4 and (
        long.tight.startswith(short.tight)
        or long.tight.endswith(short.tight)
        or fuzz.ratio(short.tight, long.tight[: len(short.tight)]) >= 96
    )
    if close >= 97:
        mark("title_close")
    elif close >= 90:
        mark("title_near")
    elif part:
        mark("title_part")
    elif close >= 60:
        mark("title_far", min(1.0, (100.0 - close) / 30.0))
    else:
        mark("title_far", 1.5)
    if (
        a.numbers != b.numbers
        and (close >= 85 or part)
        and (a.numbers - b.numbers)
        and (b.numbers - a.numbers)
    ) or (a.numbers != b.numbers and close >= 90 and _differ_only_in_numbers(a, b)):
        mark("title_numbers_differ")


def _differ_only_in_numbers(a: Prepared, b: Prepared) -> bool:
    """Tell "Effects on pain I" from "Effects on pain": the same words but for a counter."""
    words_a = [
        w for w in a.words if not w.isdigit() and w not in {"i", "ii", "iii", "iv", "v", "part"}
    ]
    words_b = [
        w for w in b.words if not w.isdigit() and w not in {"i", "ii", "iii", "iv", "v", "part"}
    ]
    return words_a == words_b


def _pages(a: Prepared, b: Prepared, mark) -> None:  # type: ignore[no-untyped-def]
    if not a.first_page or not b.first_page:
        return
    if a.first_page == b.first_page or a.starts & b.starts:
        mark("first_page_same")
    elif (
        a.first_page == b.last_page
        or b.first_page == a.last_page
        or _typo(a.first_page, b.first_page)
    ) or _overlap(a, b):
        mark("first_page_near")
    elif _ahead_of_print(a) != _ahead_of_print(b) and a.year == b.year:
        # Pages 1-9 of no volume: the numbering of an article ahead of print.
        return
    else:
        mark("first_page_differs")
    if a.last_page and b.last_page and a.last_page != a.first_page and b.last_page != b.first_page:
        mark("last_page_same" if a.last_page == b.last_page else "last_page_differs")


def _overlap(a: Prepared, b: Prepared) -> bool:
    """Tell whether two runs of pages share a page: 678-684 and 676-682."""
    numbers = (a.first_page, a.last_page, b.first_page, b.last_page)
    if not all(n.isdigit() for n in numbers):
        return False
    start_a, end_a, start_b, end_b = map(int, numbers)
    return (
        start_a < end_a
        and start_b < end_b
        and max(start_a, start_b) <= min(end_a, end_b)
        and start_a > 30 < start_b
    )


def _ahead_of_print(p: Prepared) -> bool:
    return (
        p.first_page == "1"
        and not p.volume
        and not p.issue
        and p.last_page.isdigit()
        and int(p.last_page) <= 40
    )


def _typo(a: str, b: str) -> bool:
    """One digit lost, added or changed in a number of three or more, or one page beside."""
    if min(len(a), len(b)) < 2:
        return False
    if a.isdigit() and b.isdigit() and abs(int(a) - int(b)) <= 1:
        return True
    return min(len(a), len(b)) >= 3 and (
        a.startswith(b) or b.startswith(a) or a.endswith(b) or b.endswith(a)
    )
