"""Random checks of recall: drawn once, kept for good, decided by what reviewers say."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from aponia.literature.screening import check_level, needed_sample
from aponia.literature.store import Check, CheckState, Review, ReviewError, checks, open_database

COUNT = 100
READ = 50
RELEVANT = 40


def ris(first: int, last: int) -> str:
    return "".join(
        f"TY  - JOUR\nTI  - Report {k} on topic {k * 7919} in group {k * 104729}\nPY  - {1900 + k}\nVL  - {k}\nER  - \n"
        for k in range(first, last)
    )


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    made = open_database(database)
    yield made
    made.dispose()


def started(engine: sa.Engine, tmp_path: Path, *, needed: int = 1, read: int = READ) -> Review:
    """A review of a hundred records; the first fifty are read, forty of them relevant."""
    (tmp_path / "a.ris").write_text(ris(1, COUNT + 1))
    review = Review(engine, "r", reviewers_needed=needed)
    review.add_file(tmp_path / "a.ris")
    for k, n in enumerate(review.board().numbers[:read]):
        for who in ("ann", "bob")[:needed]:
            review.decide(n, who, "include" if k < RELEVANT else "exclude")
    return review


def state(review: Review, reviewer: str = "") -> CheckState:
    found = checks.state_of_check(review, review.board(), reviewer=reviewer)
    assert found is not None
    return found


def read(review: Review, check: Check, who: str = "ann", relevant: int = 0) -> None:
    for k, n in enumerate(check.drawn):
        review.decide(n, who, "include" if k < relevant else "exclude")


def test_a_check_draws_the_number_needed_and_can_be_drawn_again(
    engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    unread = list(review.board().numbers[READ:])
    check = checks.begin(review, "ann")
    assert len(check.drawn) == needed_sample(RELEVANT, COUNT - READ, alpha=0.025)
    assert set(check.drawn) <= set(unread)
    assert check.drawn == checks.redraw(check)
    kept = checks.checks_of(Review(engine, "r"))
    assert kept == [check]
    assert sorted(kept[0].unread) == unread
    entry = review.audit_trail()[-1]
    assert entry["action"] == "random check begun"
    assert (entry["detail"]["seed"], tuple(entry["detail"]["drawn"])) == (check.seed, check.drawn)
    # The seed is drawn anew for each check, by nobody's choice.
    checks.end(review, "ann")
    assert checks.begin(review, "ann").seed != check.seed


def test_all_drawn_irrelevant_passes_and_their_decisions_say_they_were_drawn(
    engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    check = checks.begin(review, "ann")
    other = next(n for n in review.board().numbers[READ:] if n not in check.drawn)
    with pytest.raises(ReviewError, match="not among"):
        review.decide(other, "ann", "exclude", via="sample")
    for k, n in enumerate(check.drawn):
        found = state(review)
        assert (found.state, found.read, found.size) == ("under way", k, len(check.drawn))
        assert checks.drawn_for(review.board(), [found], "ann") == list(check.drawn[k:])
        review.decide(n, "ann", "exclude")
    found = state(review)
    assert (found.state, found.new, found.guarantee) == ("passed", 0, 0.05)
    assert found.test.p < 0.025
    ways = {d.publication: d.via for n in review.board().numbers for d in review.board().standing(n, "title-abstract")}  # fmt: skip
    assert {n for n, via in ways.items() if via == "sample"} == set(check.drawn)
    with pytest.raises(ReviewError, match="passed already"):
        checks.begin(review, "ann")
    # A decision mended later mends the check.
    review.decide(check.drawn[0], "ann", "include")
    review.decide(check.drawn[1], "ann", "include")
    assert state(review).state == "failed"


def test_each_check_has_the_next_level_and_one_given_up_is_spent(
    engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    first = checks.begin(review, "ann")
    with pytest.raises(ReviewError, match="under way"):
        checks.begin(review, "ann")
    checks.end(review, "ann")
    assert state(review).state == "ended"
    with pytest.raises(ReviewError, match="no random check"):
        checks.end(review, "ann")
    second = checks.begin(review, "ann")
    assert (first.level, second.level) == (check_level(1), check_level(2))
    assert len(second.drawn) >= len(first.drawn)
    read(review, second, relevant=2)
    found = state(review)
    assert found.state == "failed"
    assert found.test.sampled_relevant == 2
    assert 0 < found.test.recall_at_least < 0.95
    third = checks.begin(review, "ann")
    assert third.number == 3
    assert third.found == RELEVANT + 2
    assert not set(third.drawn) & set(second.drawn)


def test_it_says_when_it_can_not_be_passed_any_more(engine: sa.Engine, tmp_path: Path) -> None:
    review = started(engine, tmp_path)
    check = checks.begin(review, "ann")
    assert not state(review).hopeless
    for n in check.drawn[:2]:
        review.decide(n, "ann", "include")
    assert state(review).state == "under way"
    assert state(review).hopeless


def test_it_says_nothing_about_records_it_could_not_draw(engine: sa.Engine, tmp_path: Path) -> None:
    """New files, and a decision from before that is taken back: both are unread and were not drawn from."""
    review = started(engine, tmp_path)
    read(review, checks.begin(review, "ann"))
    assert state(review).new == 0
    review.undo(review.board().numbers[READ - 1], "ann")
    assert (state(review).state, state(review).new) == ("passed", 1)
    (tmp_path / "b.ris").write_text(ris(170, 173))
    review.add_file(tmp_path / "b.ris")
    assert (state(review).state, state(review).new) == ("passed", 4)
    assert checks.begin(review, "ann").number == 2


def test_a_drawn_record_that_leaves_the_review_leaves_the_sample(
    engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    check = checks.begin(review, "ann")
    before = len(check.drawn)
    review.remove([check.drawn[0]], "ann", reason="Retracted")
    review.merge(review.board().numbers[0], check.drawn[1], who="ann")
    found = state(review)
    assert found.size == before - 2
    for n in check.drawn[2:]:
        review.decide(n, "ann", "exclude")
    assert state(review).state in {"passed", "failed"}
    assert state(review).test.sampled == before - 2


def test_found_records_that_are_taken_back_count_no_more(engine: sa.Engine, tmp_path: Path) -> None:
    """The check passes with forty found and nothing in the draw, not with one."""
    review = started(engine, tmp_path)
    read(review, checks.begin(review, "ann"))
    assert state(review).state == "passed"
    passed = state(review).test
    for n in review.board().numbers[: RELEVANT - 1]:
        review.decide(n, "ann", "exclude")
    assert state(review).test.found == 1
    assert state(review).test.p >= passed.p


def test_blind_reviewers_have_checks_of_their_own_beside_the_teams(
    engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path, needed=2)
    open_one = review.board().numbers[READ]
    review.decide(open_one, "bob", "exclude")
    own = checks.begin(review, "ann", reviewer="ann")
    # What Bob alone has said does not count as read.
    assert own.found == RELEVANT
    assert open_one in own.unread
    assert checks.checks_of(review) == []
    read(review, own, "ann")
    assert state(review, "ann").state == "passed"
    team = checks.begin(review, "bob")
    assert (team.reviewer, team.number) == ("", 1)
    for n in team.drawn:
        review.decide(n, "bob", "exclude")
    settled = len(set(team.drawn) & set(own.drawn))
    assert (state(review).state, state(review).read) == ("under way", settled)
    left = [n for n in team.drawn if n not in own.drawn]
    assert checks.drawn_for(review.board(), [state(review)], "ann") == left
    assert checks.drawn_for(review.board(), [state(review)], "bob") == []
    for n in left:
        review.decide(n, "ann", "exclude")
    assert state(review).state == "passed"
    assert checks.checks_of(review, reviewer="bob") == []


def test_one_reviewers_own_check_is_the_teams(engine: sa.Engine, tmp_path: Path) -> None:
    review = started(engine, tmp_path)
    check = checks.begin(review, "ann", reviewer="ann")
    assert check.reviewer == checks.TEAM
    assert checks.checks_of(review, reviewer="bob") == [check]


def test_what_can_not_be_checked_is_said(engine: sa.Engine, tmp_path: Path) -> None:
    review = started(engine, tmp_path)
    with pytest.raises(ReviewError, match="full texts are all read"):
        checks.begin(review, "ann", stage="full-text")
    review.remove(review.board().numbers[READ:], "ann", kind="automation", reason="Stopped")
    with pytest.raises(ReviewError, match="put the records"):
        checks.begin(review, "ann")
    review.remove(review.board().numbers[READ:], "ann", kind="restored", reason="")
    for n in review.board().numbers[READ:]:
        review.decide(n, "ann", "exclude")
    with pytest.raises(ReviewError, match="nothing to draw"):
        checks.begin(review, "ann")


@pytest.mark.parametrize("table", ["recall_check", "recall_check_ended"])
def test_no_check_is_ever_changed_or_deleted(engine: sa.Engine, tmp_path: Path, table: str) -> None:
    review = started(engine, tmp_path)
    checks.begin(review, "ann")
    checks.end(review, "ann")
    for statement in (f"UPDATE {table} SET who = 'eve'", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as c:
            c.execute(sa.text(statement))


_SLOW = """
import sys, time
from aponia.literature.store import Review, checks, open_database
log = Review._log
def slow(*arguments):
    log(*arguments)
    print("written, not committed", flush=True)
    time.sleep(60)
Review._log = slow
checks.begin(Review(open_database(sys.argv[1]), "r"), "ann")
"""


def test_kill_9_while_a_check_is_drawn_leaves_none_and_the_next_is_the_first(
    database: str, engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    before = len(review.audit_trail())
    command = [sys.executable, "-c", _SLOW, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "not committed" in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    assert checks.checks_of(review) == []
    assert len(review.audit_trail()) == before
    assert checks.begin(review, "ann").number == 1


def test_a_check_under_way_is_there_after_a_new_start(
    database: str, engine: sa.Engine, tmp_path: Path
) -> None:
    review = started(engine, tmp_path)
    check = checks.begin(review, "ann")
    review.decide(check.drawn[0], "ann", "exclude")
    again = open_database(database)
    found = state(Review(again, "r"))
    assert (found.check, found.read, found.state) == (check, 1, "under way")
    again.dispose()
