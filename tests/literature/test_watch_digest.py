"""The digest in its four forms: what others wrote can do no harm there; the command."""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt
from rich.console import Console
from typer.testing import CliRunner

from aponia.cli.main import app
from aponia.literature.sources import CAUTION
from aponia.literature.watch import (
    WatchError,
    addresses,
    as_atom,
    as_mail,
    as_markdown,
    as_text,
    render,
)
from aponia.literature.watch.digest import Digest, Due, Need, NewRecord, Told
from aponia.literature.watch.model import DueQuestion
from aponia.literature.watch.safety import ReactionChange
from aponia.literature.watch.state import Asked

from .protocol_server.server import Fault, ProtocolServer

RUN = CliRunner()
HOSTILE = (
    "<script>alert(1)</script><img src=http://evil.example/x.png>",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "a\r\nBcc: everyone@example.org\r\n\r\nbody",
    "[click](javascript:alert(1)) ![x](http://evil.example/y.png) <http://evil.example>",
    "[bold red]markup[/bold red] [link=http://evil.example]x[/link]",
    "1. list\n# heading\n- item\n> quote\n```\ncode\n```\n| a | b |",
    "`code` **bold** _it_ ~~gone~~ &lt;b&gt; &#60; \\",
    "right‮to left⁦ and \u200bzero \x00 null \ud800 half",
    "]]> <![CDATA[ <!-- x --> {{ 7 * 7 }} {% raw %}",
    "www.evil.example https://evil.example/z mailto:x@evil.example",
)
LINKS = ("javascript:alert(1)", "http://x\" onclick=\"a", "https://doi.org/10.1/a)b <c>", "file:///etc/passwd", "https://evil@host/", "https://ex\r\nample.org/", "data:text/html,x")  # fmt: skip


def digest_of(text: str, link: str) -> Digest:
    told = Told(7, "drift", "NCT01", f"NCT01: {text}", (text,), link, "2026-01-24", True)
    new = NewRecord(3, text, text, 2026, link, "2026-01-24", ("pubmed",), (text, "pain"), ("NCT01",), False)  # fmt: skip
    return Digest(
        review="watch", day=date(2026, 1, 24), at=datetime(2026, 1, 24, 6, tzinfo=UTC),
        needs=(Need((7,), text, link, "aponia watch done 7 --who NAME"), Need((), text, "", "aponia literature screen --review '`a` b'")),
        records=(new,), records_new=1, trials=(new,), trials_new=1, waiting=(new,), waiting_total=1,
        how_ranked=text, drift=(told,), labels=(told,), reactions=(ReactionChange("ketamine", text, 2, 9, "2026-01-01"),),
        caution=CAUTION, sources=(Asked("pubmed", "2026-01-01", "2026-01-24", 5, 1, 9, False, text, (text,), None, "2026-01-24"),),
        due=(Due(DueQuestion("q", text, None, "2026-01-01"), -23),), never_searched=1, oldest_search=None,
    )  # fmt: skip


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "span", "a", "code"}  # fmt: skip


def parts_of(message: bytes) -> tuple[Any, str, str]:
    read = email.message_from_bytes(message, policy=email.policy.default)
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert html is not None
    return read, text.get_content(), html.get_content()


def check_all_forms(digest: Digest) -> None:
    read, text, html = parts_of(as_mail(digest, ["ann@example.org"]))
    assert set(read.keys()) == {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}  # fmt: skip
    assert read["To"] == "ann@example.org"
    tags = Tags()
    tags.feed(html)
    assert {t for t, _ in tags.seen} <= ALLOWED
    for _, attributes in tags.seen:
        assert set(attributes) <= {"lang", "charset", "name", "content", "class", "href"}
        assert (attributes.get("href") or "https://x").startswith(("https://", "http://"))
    assert html.count("<style>") == 1
    assert "url(" not in html
    # A terminal gets no character that steers it, whatever width and colours it has.
    out = io.StringIO()
    Console(file=out, width=60, color_system="truecolor", force_terminal=True, highlight=False).print(render(digest))  # fmt: skip
    left = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    for shown in (left, text, as_text(digest), as_markdown(digest)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown.replace("\r\n", "\n"))  # fmt: skip
    tokens = [t for top in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(as_markdown(digest)) for t in (top, *(top.children or []))]  # fmt: skip
    kinds = {t.type for t in tokens}
    assert not kinds & {"html_block", "html_inline", "image", "fence", "code_block", "blockquote_open", "table_open", "em_open", "strong_open", "s_open", "ordered_list_open", "hr"}  # fmt: skip
    assert all(str(t.attrs["href"]).startswith(("https://", "http://")) for t in tokens if t.type == "link_open")  # fmt: skip
    headings = [t for t in tokens if t.type == "heading_open"]
    assert len(headings) == 9
    feed = etree.fromstring(as_atom(digest))
    names = {etree.QName(e).localname for e in feed.iter()}
    assert names <= {"feed", "id", "title", "updated", "author", "name", "subtitle", "generator", "entry", "link", "content"}  # fmt: skip
    assert all((e.get("href") or "").startswith("http") for e in feed.iter("{*}link"))


@pytest.mark.parametrize(("text", "link"), [*zip(HOSTILE, cycle(LINKS), strict=False), *((text, "https://example.org/") for text in HOSTILE)])  # fmt: skip
def test_hostile_text_does_nothing_in_any_form(text: str, link: str) -> None:
    check_all_forms(digest_of(text, link))


@settings(max_examples=25)
@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_whatever_does_anything_in_any_form(text: str, link: str) -> None:
    check_all_forms(digest_of(text, f"https://example.org/{link}"))


