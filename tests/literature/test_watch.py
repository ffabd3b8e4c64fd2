"""The daily watch: nothing lost, nothing twice, running again changes nothing, people work meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponia.literature import Record
from aponia.literature.sources import SourceError
from aponia.literature.store import Review, open_database
from aponia.literature.watch import Base, Digest, KnownTrial, WatchError, as_markdown, open_watch
from aponia.literature.watch import watch as run_watch
from aponia.literature.watch.arrivals import in_base
from aponia.literature.watch.lock import only_one
from aponia.literature.watch.state import Item
from aponia.literature.watch.windows import OVERLAP_DAYS, Standing, Window, next_window

from .protocol_server.server import Fault, ProtocolServer
from .protocol_server.services import registered_study
from .watching import ALL, BASE, DAY, Pages, queries, quick, rows, titles

TABLES_THAT_GROW = ("watch_item", "watch_snapshot", "watch_finding", "record", "imported", "audit")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ProtocolServer]:
    with ProtocolServer() as running:
        monkeypatch.setenv("APONIA_SOURCES_BASE", running.address)
        monkeypatch.setenv("APONIA_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("APONIA_CONTACT", raising=False)
        yield running


def go(
    engine: Any, *, sources: Any = ALL, today: date = DAY, base: Base = BASE, **how: Any
) -> Digest:
    how = {"opener": quick, "query_of": queries, "first": date(2026, 1, 1)} | how
    return run_watch(engine, base, sources=sources, today=today, **how)


def same(a: Digest, b: Digest) -> bool:
    return a.to_dict() | {"at": ""} == b.to_dict() | {"at": ""} and as_markdown(a) == as_markdown(b)


def test_the_first_run_takes_all_and_the_second_changes_nothing(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    first = go(engine)
    review, state = open_watch(engine)
    assert not first.failed
    asked = {a.source: a for a in first.sources}
    assert {n: asked[n].read for n in ALL if n != "openfda-events"} == dict.fromkeys([n for n in ALL if n != "openfda-events"], 23)  # fmt: skip
    # PubMed number 1003 and the registration NCT00000003 are in the base: noted, not imported.
    assert sorted(i.known_as for i in state.items() if i.known_as) == ["NCT00000003", "ng-2026"]
    assert {i.record.id for i in state.items() if i.known_as} == {"1003", "NCT00000003"}
    assert all((i.record_id is None) == bool(i.known_as) and i.settled for i in state.items())
    # The two preprint servers give the same DOIs: one publication each.
    imported = sum(1 for i in state.items() if not i.known_as)
    assert len(review.publications()) == imported - asked["medrxiv"].read + asked["medrxiv"].dropped
    assert first.records_new + first.trials_new == len(review.publications())
    assert first.trials_new == 22 + 23 + 23
    kinds = {i["database"]: i["kind"] for i in review.imports()}
    assert kinds["PubMed"] == "database"
    assert kinds["ISRCTN"] == "register"
    before = rows(engine)
    second = go(engine)
    assert rows(engine) == before
    assert same(first, second)
    assert [r["outcome"]["needs"] for r in state.runs()] == [len(first.needs)] * 2
    review.audit_trail()
    engine.dispose()


def test_the_next_day_asks_from_before_the_last_and_finds_what_is_new(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    go(engine, sources=["pubmed"])
    server.settings.n = 25
    server.log.clear()
    later = DAY + timedelta(days=2)
    digest = go(engine, sources=["pubmed"], today=later)
    asked = next(a.params for a in server.log if a.path == "/esearch.fcgi")
    assert asked["mindate"] == (DAY - timedelta(days=OVERLAP_DAYS)).isoformat().replace("-", "/")
    assert [r.title for r in digest.records] != []
    assert digest.records_new == 2
    assert {"study <23>", "study <24>"} == {r.title.split(": ")[1].removesuffix(" & more") for r in digest.records}  # fmt: skip
    assert digest.waiting_total == 22
    state = open_watch(engine)[1]
    assert len(titles(state)) == len(set(titles(state))) == 25
    engine.dispose()


def test_a_source_that_fails_is_told_and_its_window_stays_open(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    server.faults = [Fault("503", times=99, skip=2, path="/details/biorxiv")]
    digest = go(engine, sources=["biorxiv", "pubmed"])
    assert [a.source for a in digest.failed] == ["biorxiv"]
    assert "503" in digest.failed[0].failed
    assert any("biorxiv failed" in n.text and "2026-01-01" in n.text for n in digest.needs)
    assert "FAILED" in as_markdown(digest)
    state = open_watch(engine)[1]
    assert len([i for i in state.items() if i.source == "biorxiv"]) > 0
    assert len([i for i in state.items() if i.source == "pubmed"]) == 23
    # It goes on and fails again, two pages on: the cursor moves, and the counts go on with it.
    server.faults = [Fault("503", times=99, skip=2, path="/details/biorxiv")]
    again = go(engine, sources=["biorxiv", "pubmed"])
    assert again.failed[0].read == 16
    assert again.failed[0].dropped == 5
    server.faults, asked = [], len(server.log)
    later = go(engine, sources=["biorxiv", "pubmed"], today=DAY + timedelta(days=30))
    assert not later.failed
    # The open window was finished from its cursor, then a second one was read up to today.
    paths = [a.path for a in server.log[asked:] if "/details/biorxiv" in a.path]
    assert paths[0].startswith("/details/biorxiv/2026-01-01/2026-01-24/")
    assert paths[0].endswith("/16/json")
    assert any("/2026-01-17/2026-02-23/" in p for p in paths)
    assert len({i.record.doi for i in state.items() if i.source == "biorxiv"}) == len([i for i in state.items() if i.source == "biorxiv"]) == 16  # fmt: skip
    engine.dispose()


def test_an_answer_of_another_form_is_a_failure_and_never_an_empty_day(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    server.faults = [Fault("change", times=99, path="/studies", change=lambda b: b.replace(b'"studies"', b'"results"'))]  # fmt: skip
    digest = go(engine, sources=["clinicaltrials-gov", "isrctn"])
    assert {a.source for a in digest.failed} == {"clinicaltrials-gov", "clinicaltrials-gov:known-trials"}  # fmt: skip
    assert all("another form" in a.failed for a in digest.failed)
    assert digest.trials_new == 23
    engine.dispose()


def test_a_cursor_that_the_source_no_longer_takes_begins_the_window_anew(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    server.faults = [Fault("503", times=2, skip=2, path="/search")]
    assert go(engine, sources=["europe-pmc"]).failed
    refusal = b'{"errCode": 400, "errMsg": "Invalid cursorMark"}'
    server.faults = [Fault("change", times=1, path="/search", change=lambda b: refusal)]
    digest = go(engine, sources=["europe-pmc"])
    assert not digest.failed
    state = open_watch(engine)[1]
    assert len(state.items()) == 23
    assert digest.sources[0].read == 23
    engine.dispose()


def record(k: int) -> Record:
    return Record(f"r{k}", title=f"Study number {k} of {('asthma', 'wheat', 'knees', 'teeth')[k % 4]}", authors=(f"Doe{k}, A",), year=1950 + k, pages=str(7 * k + 1), volume=str(k + 1))  # fmt: skip


_STOP = st.tuples(st.sampled_from(["pubmed", "europe-pmc"]), st.integers(0, 3), st.booleans())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stops=st.lists(_STOP, max_size=4), days=st.lists(st.booleans(), min_size=4, max_size=4))
def test_stopped_at_any_page_it_goes_on_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, stops: list[tuple[str, int, bool]], days: list[bool]
) -> None:
    """Whatever stops a run, and whether the next one is on the same day: nothing is lost or twice."""
    pages = {
        "pubmed": [[record(0), record(1)], [record(2)], [record(3), record(4)]],
        "europe-pmc": [[record(5)], [record(6), record(1)], [], [record(7)]],
    }
    folder = tmp_path_factory.mktemp("watch")
    engine = open_database(f"sqlite:///{folder}/cut.sqlite")
    today = DAY
    for k, (name, page, fails) in enumerate(stops):

        def opener(n: str, name: str = name, page: int = page, fails: bool = fails) -> Pages:
            hit = page if n == name else None
            return Pages(n, pages[n], None if fails else hit, hit if fails else None)

        with contextlib.suppress(KeyboardInterrupt):
            go(engine, sources=list(pages), today=today, opener=opener, base=Base())
        today += timedelta(days=days[k])
    digest = go(engine, sources=list(pages), today=today, opener=lambda n: Pages(n, pages[n]), base=Base())  # fmt: skip
    whole = open_database(f"sqlite:///{folder}/whole.sqlite")
    go(whole, sources=list(pages), today=today, opener=lambda n: Pages(n, pages[n]), base=Base())
    found = [open_watch(e) for e in (engine, whole)]
    keys = [sorted((i.source, i.record.id) for i in s.items()) for _, s in found]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 9
    shown = [sorted(sorted(r.title for r in p.records) for p in r.publications().values()) for r, _ in found]  # fmt: skip
    assert shown[0] == shown[1]
    assert not digest.failed
    assert digest.records_new + digest.waiting_total == 8
    before = rows(engine)
    again = go(engine, sources=list(pages), today=today, opener=lambda n: Pages(n, pages[n]), base=Base())  # fmt: skip
    assert rows(engine) == before
    assert same(digest, again)
    engine.dispose()
    whole.dispose()


def command(
    server: ProtocolServer, tmp_path: Path, database: str, *more: str
) -> subprocess.Popen[str]:
    environment = os.environ | {"APONIA_SOURCES_BASE": server.address, "APONIA_CACHE": str(tmp_path / "cache")}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", "from aponia.cli.main import main; main()", "watch", "--db", database,
         "--source", "biorxiv", "--since", "2026-01-01", "--json", *more],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_kill_9_in_the_middle_of_the_command_then_it_goes_on(
    database: str, server: ProtocolServer, tmp_path: Path
) -> None:
    engine = open_database(database)
    state = open_watch(engine)[1]
    # The third page is held back until the kill.
    server.settings.preprints_given = 4
    gate = threading.Event()

    def held(body: bytes) -> bytes:
        gate.wait(60)
        return body

    server.faults = [Fault("change", times=1, skip=2, path="/details/biorxiv", change=held)]
    process = command(server, tmp_path, database)
    with process:
        while (
            sum("/details/biorxiv" in a.path for a in list(server.log)) < 3
            and process.poll() is None
        ):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        gate.set()
    kept = len(state.items())
    asked = len(server.log)
    assert kept > 0
    assert all(not i.settled for i in state.items())
    with command(server, tmp_path, database) as process:
        out, err = process.communicate(timeout=120)
    # The base's trials are not in the server: that is a note, no failure.
    assert process.returncode == 0, err
    first = next(a.path for a in server.log[asked:] if "/details/biorxiv" in a.path)
    assert first.endswith("/8/json")
    assert json.loads(out)["records_new"] == len(state.items()) == 16
    assert [bool(r["ended_at"]) for r in state.runs()] == [True, False]
    review = open_watch(engine)[0]
    assert len(review.publications()) == 16
    review.audit_trail()
    engine.dispose()


def test_the_second_of_two_watches_says_who_is_running_and_stops(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    review, state = open_watch(engine)
    inside, leave = threading.Event(), threading.Event()

    class Waiting(Pages):
        def pages(self, *a: Any, **k: Any) -> Any:
            inside.set()
            assert leave.wait(30)
            return super().pages(*a, **k)

    def opener(name: str) -> Pages:
        return Waiting(name, [[record(1)]])

    first = threading.Thread(target=go, args=(engine,), kwargs={"sources": ["pubmed"], "opener": opener, "base": Base(), "who": "ann"})  # fmt: skip
    first.start()
    assert inside.wait(30)
    with pytest.raises(WatchError, match=r"another watch of the review 'watch' is running, started by ann on .* \(process \d+\)"):  # fmt: skip
        go(engine, sources=["pubmed"], opener=opener, base=Base())
    # Another review's watch is not concerned.
    assert go(engine, sources=["pubmed"], opener=lambda n: Pages(n, [[record(2)]]), base=Base(), review="other").records_new == 1  # fmt: skip
    leave.set()
    first.join(30)
    assert [r["ended_at"] is not None for r in state.runs()] == [True]
    with only_one(engine, review.id, review.name):
        pass
    engine.dispose()


@pytest.mark.parametrize("way", ["watch beside reviewers"])
def test_people_decide_while_a_watch_imports(
    database: str, server: ProtocolServer, way: str
) -> None:
    engine = open_database(database)
    go(engine, sources=["pubmed"], base=Base())
    review = open_watch(engine)[0]
    numbers = sorted(review.publications())
    made: dict[str, list[int]] = {"ann": [], "bob": [], "cia": []}
    problems: list[BaseException] = []

    def decide(who: str) -> None:
        own = Review(open_database(database), "watch")
        try:
            for k in range(25):
                made[who].append(
                    own.decide(numbers[k % len(numbers)], who, ("include", "exclude")[k % 2])
                )
        except BaseException as error:
            problems.append(error)
        finally:
            own.engine.dispose()

    people = [threading.Thread(target=decide, args=(who,)) for who in made]
    for p in people:
        p.start()
    digest = go(engine, sources=["europe-pmc", "isrctn", "biorxiv", "ctis"], base=Base())
    for p in people:
        p.join(120)
    assert not problems
    assert not digest.failed
    kept = [e["detail"]["decision"] for e in review.audit_trail() if e["action"] == "decision"]
    assert sorted(kept) == sorted(n for own in made.values() for n in own)
    assert len(kept) == 75
    items = open_watch(engine)[1].items()
    assert len(items) == 23 + 23 + 23 + 16 + 23
    assert all(i.record_id is not None for i in items)
    # What the team decided is learnt from, and is no longer waiting.
    later = go(engine, sources=["europe-pmc", "isrctn", "biorxiv", "ctis"], base=Base())
    assert "the team's decisions (" in later.how_ranked
    assert later.waiting_total + later.records_new + later.trials_new == len(review.publications()) - sum(s in {"included", "excluded", "conflict"} for s in review.state().values())  # fmt: skip
    engine.dispose()


def test_a_trial_of_the_base_that_drifts_is_found_once_and_stays_until_done(
    database: str, server: ProtocolServer
) -> None:
    engine = open_database(database)
    number = "NCT09000001"
    known = KnownTrial(number, "A trial", f"https://clinicaltrials.gov/study/{number}", "Recruiting", 40, "2025-01-15", "2026-06-30")  # fmt: skip
    base = replace(BASE, trials=(known,))
    study = {"start": "2025-01-15", "outcomes": (("Pain intensity", "12 weeks"),)}
    server.settings.registered[number] = registered_study(number, completion="2026-12-31", **study)  # type: ignore[arg-type]
    first = go(engine, sources=["openfda-labels"], base=base)
    assert [f.headline for f in first.drift] == [f"{number}: completion 2026-12-31 (base: 2026-06-30, 184 days later)"]  # fmt: skip
    state = open_watch(engine)[1]
    server.settings.registered[number] = registered_study(
        number, status="COMPLETED", completion="2026-12-31", enrolled=31, kind="ACTUAL",
        start="2025-01-15", outcomes=(("Pain interference", "12 weeks"),), updated="2026-12-02",
    )  # fmt: skip
    later = DAY + timedelta(days=1)
    second = go(engine, sources=["openfda-labels"], base=base, today=later)
    told = {f.headline: f for f in second.drift}
    assert set(told) == {
        f"{number}: completion 2026-12-31 (base: 2026-06-30, 184 days later)",
        f"{number}: status Recruiting → Completed",
        f"{number}: enrolment 40 planned → 31 actual",
        f"{number}: primary outcomes changed (1 difference)",
    }
    outcome = told[f"{number}: primary outcomes changed (1 difference)"]
    assert "Was: Pain intensity [12 weeks]" in outcome.lines
    assert "Now: Pain interference [12 weeks]" in outcome.lines
    assert [f.new for f in second.drift] == [True, True, True, False]
    numbers = [f.number for f in second.drift]
    assert state.done(numbers[:2], "ann", "checked", second.at) == numbers[:2]
    assert state.done(numbers[:2], "bob", "", second.at) == []
    third = go(engine, sources=["openfda-labels"], base=base, today=later)
    assert [f.number for f in third.drift] == numbers[2:]
    # Once the base was brought up to date nothing new comes up, and what is open stays.
    mended = replace(known, status="Completed", enrollment=31, completion="2026-12-31")
    fourth = go(
        engine, sources=["openfda-labels"], base=replace(base, trials=(mended,)), today=later
    )
    assert [f.number for f in fourth.drift] == numbers[2:]
    assert [f.done_by for f in state.findings()].count("ann") == 2
    with pytest.raises(WatchError, match="no finding 999"):
        state.done([999], "ann", "", second.at)
    with pytest.raises(WatchError, match="--who"):
        state.done(numbers, " ", "", second.at)
    engine.dispose()


def test_a_change_seen_by_a_run_that_was_killed_is_still_told(
    tmp_path: Path, server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between keeping what a register says and telling it, the run ends; meanwhile it changes again."""
    from aponia.literature.watch import running

    engine = open_database(f"sqlite:///{tmp_path}/w.sqlite")
    base = Base(trials=(KnownTrial("NCT09000001", "A trial", "https://clinicaltrials.gov/study/NCT09000001"),))  # fmt: skip

    def day(k: int, status: str) -> Digest:
        server.settings.registered["NCT09000001"] = registered_study("NCT09000001", status=status)
        return go(engine, sources=["openfda-events"], base=base, today=DAY + timedelta(days=k))

    assert not day(0, "RECRUITING").drift

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(running, "notice", killed)
        with pytest.raises(KeyboardInterrupt):
            day(1, "SUSPENDED")
    assert [f.short for f in day(2, "TERMINATED").drift] == ["status Recruiting → Suspended", "status Suspended → Terminated"]  # fmt: skip
    engine.dispose()


