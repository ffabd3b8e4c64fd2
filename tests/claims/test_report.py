"""The report and the terminal: whole, safe, readable without colour and without a script."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from rich.console import Console

from aponia.answers.guard import check_page
from aponia.claims import VERDICTS, Checker
from aponia.claims.report import LABELS, claim_reviews, report
from aponia.cli.show_check import render

ARTICLES = Path(__file__).parent / "articles"


@pytest.fixture(scope="module")
def page(checker: Checker) -> str:
    found = checker.article((ARTICLES / "clinic.html").read_bytes())
    return report(found, checker.base)


def test_only_its_own_style_is_allowed(page: str):
    tree = lxml_html.document_fromstring(page)
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = tree.xpath("//style")[0].text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not tree.xpath(
        "//*[@style or @src or @onclick]|//link|//script[not(@type='application/ld+json')]"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_every_verdict_has_a_sign_and_a_word(page: str):
    tree = lxml_html.document_fromstring(page)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for name in VERDICTS:
        assert f"m-{name}" in ids
    for a in tree.xpath("//a[contains(@class, 'claim')]"):
        name = a.get("class").split()[1]
        assert LABELS[name] in a.text_content()
        assert a.xpath(f".//*[local-name()='use'][@href='#m-{name}']")
        assert a.get("href")[1:] in ids


def test_omissions_lead_to_their_sources(page: str):
    tree = lxml_html.document_fromstring(page)
    items = tree.xpath("//section[contains(@class, 'left-out')]//li")
    assert items
    assert all(li.xpath(".//a[starts-with(@href, 'http')]") for li in items)


def test_the_words_of_the_page_keep_to_the_evidence(page: str):
    assert not check_page("report", page, patient=True)
    assert len(page.encode()) < 200_000


def test_colours_can_be_read():
    css = (Path(report.__code__.co_filename).parent / "templates" / "tokens.css").read_text("utf-8")
    light, dark = css.split("@media screen and (prefers-color-scheme:dark)")[:2]
    for part in (light, dark.split("}}")[0]):
        colours = dict(re.findall(r"--([\w-]+):(#[0-9A-Fa-f]{6})", part))
        for name in VERDICTS:
            assert _contrast(colours[name], colours["paper"]) >= 4.5, name
            assert _contrast(colours[name], colours[f"{name}-soft"]) >= 4.5, name
            assert _contrast(colours["ink"], colours[f"{name}-soft"]) >= 7, name
        for name in ("ink-2", "ink-3", "accent"):
            assert _contrast(colours[name], colours["paper"]) >= 4.5, name


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    a, b = sorted((light(one), light(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def test_what_an_article_says_can_not_leave_the_data_block(checker: Checker):
    found = checker.article(
        'Psilocybin cures migraine </script><script>alert(1)</script> &amp; "more" <!-- x.'
    )
    tree = lxml_html.document_fromstring(report(found, checker.base))
    scripts = tree.xpath("//script")
    assert len(scripts) == 1
    reviews = json.loads(scripts[0].text)
    assert reviews == claim_reviews(found)
    assert reviews[0]["@type"] == "ClaimReview"
    assert all(u.startswith("http") for u in reviews[0]["isBasedOn"])


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_terminal_says_verdicts_in_words(checker: Checker, width: int):
    found = checker.article((ARTICLES / "retreat.html").read_bytes())
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, highlight=False).print(render(found))
    text = out.getvalue()
    assert max(len(line) for line in text.split("\n")) <= width
    assert "\x1b[3" not in text
    plain = " ".join(text.split())
    assert "contradicted]" in plain
    assert "no evidence]" in plain
    assert "What a fair article would also have said" in plain
    assert "not medical advice" in plain


def test_escape_codes_of_an_article_do_not_reach_the_terminal(checker: Checker):
    found = checker.article(
        "\x1b[31mPsilocybin cures migraine.\x1b[0m [bold]LSD[/bold] may help migraine."
    )
    out = io.StringIO()
    Console(file=out, width=80, highlight=False).print(render(found))
    assert "\x1b" not in out.getvalue()
    assert "[bold]LSD[/bold]" in out.getvalue()