def test_words_stand_as_they_were_written() -> None:
    text = "A *bold* [trial] <of> C_2 & 1. \\x `y` ~z~ | w #5"
    digest = digest_of(text, "https://doi.org/10.1000/a")
    html = MarkdownIt("commonmark").render(as_markdown(digest))
    seen = "".join(etree.fromstring(f"<div>{html}</div>").itertext())
    assert f"“{text}”" in seen
    feed = etree.fromstring(as_atom(digest))
    assert f"“{text}”" in [e.text for e in feed.iter("{*}title")]
    assert text in " ".join(as_text(digest, 200).split())


def test_the_mail_names_nobody_by_itself_and_is_the_same_each_time() -> None:
    digest = digest_of("text", "https://example.org")
    read, _, _ = parts_of(as_mail(digest))
    assert read["To"] == "undisclosed-recipients:;"
    assert "aponia.invalid" in read["From"]
    assert as_mail(digest) == as_mail(digest)
    assert as_atom(digest) == as_atom(digest)
    assert b"aponia watch, 2026-01-24: 2 things need a person" in as_mail(digest)
    for bad in ("", "ann", "ann@x\r\nBcc: b@x", "Ann <ann@x.org>", "a@b, c@d", "ü@x.org"):
        with pytest.raises(WatchError, match="--to"):
            addresses([bad])


def test_ids_of_the_feed_last_while_texts_change() -> None:
    def ids(text: str) -> list[str]:
        feed = etree.fromstring(as_atom(digest_of(text, "https://example.org")))
        return [str(e.text) for e in feed.iter("{*}id")]

    assert ids("a") == ids("b")
    assert all(i.startswith("urn:uuid:") for i in ids("a"))


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[ProtocolServer, list[str]]]:
    with ProtocolServer() as running:
        monkeypatch.setenv("APONIA_SOURCES_BASE", running.address)
        monkeypatch.setenv("APONIA_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("APONIA_CONTACT", raising=False)
        yield running, ["watch", "--db", f"sqlite:///{tmp_path}/w.sqlite"]


def test_the_command_writes_lists_and_marks_done(
    command: tuple[ProtocolServer, list[str]], tmp_path: Path
) -> None:
    server, start = command
    out = tmp_path / "out"
    more = ["--source", "clinicaltrials-gov", "--since", "2026-01-01", "--out", str(out), "--to", "ann@example.org"]  # fmt: skip
    found = RUN.invoke(app, [*start, *more])
    assert found.exit_code == 0, found.output
    assert "What needs a person" in found.output
    assert sorted(p.name for p in out.iterdir()) == ["digest.eml", "digest.md", "digest.xml"]
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    again = RUN.invoke(app, [*start, *more, "--json"])
    assert again.exit_code == 0
    assert {p.name: re.sub(rb"Date: .*", b"", p.read_bytes()) for p in out.iterdir()} == {n: re.sub(rb"Date: .*", b"", b) for n, b in before.items()}  # fmt: skip
    told = json.loads(again.stdout)
    assert told["trials_new"] == 23
    assert any("not given when asked for by number: NCT" in n for a in told["sources"] for n in a["notes"])  # fmt: skip
    db = start[1:]
    assert RUN.invoke(app, ["watch", "list", *db]).output == "Nothing is open.\n"
    state = json.loads(RUN.invoke(app, ["watch", "status", *db, "--json"]).output)
    assert [bool(r["ended_at"]) for r in state["runs"]] == [True, True]
    assert "clinicaltrials-gov: 2026-01-01 to" in RUN.invoke(app, ["watch", "status", *db]).output
    missing = RUN.invoke(app, ["watch", "done", "5", "--who", "ann", *db])
    assert missing.exit_code == 1
    assert "no finding 5" in str(missing.exception)
    server.faults = [Fault("404", times=99, path="/studies")]
    failed = RUN.invoke(app, [*start, "--source", "clinicaltrials-gov"])
    assert failed.exit_code == 1
    assert "clinicaltrials-gov failed" in " ".join(failed.output.split())
    assert "What needs a person" in failed.output


def test_a_finding_is_listed_until_it_is_done(
    command: tuple[ProtocolServer, list[str]],
) -> None:
    from .protocol_server.services import registered_study

    server, start = command
    number = "NCT05883540"
    server.settings.registered[number] = registered_study(number, status="TERMINATED", enrolled=60, start="2024-06-09", completion="2028-05-31")  # fmt: skip
    db = start[1:]
    assert RUN.invoke(app, [*start, "--source", "openfda-events"]).exit_code == 0
    assert f"#1  {number}: status Terminated (base: Recruiting)" in RUN.invoke(app, ["watch", "list", *db]).output  # fmt: skip
    done = RUN.invoke(app, ["watch", "done", "1", "--who", "ann", "--note", "in the base now", *db])
    assert done.output == "#1 is done.\n"
    assert RUN.invoke(app, ["watch", "list", *db]).output == "Nothing is open.\n"
    assert "done by ann: in the base now" in RUN.invoke(app, ["watch", "list", "--all", *db]).output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--source", "nowhere"], "there are pubmed"),
        (["--since", "soon"], "expected a day"),
        (["--to", "nobody"], "expected one e-mail address"),
    ],
)
def test_what_is_asked_wrongly_is_said_before_anything_is_done(
    command: tuple[ProtocolServer, list[str]], more: list[str], message: str
) -> None:
    server, start = command
    found = RUN.invoke(app, [*start, *more])
    assert found.exit_code == 1
    assert message in str(found.exception)
    assert not server.log
