"""The live evidence pages are the frozen ones, byte by byte but for what only a server has."""

from __future__ import annotations

import gzip
import re
import threading
import time

import httpx
import pytest

import aponia
from aponia import evidence
from aponia.answers import answer_all
from aponia.answers.guard import Finding
from aponia.site.app import AppConfig
from aponia.site.app import shelf as shelves
from aponia.site.app.shelf import Entry, Shelf, key_of
from aponia.site.views.common import World

LIVE_ONLY = (
    r'<link rel="stylesheet" href="/static/live\.css">',
    r'<div class="live-tools">.*?</div>',
)


#: What single pages offer live: the analysis of a question, the form of the briefs, the interface.
ONCE_AT_MOST = (
    r'<p[^>]*><a href="[^"]*explore/[^"]*">Change the analysis</a>[^<]*</p>',
    r"<p>Programs can ask for single records and lists: .*?</p>",
    r'<section aria-labelledby="choose">.*?</section>\n',
    r"<p>The files below leave lines for the law where you live\..*?</p>\n",
)


def frozen_form(text):
    for pattern in LIVE_ONLY:
        text, times = re.subn(pattern, "", text, flags=re.DOTALL)
        assert times == 1, pattern
    return alike(text)


def alike(text):
    for pattern in ONCE_AT_MOST:
        text, times = re.subn(pattern, "", text, flags=re.DOTALL)
        assert times <= 1, pattern
    return text.replace('"referrer" content="same-origin"', '"referrer" content="no-referrer"')


def filled(shelf):
    shelf.start()
    deadline = time.monotonic() + 120
    while not shelf._until:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return shelf


@pytest.fixture(scope="module")
def shelf():
    """The shipped base on the day of the frozen site."""
    base = evidence.load()
    world = World(base, answer_all(base), "2026-11-22", aponia.__version__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelves, "load_world", lambda _: world)
        made = filled(Shelf())
    assert made.problem == ""
    return made


@pytest.fixture
def site(serve, shelf, tmp_path):
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False)) as (address, app):  # fmt: skip
        app.state.shelf = shelf
        with httpx.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as client:
            yield client


@pytest.fixture
def small(monkeypatch, serve, tmp_path):
    """An application whose evidence pages are what a test says: a list of (path, bytes, finding)."""
    made: list[tuple[str, bytes, str]] = []

    def of(_world):
        yield from made

    monkeypatch.setattr(shelves, "load_world", lambda _: None)
    monkeypatch.setattr(shelves, "_made", of)
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False)) as (address, app):  # fmt: skip
        app.state.shelf = Shelf()
        with httpx.Client(base_url=address) as client:
            yield made, app, client


def test_every_address_of_the_frozen_site_is_served_with_its_bytes(built, shelf):
    out, _ = built
    files = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    del files[".aponia-site"]
    # A brief is drawn when it is asked for, with the country asked for: `test_briefs_app`.
    files = {path: data for path, data in files.items() if not path.startswith("briefs/")}
    assert set(shelf._entries) == set(files)
    assert shelf.withheld == {}
    for path, data in files.items():
        entry = shelf.get(path)
        assert entry is not None
        served = entry.plain.body
        if path.endswith(".html"):
            served = frozen_form(served.decode()).encode()
            data = alike(data.decode()).encode()
        assert served == data, path
        if entry.packed is not None:
            assert gzip.decompress(entry.packed.body) == entry.plain.body


def test_the_frozen_site_leads_to_nothing_that_needs_a_server(built):
    out, _ = built
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:href|action)="/', text), page
        assert "live.css" not in text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/questions/", "text/html; charset=utf-8"),
        ("/questions/psilocybin-cluster-headache.html", "text/html; charset=utf-8"),
        ("/questions/psilocybin-cluster-headache.json", "application/json"),
        ("/questions/psilocybin-cluster-headache.csv", "text/csv; charset=utf-8"),
        ("/questions/psilocybin-cluster-headache.ris", "application/x-research-info-systems; charset=utf-8"),
        ("/data/", "text/html; charset=utf-8"),
        ("/data/answers.json", "application/json"),
        ("/static/site.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/static/fonts/source-serif-4.woff2", "font/woff2"),
    ],
)  # fmt: skip
def test_types_tags_and_variants_over_a_real_connection(site, path, kind):
    plain = site.get(path)
    assert plain.status_code == 200
    assert plain.headers["content-type"] == kind
    assert plain.headers["vary"] == "Accept-Encoding"
    head = site.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k != "date"} == {k: v for k, v in plain.headers.items() if k != "date"}  # fmt: skip
    packed = site.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert packed.content == plain.content
    if kind.startswith("text/html"):
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["etag"] != plain.headers["etag"]
    for tag in (plain.headers["etag"], f'"x", W/{plain.headers["etag"]}'):
        again = site.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == plain.headers["etag"]
    assert site.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("said", "packed"),
    [("gzip", True), ("*", False), ("gzip;q=0", False), ("br;q=1, gzip;q=0.2", True), ("", False), ("gzip; q=0.000", False)],
)  # fmt: skip
def test_gzip_only_for_who_takes_it(said, packed):
    entry = Entry.of("a.txt", b"word " * 500)
    _, headers, _ = entry.answer({b"accept-encoding": said.encode()})
    assert ((b"content-encoding", b"gzip") in headers) is packed


