"""The live evidence pages in a real Chromium, under the strict policy the server sends."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from aponia.site.app import AppConfig

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_live_pages_are_accessible_fit_a_phone_and_ask_nobody_else(chromium, serve, tmp_path):
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, _):
        for width, dark in ((1280, False), (1280, True), (320, False)):
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
            )
            context.set_default_timeout(120_000)
            page = context.new_page()
            if width == 320:
                # With the reader's own, wider font, as before the site's has come.
                page.route("**/*.woff2", lambda route: route.fulfill(status=204))
            asked: list[str] = []
            said: list[str] = []
            page.on("request", lambda r, asked=asked: asked.append(r.url))
            page.on("console", lambda m, said=said: said.append(m.text))
            for path in ("/", "/questions/psilocybin-cluster-headache.html", "/nothing-here"):
                page.goto(address + path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                results = Axe().run(page, options={"runOnly": RULES})
                assert results.violations_count == 0, results.generate_report()
                assert page.get_by_role("search").is_visible()
                assert page.get_by_role("link", name="Screening").is_visible()
            # The browser says that the last address is missing (and so the fonts taken away above), and
            # nothing of the policy.
            said = [
                text for text in said if "downloaded font" not in text and "OTS pars" not in text
            ]
            assert all("404" in text for text in said), said
            assert all(url.startswith(address) for url in asked)
            context.close()


def test_from_the_start_page_to_screening_and_back(chromium, serve, tmp_path):
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, _):
        context = chromium.new_context(java_script_enabled=False)
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name="Screening").click()
        page.fill("#name", "ann")
        page.click("button.go")
        assert page.locator("h1").inner_text() == "Reviews"
        page.get_by_role("link", name="Audit trail of the server").click()
        assert "name chosen" in page.inner_text("main")
        page.get_by_role("link", name="Evidence pages").click()
        assert page.locator("h1").inner_text() == "What is known about psychedelics and pain"
        context.close()
