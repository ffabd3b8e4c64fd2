"""The shipped base built once for all site tests, and a Chromium to read it with."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager

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


@contextmanager
def _serve(config):
    """The application behind a real server on a free port."""
    import socket
    from dataclasses import replace

    import uvicorn

    from aponia.site.app import create_app

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(replace(config, hosts=("127.0.0.1",)))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        try:
            yield address, app
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            app.state.desk.close()
            app.state.engine.dispose()


@pytest.fixture(scope="session")
def serve():
    """Start the application; a context manager that gives (address, app)."""
    return _serve
