"""The brief over HTTP, on the page that offers it, and on the command line."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pypdf
import pytest
from fastapi.testclient import TestClient
from lxml import html
from typer.testing import CliRunner

from aponia.answers.guard import check_page
from aponia.cli.main import app as commands
from aponia.site import BuildError, build_site
from aponia.site.app import AppConfig, create_app
from aponia.site.app.world import load_world
from aponia.site.briefs import COUNTRIES
from aponia.site.render import render
from aponia.site.views.doctor import doctor_page


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("briefs")
    app = create_app(
        AppConfig(
            database=f"sqlite:///{folder / 'app.db'}",
            hosts=("testserver",),
            base_url="https://example.org",
        )
    )
    with TestClient(app, client=("127.0.0.1", 50000)) as c:
        yield c


def words(pdf):
    return " ".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_the_country_and_the_paper_are_those_asked_for(client):
    answer = client.get("/briefs/psilocybin-migraine.pdf?country=de&paper=letter")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "Legal status in Germany" in words(answer.content)
    page = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0]
    assert round(float(page.mediabox[2])) == 612


def test_an_unchanged_brief_is_not_sent_again(client):
    first = client.get("/briefs/psilocybin-migraine.pdf")
    again = client.get(
        "/briefs/psilocybin-migraine.pdf", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    other = client.get("/briefs/psilocybin-migraine.pdf?country=US")
    assert other.headers["etag"] != first.headers["etag"]


def test_the_form_leads_to_an_address_to_keep(client):
    answer = client.get(
        "/briefs?question=psilocybin-migraine&country=CH&paper=letter", follow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/briefs/psilocybin-migraine.pdf?country=CH&paper=letter"
    plain = client.get("/briefs?question=psilocybin-migraine&country=", follow_redirects=False)
    assert plain.headers["location"] == "/briefs/psilocybin-migraine.pdf"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/briefs/no-such.pdf", 404),
        ("/briefs?question=//evil.example/x", 404),
        ("/briefs/psilocybin-migraine.pdf?country=Atlantis", 422),
        ("/briefs/psilocybin-migraine.pdf?paper=a3", 422),
        ("/briefs/..%2F..%2Fetc%2Fpasswd.pdf", 404),
        ("/briefs/psilocybin-migraine.pdf?country=" + "x" * 500, 422),
    ],
)
def test_what_is_not_there_is_said(client, address, code):
    answer = client.get(address, follow_redirects=False)
    assert answer.status_code == code
    assert "Traceback" not in answer.text


def test_the_built_site_holds_every_brief_and_leads_to_it(built):
    out, _ = built
    files = sorted(p.stem for p in (out / "briefs").glob("*.pdf"))
    assert len(files) == 47
    page = html.fromstring((out / "for-your-doctor" / "index.html").read_text(encoding="utf-8"))
    linked = {str(h) for h in page.xpath("//main//a/@href") if str(h).endswith(".pdf")}
    assert linked == {f"../briefs/{q}.pdf" for q in files}
    assert page.xpath("//main//form") == []
    for question in files:
        source = (out / "questions" / f"{question}.html").read_text(encoding="utf-8")
        assert f'href="../briefs/{question}.pdf"' in source


def test_the_live_page_offers_every_question_country_and_paper():
    world = load_world()
    page = doctor_page(world)
    source = render(replace(page, context=page.context | {"live": True}), {"version": "", "built": "", "data_changed": "", "funding": ""})  # fmt: skip
    assert check_page(page.path, source, patient=True) == []
    form = html.fromstring(source).xpath("//form[@action='/briefs']")[0]
    assert set(form.xpath(".//select[@name='question']//option/@value")) == set(world.answers)
    assert form.xpath(".//select[@name='country']/option/@value") == ["", *COUNTRIES]
    assert form.xpath(".//select[@name='paper']/option/@value") == ["a4", "letter"]
    labelled = set(form.xpath(".//label/@for"))
    assert labelled == set(form.xpath(".//select/@id"))


def test_a_brief_that_breaks_a_rule_stops_the_build(tmp_path, monkeypatch):
    import aponia.site.briefs.assemble as assemble

    monkeypatch.setattr(assemble, "_STANDING", ("Psilocybin cures migraine.",))
    # The build meets the briefs after the pages, which need not be made to see it stop.
    monkeypatch.setattr("aponia.site.build.contents", lambda world: iter(()))
    with pytest.raises(BuildError, match="forbidden word"):
        build_site(tmp_path / "site", today="2026-11-22")
    assert not (tmp_path / "site").exists()


def test_the_command_writes_two_pages_and_tells_errors(tmp_path):
    run = CliRunner()
    out = tmp_path / "brief.pdf"
    done = run.invoke(
        commands, ["brief", "psilocybin for migraine", "--country", "UK", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "Legal status in the United Kingdom" in words(out.read_bytes())
    told = run.invoke(commands, ["brief", "psilocybin-migraine", "--json"])
    assert json.loads(told.stdout)["ask"] == "Does psilocybin reduce migraine days?"
    wrong = run.invoke(commands, ["brief", "psilocybin-migraine", "--country", "Atlantis"])
    assert isinstance(wrong.exception, ValueError)
