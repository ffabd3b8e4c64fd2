"""Five people come to the live site for what they need, in a real Chromium, with and without scripts.

Each journey runs on a desktop with scripts and on a phone's width without, asks no other server, meets no
page above 200 kB, and no message of the security policy. The reviewer's journey is in
`test_screening_browser`.
"""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from urllib.parse import urljoin

import pypdf
import pytest

from aponia.site.app import AppConfig
from aponia.site.build import MAX_PAGE_BYTES

pytestmark = pytest.mark.browser

WAYS = [pytest.param(1280, True, id="desktop"), pytest.param(320, False, id="phone-no-script")]


@pytest.fixture(scope="module")
def address(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("journeys")
    with serve(AppConfig(database=f"sqlite:///{folder}/a.sqlite")) as (address, _):
        yield address


@contextmanager
def visitor(chromium, address, width, script):
    """A page whose requests, sizes and messages are watched; the checks run when it closes."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    context.set_default_timeout(40_000)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    heavy: list[str] = []

    def seen(response):
        asked.append(response.url)
        kind = response.headers.get("content-type", "")
        if kind.startswith("text/html") and response.status == 200:
            assert "content-security-policy" in response.headers, response.url
            size = len(response.body())
            if size > MAX_PAGE_BYTES:
                heavy.append(f"{response.url}: {size}")

    page.on("response", seen)
    page.on("console", lambda m: said.append(m.text))
    yield page
    context.close()
    # Addresses of the browser's own PDF viewer are none of ours.
    assert [u for u in asked if u.startswith("http") and not u.startswith(address)] == []
    assert said == []
    assert heavy == []


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def paper_at(page, address):
    """The PDF at an address, asked for as the browser would; shown, it is the viewer's and not ours."""
    answer = page.context.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return pypdf.PdfReader(io.BytesIO(answer.body()))


@pytest.mark.parametrize(("width", "script"), WAYS)
def test_a_person_in_pain_goes_from_the_map_to_the_answer_to_the_paper(chromium, address, width, script):  # fmt: skip
    with visitor(chromium, address, width, script) as page:
        page.goto(address + "/")
        fits(page)
        page.get_by_role("link", name="Psilocybin for cluster headache").first.click()
        assert page.locator("h1").inner_text() == "Does psilocybin reduce cluster headache attacks?"
        assert "very uncertain" in page.locator(".answer-text").inner_text()
        assert page.locator(".harm-text").is_visible()
        assert page.get_by_text("Do not stop or change a medicine").first.is_visible()
        fits(page)
        link = page.get_by_role("link", name="Page for your doctor (PDF").get_attribute("href")
        assert len(paper_at(page, urljoin(page.url, link)).pages) == 2
        # With the law of a country.
        page.goto(address + "/for-your-doctor/")
        page.select_option("#brief-question", "psilocybin-cluster-headache")
        page.select_option("#brief-country", "CH")
        fits(page)
        with page.expect_request("**/briefs*") as asked:
            page.get_by_role("button", name="Make the two pages").click()
        paper = paper_at(page, asked.value.url)
        words = " ".join(p.extract_text() for p in paper.pages)
        assert len(paper.pages) == 2
        assert "Switzerland" in words
        assert "not medical advice" in words


@pytest.mark.parametrize(("width", "script"), WAYS)
def test_a_doctor_looks_up_a_medicine_and_a_trial(chromium, address, width, script):
    with visitor(chromium, address, width, script) as page:
        page.goto(address + "/")
        page.get_by_role("search").get_by_role("searchbox").fill("lithuim")  # a slip of the hand
        page.get_by_role("search").get_by_role("button").click()
        assert "lithium" in page.inner_text("main")
        page.locator("a.hit", has_text="ithium").first.click()
        assert "/safety/" in page.url
        assert "ithium" in page.inner_text("main")
        fits(page)
        page.goto(address + "/search?q=NCT02981173")
        page.locator("a.hit").first.click()
        assert page.url.endswith("/trials/NCT02981173.html")
        assert page.get_by_role("link", name="clinicaltrials.gov").first.get_attribute("href").startswith("https://")  # fmt: skip
        fits(page)


@pytest.mark.parametrize(("width", "script"), WAYS)
def test_a_methodologist_changes_the_analysis_and_takes_it_along(chromium, address, width, script):
    with visitor(chromium, address, width, script) as page:
        page.goto(address + "/questions/ketamine-neuropathic-pain.html")
        page.get_by_role("link", name="Change the analysis").click()
        assert "Nothing has been changed yet" in page.inner_text("main")
        page.select_option("select[name=model]", "REML")
        page.get_by_role("button", name="Show this view").click()
        assert page.url.endswith("/explore/ketamine-neuropathic-pain?model=REML")
        assert page.get_by_role("heading", name="Not the reviewed answer").is_visible()
        assert page.locator("[data-certainty]").first.get_attribute("data-certainty") == "very low"
        fits(page)
        with page.expect_download() as ready:
            page.get_by_role("link", name="Numbers as CSV").click()
        rows = list(csv.reader(io.StringIO(ready.value.path().read_text(encoding="utf-8"))))
        assert len(rows) > 1
        link = page.locator("a.link-out").get_attribute("href")
        before = page.locator(".answer-text").inner_text()
        page.goto(address + link)
        assert page.locator(".answer-text").inner_text() == before
        # A picture of the published answer, as a file.
        page.goto(address + "/questions/ketamine-neuropathic-pain.html")
        with page.expect_download() as ready:
            page.get_by_role("link", name="PNG").first.click()
        assert ready.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(("width", "script"), WAYS)
def test_a_writer_checks_an_article_and_follows_a_claim_to_its_study(chromium, address, width, script):  # fmt: skip
    with visitor(chromium, address, width, script) as page:
        page.goto(address + "/")
        page.get_by_role("link", name="Check an article").click()
        page.fill(
            "#text",
            "Psilocybin cures cluster headache. In a trial of 14 people, attacks fell by 3.2 a week "
            "and the difference was not statistically significant. Ketamine is safe for everyone.",
        )
        page.get_by_role("button", name="Check").last.click()
        assert "claims" in page.inner_text("main")
        fits(page)
        page.locator("main a[href*='/studies/']").first.click()
        assert "/studies/" in page.url
        assert page.locator("h1").is_visible()
        fits(page)


def test_keys_alone_lead_from_the_start_to_an_answer(chromium, address):
    """No mouse: skip link, search box, arrows among the results; what has the focus can be seen."""
    with visitor(chromium, address, 1280, True) as page:
        page.goto(address + "/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        seen = []
        for _ in range(12):
            page.keyboard.press("Tab")
            shown = page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.type || e.tagName, s.outlineStyle !== 'none' || s.boxShadow !== 'none'] })()"
            )
            seen.append(shown[0])
            assert shown[1], f"the focus on {shown[0]} can not be seen"
            if shown[0] == "search":
                break
        assert "search" in seen
        page.keyboard.type("phantom limb lsd")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        page.keyboard.press("/")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/questions/**")
        assert "phantom" in page.locator("h1").inner_text().lower()
