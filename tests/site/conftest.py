"""The shipped base built once for all site tests, and a Chromium to read it with."""

from __future__ import annotations

import os
import shutil

import pytest

from aponia.site import build_site


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("site") / "site"
    report = build_site(out, today="2026-11-22")
    return out, report


@pytest.fixture(scope="session")
def chromium():
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if path is None:
        if os.environ.get("APONIA_REQUIRE_BROWSER"):
            pytest.fail("APONIA_REQUIRE_BROWSER is set and no Chromium was found")
        pytest.skip("no Chromium installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()
