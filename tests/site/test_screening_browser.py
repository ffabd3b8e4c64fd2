"""Screening in a real Chromium: two reviewers, keys only, no script, a phone, the dark, axe."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from aponia.literature.store import Accounts, Review, Settings
from aponia.site.app import AppConfig

pytestmark = pytest.mark.browser

TITLES = (
    "Psilocybin for cluster headache attacks", "Ketamine infusions in neuropathic pain", "Lysergide and phantom limb relief",
    "Asthma education in rural schools", "Surgical repair of inguinal hernia", "Soil nitrogen under winter wheat",
    "Cluster headache and verapamil", "Oxygen against cluster headache",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "/screening/", "/screening/1/", "/screening/1/screen", "/screening/1/screen?stage=full-text", "/screening/1/screen?record=2&via=search",
    "/screening/1/search?q=headache", "/screening/1/conflicts", "/screening/1/conflicts?stage=full-text", "/screening/1/team",
    "/screening/1/imports", "/screening/1/duplicates", "/screening/1/export", "/screening/1/prisma", "/screening/1/trail",
    "/screening/1/settings", "/screening/77/", "/screening/2/screen",
)  # fmt: skip


def ris(titles=TITLES, source="Embase"):
    return "".join(
        f"TY  - JOUR\nTI  - {t}\nAB  - About {t.lower()} in adults.\nAU  - Doe, J.\nPY  - {1990 + TITLES.index(t)}\nJF  - Pain\n"
        f"VL  - {TITLES.index(t) + 1}\nSP  - {TITLES.index(t) * 10 + 1}\nKW  - pain\nDB  - {source}\nER  - \n"
        for t in titles
    )


def new_page(chromium, address, name="ann", *, dark=False, width=1280, script=True):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", java_script_enabled=script
    )  # fmt: skip
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#name", name)
    page.click("button.go")
    return context, page


@pytest.fixture
def filled(serve, tmp_path):
    """A review in the middle of its work: something of everything on its pages."""
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, app):
        (tmp_path / "a.ris").write_text(ris())
        (tmp_path / "b.ris").write_text(ris(TITLES[:3], "Scopus") + "stray line\n")
        review = Review(
            app.state.engine, "Psychedelics in pain", criteria="Adults with cluster headache"
        )
        review.configure("ann", criteria=review.criteria, reviewers_needed=2, settings=Settings(
            words_for=("headache", "pain*"), words_against=("asthma",), previous_studies=4, previous_reports=5))  # fmt: skip
        review.add_file(tmp_path / "a.ris", who="ann")
        review.add_file(tmp_path / "b.ris", who="ann", kind="website")
        for n, ann, bob in ((1, "include", "include"), (2, "include", "exclude"), (4, "exclude", "exclude"), (7, "include", "unsure"), (3, "include", "exclude")):  # fmt: skip
            review.decide(n, "ann", ann, reason="Wrong outcome" if ann == "exclude" else "", note="See the methods.")  # fmt: skip
            review.decide(n, "bob", bob)
        review.decide(3, "ann", "exclude", resolves=True, note="Talked over.")
        for who, verdict in (("ann", "include"), ("bob", "exclude")):
            review.decide(7, who, verdict, stage="full-text", reason="Wrong comparator")
        review.decide(5, "bob", "exclude")
        review.add_note(1, "bob", "A note.")
        Review(app.state.engine, "Empty")
        yield address, app


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_any_page(chromium, filled, dark):
    address, _ = filled
    context = chromium.new_context(color_scheme="dark" if dark else "light")
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda r: asked.add(r.url.split("/")[2]))
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.goto(f"{address}/sign-in")
    found = {}
    for path in ("/sign-in", *PAGES):
        if path != "/sign-in" and "sign-in" in page.url:
            page.fill("#name", "ann")
            page.click("button.go")
        page.goto(address + path)
        result = Axe().run(page, options={"runOnly": RULES})
        if result.violations_count:
            found[path] = result.generate_report()
    context.close()
    assert found == {}
    assert asked == {address.split("/")[2]}
    assert [s for s in said if "404" not in s] == []


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_runs_off_a_small_screen(chromium, filled, width):
    address, _ = filled
    context, page = new_page(chromium, address, width=width)
    wide = {}
    for path in PAGES:
        page.goto(address + path)
        seen = page.evaluate("document.documentElement.scrollWidth")
        if seen > width:
            wide[path] = seen
    context.close()
    assert wide == {}


def test_where_people_sign_in_axe_finds_nothing(chromium, serve, tmp_path):
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", login=True)) as (address, app):
        app.state.accounts.add("ann", "correct horse battery", role="reader")
        Review(app.state.engine, "r")
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{address}/screening/")
        page.fill("#name", "ann")
        page.fill("#password", "wrong password")
        page.click("button.go")
        assert page.get_by_role("alert").inner_text() == "Name and password do not fit."
        assert Axe().run(page, options={"runOnly": RULES}).violations_count == 0
        page.fill("#password", "correct horse battery")
        page.click("button.go")
        page.goto(f"{address}/screening/1/settings")
        assert Axe().run(page, options={"runOnly": RULES}).violations_count == 0
        assert page.locator("#criteria").is_disabled()
        context.close()


def test_two_reviewers_from_import_to_diagram(chromium, serve, tmp_path):
    """The whole journey with the script's keys: import, screen blind, settle, read, draw."""
    (tmp_path / "found.ris").write_text(ris())
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, _app):
        first, ann = new_page(chromium, address, "ann")
        second, bob = new_page(chromium, address, "bob")
        ann.fill("#new-name", "Psychedelics in pain")
        ann.fill("#new-criteria", "Cluster headache")
        ann.click("text=Make the review")
        ann.set_input_files("#file", tmp_path / "found.ris")
        ann.click("button:text-is('Import')")
        assert "found.ris" in ann.inner_text("main")
        for page, liked in ((ann, ("headache",)), (bob, ("headache", "Ketamine"))):
            page.goto(f"{address}/screening/1/screen")
            for _ in TITLES:
                title = page.inner_text("#record-title")
                include = any(word in title for word in liked)
                if not include:
                    page.keyboard.press("2")
                    assert page.input_value("#reason") == "Wrong intervention"
                with page.expect_navigation():
                    page.keyboard.press("i" if include else "e")
            assert page.inner_text("h1") == "Nothing is left for you here"
        # One step back with a key, and the same decision again.
        with bob.expect_navigation():
            bob.keyboard.press("u")
        with bob.expect_navigation():
            bob.keyboard.press("i" if "headache" in bob.inner_text("h1") else "e")
        ann.goto(f"{address}/screening/1/conflicts")
        assert ann.inner_text("h1") == "1 conflict"
        assert "Ketamine" in ann.inner_text("main")
        ann.click("text=Settle: exclude")
        assert ann.inner_text("h1") == "0 conflicts"
        ann.goto(f"{address}/screening/1/team")
        assert "0.71 (" in ann.inner_text("main") or "0.75 (" in ann.inner_text("main")
        ann.goto(f"{address}/screening/1/prisma")
        numbers = json.loads(
            first.request.get(f"{address}/api/v1/screening/projects/1/prisma").text()
        )
        assert (numbers["screened"], numbers["excluded"], numbers["sought"]) == (8, 5, 3)
        drawn = " ".join(ann.locator(".flow .wide svg").text_content().split())
        assert "Records screened (n = 8)" in drawn
        with ann.expect_download() as download:
            ann.click("text=Download as SVG")
        assert download.value.suggested_filename.endswith(".svg")
        first.close()
        second.close()


