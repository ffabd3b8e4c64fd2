"""What holds for every route of the application: headers, origin, token, role, size, patience."""

from __future__ import annotations

import ast
import asyncio
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

import aponia.site
from aponia.literature.store import ROLES, Accounts, Review, open_database
from aponia.site.app import AppConfig, create_app
from aponia.site.app.security import BodyLimit, Gate
from aponia.site.app.serving import PatientProtocol
from aponia.site.app.shelf import Entry

PASSWORD = "correct horse battery"
#: Who may send what; every route that is no GET must be here or in KEEPS_NOTHING.
NEEDS = {
    "/sign-out": "reader",
    "/screening/new": "editor",
    **{f"/screening/{{project}}/{end}": "screener"
       for end in ("decide", "undo", "note", "resolve", "unresolve", "check", "check/end")},
    **{f"/screening/{{project}}/{end}": "editor"
       for end in ("settings", "imports", "split", "answer", "remove", "stop", "resume")},
    **{f"/api/v1/screening/projects/{{project}}/{end}": "screener"
       for end in ("decisions", "notes", "checks", "checks/end")},
    "/api/v1/screening/projects/{project}/imports": "editor",
}  # fmt: skip
#: Routes that compute an answer and keep nothing; they need no token, but still no other origin.
KEEPS_NOTHING = {"/check", "/api/v1/claims/check", "/api/v1/pool"}
SECURE = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}  # fmt: skip


def routes_of(routes):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes)
        elif isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods)
        elif hasattr(route, "methods"):
            yield from ((method, route.path) for method in route.methods or ())
        else:
            yield ("ANY", getattr(route, "path", repr(route)))


def writes(app):
    found = {path for method, path in routes_of(app.routes) if method not in {"GET", "HEAD"}}
    return sorted(found - KEEPS_NOTHING)


