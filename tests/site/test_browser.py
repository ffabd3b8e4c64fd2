"""The pages in a real Chromium: accessible, readable on a phone, in the dark, without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

KINDS = (
    "index.html",
    "questions/index.html",
    "questions/psilocybin-cluster-headache.html",
    "questions/ketamine-infusion-pain.html",
    "questions/mdma-fibromyalgia.html",
    "studies/schindler-2022-cluster-headache.html",
    "studies/index.html",
    "trials/NCT02981173.html",
    "trials/index.html",
    "mechanisms/index.html",
    "mechanisms/plasticity.html",
    "mechanisms/inflammation.html",
    "mechanisms/affective.html",
    "approaches/index.html",
    "safety/index.html",
    "legal/index.html",
    "ketamine/index.html",
    "analogues/index.html",
    "whats-new/index.html",
    "methods/index.html",
    "data/index.html",
)


def open_page(chromium, built, path, *, width=1280, dark=False, script=True):
    out, _ = built
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto((out / path).as_uri())
    return context, page, asked


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(chromium, built, path, dark):
    context, page, asked = open_page(chromium, built, path, dark=dark)
    results = Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    context.close()
    assert results.violations_count == 0, results.generate_report()
    assert all(url.startswith("file:") for url in asked)


@pytest.mark.parametrize("path", KINDS)
def test_nothing_runs_off_a_320_pixel_screen(chromium, built, path):
    context, page, _ = open_page(chromium, built, path, width=320)
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= 320


def test_the_map_can_be_filtered_without_javascript(chromium, built):
    context, page, _ = open_page(chromium, built, "index.html", script=False)
    assert page.locator("th[scope=row]", has_text="cluster headache").first.is_visible()
    visible_before = page.locator("td .v-all:visible").count()
    page.locator("label[for=map-microdose]").click()
    visible_after = page.locator("td .v-all:visible").count()
    assert visible_before > visible_after
    context.close()


def test_from_the_map_to_the_answer_to_the_study(chromium, built):
    context, page, _ = open_page(chromium, built, "index.html")
    page.get_by_role("link", name="Psilocybin for cluster headache").first.click()
    assert page.locator("h1").inner_text() == "Does psilocybin reduce cluster headache attacks?"
    assert "very uncertain" in page.locator(".answer-text").inner_text()
    page.get_by_role("link", name="Schindler 2022").first.click()
    assert page.locator("h1").inner_text() == "Schindler 2022"
    assert "−3.2" in page.inner_text("main")
    context.close()


def test_the_answer_prints_with_its_warnings(chromium, built):
    context, page, _ = open_page(chromium, built, "questions/psilocybin-migraine.html")
    page.emulate_media(media="print")
    assert page.locator(".answer-text").is_visible()
    assert page.get_by_text("Do not stop a medicine").first.is_visible()
    context.close()


def test_the_map_stays_a_table_to_a_screen_reader_when_a_phone_folds_it(chromium, built):
    """Styles that fold the table must not take its rows and headers from the accessibility tree."""
    context, page, _ = open_page(chromium, built, "index.html", width=320)
    session = context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    context.close()
    roles = [n["role"]["value"] for n in nodes if not n.get("ignored") and "role" in n]
    rows = page_rows(built)
    assert roles.count("rowheader") >= rows
    assert roles.count("row") >= rows
    assert roles.count("cell") + roles.count("gridcell") >= 2 * rows


def page_rows(built):
    from lxml import html

    out, _ = built
    tree = html.document_fromstring((out / "index.html").read_bytes())
    return len(tree.xpath("//div[contains(@class,'map-wrap')]//tbody/tr"))
