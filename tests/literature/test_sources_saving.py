"""What was fetched is on disk whole or can be gone on with; registers' entries; files of the ICTRP; the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from aponia.cli.main import app
from aponia.evidence.codes import Phase, TrialStatus
from aponia.literature import read as read_file
from aponia.literature.sources import (
    NAMES,
    Page,
    Query,
    SourceChanged,
    SourceError,
    TransportSettings,
    open_source,
    save,
    strategy_query,
)
from aponia.literature.sources.ictrp import Ictrp
from aponia.literature.sources.matching import matcher, words_of
from aponia.literature.sources.trials import PHASES, STATUSES, PrimaryOutcome, phase_of

from .protocol_server.server import Fault, ProtocolServer
from .protocol_server.services import Settings
from .protocol_server.world import items

N = 23
RUN = CliRunner()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ProtocolServer]:
    with ProtocolServer() as running:
        monkeypatch.setenv("APONIA_SOURCES_BASE", running.address)
        monkeypatch.setenv("APONIA_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("OPENALEX_API_KEY", "key-for-tests")
        monkeypatch.delenv("APONIA_CONTACT", raising=False)
        yield running


def source(server: ProtocolServer, name: str, size: int = 5) -> Any:
    return open_source(
        name,
        settings=TransportSettings(attempts=2, sleep=lambda s: None),
        rate="100000/second",
        size=size,
    )


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


class Stopping:
    """A source that is cut off after some pages, as by a kill."""

    def __init__(self, inner: Any, after: int) -> None:
        self.inner, self.after = inner, after
        self.name, self.label = inner.name, inner.label

    def pages(self, query: Query, *, cursor: str | None = None) -> Iterator[Page]:
        for k, page in enumerate(self.inner.pages(query, cursor=cursor)):
            if k == self.after:
                raise KeyboardInterrupt
            yield page


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stops=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    junk=st.binary(max_size=50),
    format=st.sampled_from(["jsonl", "ris"]),
)
def test_an_interrupted_file_goes_on_to_the_same_bytes(
    server: ProtocolServer,
    tmp_path_factory: pytest.TempPathFactory,
    stops: list[int],
    junk: bytes,
    format: Any,
) -> None:
    folder = tmp_path_factory.mktemp("out")
    inner = source(server, "clinicaltrials-gov")
    what = Query("pain")
    save(inner, what, folder / f"whole.{format}", format=format)
    file = folder / f"cut.{format}"
    for stop in stops:
        try:
            save(Stopping(inner, stop), what, file, format=format, resume=True)
        except KeyboardInterrupt:
            assert not file.exists()
            # Half a page may have reached the disk before the end came.
            with (folder / f"cut.{format}.part").open("ab") as handle:
                handle.write(junk)
    done = save(inner, what, file, format=format, resume=True)
    inner.close()
    assert file.read_bytes() == (folder / f"whole.{format}").read_bytes()
    assert (folder / "cut.trials.jsonl").read_bytes() == (
        folder / "whole.trials.jsonl"
    ).read_bytes()
    assert done.already or (done.written, done.done, done.total) == (N, N, N)
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["whole.trials.jsonl", f"whole.{format}", "cut.trials.jsonl", f"cut.{format}"]
    )


def test_kill_nine_loses_and_doubles_nothing(server: ProtocolServer, tmp_path: Path) -> None:
    server.settings = Settings(n=1230)
    server.pause = 0.05
    file = tmp_path / "works.jsonl"
    command = [sys.executable, "-c", "from aponia.cli.main import main; main()", "literature", "fetch", "openalex",
               "--query", "pain", "--out", str(file), "--resume", "--json"]  # fmt: skip
    marker = tmp_path / "works.jsonl.cursor"
    killed, reached = 0, 0
    while killed < 3:
        process = subprocess.Popen(command, env=os.environ.copy(), stdout=subprocess.PIPE)
        while process.poll() is None:
            if (
                marker.exists()
                and (done := json.loads(marker.read_text())["done"]) >= reached + 200
            ):
                process.send_signal(signal.SIGKILL)
                reached, killed = done, killed + 1
                break
            time.sleep(0.01)
        process.communicate()
        assert not file.exists()
    last = subprocess.run(command, capture_output=True, check=True, env=os.environ.copy())
    told = json.loads(last.stdout)[0]
    assert told["resumed"]
    assert told["written"] == 1230
    assert [r["id"] for r in lines(file)] == [f"W{7000 + k}" for k in range(1230)]
    assert not marker.exists()


def test_a_failed_search_keeps_what_it_read(server: ProtocolServer, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    server.faults.append(Fault("503", times=1000, skip=2))
    inner = source(server, "europe-pmc")
    with pytest.raises(SourceError, match="503"):
        save(inner, Query("pain"), file)
    assert len(lines(tmp_path / "x.jsonl.part")) == 10
    server.faults.clear()
    with pytest.raises(SourceError, match="--resume goes on"):
        save(inner, Query("pain"), file)
    with pytest.raises(SourceError, match="another source, query or date window"):
        save(inner, Query("else"), file, resume=True)
    (tmp_path / "x.jsonl.part").write_bytes(b"short")
    with pytest.raises(SourceError, match="shorter than its cursor says"):
        save(inner, Query("pain"), file, resume=True)
    (tmp_path / "x.jsonl.cursor").write_text("{")
    with pytest.raises(SourceError, match="can not be read"):
        save(inner, Query("pain"), file, resume=True)
    (tmp_path / "x.jsonl.cursor").unlink()
    assert save(inner, Query("pain"), file).written == N
    with pytest.raises(SourceError, match="is there already"):
        save(inner, Query("pain"), file)
    assert save(inner, Query("pain"), file, resume=True).already
    inner.close()


# --- entries of trials ------------------------------------------------------------------------


def test_statuses_and_phases_are_those_of_the_evidence_base() -> None:
    assert get_args(TrialStatus) == STATUSES
    assert get_args(Phase) == PHASES


@pytest.mark.parametrize("name", ["clinicaltrials-gov", "isrctn", "ctis"])
def test_entries_hold_what_the_register_says(server: ProtocolServer, name: str) -> None:
    inner = source(server, name)
    page = next(iter(inner.pages(Query("pain"))))
    inner.close()
    entry, record = page.trials[0], page.records[0]
    assert len(page.trials) == len(page.records) == 5
    assert entry.id == record.id
    assert entry.title == items(1)[0].title
    assert entry.enrollment == 40
    assert entry.enrollment_kind == "planned"
    assert entry.last_update == "2026-01-01"
    assert entry.status in {None, "Recruiting"}
    assert (entry.status is None) == (name == "isrctn")
    assert entry.phase in {"Phase 2", "Phase 1/Phase 2"}
    assert entry.completion in {"2027-01-31", "2028-01-31"}
    assert entry.results_posted is (None if name == "isrctn" else False)
    expected = {
        "clinicaltrials-gov": PrimaryOutcome("Pain intensity", "12 weeks"),
        "isrctn": PrimaryOutcome("Pain intensity (0 to 10 scale)", "12 weeks"), "ctis": PrimaryOutcome("Pain at week 12"),
    }[name]  # fmt: skip
    assert entry.primary_outcomes == (expected,)
    assert "Nobody Somebody" not in json.dumps(record.to_dict())


def test_a_trial_without_fields_gives_none_and_no_error() -> None:
    from aponia.literature.sources.clinicaltrials import ctgov_entry
    from aponia.literature.sources.ctis import ctis_entry

    for entry in (
        ctgov_entry({}),
        ctis_entry({}),
        ctgov_entry({"protocolSection": {"designModule": {"phases": ["NA"]}}}),
    ):
        assert entry.enrollment is None
        assert entry.primary_outcomes is None
        assert entry.status is None
        assert entry.results_posted is None
        assert entry.start is None
    assert entry.phase == "N/A"


@pytest.mark.parametrize(
    ("text", "phase"),
    [("Phase 3", "Phase 3"), ("PHASE2/PHASE3", "Phase 2/Phase 3"), ("Phase IV", "Phase 4"), ("Not Applicable", "N/A"), ("2-3", "Phase 2/Phase 3"),
     ("Human pharmacology (Phase I)- Other", "Phase 1"), ("EARLY_PHASE1", "Early Phase 1"), ("", None), ("Phase 1 and Phase 4", None), ("pilot II", "Phase 2")],
)  # fmt: skip
def test_phases(text: str, phase: str | None) -> None:
    assert phase_of(text) == phase


# --- the ICTRP's files ------------------------------------------------------------------------


def export(ks: range) -> str:
    trials = "".join(
        f"<Trial><Internal_Number>{k}</Internal_Number><TrialID>ChiCTR26{k:08d}</TrialID><Last_Refreshed_on>{k + 1} March 2026</Last_Refreshed_on>"
        f"<Public_title>{'Ketamine for pain' if k % 2 else 'Wheat'} {k}</Public_title><Primary_sponsor>Hospital</Primary_sponsor><Date_registration>2026-02-{k + 1:02d}</Date_registration>"
        f"<Source_Register>ChiCTR</Source_Register><Recruitment_Status>Not Recruiting</Recruitment_Status><Target_size>{'60' if k else 'A:49;B:49;'}</Target_size><Phase>2</Phase>"
        "<Condition>pain</Condition><Intervention>Ketamine</Intervention><Primary_outcome>VAS;NRS;</Primary_outcome><web_address>https://x.example/1</web_address></Trial>"
        for k in ks
    )
    return f'<?xml version="1.0"?><Trials_downloaded_from_ICTRP>{trials}</Trials_downloaded_from_ICTRP>'


def test_exports_in_a_folder_are_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(export(range(7)))
    (tmp_path / "b.xml").write_text(export(range(7, 12)))
    whole = list(Ictrp(tmp_path, size=3).pages(Query()))
    ids = [r.id for p in whole for r in p.records]
    assert ids == [f"ChiCTR26{k:08d}" for k in range(12)]
    for k, page in enumerate(whole[:-1]):
        rest = list(Ictrp(tmp_path, size=3).pages(Query(), cursor=page.cursor))
        assert [p.records for p in rest] == [p.records for p in whole[k + 1 :]]
    first, second = whole[0].trials[:2]
    assert (first.enrollment, first.enrollment_kind) == (None, "")
    assert (second.enrollment, second.status, second.phase, second.last_update) == (
        60,
        "Not recruiting",
        "Phase 2",
        "2026-03-02",
    )
    assert second.primary_outcomes == (PrimaryOutcome("VAS"), PrimaryOutcome("NRS"))
    window = Query("wheat AND pain", since=date(2026, 3, 4), until=date(2026, 3, 8))
    pages = list(Ictrp(tmp_path).pages(window))
    assert [r.id[-1] for p in pages for r in p.records] == ["4", "6"]
    assert sum(p.dropped for p in pages) == 10


def test_a_changed_or_broken_export_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xml").write_text(export(range(7)))
    pages = iter(Ictrp(tmp_path, size=3).pages(Query()))
    cursor = next(pages).cursor
    (tmp_path / "a.xml").write_text(export(range(8)))
    with pytest.raises(SourceChanged, match="was changed since the search began"):
        list(Ictrp(tmp_path, size=3).pages(Query(), cursor=cursor))
    for text in (
        export(range(7))[:900],
        "<html><body>Sorry</body></html>",
        "",
        export(range(0)),
        export(range(3)).replace("TrialID", "Trial_number"),
    ):
        (tmp_path / "a.xml").write_text(text)
        with pytest.raises(SourceChanged):
            list(Ictrp(tmp_path).pages(Query()))
    (tmp_path / "a.xml").write_text(export(range(3)).replace("Last_Refreshed_on", "Refreshed"))
    with pytest.raises(SourceChanged, match="Last_Refreshed_on '', expected a day"):
        list(Ictrp(tmp_path).pages(Query(since=date(2026, 1, 1))))
    (tmp_path / "a.xml").unlink()
    with pytest.raises(SourceError, match=r"holds no \.xml or \.csv file"):
        list(Ictrp(tmp_path).pages(Query()))
    monkeypatch.delenv("APONIA_ICTRP", raising=False)
    with pytest.raises(SourceError, match="APONIA_ICTRP"):
        list(Ictrp().pages(Query()))


# --- queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_strategy_for_each_source(name: str) -> None:
    query = strategy_query(name)
    assert name.startswith("openfda-") or "ketamine" in (query.text + str(dict(query.fields)))
    assert "#1" not in query.text
    assert "TITLE_ABS" not in query.text or name == "europe-pmc"
    if name in {"biorxiv", "medrxiv", "crossref", "ictrp"}:
        fits = matcher(query.text)
        assert fits("Psilocybin for cluster headache")
        assert fits("KETAMINE in neuropathic pain")
        assert not fits("Psilocybin for depression")


WORDS = st.sampled_from(["pain", "ketamine", "lsd", "mice"])


@given(words=st.lists(WORDS, min_size=1, max_size=4), held=st.sets(WORDS))
def test_boolean_queries_mean_what_they_say(words: list[str], held: set[str]) -> None:
    text = " ; ".join(sorted(held))
    assert matcher(" OR ".join(words))(text) == any(w in held for w in words)
    assert matcher(" AND ".join(words))(text) == all(w in held for w in words)
    assert matcher(" ".join(words))(text) == all(w in held for w in words)
    assert matcher(f"NOT ({' OR '.join(words)})")(text) == (not any(w in held for w in words))
    assert matcher(f"({words[0]} OR {words[-1]}) AND NOT {words[0]}")(text) == (
        words[-1] in held and words[0] not in held
    )


def test_phrases_stars_and_accents() -> None:
    assert matcher('"cluster headache*"')("Cluster-headaches again")
    assert not matcher('"cluster headache"')("cluster headaches")
    assert not matcher('"cluster headache"')("headache in a cluster")
    assert matcher("naive")("Naïve patients")
    assert matcher("ORange")("orange")
    assert not matcher("pain")("painful")
    assert matcher("")("anything")
    assert (
        words_of('(psilocyb* OR "magic mushrooms") AND pain NOT (rats OR mice)')
        == "psilocyb magic mushrooms pain"
    )
    for odd in ("(pain", "pain)", '"pain', "AND pain", "pain OR", "()", "- pain", "NOT"):
        with pytest.raises(ValueError, match="the query"):
            matcher(odd)


# --- the command ------------------------------------------------------------------------------


def test_fetch_writes_what_import_reads(
    server: ProtocolServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUN.invoke(
        app,
        [
            "literature",
            "fetch",
            "pubmed",
            "europe-pmc",
            "isrctn",
            "--query",
            "pain",
            "--out",
            "found",
            "--review",
            "r",
            "--db",
            "sqlite:///r.db",
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [t["source"] for t in told] == ["pubmed", "europe-pmc", "isrctn"]
    assert [t["written"] for t in told] == [N, N, N]
    assert sum(t["imported"]["records"] for t in told) == 3 * N
    for name in ("pubmed", "europe-pmc", "isrctn"):
        read = read_file(tmp_path / "found" / f"{name}.jsonl")
        assert len(read.records) == N
        assert read.problems == []
        assert [r.to_dict() | {"file": "", "line": 0} for r in read.records] == [
            d | {"file": "", "line": 0} for d in lines(tmp_path / "found" / f"{name}.jsonl")
        ]
    assert (tmp_path / "found" / "isrctn.trials.jsonl").is_file()
    again = RUN.invoke(
        app,
        [
            "literature",
            "fetch",
            "pubmed",
            "--query",
            "pain",
            "--out",
            "found/pubmed.jsonl",
            "--resume",
        ],
    )
    assert "is there and finished; nothing was fetched" in again.output


def test_fetch_by_strategy_and_as_ris(server: ProtocolServer, tmp_path: Path) -> None:
    out = tmp_path / "new.ris"
    result = RUN.invoke(
        app,
        [
            "literature",
            "fetch",
            "medrxiv",
            "--strategy",
            "--since",
            "2026-01-02",
            "--until",
            "2026-01-10",
            "--out",
            str(out),
        ],
    )
    assert result.exit_code == 0, result.output
    assert "medRxiv: 9 of 9 read; 3 did not fit the query; 6 written" in result.output
    assert len(read_file(out).records) == 6


def test_fda_rows_carry_their_caution(server: ProtocolServer, tmp_path: Path) -> None:
    result = RUN.invoke(
        app, ["literature", "fetch", "openfda-events", "openfda-labels", "--out", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert "counts, not rates" in result.output
    rows = lines(tmp_path / "openfda-events.jsonl")
    assert {r["kind"] for r in rows} == {"reaction-count"}
    assert all("counts, not rates" in r["caution"] for r in rows)
    assert lines(tmp_path / "openfda-labels.jsonl")[1]["boxed_warning"] is True
    bad = RUN.invoke(
        app, ["literature", "fetch", "openfda-labels", "--out", str(tmp_path / "x.ris")]
    )
    assert "RIS can not hold them" in str(bad.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--query", "x"], "no such source; there are pubmed"),
        (["pubmed"], "needs a query"),
        (["pubmed", "--query", "x", "--strategy"], "exclude each other"),
        (["pubmed", "--query", "x", "--since", "yesterday"], "--since 'yesterday': expected a day"),
        (["pubmed", "--query", "x", "--dates", "born"], "--dates 'born'"),
        (["pubmed", "--query", "x", "--out", "x.docx"], "ends in .jsonl or .ris"),
        (["pubmed", "isrctn", "--query", "x", "--out", "x.jsonl"], "name a folder"),
        (["biorxiv", "--query", "(x", "--since", "2026-01-01"], "does not parse"),
        (["biorxiv", "--query", "x"], "give --since"),
    ],
)
def test_fetch_says_what_is_wrong(
    server: ProtocolServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUN.invoke(app, ["literature", "fetch", *arguments])
    assert isinstance(result.exception, ValueError)
    assert message in str(result.exception)
    assert not [p for p in tmp_path.iterdir() if p.suffix in {".jsonl", ".cursor", ".part"}]


def test_an_interrupted_fetch_says_how_to_go_on(server: ProtocolServer, tmp_path: Path) -> None:
    server.settings = Settings(n=250)
    server.faults.append(
        Fault(
            "change", times=1000, skip=2, change=lambda body: body.replace(b'"results"', b'"works"')
        )
    )
    out = tmp_path / "x.jsonl"
    result = RUN.invoke(
        app, ["literature", "fetch", "openalex", "--query", "pain", "--out", str(out)]
    )
    assert "there are" in str(result.exception)
    assert "--resume goes on" in str(result.exception)
    server.faults.clear()
    result = RUN.invoke(
        app, ["literature", "fetch", "openalex", "--query", "pain", "--out", str(out), "--resume"]
    )
    assert "OpenAlex: 250 of 250 read; 250 written" in result.output
