"""A review keeps every record and decision, whatever happens while it is written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import etree

from aponia.literature.prisma import flow, to_svg
from aponia.literature.store import Review, ReviewError, open_database, schema


def ris(*titles: str, source: str = "Embase") -> str:
    return "".join(
        f"TY  - JOUR\nTI  - {t}\nAU  - Doe, {t[0]}.\nPY  - 20{k:02d}\nJF  - Pain\nVL  - {k + 1}\nSP  - {10 * k + 1}\nEP  - {10 * k + 9}\nDB  - {source}\nER  - \n"
        for k, t in enumerate(titles, start=1)
    )


A, B, C, D = (
    "Psilocybin for cluster headache attacks", "Ketamine in neuropathic pain: a trial",
    "Lysergide and phantom limb pain relief", "Asthma education in rural primary schools",
)  # fmt: skip

_URLS = ["sqlite"] + (["postgresql"] if os.environ.get("APONIA_TEST_POSTGRESQL") else [])


@pytest.fixture(params=_URLS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = (
        f"sqlite:///{tmp_path}/r.sqlite"
        if request.param == "sqlite"
        else os.environ["APONIA_TEST_POSTGRESQL"]
    )
    made = open_database(url)
    yield made
    if request.param == "postgresql":
        schema.metadata.drop_all(made)
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


def test_a_changed_mind_keeps_both_decisions(review: Review) -> None:
    n = numbers(review)
    review.decide(n[A], "ann", "include")
    review.decide(n[A], "ann", "exclude")
    assert [d["verdict"] for d in review.decisions("title-abstract")] == ["exclude"]
    assert [e["detail"]["verdict"] for e in review.audit_trail() if e["action"] == "decision"] == [
        "include",
        "exclude",
    ]


def test_full_text_exclusions_need_a_reason(review: Review) -> None:
    n = numbers(review)
    with pytest.raises(ReviewError, match="16b"):
        review.decide(n[A], "ann", "exclude", stage="full-text")
    with pytest.raises(ReviewError, match="no publication 99"):
        review.decide(99, "ann", "include")
    with pytest.raises(ReviewError, match="unknown verdict"):
        review.decide(n[A], "ann", "perhaps")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET verdict = 'exclude'",
        "DELETE FROM decision",
        "UPDATE audit SET who = 'eve'",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_to_change_the_past(review: Review, statement: str) -> None:
    review.decide(numbers(review)[A], "ann", "include")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), review.engine.begin() as c:
        c.execute(sa.text(statement))
    assert len(review.audit_trail()) == 3


def test_a_trail_changed_behind_our_back_is_noticed(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/x.sqlite")
    review = Review(engine, "r")
    with engine.begin() as c:
        c.execute(sa.text("DROP TRIGGER audit_no_update"))
        c.execute(sa.text("UPDATE audit SET who = 'eve'"))
    with pytest.raises(ReviewError, match="does not fit the chain"):
        review.audit_trail()
    engine.dispose()


def test_a_merge_can_be_undone_and_done_again(review: Review, tmp_path: Path) -> None:
    review.add_file(tmp_path / "b.ris")
    n = numbers(review)
    ids = [r.id for r in review.publications()[n[A]].records]
    second = next(r for r in review.publications()[n[A]].records if r.source == "Scopus").id
    if ids.count(second) == 1:
        new = review.split(n[A], [second], who="ann")
        assert len(review.publications()) == 5
        review.merge(n[A], new, who="ann")
    assert len(review.publications()[n[A]].records) == 2
    with pytest.raises(ReviewError, match="some but not all"):
        review.split(n[A], ["none"], who="ann")


def test_prisma_numbers_add_up_and_the_drawing_is_sound(review: Review, tmp_path: Path) -> None:
    review.add_file(tmp_path / "b.ris")
    n = numbers(review)
    for title, verdict in ((A, "include"), (B, "include"), (C, "include"), (D, "exclude")):
        for who in ("ann", "bob"):
            review.decide(n[title], who, verdict)
    for who in ("ann", "bob"):
        review.decide(n[A], who, "include", stage="full-text")
        review.decide(n[B], who, "exclude", stage="full-text", reason="wrong <population> & age")
        review.decide(n[C], who, "not-retrieved", stage="full-text")
    counted = flow(review)
    assert counted.databases == {"Embase": 3, "Scopus": 4}
    assert (counted.identified, counted.duplicates, counted.screened, counted.excluded) == (
        7,
        3,
        4,
        1,
    )
    assert (counted.sought, counted.not_retrieved, counted.assessed) == (3, 1, 2)
    assert counted.reasons == {"wrong <population> & age": 1}
    assert (counted.included_reports, counted.included_studies) == (1, 1)
    drawing = etree.fromstring(to_svg(counted).encode())
    text = "".join(str(t) for t in drawing.itertext())
    assert "Records screened (n = 4)" in text
    assert "wrong <population> & age (n = 1)" in text


_IMPORTER = """
import sys
from aponia.literature.store import Review, open_database
import aponia.literature.store.review as module
place = Review._place
def slow(self, c, batch, new):
    import time
    outcome = place(self, c, batch, new)
    print("written, not committed", flush=True)
    time.sleep(60)
    return outcome
Review._place = slow
Review(open_database(sys.argv[1]), "r").add_file(sys.argv[2])
"""


def test_kill_9_in_the_middle_of_an_import_leaves_nothing_half_done(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/k.sqlite"
    (tmp_path / "a.ris").write_text(ris(A, B))
    (tmp_path / "b.ris").write_text(ris(A, B, C, D, source="Scopus"))
    engine = open_database(url)
    review = Review(engine, "r")
    review.add_file(tmp_path / "a.ris")
    review.decide(numbers(review)[A], "ann", "include")
    engine.dispose()
    with subprocess.Popen(
        [sys.executable, "-c", _IMPORTER, url, str(tmp_path / "b.ris")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "not committed" in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    start = time.monotonic()
    engine = open_database(url)
    review = Review(engine, "r")
    assert sum(len(p.records) for p in review.publications().values()) == 2
    assert review.state()[numbers(review)[A]] == "waiting"
    assert [e["action"] for e in review.audit_trail()] == [
        "review created",
        "file imported",
        "decision",
    ]
    assert review.add_file(tmp_path / "b.ris").new_publications == 2
    assert time.monotonic() - start < 20
    engine.dispose()