def alone(run, *messages):
    """Run a coroutine in a thread of its own: the browser tests keep a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(run(*messages))).result()


def token_of(answer):
    return re.search(r'name="csrf" value="([^"]+)"', answer.text).group(1)


def sign_in(client, name, password=PASSWORD):
    form = client.get("/sign-in")
    return client.post("/sign-in", data={"csrf": token_of(form), "name": name, "password": password})  # fmt: skip


def instant(app, pages=("index.html",)):
    """Put pages on the shelf that cost nothing to make."""
    from aponia.site.app.shelf import Shelf

    shelf = Shelf()
    shelf._entries.update({path: Entry.of(path, b"<title>x</title>" * 99) for path in pages})
    shelf._until = time.time() + 86_400
    app.state.shelf = shelf


@pytest.fixture
def guarded(serve, tmp_path):
    url = f"sqlite:///{tmp_path}/a.sqlite"
    engine = open_database(url)
    for role in ROLES:
        Accounts(engine).add(role, PASSWORD, role=role)
    review = Review(engine, "r")
    (tmp_path / "a.ris").write_text("TY  - JOUR\nTI  - One\nPY  - 2020\nER  - \n")
    review.add_file(tmp_path / "a.ris")
    engine.dispose()
    with serve(AppConfig(database=url, background=False, login=True, form_bytes=50_000)) as (address, app):  # fmt: skip
        instant(app)
        yield address, app


def test_every_route_that_writes_is_known_here(guarded):
    _, app = guarded
    assert writes(app) == sorted({*NEEDS, "/sign-in"})


def test_what_keeps_nothing_is_still_refused_to_other_sites(guarded):
    """Another site must not make its visitors' browsers spend the server's time."""
    address, app = guarded
    assert {path for method, path in routes_of(app.routes) if method == "POST"} >= KEEPS_NOTHING
    with httpx.Client(base_url=address) as client:
        for path in sorted(KEEPS_NOTHING):
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):  # fmt: skip
                assert client.post(path, headers=headers).status_code == 403, (path, headers)


def test_no_write_passes_without_its_token_or_from_another_site(guarded):
    address, app = guarded
    with httpx.Client(base_url=address) as client:
        sign_in(client, "editor")
        before = Review(app.state.engine, "r").audit_trail()
        token = client.get("/api/v1/screening/session").json()["csrf"]
        for path in writes(app):
            at = path.replace("{project}", "1")
            assert client.post(at, data={"name": "x"}).status_code == 403, path
            wrong = {"X-CSRF-Token": "0" * 64}
            assert client.post(at, data={"name": "x", "csrf": "0" * 64}, headers=wrong).status_code == 403  # fmt: skip
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):  # fmt: skip
                answer = client.post(at, data={"csrf": token, "name": "x"}, headers={"X-CSRF-Token": token, **headers})  # fmt: skip
                assert answer.status_code == 403, (path, headers)
        assert Review(app.state.engine, "r").audit_trail() == before
        assert client.get("/screening/").status_code == 200


def test_each_role_may_what_it_says_and_no_more_in_forms_and_api(guarded):
    address, _ = guarded
    bodies = {
        "decisions": {"publication": 1, "verdict": "include"}, "notes": {"publication": 1, "text": "x"},
        "checks": {"whose": "own"}, "checks/end": {"whose": "own"},
    }  # fmt: skip
    for role in ROLES:
        with httpx.Client(base_url=address) as client:
            sign_in(client, role)
            token = client.get("/api/v1/screening/session").json()["csrf"]
            assert client.get("/screening/1/screen").status_code == 200
            assert client.get("/api/v1/screening/projects/1/next").status_code == 200
            for path, needed in sorted(NEEDS.items(), reverse=True):
                if path == "/sign-out":
                    continue
                at = path.replace("{project}", "1")
                body = bodies.get(path.partition("/projects/{project}/")[2])
                if body is None:
                    answer = client.post(at, data={"csrf": token}, headers={"X-CSRF-Token": token})
                else:
                    answer = client.post(at, json=body, headers={"X-CSRF-Token": token})
                allowed = ROLES.index(role) >= ROLES.index(needed)
                assert (answer.status_code != 403) is allowed, (role, path, answer.status_code)
            looks = 200 if role == "editor" else 403
            assert client.get("/audit").status_code == looks
            assert client.get("/api/v1/screening/audit").status_code == looks


def test_reading_the_evidence_needs_no_account_and_screening_does(guarded):
    address, app = guarded
    with httpx.Client(base_url=address) as client:
        for path in ("/", "/index.html", "/static/site.css", "/sign-in", "/api/v1/openapi.json"):
            assert client.get(path).status_code == 200, path
        for method, path in routes_of(app.routes):
            if (method == "GET" and "screening" in path) or path == "/audit":
                answer = client.get(path.replace("{project}", "1").replace("{publication}", "1"))
                assert answer.status_code == (401 if path.startswith("/api") else 303), path


def test_every_write_is_bounded(guarded):
    address, app = guarded
    with httpx.Client(base_url=address) as client:
        for path in writes(app):
            at = path.replace("{project}", "1")
            assert client.post(at, content=b"x" * 60_000).status_code == 413, path


def test_the_headers_are_on_every_answer_whatever_it_is(guarded):
    address, app = guarded

    @app.get("/broken")
    def _broken():
        raise RuntimeError("a secret detail")

    with httpx.Client(base_url=address) as client:
        tag = client.get("/", headers={"Accept-Encoding": "identity"}).headers["etag"]
        found = {
            200: client.get("/"),
            304: client.get("/", headers={"If-None-Match": tag, "Accept-Encoding": "identity"}),
            303: client.get("/screening/"),
            307: client.get("/screening"),
            404: client.get("/nothing"),
            405: client.post("/index.html"),
            421: client.get("/", headers={"Host": "evil.example"}),
            413: client.post("/sign-in", content=b"x" * 60_000),
            403: client.post("/sign-in", data={"name": "x"}),
            422: client.post("/sign-in", data={}),
            401: client.get("/api/v1/screening/projects"),
            500: client.get("/broken"),
        }
        for code, answer in found.items():
            assert answer.status_code == code
            for name, value in SECURE.items():
                assert answer.headers[name] == value, (code, name)
            if code not in {200, 304}:
                assert answer.headers["cache-control"] == "no-store", code
        assert "secret" not in found[500].text
        for answer in (client.get("/static/site.css"), client.head("/screening/"), client.options("/sign-in"), client.get("/sign-in"), client.get("/api/v1/screening/session")):  # fmt: skip
            for name, value in SECURE.items():
                assert answer.headers[name] == value
        # What other sites may read says so, and never with a visitor's cookies.
        shared = client.get("/api/v1/openapi.json", headers={"Origin": "https://a.example"}).headers
        assert shared["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in shared
        other = {"cross-origin-resource-policy": "cross-origin"}
        assert {name: shared[name] for name in SECURE} == {**SECURE, **other}


def test_head_is_get_without_a_body(guarded):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        sign_in(client, "reader")
        for path in ("/screening/", "/api/v1/screening/projects", "/nothing", "/"):
            head, full = client.head(path), client.get(path)
            assert (head.status_code, head.content) == (full.status_code, b"")
            assert head.headers["content-type"] == full.headers["content-type"]


def test_cookies_are_for_this_site_and_https_only_where_there_is_https(serve, tmp_path):
    url = f"sqlite:///{tmp_path}/a.sqlite"
    with serve(AppConfig(database=url, background=False, secure_cookies=True)) as (address, app):
        instant(app)
        with httpx.Client(base_url=address) as client:
            answer = client.get("/sign-in")
            said = answer.headers["set-cookie"].lower()
            for flag in ("httponly", "secure", "samesite=strict", "path=/"):
                assert flag in said
            assert "domain" not in said
            for path in ("/", "/sign-in", "/nothing"):
                assert client.get(path).headers["strict-transport-security"] == "max-age=31536000"
            data = {"csrf": token_of(answer), "name": "ann"}
            # Who can answer for the same name without TLS must not write here.
            plain = client.post("/sign-in", data=data, headers={"Origin": address})
            assert plain.status_code == 403


def test_signing_in_again_ends_the_session_before(guarded):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        sign_in(client, "screener")
        old = client.cookies["aponia"]
        sign_in(client, "editor")
        assert client.cookies["aponia"] != old
    with httpx.Client(base_url=address, cookies={"aponia": old}) as client:
        assert client.get("/screening/").status_code == 303


@pytest.mark.parametrize("goal", ["/x\r\nSet-Cookie: a=b", "/\t/evil.example", "/%0d%0aX-Y: z"])
def test_no_header_can_be_smuggled_into_an_answer(guarded, goal):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        form = client.get("/sign-in", params={"next": goal})
        data = {"csrf": token_of(form), "name": "editor", "password": PASSWORD, "next": goal}
        answer = client.post("/sign-in", data=data)
        assert answer.status_code == 303
        assert "x-y" not in answer.headers
        assert answer.headers.get_list("set-cookie")[0].startswith("aponia=")
        assert len(answer.headers.get_list("set-cookie")) == 1
        assert not re.search(r"[\t\r\n]", answer.headers["location"])
        assert not answer.headers["location"].startswith("//")


def test_two_host_names_are_none():
    gate = Gate(None, hosts=("good.example",), local=False)  # type: ignore[arg-type]
    scope = {"type": "http", "method": "GET", "headers": [(b"host", b"good.example:8000")]}
    assert gate.refusal(scope) == ""
    for headers in ([], [(b"host", b"good.example"), (b"host", b"evil.example")], [(b"host", b"good.example.evil")], [(b"host", b"[::1")]):  # fmt: skip
        assert "host name" in gate.refusal({**scope, "headers": headers})


def test_a_body_that_comes_too_slowly_is_given_up_and_waiting_for_the_end_is_not():
    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await receive()

    async def run(*messages):
        left = list(messages)

        async def receive():
            if not left:
                await asyncio.Event().wait()
            return left.pop(0)

        async def send(_):
            pass

        scope = {"type": "http", "method": "POST", "headers": [], "path": "/"}
        bounded = BodyLimit(
            app, limit=lambda _: 1000, refuse=lambda scope, most: app, patience=0.05
        )
        await asyncio.wait_for(bounded(scope, receive, send), 0.5)

    with pytest.raises(HTTPException) as found:
        alone(run, {"type": "http.request", "body": b"x", "more_body": True})
    assert found.value.status_code == 408
    # The body is there: an answer that goes on for long may listen for the client as long as it likes.
    with pytest.raises(asyncio.TimeoutError):
        alone(run, {"type": "http.request", "body": b"x", "more_body": False})


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HT",
                                  b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000])  # fmt: skip
def test_a_connection_without_a_whole_request_is_closed(tmp_path, monkeypatch, sent):
    monkeypatch.setattr(PatientProtocol, "seconds", 0.2)
    app = create_app(AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False))
    instant(app)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, http=PatientProtocol, log_level="error", access_log=False))  # fmt: skip
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        with socket.create_connection(listening.getsockname(), timeout=30) as client:
            got = b""
            # Closing while the client still sends is a reset to it.
            with suppress(ConnectionError):
                client.sendall(sent)
                while chunk := client.recv(65_536):
                    got += chunk
            assert got.startswith(b"HTTP/1.1 200") is sent.startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")  # fmt: skip
        server.should_exit = True
        thread.join(20)
    app.state.desk.close()
    app.state.engine.dispose()


def test_the_server_fetches_no_address():
    """Nothing below aponia.site can make a request of its own, so no reader can make it do so."""
    clients = {"httpx", "requests", "urllib3", "aiohttp", "hishel", "httpx_retries", "http.client", "urllib.request", "ftplib"}  # fmt: skip
    root = Path(aponia.site.__file__).parent
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            for name in names:
                assert name not in clients, f"{file}: {name}"
                assert name.split(".")[0] not in clients, f"{file}: {name}"
                assert name != "socket" or file.name == "serving.py", file