def test_keys_only_and_without_the_script(chromium, serve, tmp_path):
    """A keyboard and nothing else, JavaScript off: sign in, decide, take back, decide otherwise."""
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, app):
        (tmp_path / "a.ris").write_text(ris())
        review = Review(app.state.engine, "r", reviewers_needed=1)
        review.add_file(tmp_path / "a.ris")
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/screening/1/screen")

        def tab_to(name):
            for _ in range(60):
                page.keyboard.press("Tab")
                # Scripts of the page are off; this one is the test's own.
                at = page.locator(":focus")
                if at.count() and name in (at.inner_text() or at.get_attribute("id") or ""):
                    assert at.bounding_box()["height"] >= 20
                    return
            raise AssertionError(f"{name} is not reached with Tab")

        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the content"
        tab_to("name")
        page.keyboard.type("ann")
        page.keyboard.press("Enter")
        page.wait_for_url("**/screen")
        title = page.inner_text("#record-title")
        tab_to("Exclude")
        page.keyboard.press("Enter")
        page.wait_for_url("**/screen?stage=title-abstract")
        assert page.inner_text("#record-title") != title
        tab_to("Undo")
        page.keyboard.press("Space")
        page.wait_for_url("**record=*")
        assert page.inner_text("#record-title") == title
        tab_to("Include")
        page.keyboard.press("Enter")
        page.wait_for_url("**/screen?stage=title-abstract")
        assert [e["detail"]["verdict"] for e in review.audit_trail() if "verdict" in e["detail"]] == ["exclude", "withdrawn", "include"]  # fmt: skip
        context.close()