def test_findings_and_snapshots_can_not_be_changed_or_deleted(database: str, server: ProtocolServer) -> None:  # fmt: skip
    import sqlalchemy as sa

    engine = open_database(database)
    server.settings.registered["NCT09000001"] = registered_study("NCT09000001", status="COMPLETED")
    known = KnownTrial("NCT09000001", "A trial", "https://example.org", "Recruiting")
    digest = go(engine, sources=["openfda-events"], base=Base(trials=(known,)))
    open_watch(engine)[1].done([digest.drift[0].number], "ann", "", digest.at)
    for table in ("watch_finding", "watch_snapshot", "watch_done"):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id + 1"):
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as c:
                c.execute(sa.text(change))
    engine.dispose()


def test_a_changed_label_and_changed_counts_are_told_with_the_caution(
    tmp_path: Path, server: ProtocolServer
) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/w.sqlite")
    both = ["openfda-labels", "openfda-events"]
    quiet = go(engine, sources=both, base=Base())
    assert not quiet.labels
    assert not quiet.reactions
    change = [
        Fault("change", times=99, path="/drug/label.json", change=lambda b: b.replace(b"WARNING: sedation.", b"WARNING: sedation and dissociation.").replace(b'"version": "3"', b'"version": "4"')),
        Fault("change", times=99, path="/drug/event.json", change=lambda b: b.replace(b'"NAUSEA", "count": 2', b'"NAUSEA", "count": 9')),
    ]  # fmt: skip
    server.faults = change
    later = go(engine, sources=both, base=Base(), today=DAY + timedelta(days=1))
    # The window of a week holds seven labels, of which every second has a boxed warning.
    assert len(later.labels) == 7
    assert sum("the text of the boxed warning changed" in f.headline for f in later.labels) == 3
    assert {(r.drug, r.reaction, r.before, r.now) for r in later.reactions} == {("ketamine", "NAUSEA", 2, 9), ("esketamine", "NAUSEA", 2, 9)}  # fmt: skip
    text = as_markdown(later)
    assert "counts, not rates" in text
    assert "2 → 9 reports" in text.replace("\\", "")
    engine.dispose()


