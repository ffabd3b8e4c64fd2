"""Checking an article on the site: in place, bounded, kept nowhere."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from aponia.answers.guard import check_page
from aponia.claims import VERDICTS
from aponia.claims.report import LABELS
from aponia.site.app import AppConfig, create_app
from aponia.site.app.checking import MOST_BYTES
from aponia.site.app.checking import routes as checking

ARTICLES = Path(__file__).parents[1] / "claims" / "articles"
SECRET = "Zanzibarquux reports that psilocybin cures cluster headache in all 5000 people."
RATES = {"check": "1000/minute", "pool": "1000/minute", "search": "1000/minute"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("check")


@pytest.fixture(scope="module")
def client(folder):
    app = create_app(AppConfig(database=f"sqlite:///{folder}/a.db", hosts=("127.0.0.1",), rates=RATES))  # fmt: skip
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found
    app.state.desk.close()
    app.state.engine.dispose()


def send(client, text="", file=None, code=200, **more):
    files = {"file": file} if file else {"file": ("", b"")}
    answer = client.post("/check", data={"text": text}, files=files, **more)
    assert answer.status_code == code, answer.text
    assert check_page("check", answer.text, patient=True) == []
    return answer


def test_the_form_needs_no_script_and_says_what_is_kept(client):
    answer = client.get("/check")
    tree = html.document_fromstring(answer.text)
    form = tree.xpath("//form[@action='/check']")[0]
    assert form.get("method") == "post"
    assert form.get("enctype") == "multipart/form-data"
    assert not tree.xpath("//main//script")
    words = tree.xpath("string(//main)")
    assert "Nothing is stored." in words
    assert "not people" in words
    assert "is not “false”" in words
    assert check_page("check", answer.text, patient=True) == []
    # without this a browser sends "Origin: null", and the origin check would refuse the form
    assert tree.xpath("//meta[@name='referrer']/@content") == ["same-origin"]


def test_a_pasted_text_comes_back_with_verdicts_in_words_and_shapes(client):
    tree = html.document_fromstring(send(client, SECRET).text)
    assert "noindex" in tree.xpath("//meta[@name='robots']/@content")
    claims = tree.xpath("//a[contains(@class, 'claim')]")
    assert claims
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for a in claims:
        name = a.get("class").split()[1]
        assert name in VERDICTS
        assert LABELS[name] in a.text_content()
        assert a.xpath(f".//*[local-name()='use'][@href='#m-{name}']")
        assert a.get("href")[1:] in ids
    assert not tree.xpath("//*[@style]|//script[not(@src)]|//style")


@pytest.mark.parametrize("name", ["clinic.html", "magazine.pdf", "review.md", "forum.txt"])
def test_files_of_every_kind_are_read_and_lead_into_the_site(client, name):
    answer = send(client, file=(name, (ARTICLES / name).read_bytes()))
    tree = html.document_fromstring(answer.text)
    assert tree.xpath("//ol[@class='items']/li")
    inside = tree.xpath("//div[@class='checked']//a[starts-with(@href, '/')]/@href")
    assert any(h.startswith(("/studies/", "/trials/", "/safety/")) for h in inside)


def test_links_into_the_site_exist(client, built):
    out, _ = built
    for name in ("clinic.html", "retreat.html", "newspaper.html"):
        tree = html.document_fromstring(send(client, file=(name, (ARTICLES / name).read_bytes())).text)  # fmt: skip
        for address in tree.xpath("//div[@class='checked']//a[starts-with(@href, '/')]/@href"):
            assert address == "/check" or (out / address[1:]).is_file(), address


def test_both_ways_of_sending_a_form_work(client):
    answer = client.post("/check", data={"text": SECRET})
    assert answer.status_code == 200
    assert "Zanzibarquux" in answer.text


@pytest.mark.parametrize(
    ("text", "file", "code", "said"),
    [
        ("", None, 422, "nothing to check"),
        ("   \n", None, 422, "nothing to check"),
        (SECRET, ("a.txt", b"Ketamine may help."), 422, "one of them"),
        ("", ("a.txt", b""), 422, "empty"),
        ("", ("a.pdf", b"%PDF-1.4 broken"), 422, "PDF"),
        ("", ("a.docx", b"PK\x03\x04rest"), 422, "office document"),
        ("", ("a.png", b"\x89PNG\r\n"), 422, "picture"),
        ("ketamine pain. " * 20_000, None, 422, "characters"),
        ("", ("a.pdf", b"%PDF-1.4" + b"x" * MOST_BYTES), 413, "larger than 5 MB"),
        ("x" * (MOST_BYTES + 10), None, 413, "larger than 5 MB"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_what_can_not_be_checked_is_said_on_the_form(client, text, file, code, said):
    tree = html.document_fromstring(send(client, text, file, code).text)
    assert said in tree.xpath("string(//*[@role='alert'])")
    assert tree.xpath("//form[@action='/check']")


def test_too_large_without_a_stated_length_is_refused_the_same_way(client):
    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(12):
            yield b"x" * 500_000
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post("/check", content=body(), headers=headers)
    assert answer.status_code == 413
    assert "larger than 5 MB" in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"not a form"),
        ("application/json", b"{}"),
        ("", b""),
        ("application/x-www-form-urlencoded", b"a=1&b=2&c=3&d=4&e=5&f=6"),
    ],
)
def test_requests_that_are_no_form_are_refused_in_words(client, kind, body):
    answer = client.post("/check", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 415, 422)
    assert "alert" in answer.text


def test_another_site_can_not_send_the_form(client):
    for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
        assert client.post("/check", data={"text": SECRET}, headers=headers).status_code == 403


def test_markup_of_an_article_stays_text(client):
    wild = "Psilocybin cures migraine </script><script>alert(1)</script><img src=x onerror=1>."
    for file in (("a.txt", wild.encode()), ("a.html", f"<p>{wild}</p>".encode()), ("a<b>.md", wild.encode())):  # fmt: skip
        tree = html.document_fromstring(send(client, file=file).text)
        assert not tree.xpath("//main//script|//main//img|//*[@onerror]")


def test_nothing_of_an_article_is_kept(client, folder, caplog):
    """No file is opened for writing, no row written, no line logged; not even a temporary file."""
    caplog.set_level(logging.DEBUG)
    written = []
    watching = threading.Event()

    def watch(event, args):
        if watching.is_set() and event == "open":
            path, mode, flags = (*args, None, None)[:3]
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            writes = writes or (isinstance(mode, str) and set(mode) & set("wax+"))
            # a number is a pipe to the process that reads PDFs
            if writes and not isinstance(path, int):
                written.append(str(path))
        elif watching.is_set() and event == "tempfile.mkstemp":
            written.append(str(args))

    sys.addaudithook(watch)
    with sqlite3.connect(folder / "a.db") as db:
        before = "\n".join(db.iterdump())
    watching.set()
    try:
        send(client, SECRET)
        large = SECRET.encode() + b" The weather was fine that day." * 6_000
        assert len(large) < MOST_BYTES
        send(client, file=("article.txt", large))
        # beyond the megabyte at which uploads usually go to the disk
        send(client, file=("article.txt", b" " * 1_500_000 + SECRET.encode()), code=422)
        send(client, file=("article.pdf", b"%PDF-1.4 Zanzibarquux"), code=422)
    finally:
        watching.clear()
    assert [p for p in written if "/dev/null" not in p] == []
    with sqlite3.connect(folder / "a.db") as db:
        assert "\n".join(db.iterdump()) == before
    assert "Zanzibarquux" not in before
    assert "Zanzibarquux" not in caplog.text
    kept = [p for p in Path(tempfile.gettempdir()).glob("tmp*") if p.is_file() and p.stat().st_size > 1_000_000]  # fmt: skip
    assert all(b"Zanzibarquux" not in p.read_bytes() for p in kept)


def test_answers_are_not_kept_by_browsers_either(client):
    answer = send(client, SECRET)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_many_at_once_are_told_to_wait_and_keep_what_they_pasted(client):
    taken = [checking._waiting.acquire(blocking=False) for _ in range(checking._WAITING)]
    try:
        assert all(taken)
        answer = send(client, SECRET, code=503)
    finally:
        for _ in taken:
            checking._waiting.release()
    assert answer.headers["Retry-After"]
    assert "Zanzibarquux" in html.document_fromstring(answer.text).xpath("string(//textarea)")


def test_checks_at_the_same_time_give_the_same_result(client):
    texts = [(ARTICLES / n).read_bytes() for n in ("clinic.html", "retreat.html", "forum.txt")]
    alone = [send(client, file=("a", t)).text for t in texts]
    found: dict[int, str] = {}

    def one(i):
        found[i] = client.post("/check", files={"file": ("a", texts[i])}).text

    threads = [threading.Thread(target=one, args=(i,)) for i in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(timeout=60)
    assert [found[i] for i in range(3)] == alone


def test_the_rate_is_bounded(tmp_path):
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.db", hosts=("127.0.0.1",), rates=RATES | {"check": "2/minute"})  # fmt: skip
    app = create_app(config)
    with TestClient(app, base_url="http://127.0.0.1") as one:
        codes = [one.post("/check", data={"text": SECRET}).status_code for _ in range(3)]
        assert one.get("/check").status_code == 200
    app.state.desk.close()
    app.state.engine.dispose()
    assert codes == [200, 200, 429]