def test_the_keys_can_be_switched_off_and_do_not_fire_while_typing(chromium, filled):
    address, app = filled
    review = Review(app.state.engine, "Psychedelics in pain")
    before = len(review.audit_trail())
    context, page = new_page(chromium, address, "cyd")
    page.goto(f"{address}/screening/1/screen")
    page.keyboard.press("n")
    page.keyboard.type("imeu: include me")
    assert page.input_value("#note") == "imeu: include me"
    page.keyboard.press("Escape")
    page.click("text=Keys >> nth=0")
    page.uncheck("#keys-on")
    page.locator("h1").click()
    page.keyboard.press("e")
    page.goto(f"{address}/screening/1/screen")
    page.keyboard.press("e")
    page.wait_for_timeout(300)
    assert len(review.audit_trail()) == before
    context.close()


def test_a_reader_account_finds_nothing_to_press(chromium, serve, tmp_path):
    url = f"sqlite:///{tmp_path}/a.sqlite"
    with serve(AppConfig(database=url, login=True)) as (address, app):
        Accounts(app.state.engine).add("rea", "correct horse battery", role="reader")
        (tmp_path / "a.ris").write_text(ris())
        Review(app.state.engine, "r").add_file(tmp_path / "a.ris")
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{address}/screening/1/screen")
        page.fill("#name", "rea")
        page.fill("#password", "correct horse battery")
        page.click("button.go")
        assert page.locator("#record-title").is_visible()
        assert page.locator("button:visible").all_inner_texts() == ["Sign out"]
        context.close()


def test_a_random_check_from_its_button_to_the_word_stop(chromium, serve, tmp_path):
    """Begun on the overview, read with keys, passed: only then the page says that screening may stop."""
    with serve(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")) as (address, app):
        (tmp_path / "a.ris").write_text(
            "".join(f"TY  - JOUR\nTI  - Report {k * 7919} of group {k * 104729}\nPY  - {1900 + k}\nVL  - {k}\nER  - \n" for k in range(1, 121))
        )  # fmt: skip
        review = Review(app.state.engine, "r", reviewers_needed=1)
        review.add_file(tmp_path / "a.ris")
        for k, n in enumerate(review.board().numbers[:100]):
            review.decide(n, "ann", "include" if k < 40 else "exclude")
        context, page = new_page(chromium, address, width=320)
        page.goto(f"{address}/screening/1/")
        assert "no reason to stop by itself" in page.inner_text("main")
        assert "may stop" not in page.inner_text("main").replace("whether screening may stop", "")
        assert Axe().run(page, options={"runOnly": RULES}).violations_count == 0
        page.click("button:text-is('Begin the random check')")
        size = int(page.locator(".bar progress").nth(1).get_attribute("max"))
        for k in range(size):
            assert f"{k} of {size} drawn records read" in page.inner_text(".bar")
            if k == 1:
                assert Axe().run(page, options={"runOnly": RULES}).violations_count == 0
                assert page.evaluate("document.documentElement.scrollWidth") == 320
            with page.expect_navigation():
                page.keyboard.press("e")
        page.goto(f"{address}/screening/1/")
        assert "Screening may stop." in page.inner_text("main")
        context.close()
