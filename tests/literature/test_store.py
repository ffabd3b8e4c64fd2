"""A review keeps every record and decision, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from aponia.literature.readers import ReadError
from aponia.literature.record import ReadResult, Record
from aponia.literature.store import (
    Review,
    ReviewError,
    Settings,
    importing,
    joining,
    open_database,
    reviews,
)


def ris(*titles: str, source: str = "Embase") -> str:
    return "".join(
        f"TY  - JOUR\nTI  - {t}\nAU  - Doe, {t[0]}.\nPY  - 20{k:02d}\nJF  - Pain\nVL  - {k + 1}\nSP  - {10 * k + 1}\nEP  - {10 * k + 9}\nDB  - {source}\nER  - \n"
        for k, t in enumerate(titles, start=1)
    )


A, B, C, D = (
    "Psilocybin for cluster headache attacks", "Ketamine in neuropathic pain: a trial",
    "Lysergide and phantom limb pain relief", "Asthma education in rural primary schools",
)  # fmt: skip


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    made = open_database(database)
    yield made
    made.dispose()


@pytest.fixture
def review(engine: sa.Engine, tmp_path: Path) -> Review:
    (tmp_path / "a.ris").write_text(ris(A, B, C))
    (tmp_path / "b.ris").write_text(ris(A.upper(), B, C, D, source="Scopus"))
    review = Review(engine, "r")
    review.add_file(tmp_path / "a.ris")
    return review


def numbers(review: Review) -> dict[str, int]:
    return {p.records[0].title: n for n, p in review.publications().items()}


def test_records_added_later_join_their_publication(review: Review, tmp_path: Path) -> None:
    before = numbers(review)
    review.decide(before[A], "ann", "include")
    result = review.add_file(tmp_path / "b.ris")
    assert (result.records, result.new_publications, result.duplicates) == (4, 1, 3)
    after = numbers(review)
    assert {t: after[t] for t in before} == before
    assert review.state()[after[A]] == "waiting"
    assert len(review.publications()[after[A]].records) == 2


def test_the_same_file_twice_changes_nothing(review: Review, tmp_path: Path) -> None:
    assert review.add_file(tmp_path / "a.ris").already
    assert len(review.publications()) == 3


def test_a_file_that_can_not_be_read_leaves_nothing(review: Review, tmp_path: Path) -> None:
    before = review.audit_trail()
    (tmp_path / "x.bin").write_bytes(b"\x00\x01\x02 no format at all")
    with pytest.raises(ReadError):
        review.add_file(tmp_path / "x.bin")
    with pytest.raises(ReviewError, match="unknown kind of source"):
        review.add_file(tmp_path / "b.ris", kind="hearsay")
    assert review.audit_trail() == before


def test_two_reviewers_conflict_and_resolution(review: Review) -> None:
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    assert review.state()[n[A]] == "waiting"
    review.decide(n[A], "bob", "exclude", reason="population")
    assert review.state()[n[A]] == "conflict"
    review.decide(n[A], "cyd", "include", resolves=True)
    assert review.state()[n[A]] == "included"
    assert [d["verdict"] for d in review.decisions("title-abstract", reviewer="bob")] == ["exclude"]
    with pytest.raises(ReviewError, match="not in conflict"):
        review.decide(n[B], "cyd", "include", resolves=True)
    review.undo(n[A], "ann", resolves=True)
    assert review.state()[n[A]] == "conflict"


def test_a_changed_mind_keeps_both_decisions(review: Review) -> None:
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    review.decide(n[A], "ann", "exclude")
    assert [d["verdict"] for d in review.decisions("title-abstract")] == ["exclude"]
    assert [e["detail"]["verdict"] for e in review.audit_trail() if e["action"] == "decision"] == [
        "include",
        "exclude",
    ]


def test_undo_is_a_new_entry(review: Review) -> None:
    n = numbers(review)
    with pytest.raises(ReviewError, match="no decision"):
        review.undo(n[A], "ann")
    review.decide(n[A], "ann", "include")
    review.decide(n[A], "bob", "include")
    review.undo(n[A], "ann")
    assert review.state()[n[A]] == "waiting"
    assert [d["reviewer"] for d in review.decisions("title-abstract")] == ["bob"]
    assert [e["action"] for e in review.audit_trail()][-3:] == ["decision", "decision", "decision withdrawn"]  # fmt: skip


def test_full_text_follows_inclusion_and_exclusions_there_need_a_reason(review: Review) -> None:
    n = numbers(review)
    with pytest.raises(ReviewError, match="16b"):
        review.decide(n[A], "ann", "exclude", stage="full-text")
    with pytest.raises(ReviewError, match="only what was included"):
        review.decide(n[A], "ann", "include", stage="full-text")
    with pytest.raises(ReviewError, match="no publication 99"):
        review.decide(99, "ann", "include")
    with pytest.raises(ReviewError, match="unknown verdict"):
        review.decide(n[A], "ann", "perhaps")
    with pytest.raises(ReviewError, match="only a full text"):
        review.decide(n[A], "ann", "not-retrieved")


@pytest.mark.parametrize("text", ["a\x00b", "x" * 20_001, "lone \ud800 half"])
def test_text_no_database_keeps_is_refused_whole(review: Review, text: str) -> None:
    n = numbers(review)
    before = len(review.audit_trail())
    with pytest.raises(ReviewError, match="nothing was saved"):
        review.decide(n[A], "ann", "include", note=text)
    assert len(review.audit_trail()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET verdict = 'exclude'",
        "DELETE FROM decision",
        "UPDATE audit SET who = 'eve'",
        "DELETE FROM audit",
        "UPDATE note SET text = 'x'",
        "DELETE FROM removal",
        "DELETE FROM merged",
    ],
)
def test_the_database_refuses_to_change_the_past(
    review: Review, tmp_path: Path, statement: str
) -> None:
    review.add_file(tmp_path / "b.ris")
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    review.add_note(n[A], "ann", "a note")
    review.remove([n[B]], "ann", reason="retracted")
    before = review.audit_trail()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), review.engine.begin() as c:
        c.execute(sa.text(statement))
    assert review.audit_trail() == before


def test_a_trail_changed_behind_our_back_is_noticed(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/x.sqlite")
    review = Review(engine, "r")
    with engine.begin() as c:
        c.execute(sa.text("DROP TRIGGER audit_no_update"))
        c.execute(sa.text("UPDATE audit SET who = 'eve'"))
    with pytest.raises(ReviewError, match="does not fit the chain"):
        review.audit_trail()
    engine.dispose()


def test_a_merge_explains_itself_and_can_be_undone(review: Review, tmp_path: Path) -> None:
    review.add_file(tmp_path / "b.ris")
    n = numbers(review)
    told = {g["publication"]: g for g in joining.merged_publications(review)}
    assert told[n[A]]["merges"][0]["because"]
    keys = {r.source: key for key, r in joining.records_of(review, n[A]).items()}
    new = review.split(n[A], [keys["Scopus"]], who="ann")
    assert len(review.publications()) == 5
    assert n[A] not in {g["publication"] for g in joining.merged_publications(review)}
    review.merge(n[A], new, who="ann")
    assert len(review.publications()[n[A]].records) == 2
    with pytest.raises(ReviewError, match="some but not all"):
        review.split(n[A], [999], who="ann")
    with pytest.raises(ReviewError, match="both must exist"):
        review.merge(n[A], n[A], who="ann")


def test_merging_by_hand_loses_no_judgement(review: Review) -> None:
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    review.decide(n[B], "ann", "exclude")
    review.decide(n[B], "bob", "include", note="same trial")
    review.merge(n[A], n[B], who="cyd")
    board = review.board()
    standing = {d.reviewer: d for d in board.standing(n[A], "title-abstract")}
    assert standing["ann"].verdict == "include"
    assert standing["bob"].verdict == "include"
    assert "Carried over" in standing["bob"].note
    assert standing["bob"].via == "merge"
    assert board.state("title-abstract")[n[A]] == "included"
    assert n[B] not in board.numbers


def test_linked_publications_count_as_one_study(review: Review) -> None:
    n = numbers(review)
    joining.link(review, n[A], n[B], who="ann")
    joining.link(review, n[B], n[C], who="ann")
    assert len({joining.studies(review)[n[t]] for t in (A, B, C)}) == 1
    assert len(review.publications()) == 3


def test_what_the_rule_left_unread_can_be_put_back(review: Review) -> None:
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    assert review.remove(list(n.values()), "ann", kind="automation", reason="rule") == 2
    assert review.board().counts("title-abstract")["removed"] == 2
    # A decision says more than a removal.
    review.decide(n[B], "bob", "include", via="search")
    assert review.state()[n[B]] == "waiting"
    assert review.remove([n[C]], "ann", kind="restored", reason="go on") == 1
    assert review.state()[n[C]] == "open"


def test_settings_are_kept_and_the_old_ones_stay_in_the_trail(review: Review) -> None:
    review.configure("ann", criteria="adults", reviewers_needed=1, settings=Settings(words_for=("pain*",), target=0.9))  # fmt: skip
    again = Review(review.engine, "r")
    assert (again.criteria, again.reviewers_needed, again.settings.words_for) == ("adults", 1, ("pain*",))  # fmt: skip
    assert review.audit_trail()[-1]["detail"]["before"]["reviewers"] == 2
    with pytest.raises(ReviewError, match="earlier version"):
        Settings(previous_studies=3)
    with pytest.raises(ReviewError, match="target"):
        Settings(target=1.0)


def test_reviews_do_not_touch_each_other(review: Review, tmp_path: Path) -> None:
    other = Review(review.engine, "other")
    other.add_file(tmp_path / "a.ris")
    mine = numbers(review)
    with pytest.raises(ReviewError, match="no publication"):
        other.decide(mine[A], "ann", "include")
    assert set(reviews(review.engine).values()) == {"r", "other"}
    with pytest.raises(ReviewError, match="both must exist"):
        other.merge(mine[A], mine[B], who="ann")


def test_a_board_made_step_by_step_is_that_made_at_once(review: Review) -> None:
    n = list(numbers(review).values())
    review.board()
    for who, number, verdict in (("ann", 0, "include"), ("bob", 0, "exclude"), ("ann", 1, "unsure"), ("bob", 1, "include")):  # fmt: skip
        review.decide(n[number], who, verdict)
        grown, anew = review.board(), Review(review.engine, "r").board()
        assert dict(grown.state("title-abstract")) == dict(anew.state("title-abstract"))
        assert grown.counts("full-text") == anew.counts("full-text")


def test_a_database_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite"
    old = sa.create_engine(url)
    with old.begin() as c:
        for line in (
            "CREATE TABLE project (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, criteria TEXT NOT NULL, reviewers_needed INTEGER NOT NULL, created_at DATETIME NOT NULL)",
            "CREATE TABLE decision (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, publication_id INTEGER NOT NULL, stage TEXT NOT NULL, reviewer TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, resolves BOOLEAN NOT NULL, at DATETIME NOT NULL)",
            "INSERT INTO project VALUES (1, 'old', 'adults', 2, '2026-01-01 00:00:00.000000')",
        ):
            c.execute(sa.text(line))
    old.dispose()
    engine = open_database(url)
    review = Review(engine, "old")
    assert review.criteria == "adults"
    (tmp_path / "a.ris").write_text(ris(A))
    review.add_file(tmp_path / "a.ris")
    review.decide(1, "ann", "include")
    assert review.state() == {1: "waiting"}
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense", "sqlite:////no/such/folder/x.sqlite"])  # fmt: skip
def test_an_address_that_can_not_be_opened_is_one_clear_message(url: str) -> None:
    with pytest.raises(ReviewError) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)


def test_half_a_surrogate_pair_breaks_no_page(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a reader lets through: kept as it is, such a record could be sent to nobody."""
    odd = Record("1", title="Pain \ud800 and \ud83d\ude00", raw={"T\udc00": ("\x00",)})
    monkeypatch.setattr(importing, "read", lambda _: ReadResult([odd], [], "json"))
    (tmp_path / "x.json").write_text("{}")
    review = Review(engine, "r")
    review.add_file(tmp_path / "x.json")
    (kept,) = (p.best for p in review.publications().values())
    assert kept.title == "Pain \ufffd and \N{GRINNING FACE}"
    assert kept.raw == {"T\ufffd": ("\x00",)}