def test_folders_lead_to_their_index_and_nothing_else_is_there(site):
    assert site.get("/questions/").content == site.get("/questions/index.html").content
    answer = site.get("/questions")
    assert (answer.status_code, answer.headers["location"]) == (308, "/questions/")
    for path in ("/nothing", "/questions/nothing.html", "/static/", "/.aponia-site", "/%2e%2e/%2e%2e/etc/passwd", "/static/%2e%2e/app/factory.py",
                 "/static/..%2fapp/factory.py", "//etc/passwd", "/data/%00", "/index.html/", "/questions//index.html", "/INDEX.HTML"):  # fmt: skip
        answer = site.get(path)
        assert answer.status_code == 404, path
        assert "There is no page at this address." in answer.text
        assert "Not medical advice" in answer.text


def test_pages_are_only_to_be_read(site):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = site.request(method, "/questions/")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_the_header_offers_what_only_a_server_has_and_the_footer_is_right(site, shelf):
    text = site.get("/").text
    tools = re.search(LIVE_ONLY[1], text, re.DOTALL).group(0)
    assert re.findall(r'(?:href|action)="([^"]+)"', tools) == ["/search", "/check", "/screening/"]
    assert f"aponia {aponia.__version__}." in text
    assert "Built <time>2026-11-22</time>." in text
    assert f"Data changed <time>{evidence.load().released}</time>." in text
    # A form sent from a page that hides its origin would be refused.
    assert 'name="referrer" content="same-origin"' in text


def test_who_asks_early_waits_and_gets_the_page(small, monkeypatch):
    _, _, client = small
    go_on = threading.Event()

    def slowly(_world):
        yield "index.html", b"first", ""
        assert go_on.wait(60)
        yield "late.html", b"late", ""

    monkeypatch.setattr(shelves, "_made", slowly)
    assert client.get("/").text == "first"
    got = []
    asking = threading.Thread(target=lambda: got.append(client.get("/late.html").text))
    asking.start()
    with httpx.Client(base_url=client.base_url) as other:
        # What needs no evidence page does not wait.
        assert other.get("/sign-in").status_code == 200
    go_on.set()
    asking.join(60)
    assert got == ["late"]


def test_a_page_that_breaks_a_rule_of_wording_is_not_shown(small):
    made, _, client = small
    made += [("index.html", b"fine", ""), ("bad.html", b"Ketamine cures.", "bad.html: forbidden word: cures")]  # fmt: skip
    answer = client.get("/bad.html")
    assert answer.status_code == 503
    assert "withheld" in answer.text
    assert "cures" not in answer.text
    assert client.get("/").text == "fine"


def test_every_page_passes_the_guard_of_the_build(monkeypatch):
    base = evidence.load()
    world = World(base, {}, "2026-11-22", aponia.__version__)
    seen = []

    def refusing(path, source, *, patient):
        seen.append(path)
        return [Finding(path, "kind", "text")]

    monkeypatch.setattr(shelves, "check_page", refusing)
    monkeypatch.setattr("aponia.site.contents.pages_of", lambda w: iter([]))
    said = [said for path, _, said in shelves._made(world) if path.endswith(".html")]
    assert seen == ["data/index.html"]
    assert all(said)


def test_a_base_that_can_not_be_read_is_a_page_that_says_so(small, monkeypatch, caplog):
    _, app, client = small

    def broken(_):
        raise ValueError("evidence/x.yaml: line 3")

    monkeypatch.setattr(shelves, "load_world", broken)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "x.yaml" not in answer.text
    assert client.get("/static/site.css").status_code == 200
    assert "x.yaml" in app.state.shelf.problem


def test_the_next_day_the_pages_are_made_again_and_the_old_ones_stand_meanwhile(small, monkeypatch):
    made, app, client = small
    made.append(("index.html", b"monday", ""))
    shelf = app.state.shelf
    assert client.get("/").text == "monday"
    filled(shelf)
    go_on = threading.Event()

    def slowly(_world):
        assert go_on.wait(60)
        yield "index.html", b"tuesday", ""

    monkeypatch.setattr(shelves, "_made", slowly)
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(shelves.time, "time", lambda: tomorrow)
    assert client.get("/").text == "monday"
    go_on.set()
    deadline = time.monotonic() + 60
    while client.get("/").text == "monday":
        assert time.monotonic() < deadline
    assert client.get("/").text == "tuesday"
    assert client.get("/static/site.css").status_code == 200


def test_an_address_means_one_file():
    assert key_of("/") == "index.html"
    assert key_of("/a/b/") == "a/b/index.html"
    assert key_of("/a/b.json") == "a/b.json"
