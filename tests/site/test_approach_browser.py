"""The approach pages in a real Chromium: accessible in light and dark, whole on a phone, rows found."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PAGES = ("index", "full-dose", "psycholytic", "microdose", "infusion", "arms", "models")


@pytest.fixture
def open_page(chromium, built):
    contexts = []

    def opened(name, *, width=1280, dark=False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        path, _, anchor = name.partition("#")
        address = (built[0] / "approaches" / f"{path}.html").as_uri()
        page.goto(address + (f"#{anchor}" if anchor else ""))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(open_page, name, dark):
    results = Axe().run(
        open_page(name, dark=dark),
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_off_a_320_pixel_screen(open_page, name):
    page = open_page(name, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    # The phone drawing is shown, the wide one is not.
    for i in range(page.locator(".chart").count()):
        chart = page.locator(".chart").nth(i)
        assert chart.locator(".narrow").is_visible()
        assert not chart.locator(".wide").is_visible()


@pytest.mark.parametrize("name", ["index", "full-dose", "infusion", "models"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_words_of_a_chart_lie_on_each_other(open_page, name, width):
    """Labels set by measured widths must also stand apart in the browser's own type."""
    page = open_page(name, width=width)
    clashes = page.evaluate(
        """() => {
          const found = [];
          for (const svg of document.querySelectorAll('.chart svg')) {
            const boxes = [...svg.querySelectorAll('text')]
              .filter(t => !t.getAttribute('stroke'))
              .map(t => [t.textContent, t.getBoundingClientRect()])
              .filter(b => b[1].width > 0);
            for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
              const [s, a] = boxes[i], [u, b] = boxes[j];
              const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (across > 2 && down > 0.45 * Math.min(a.height, b.height)) found.push([s, u]);
            }
          }
          return found;
        }"""
    )
    assert clashes == []


def test_the_rows_behind_a_curve_are_one_click_away(open_page):
    page = open_page("full-dose")
    page.get_by_role("link", name="The rows it rests on").first.click()
    assert page.url.endswith("models.html#psilocybin-oral")
    row = page.locator("#psilocybin-oral").get_by_role(
        "link", name="psilocybin-holze2023-15mg-cmax"
    )
    assert row.is_visible()
    assert row.get_attribute("href").startswith("https://")
