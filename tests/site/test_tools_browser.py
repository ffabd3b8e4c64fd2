"""Search, check and explore in a real Chromium: accessible, on a phone, in the dark, by keyboard, without a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from aponia.site.app import AppConfig

pytestmark = pytest.mark.browser
ARTICLE = Path(__file__).parents[1] / "claims" / "articles" / "clinic.html"
RATES = {"check": "1000/minute", "pool": "1000/minute", "search": "1000/minute"}
PAGES = (
    "/search",
    "/search?q=ketamin+phantom+limb&kind=study",
    "/search?q=xyzzyqwv",
    "/check",
    "/explore/",
    "/explore/ketamine-acute-headache?model=REML&test=knha",
    "/explore/ketamine-crps",
    "/explore/ketamine-crps?model=magic",
    "/explore/mdma-fibromyalgia",
)
#: Laid out in another way on a wide screen.
LARGE = PAGES[1], PAGES[5]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def site(serve, tmp_path):
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.db", rates=RATES)) as (address, _):
        yield address


def open_page(chromium, site, path, *, width=1280, dark=False, script=True):
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(site + path)
    return context, page, said


def violations(page):
    found = Axe().run(page, options=RULES)
    return found.generate_report() if found.violations_count else ""


def test_every_page_is_accessible_in_both_themes_and_fits_a_phone(chromium, site):
    for path in PAGES:
        for width, dark in ((1280, False), (320, True)) if path in LARGE else ((320, True),):
            context, page, said = open_page(chromium, site, path, width=width, dark=dark)
            assert violations(page) == "", (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert [s for s in said if "422" not in s] == [], path
            context.close()


def test_an_article_is_checked_without_a_script(chromium, site):
    context, page, _ = open_page(chromium, site, "/check", script=False)
    page.set_input_files("#file", str(ARTICLE))
    page.get_by_role("button", name="Check", exact=True).click()
    assert page.get_by_role("heading", name="The claims, one by one").is_visible()
    shown = page.locator(".items > li:visible").count()
    page.locator("label[for=only-contradicted]").click()
    assert 0 < page.locator(".items > li:visible").count() < shown
    context.close()


def test_a_checked_article_is_accessible_and_fits_a_phone(chromium, site):
    for width, dark in ((1280, True), (320, False)):
        context, page, said = open_page(chromium, site, "/check", width=width, dark=dark)
        page.fill("#text", "Psilocybin cures cluster headache. Ketamine infusions may lower pain in CRPS for weeks.")  # fmt: skip
        page.get_by_role("button", name="Check", exact=True).click()
        page.wait_for_selector(".checked")
        assert violations(page) == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert said == []
        context.close()


def test_the_analysis_is_changed_without_a_script(chromium, site):
    context, page, _ = open_page(chromium, site, "/explore/ketamine-acute-headache", script=False)
    page.select_option("#f-model", "DL")
    page.get_by_role("button", name="Show this view").click()
    assert page.url.endswith("/explore/ketamine-acute-headache?model=DL")
    assert page.get_by_role("heading", name="Not the reviewed answer").is_visible()
    page.get_by_role("link", name="Back to the reviewed choices").click()
    assert page.url.endswith("/explore/ketamine-acute-headache")
    context.close()


def test_search_is_used_with_the_keyboard_alone(chromium, site):
    context, page, _ = open_page(chromium, site, "/search?q=ketamine")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("psilocybin cluster headache")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=psilocybin*")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator("a.hit").nth(1)
    assert second.evaluate("e => e === document.activeElement")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("ArrowDown")
    address = page.locator("a.hit").first.get_attribute("href")
    with page.expect_request(lambda r: r.url.endswith(address)):
        page.keyboard.press("Enter")
    context.close()


def test_search_works_without_a_script(chromium, site):
    context, page, _ = open_page(chromium, site, "/search", script=False)
    page.fill("#q", "magic mushrooms migraine")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=magic*")
    assert "results" in page.locator("main [role=status]").inner_text()
    page.locator("summary", has_text="Filters").click()
    page.select_option("#by-kind", "study")
    page.get_by_role("button", name="Apply filters").click()
    assert "kind=study" in page.url
    assert page.locator(".hits > li").count() == 3
    context.close()