def test_what_the_base_has_is_known_by_doi_number_or_as_the_same_publication() -> None:
    def item(k: int, source: str, **values: Any) -> Item:
        return Item(k, source, Record(f"r{k}", **values), "2026-01-24", False, "", None)

    study = Record("ng-2020", title="Ketamine infusions for complex regional pain syndrome in adults", authors=("Ng, A",), year=2020,
                   journal="Pain", volume="161", pages="10-20", doi="10.1000/known", pmid="777", registrations=("NCT01",))  # fmt: skip
    base = Base((study,), (KnownTrial("NCT02", "A trial", "https://example.org"),))
    items = [
        item(1, "crossref", title="Quite another title", doi="10.1000/KNOWN"),
        item(2, "pubmed", title="Yet another title", pmid="777"),
        item(3, "europe-pmc", title="Ketamine Infusions for Complex Regional Pain Syndrome in Adults.", authors=("Ng A",), year=2020, journal="Pain", volume="161", pages="10-20"),
        item(4, "clinicaltrials-gov", registrations=("NCT02",)),
        item(5, "isrctn", registrations=("ISRCTN1", "NCT01")),
        # A paper that names a known trial may be its results.
        item(6, "pubmed", title="Results of a trial of lysergide", registrations=("NCT02",)),
        item(7, "clinicaltrials-gov", registrations=("NCT03",)),
        item(8, "pubmed", title="Soil nitrogen under winter wheat"),
    ]  # fmt: skip
    assert in_base(items, base) == {1: "ng-2020", 2: "ng-2020", 3: "ng-2020", 4: "NCT02", 5: "ng-2020"}  # fmt: skip


