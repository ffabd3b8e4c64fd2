"""Every client reads all of a source once and in order, goes on from any page, and survives or tells faults."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponia.literature.sources import (
    NAMES,
    Page,
    Query,
    SourceBusy,
    SourceChanged,
    SourceError,
    TransportSettings,
    open_source,
)
from aponia.literature.sources.model import Place

from .protocol_server.server import Fault, ProtocolServer
from .protocol_server.services import Settings
from .protocol_server.world import items

HTTP = tuple(n for n in NAMES if n != "ictrp")
#: Sources that search by a text, and those that are filtered here by it.
FILTERED = {"crossref", "biorxiv", "medrxiv"}
N = 23
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def query(name: str, **how: Any) -> Query:
    text = {"openfda-labels": "", "openfda-events": "", "ctis": "ketamine"}.get(
        name, "pain OR wheat"
    )
    window = {"since": FIRST, "until": LAST} if name in {"biorxiv", "medrxiv"} else {}
    return Query(text, **{**window, **how})


@pytest.fixture(scope="module")
def shared() -> Iterator[ProtocolServer]:
    with ProtocolServer() as server:
        yield server


OPENED: list[Any] = []


@pytest.fixture
def server(shared: ProtocolServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProtocolServer]:
    monkeypatch.delenv("APONIA_SOURCES_BASE", raising=False)
    for variable in ("NCBI_API_KEY", "OPENALEX_API_KEY", "OPENFDA_API_KEY", "APONIA_CONTACT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OPENALEX_API_KEY", "key-for-tests")
    shared.faults.clear()
    shared.log.clear()
    shared.settings = Settings()
    yield shared
    while OPENED:
        OPENED.pop().close()


def client(
    server: ProtocolServer,
    name: str,
    *,
    slept: list[float] | None = None,
    size: int = 5,
    **how: Any,
) -> Any:
    waits = slept if slept is not None else []
    patience = {
        "connect": 2.0,
        "read": 1.0,
        "total": 5.0,
        "attempts": 4,
        "sleep": waits.append,
        **how,
    }
    source = open_source(
        name, base=server.base(name), settings=TransportSettings(**patience), rate="100000/second",
        size=1000 if name == "openfda-events" else size,
    )  # fmt: skip
    OPENED.append(source)
    return source


def ids(pages: list[Page]) -> list[str]:
    out = [r.id for p in pages for r in p.records]
    for p in pages:
        out += [getattr(r, "label_id", "") or f"{r.drug}/{r.reaction}" for r in p.rows]  # type: ignore[union-attr]
    return out


def read(server: ProtocolServer, name: str, what: Query | None = None, **how: Any) -> list[Page]:
    source = client(server, name, **how)
    try:
        return list(source.pages(what or query(name)))
    finally:
        source.close()


@pytest.mark.parametrize("name", HTTP)
def test_all_pages_come_once_in_order(server: ProtocolServer, name: str) -> None:
    pages = read(server, name)
    found = ids(pages)
    if name == "openfda-events":
        assert found == [
            "ketamine/DISSOCIATION",
            "ketamine/NAUSEA",
            "esketamine/DISSOCIATION",
            "esketamine/NAUSEA",
        ]
        assert len(pages) == 2
    else:
        assert len(found) == len(set(found)) == N
        assert (
            found
            == sorted(
                found,
                key=lambda i: int(
                    "".join(c for c in i.split(".")[-1].removesuffix("v1") if c.isdigit()) or 0
                ),
            )
            or name == "ctis"
        )
        # Two services tell the end by an empty page; bioRxiv gives four a call whatever is asked.
        assert len(pages) == (6 if name in {"biorxiv", "medrxiv", "europe-pmc", "openalex"} else 5)
        assert pages[-1].total == pages[-1].done == N
    assert pages[-1].cursor is None
    assert all(p.cursor for p in pages[:-1])
    assert all(p.raw and p.fetched_at and p.url.startswith(server.address) for p in pages)
    titles = {r.title for p in pages for r in p.records}
    if titles:
        assert titles == {i.title for i in items(N)}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_resumed_anywhere_equals_the_whole(server: ProtocolServer, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(HTTP), "source")
    size = data.draw(st.integers(1, 30), "size")
    whole = read(server, name, size=size)
    stops = data.draw(st.lists(st.integers(1, 6), max_size=4), "pages before each stop")
    kept: list[Page] = []
    cursor: str | None = None
    for stop in [*stops, 1000]:
        source = client(server, name, size=size)
        walk = source.pages(query(name), cursor=cursor)
        for _, page in zip(range(stop), walk, strict=False):
            kept.append(page)
            cursor = page.cursor
        source.close()
        if cursor is None:
            break
    assert ids(kept) == ids(whole)
    assert [p.done for p in kept] == [p.done for p in whole]


@pytest.mark.parametrize(
    "kind", ["busy", "busy-date", "503", "500", "cut", "half", "html", "hang-up"]
)
@pytest.mark.parametrize("name", HTTP)
def test_a_passing_fault_changes_nothing(server: ProtocolServer, name: str, kind: str) -> None:
    whole = ids(read(server, name))
    server.faults.append(Fault(kind, times=2, skip=1))
    slept: list[float] = []
    assert ids(read(server, name, slept=slept)) == whole
    assert len(slept) == 2
    if kind == "busy":
        assert slept == [2.0, 2.0]
    elif kind == "busy-date":
        assert all(0 < s <= 30 for s in slept)
    else:
        assert all(0 < s <= 4 for s in slept)


@pytest.mark.parametrize("kind", ["503", "cut", "half", "html", "hang-up", "busy", "busy-long"])
@pytest.mark.parametrize("name", HTTP)
def test_a_lasting_fault_is_told_and_never_an_empty_result(
    server: ProtocolServer, name: str, kind: str
) -> None:
    server.faults.append(Fault(kind, times=1000))
    slept: list[float] = []
    with pytest.raises(SourceError) as error:
        read(server, name, slept=slept)
    told = str(error.value)
    assert told.startswith(f"{name}: ")
    assert server.base(name) in told
    if kind in {"half", "html"}:
        assert isinstance(error.value, SourceChanged)
        assert "expected " in told
    if kind == "busy-long":
        assert isinstance(error.value, SourceBusy)
        assert "3600 seconds" in told
        assert slept == []
    else:
        assert len(slept) == 3


@pytest.mark.parametrize("name", ["europe-pmc", "pubmed", "isrctn"])
def test_a_slow_drip_ends(server: ProtocolServer, name: str) -> None:
    server.faults.append(Fault("drip", times=1))
    assert len(ids(read(server, name, total=0.3, attempts=2))) == N
    server.faults[:] = [Fault("drip", times=9)]
    with pytest.raises(
        SourceError, match=r"too slow in 2 attempts: the answer was not complete after 0\.3 seconds"
    ):
        read(server, name, total=0.3, attempts=2)


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(old.encode(), new.encode())


def retyped(*path: str, value: Any) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        data = json.loads(body)
        inner = data
        for step in path[:-1]:
            inner = inner[int(step) if step.isdecimal() else step]
        inner[path[-1]] = value
        return json.dumps(data).encode()

    return change


# Source, change, and a word the message must have.
CHANGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("pubmed", renamed('"esearchresult"', '"result"'), "esearchresult"),
    ("pubmed", renamed('"count"', '"total"'), "count"),
    ("pubmed", renamed('"idlist"', '"ids"'), "idlist"),
    ("pubmed", retyped("esearchresult", "idlist", value=[]), "no numbers"),
    ("pubmed", renamed("1003", "PMC3"), "expected PubMed numbers"),
    ("europe-pmc", renamed('"resultList"', '"results"'), "resultList"),
    ("europe-pmc", renamed('"hitCount"', '"hits"'), "hitCount"),
    ("europe-pmc", retyped("hitCount", value="many"), "hitCount"),
    ("europe-pmc", renamed('"title"', '"headline"'), "'title'"),
    ("europe-pmc", renamed('"id"', '"identifier"'), "'id'"),
    ("europe-pmc", retyped("resultList", "result", value=[]), "empty"),
    ("europe-pmc", renamed('"nextCursorMark"', '"next"'), "ended after 5 of 23"),
    ("europe-pmc", retyped("resultList", "result", value={}), "resultList"),
    ("openalex", renamed('"meta"', '"about"'), "meta"),
    ("openalex", renamed('"next_cursor"', '"cursor"'), "next_cursor"),
    ("openalex", renamed('"results"', '"works"'), "results"),
    ("openalex", renamed('"title"', '"name"'), "'title'"),
    ("openalex", retyped("results", value=[]), "empty"),
    ("openalex", retyped("results", "0", "abstract_inverted_index", value="now plain text"), "another form"),
    ("crossref", renamed('"message":', '"answer":'), "message"),
    ("crossref", renamed('"total-results"', '"total"'), "total-results"),
    ("crossref", renamed('"next-cursor"', '"cursor"'), "next-cursor"),
    ("crossref", renamed('"items"', '"works"'), "items"),
    ("crossref", renamed('"DOI"', '"doi"'), "'DOI'"),
    ("crossref", renamed('"status": "ok"', '"status": "failed"'), "status"),
    ("biorxiv", renamed('"collection"', '"papers"'), "collection"),
    ("biorxiv", renamed('"total"', '"all"'), "total"),
    ("biorxiv", renamed('"messages"', '"notes"'), "messages"),
    ("biorxiv", renamed('"abstract"', '"summary"'), "'abstract'"),
    ("medrxiv", renamed('"status": "ok"', '"status": "moved"'), "moved"),
    ("medrxiv", retyped("collection", value=[]), "empty"),
    ("clinicaltrials-gov", renamed('"studies"', '"trials"'), "studies"),
    ("clinicaltrials-gov", renamed('"totalCount"', '"total"'), "totalCount"),
    ("clinicaltrials-gov", renamed('"nextPageToken"', '"next"'), "ended after 5 of 23"),
    ("clinicaltrials-gov", renamed('"protocolSection"', '"protocol"'), "protocolSection"),
    ("clinicaltrials-gov", renamed('"overallStatus"', '"status"'), "overallStatus"),
    ("clinicaltrials-gov", renamed('"nctId"', '"id"'), "nctId"),
    ("clinicaltrials-gov", retyped("studies", value=[]), "empty"),
    ("isrctn", renamed("totalCount", "count"), "totalCount"),
    ("isrctn", renamed("67bricks.com", "springer.com"), "allTrials"),
    ("isrctn", renamed("fullTrial", "wholeTrial"), "fullTrial"),
    ("isrctn", renamed("trialDescription", "description"), "trialDescription"),
    ("isrctn", renamed("participants>", "people>"), "participants"),
    ("ctis", renamed('"pagination"', '"paging"'), "pagination"),
    ("ctis", renamed('"totalRecords"', '"total"'), "totalRecords"),
    ("ctis", renamed('"data"', '"trials"'), "data"),
    ("ctis", renamed('"ctNumber"', '"number"'), "ctNumber"),
    ("ctis", renamed('"authorizedPartI"', '"partOne"'), "authorizedPartI"),
    ("ctis", retyped("data", value=[]), "empty"),
    ("openfda-labels", renamed('"meta"', '"about"'), "meta"),
    ("openfda-labels", renamed('"total"', '"hits"'), "total"),
    ("openfda-labels", renamed('"set_id"', '"set"'), "set_id"),
    ("openfda-labels", renamed('"effective_time": "2026', '"effective_time": "20-6'), "effective_time"),
    ("openfda-labels", renamed('"warnings": [', '"warnings": 7, "x": ['), "warnings"),
    ("openfda-events", renamed('"term"', '"reaction"'), "term"),
    ("openfda-events", renamed('"count": 23', '"count": 2300'), "at most the 23"),
    ("openfda-events", renamed('"meta"', '"about"'), "meta"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "word"), CHANGES, ids=[f"{n}-{k}" for k, (n, _, _) in enumerate(CHANGES)]
)
def test_a_changed_schema_is_told(
    server: ProtocolServer, name: str, change: Callable[[bytes], bytes], word: str
) -> None:
    def safely(body: bytes) -> bytes:
        try:
            return change(body)
        except (KeyError, IndexError, TypeError, ValueError):
            return body

    server.faults.append(Fault("change", times=1000, change=safely))
    with pytest.raises(SourceError) as error:
        read(server, name)
    assert str(error.value).startswith((f"{name}: ", "Europe PMC: ", "OpenAlex: ", "Crossref: "))
    assert word in str(error.value)


def test_pubmed_xml_of_another_form_is_told(server: ProtocolServer) -> None:
    server.faults.append(
        Fault(
            "change", times=1000, path="efetch", change=renamed("PubmedArticleSet", "eFetchResult")
        )
    )
    with pytest.raises(SourceChanged, match="expected PubmedArticleSet, found eFetchResult"):
        read(server, "pubmed")
    server.faults[:] = [
        Fault("change", times=1000, path="efetch", change=renamed("MedlineCitation", "Citation"))
    ]
    with pytest.raises(SourceError, match=r"none of the 5 records|another form"):
        read(server, "pubmed")


def test_a_server_that_repeats_its_first_page_is_found_out(server: ProtocolServer) -> None:
    first = read(server, "isrctn")[0].raw
    server.faults.append(Fault("change", times=1000, change=lambda body: first))
    with pytest.raises(SourceChanged, match="offset is not honoured"):
        read(server, "isrctn")
    server.faults.clear()
    body = read(server, "europe-pmc")[0].raw
    server.faults.append(Fault("change", times=1000, change=lambda _: body))
    with pytest.raises(SourceError, match=r"ended after 10 of 23|same token"):
        read(server, "europe-pmc")


@pytest.mark.parametrize("name", [n for n in HTTP if n != "openfda-events"])
def test_the_window_holds_both_its_days(server: ProtocolServer, name: str) -> None:
    pages = read(server, name, query(name, since=date(2026, 1, 5), until=date(2026, 1, 9)))
    found = len(ids(pages))
    assert found == 5
    assert (
        len(ids(read(server, name, query(name, since=date(2026, 1, 5), until=date(2026, 1, 5)))))
        == 1
    )
    if name not in {"biorxiv", "medrxiv"}:
        assert len(ids(read(server, name, Query(query(name).text, since=date(2026, 1, 20))))) == 4
        assert len(ids(read(server, name, Query(query(name).text, until=date(2026, 1, 3))))) == 3


def test_windows_a_source_can_not_have_are_refused(
    server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        SourceError, match="biorxiv: has no window on the date 'changed'; it has 'added'"
    ):
        read(server, "biorxiv", query("biorxiv", dates="changed"))
    with pytest.raises(SourceError, match="give --since"):
        read(server, "medrxiv", Query("pain"))
    with pytest.raises(ValueError, match="before it begins"):
        Query("x", since=LAST, until=FIRST)
    monkeypatch.delenv("OPENALEX_API_KEY")
    with pytest.raises(SourceError, match="OPENALEX_API_KEY"):
        read(server, "openalex", Query("pain", since=FIRST))
    assert len(ids(read(server, "openalex", Query("pain", since=FIRST, dates="published")))) == N
    server.settings.openalex_key = True
    with pytest.raises(
        SourceError, match=r"answered 401: cursor paging needs an api_key; set OPENALEX_API_KEY"
    ):
        read(server, "openalex")


def test_sources_without_words_are_filtered_here(server: ProtocolServer) -> None:
    for name in sorted(FILTERED):
        pages = read(server, name, Query("pain NOT wheat", since=FIRST, until=LAST))
        assert {r.title for p in pages for r in p.records} == {
            i.title for i in items(N) if i.about_pain
        }
        assert sum(p.dropped for p in pages) == sum(not i.about_pain for i in items(N))
        assert pages[-1].done == N


def test_pubmed_is_cut_into_slices_of_dates(server: ProtocolServer) -> None:
    server.settings.pubmed_cap = 4

    def run(cursor: str | None = None) -> list[Page]:
        source = client(server, "pubmed", size=3)
        source.most = 4
        return list(source.pages(Query("pain"), cursor=cursor))

    whole = run()
    assert sorted(ids(whole)) == sorted(str(1001 + k) for k in range(N))
    assert len(set(ids(whole))) == N
    for k, page in enumerate(whole[:-1]):
        assert ids(run(page.cursor)) == ids(whole[k + 1 :])


def test_pubmed_says_when_one_day_holds_too_much(server: ProtocolServer) -> None:
    server.settings.pubmed_cap = 0
    source = client(server, "pubmed")
    source.most = 0
    server.faults.append(
        Fault("change", times=1000, change=retyped("esearchresult", "idlist", value=["1"]))
    )
    with pytest.raises(SourceError, match="1 records of one day, 2026-01-05"):
        list(source.pages(Query("pain", since=date(2026, 1, 5), until=date(2026, 1, 5))))


def test_a_record_added_meanwhile_shifts_nothing_in_pubmed(server: ProtocolServer) -> None:
    source = client(server, "pubmed")
    walk = source.pages(Query("pain"))
    kept = [next(walk), next(walk)]
    server.settings.n = N + 2
    found = ids(kept) + ids(list(walk))
    assert len(found) == len(set(found)) == N
    # Who goes on the next day, by a new search, gets the new ones too, and no old one twice.
    found = ids(kept) + ids(
        list(client(server, "pubmed").pages(Query("pain"), cursor=kept[-1].cursor))
    )
    assert len(found) == len(set(found)) == N + 2


def test_pubmed_tells_what_it_ignored_and_what_it_kept_back(server: ProtocolServer) -> None:
    server.faults.append(Fault("change", path="efetch", change=renamed(">1002</PMID>", "></PMID>")))
    pages = read(server, "pubmed", Query("pain AND nonsense"))
    notes = " ".join(n for p in pages for n in p.notes)
    assert "phrasesnotfound: nonsense" in notes
    assert "did not hand out 1 records: 1002" in notes


@pytest.mark.parametrize("name", ["europe-pmc", "openalex", "crossref", "clinicaltrials-gov"])
def test_a_token_the_server_refuses_is_told(server: ProtocolServer, name: str) -> None:
    pages = read(server, name)
    what = query(name)
    place = Place.read(pages[0].cursor or "", name, what)
    forged = Place(
        {k: "forged" if isinstance(v, str) else v for k, v in place.token.items()},
        place.done,
        place.total,
    )
    with pytest.raises(SourceError, match=rf"{name}: (refused|answered 400)"):
        list(client(server, name).pages(what, cursor=forged.write(name, what)))


def test_a_cursor_is_of_one_source_and_one_query(server: ProtocolServer) -> None:
    cursor = read(server, "europe-pmc")[0].cursor or ""
    assert cursor.isascii()
    assert " " not in cursor
    with pytest.raises(SourceError, match="another query or date window"):
        list(client(server, "europe-pmc").pages(Query("something else"), cursor=cursor))
    with pytest.raises(SourceError, match="of the source europe-pmc"):
        list(client(server, "crossref").pages(query("crossref"), cursor=cursor))


@given(
    text=st.one_of(
        st.text(min_size=1),
        st.binary(min_size=1).map(lambda b: base64.urlsafe_b64encode(b).decode()),
    )
)
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(SourceError, match="is no cursor of this program"):
        Place.read(text, "pubmed", Query("x"))


@pytest.mark.parametrize("name", ["pubmed", "openalex", "openfda-labels"])
def test_keys_are_seen_on_the_wire_alone(
    server: ProtocolServer,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "s3cret+k/y=12345"
    for variable in ("NCBI_API_KEY", "OPENALEX_API_KEY", "OPENFDA_API_KEY"):
        monkeypatch.setenv(variable, secret)
    caplog.set_level("DEBUG")
    # A server that repeats the key in what it hands out and in its errors.
    leak = f' "{secret}" s3cret%2Bk%2Fy%3D12345'.encode()
    server.faults.append(
        Fault(
            "change",
            times=1000,
            skip=0,
            change=lambda b: b.replace(b"Ng", b"Ng" + leak.replace(b'"', b"'")),
        )
    )
    source = client(server, name, cache=tmp_path)
    pages = list(source.pages(query(name)))
    server.faults[:] = [Fault("503", times=1000)]
    with pytest.raises(SourceError) as error:
        list(source.pages(query(name, since=FIRST)))
    source.close()
    assert all(a.params.get("api_key") == secret for a in server.log)
    seen = "".join([
        str(error.value), repr(error.value), repr(source.http), caplog.text, *(p.url + repr(p.records) + (p.cursor or "") for p in pages),
    ]).encode() + b"".join(p.raw for p in pages) + b"".join(f.read_bytes() for f in tmp_path.iterdir())  # fmt: skip
    for form in (secret, "s3cret%2Bk%2Fy%3D12345"):
        assert form.encode() not in seen
    if name != "pubmed":
        assert "error while serving" in str(error.value)


def test_a_key_that_is_none_is_refused(
    server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NCBI_API_KEY", "abc")
    with pytest.raises(SourceError, match="NCBI_API_KEY does not look like a key") as error:
        client(server, "pubmed")
    assert "abc" not in str(error.value)


def test_the_contact_is_told_to_the_sources(server: ProtocolServer) -> None:
    for name, parameter in (("pubmed", "email"), ("crossref", "mailto"), ("openalex", "mailto")):
        server.log.clear()
        pages = read(server, name, contact="me@example.org")
        assert all(a.params[parameter] == "me@example.org" for a in server.log)
        assert "mailto:me@example.org" in server.log[0].headers["user-agent"]
        assert all("example.org" not in p.url for p in pages)
        assert pages


@pytest.mark.parametrize("name", ["clinicaltrials-gov", "isrctn", "openfda-labels"])
def test_what_has_not_changed_is_not_sent_again(
    server: ProtocolServer, name: str, tmp_path: Path
) -> None:
    first = read(server, name, cache=tmp_path)
    asked = len(server.log)
    again = read(server, name, cache=tmp_path)
    assert [(p.raw, ids([p])) for p in again] == [(p.raw, ids([p])) for p in first]
    assert all("if-none-match" in a.headers for a in server.log[asked:])
    server.settings.n = N + 1
    assert len(ids(read(server, name, cache=tmp_path))) == N + 1


def test_a_broken_body_is_never_kept(server: ProtocolServer, tmp_path: Path) -> None:
    server.faults.append(Fault("half", times=4))
    with pytest.raises(SourceChanged):
        read(server, "europe-pmc", cache=tmp_path)
    assert len(ids(read(server, "europe-pmc", cache=tmp_path))) == N


def test_redirects_stay_on_the_host(server: ProtocolServer) -> None:
    server.faults.append(Fault("elsewhere", times=1))
    with pytest.raises(
        SourceError, match=r"redirects to another place, http://example.org; not followed"
    ):
        read(server, "crossref")
    server.faults[:] = [Fault("moved", times=2)]
    assert len(ids(read(server, "crossref"))) == N
    server.faults[:] = [Fault("moved", times=1000)]
    with pytest.raises(SourceError, match="redirects without end"):
        read(server, "crossref")


def test_only_https_or_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for base in ("http://example.org/api", "ftp://127.0.0.1/x", "http://127.0.0.1.example.org/"):
        with pytest.raises(SourceError, match="neither https nor on this machine"):
            open_source("crossref", base=base, settings=TransportSettings())
    monkeypatch.setenv("APONIA_SOURCES_BASE", "https://example.org")
    with pytest.raises(SourceError, match="only name a server on this machine"):
        open_source("crossref", settings=TransportSettings())
    with pytest.raises(SourceError, match="no such source"):
        open_source("google", settings=TransportSettings())


def test_a_body_without_end_is_refused(server: ProtocolServer) -> None:
    server.faults.append(Fault("huge", times=1))
    with pytest.raises(SourceError, match="larger than 100000 bytes"):
        read(server, "crossref", max_bytes=100_000)


def test_the_rate_is_shared_by_threads(server: ProtocolServer) -> None:
    import time
    from concurrent.futures import ThreadPoolExecutor

    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    def run(_: int) -> int:
        source = open_source(
            "crossref",
            base=server.base("crossref"),
            settings=TransportSettings(sleep=sleep),
            rate="7/second",
            size=8,
        )
        OPENED.append(source)
        return len(ids(list(source.pages(query("crossref")))))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == [N, N, N]
    # Nine requests, seven a second for all together: someone had to wait, and none was lost.
    assert slept
    assert len(server.log) == 9


def test_openfda_says_nothing_found_with_a_404(server: ProtocolServer) -> None:
    assert ids(read(server, "openfda-labels", Query("unobtainium"))) == []
    pages = read(server, "openfda-events", Query("unobtainium"))
    assert [p.notes for p in pages] == [("no report names unobtainium",)]
    server.faults.append(Fault("404", times=1))
    with pytest.raises(SourceChanged, match="404"):
        read(server, "openfda-labels")
    with pytest.raises(SourceError, match="no generic name"):
        read(server, "openfda-labels", Query('ketamine" OR "x'))


def test_label_rows_tell_a_changed_text(server: ProtocolServer) -> None:
    rows = [r for p in read(server, "openfda-labels") for r in p.rows]
    server.faults.append(Fault("change", times=1000, change=renamed("the\\nheart", "your heart")))
    changed = [r for p in read(server, "openfda-labels") for r in p.rows]
    assert [r.boxed_warning for r in rows[:2]] == [False, True]  # type: ignore[union-attr]
    assert rows[0].effective == "2026-01-01"  # type: ignore[union-attr]
    assert rows[1].sections["warnings"] != changed[1].sections["warnings"]  # type: ignore[union-attr]
    assert rows[1].sections["boxed_warning"] == changed[1].sections["boxed_warning"]  # type: ignore[union-attr]


def test_counts_never_come_without_the_caution(server: ProtocolServer) -> None:
    for page in read(server, "openfda-events"):
        for row in page.rows:
            assert "counts, not rates" in row.to_dict()["caution"]
            assert row.reports <= row.drug_reports == N  # type: ignore[union-attr]
