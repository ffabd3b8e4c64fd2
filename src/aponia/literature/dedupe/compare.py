"""What two records agree and disagree on, as a row of evidence."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from aponia.literature.dedupe.journals import same_journal
from aponia.literature.dedupe.people import same_people
from aponia.literature.dedupe.prepare import Prepared

__all__ = ["EVIDENCE", "compare"]

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
    "preprint_and_paper", "abstract_and_paper", "language_differs", "both_moved", "cochrane_update",
    "unconfirmed",
)  # fmt: skip
_AT = {name: place for place, name in enumerate(EVIDENCE)}


def compare(a: Prepared, b: Prepared) -> list[float]:
    """Return the evidence row, in the order of `EVIDENCE`; entries lie between 0 and 1."""
    row = [0.0] * len(EVIDENCE)

    def mark(name: str, value: float = 1.0) -> None:
        row[_AT[name]] = value

    _title(a, b, mark)
    authors, share = same_people(a, b)
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
    if len(a.abstract_text) > 90 and len(b.abstract_text) > 90:
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
    if a.supplement != b.supplement and row[_AT["volume_differs"]] + row[_AT["first_page_differs"]]:
        mark("supplement_differs")
    if not ((a.first_page and b.first_page) or (a.volume and b.volume) or (a.doi and b.doi)):
        mark("no_locator")
    _kinds(a, b, mark)
    _place(row, mark)
    _moved(a, b, row, mark)
    if a.kind != b.kind:
        hard = {a.kind, b.kind} & {"erratum", "retraction"}
        # On the very same run of pages "[comment]" is one database's remark, not another paper.
        remark = not hard and "" in (a.kind, b.kind) and row[_AT["span_same"]] > 0
        mark("correction_differs" if hard else "kind_differs", 0.2 if remark else 1.0)
    elif a.kind and row[_AT["first_page_differs"]]:
        # Two errata of one paper, two replies to it: one title, one journal, other pages.
        mark("kind_differs")
    return row


def _kinds(a: Prepared, b: Prepared, mark) -> None:  # type: ignore[no-untyped-def]
    """Mark what kind of publication only one of the two is."""
    shapes = {a.shape, b.shape}
    if len(shapes) == 2 and "thesis" in shapes and "" not in shapes:
        mark("shape_differs", 3.0)
    elif len(shapes) == 2 and "book" in shapes:
        mark("shape_differs")
    elif shapes == {"abstract", "other"}:
        mark("abstract_and_paper")
    if a.registry and b.registry:
        mark("registry_same" if a.registry == b.registry else "registry_differs")
    elif a.register != b.register:
        # A trial's registration and its paper are two reports of one study.
        mark("registry_and_paper")
    if a.preprint != b.preprint:
        mark("preprint_and_paper")
    if a.language and b.language and a.language != b.language:
        mark("language_differs")


#: Agreements that more than one publication of the same people in the same year rarely share.
_CONFIRMING = (
    "journal_same", "first_page_same", "first_page_near", "last_page_same", "doi_same", "pmid_same", "abstract_same",
    "registry_same",
)  # fmt: skip
_DOUBTFUL = ("journal_differs", "volume_differs", "issue_differs", "first_page_differs", "year_next", "year_differs")  # fmt: skip


def _moved(a: Prepared, b: Prepared, row: list[float], mark) -> None:  # type: ignore[no-untyped-def]
    """Mark serials that come out again, and pairs where only title and names agree."""

    def has(name: str) -> bool:
        return row[_AT[name]] > 0

    gap = a.year - b.year if a.year and b.year else 0
    if gap and a.volume.isdigit() and b.volume.isdigit() and int(a.volume) - int(b.volume) == gap:
        # One volume a year on: next year's report, not a misprint in one of two fields.
        mark("both_moved")
    if gap and has("issue_differs") and a.journal[:1] == ("cochrane",) == b.journal[:1]:
        mark("cochrane_update")
    if not any(map(has, _CONFIRMING)) and any(map(has, _DOUBTFUL)):
        mark("unconfirmed")


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
    ) or (a.numbers != b.numbers and (close >= 90 or part) and _differ_only_in_numbers(a, b)):
        mark("title_numbers_differ")
    elif long.words[: len(short.words)] == short.words:
        rest = long.words[len(short.words) :]
        if rest and all(w.isdigit() or w in _COUNTING for w in rest):
            # "…: phase II (TIMS II). Part II": the counter at the end is new, its number is not.
            mark("title_numbers_differ")


def _differ_only_in_numbers(a: Prepared, b: Prepared) -> bool:
    """Tell "Effects on pain I" from "Effects on pain": the same words but for a counter."""
    return [w for w in a.words if w not in _COUNTING and not w.isdigit()] == [
        w for w in b.words if w not in _COUNTING and not w.isdigit()
    ]


_COUNTING = frozenset({
    "i", "ii", "iii", "iv", "v", "vi", "part", "pt", "number", "no", "study", "phase", "chapter", "section",
})  # fmt: skip


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