def test_windows() -> None:
    day, week = date(2026, 3, 10), timedelta(days=7)
    finished = Standing(date(2026, 2, 1), date(2026, 3, 1), None, running=False, complete_until=date(2026, 3, 1))  # fmt: skip
    assert next_window("pubmed", None, day) == Window(day - timedelta(days=30), day)
    assert next_window("pubmed", None, day, date(2020, 1, 1)) == Window(date(2020, 1, 1), day)
    assert next_window("pubmed", None, day, date(2027, 1, 1)) == Window(day, day)
    assert next_window("openfda-labels", None, day) == Window(None, day)
    assert next_window("openfda-events", finished, day) == Window(None, day)
    assert next_window("pubmed", finished, day) == Window(date(2026, 3, 1) - week, day)
    assert next_window("pubmed", replace(finished, until=day, complete_until=day), day) == Window(date(2026, 2, 1), day)  # fmt: skip
    # The clock was set back.
    assert next_window("pubmed", finished, date(2026, 1, 1)) == Window(date(2026, 2, 1), date(2026, 3, 1))  # fmt: skip
    open_ = Standing(date(2026, 2, 1), date(2026, 3, 1), "c", running=True, complete_until=None)
    assert next_window("pubmed", open_, day) == Window(date(2026, 2, 1), date(2026, 3, 1), "c")


def test_a_source_that_can_not_be_opened_fails_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/w.sqlite")

    def opener(name: str) -> Pages:
        if name == "openalex":
            raise SourceError(name, "OPENALEX_API_KEY does not look like a key")
        return Pages(name, [[record(1)]])

    digest = go(engine, sources=["openalex", "pubmed"], opener=opener, base=Base())
    assert [a.source for a in digest.failed] == ["openalex"]
    assert digest.records_new == 1
    assert "no model could be learnt" in digest.how_ranked
    # What could not be asked is asked from its first day, not from the beginning of time.
    assert digest.failed[0].since == "2026-01-01"
    engine.dispose()
