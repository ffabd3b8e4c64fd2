"""What the application refuses: other sites, other hosts, large uploads, guessed passwords, low roles."""

from __future__ import annotations

import re

import httpx
import pytest

from aponia.literature.store import Accounts, Review, open_database
from aponia.site.app import AppConfig, ConfigError, check_binding
from aponia.site.app.security import LoginBrake

RIS = "TY  - JOUR\nTI  - Psilocybin for cluster headache\nPY  - 2020\nER  - \n"
PASSWORD = "correct horse battery"


def token_of(answer):
    return re.search(r'name="csrf" value="([^"]+)"', answer.text).group(1)


def sign_in(client, name, password=""):
    form = client.get("/sign-in")
    return client.post("/sign-in", data={"csrf": token_of(form), "name": name, "password": password})  # fmt: skip


@pytest.fixture
def local(serve, tmp_path):
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False, upload_bytes=200_000, form_bytes=50_000)  # fmt: skip
    with serve(config) as (address, app), httpx.Client(base_url=address, follow_redirects=True) as client:  # fmt: skip
        sign_in(client, "ann")
        Review(app.state.engine, "r")
        yield address, app, client


@pytest.fixture
def guarded(serve, tmp_path):
    url = f"sqlite:///{tmp_path}/a.sqlite"
    engine = open_database(url)
    accounts = Accounts(engine)
    for role in ("reader", "screener", "editor"):
        accounts.add(role, PASSWORD, role=role)
    review = Review(engine, "r")
    (tmp_path / "a.ris").write_text(RIS)
    review.add_file(tmp_path / "a.ris")
    engine.dispose()
    with serve(AppConfig(database=url, background=False, login=True)) as (address, app):
        yield address, app


def test_a_write_from_another_site_is_refused(local):
    _, app, client = local
    token = token_of(client.get("/screening/"))
    body = {"csrf": token, "name": "evil"}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert client.post("/screening/new", data=body, headers=headers).status_code == 403
    assert client.post("/screening/new", data={"name": "evil"}).status_code == 403
    assert client.post("/screening/new", data=body | {"csrf": "0" * 64}).status_code == 403
    assert list(app.state.desk.reviews().values()) == ["r"]
    assert client.post("/screening/new", data=body | {"name": "good"}).status_code == 200


def test_another_host_name_or_a_proxy_is_refused(local):
    address, _, client = local
    assert client.get("/screening/", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/screening/", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 421
    port = address.rpartition(":")[2]
    assert client.get("/screening/", headers={"Host": f"127.0.0.1:{port}"}).status_code == 200


def test_uploads_are_bounded_with_and_without_a_stated_length(local):
    address, _, client = local
    token = token_of(client.get("/screening/1/imports"))
    big = RIS * 5000
    form = {"csrf": token}
    assert client.post("/screening/1/imports", data=form, files={"file": ("a.ris", big)}).status_code == 413  # fmt: skip

    def chunks():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 10_000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert client.post("/screening/1/imports", content=chunks(), headers=headers).status_code == 413
    assert client.post("/screening/1/note", data=form | {"publication": "1", "note": "x" * 60_000}).status_code == 413  # fmt: skip
    # Someone unknown may not even send what fits an import.
    with httpx.Client(base_url=address) as stranger:
        answer = stranger.post("/screening/1/imports", files={"file": ("a.ris", RIS * 1000)})
        assert answer.status_code == 413
    assert client.post("/screening/1/imports", data=form, files={"file": ("a.ris", RIS)}).status_code == 200  # fmt: skip


def test_a_file_nobody_can_read_is_a_page_that_says_so(local):
    _, _, client = local
    token = token_of(client.get("/screening/1/imports"))
    answer = client.post("/screening/1/imports", data={"csrf": token}, files={"file": ("x.bin", b"\x00\x01 nothing")})  # fmt: skip
    assert answer.status_code == 422
    assert "no known format" in answer.text
    answer = client.post("/screening/1/imports", data={"csrf": token}, files={"file": ("", b"")})
    assert answer.status_code == 422


def test_without_a_session_only_the_sign_in_page_answers(guarded):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        for path in ("/screening/", "/screening/1/screen", "/screening/1/trail.csv", "/screening/1/prisma.svg"):  # fmt: skip
            answer = client.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?next=")
        assert client.get("/api/v1/screening/projects").status_code == 401
        assert client.get("/api/v1/screening/projects/1/trail").status_code == 401
        # A name alone opens nothing where passwords are asked for.
        assert sign_in(client, "editor").status_code == 401
        assert sign_in(client, "editor", "wrong password").status_code == 401


def test_a_signed_in_person_gets_a_new_cookie_scripts_can_not_read(guarded):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        client.get("/sign-in")
        before = client.cookies["aponia"]
        answer = sign_in(client, "editor", PASSWORD)
        assert answer.status_code == 303
        said = answer.headers["set-cookie"].lower()
        assert "httponly" in said
        assert "samesite=strict" in said
        assert client.cookies["aponia"] != before
        assert client.get("/screening/").status_code == 200
        token = token_of(client.get("/screening/"))
        kept = client.cookies["aponia"]
        client.post("/sign-out", data={"csrf": token})
        client.cookies.set("aponia", kept)
        assert client.get("/screening/").status_code == 303


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(guarded, goal):
    address, _ = guarded
    with httpx.Client(base_url=address) as client:
        form = client.get("/sign-in", params={"next": goal})
        data = {"csrf": token_of(form), "name": "editor", "password": PASSWORD, "next": goal}
        assert client.post("/sign-in", data=data).headers["location"] == "/screening/"


def test_roles(guarded):
    address, _ = guarded
    may = {
        "reader": (403, 403, 403),
        "screener": (303, 403, 403),
        "editor": (303, 303, 303),
    }
    for role, (decide, settings, new) in may.items():
        with httpx.Client(base_url=address) as client:
            sign_in(client, role, PASSWORD)
            token = token_of(client.get("/screening/1/"))
            assert client.get("/screening/1/screen").status_code == 200
            answer = client.post("/screening/1/decide", data={"csrf": token, "publication": "1", "verdict": "include"})  # fmt: skip
            assert answer.status_code == decide
            answer = client.post("/screening/1/settings", data={"csrf": token, "criteria": "x"})
            assert answer.status_code == settings
            answer = client.post("/screening/new", data={"csrf": token, "name": f"by {role}"})
            assert answer.status_code == new
            csrf = client.get("/api/v1/screening/session").json()["csrf"]
            answer = client.post("/api/v1/screening/projects/1/decisions", json={"publication": 1, "verdict": "include"}, headers={"X-CSRF-Token": csrf})  # fmt: skip
            assert answer.status_code == (201 if decide == 303 else 403)


def test_a_person_who_was_barred_is_out_at_once(guarded):
    address, app = guarded
    with httpx.Client(base_url=address) as client:
        sign_in(client, "screener", PASSWORD)
        assert client.get("/screening/").status_code == 200
        app.state.accounts.change("screener", active=False)
        assert client.get("/screening/").status_code == 303


def test_guessing_a_password_is_slowed(guarded):
    address, app = guarded
    app.state.brake.tries = 3
    with httpx.Client(base_url=address) as client:
        answers = [sign_in(client, "editor", f"guess number {k}").status_code for k in range(4)]
        assert answers == [401, 401, 401, 429]
        # The right password must wait too, else the brake would tell which it is.
        assert sign_in(client, "editor", PASSWORD).status_code == 429
        assert sign_in(client, "screener", PASSWORD).status_code == 303


def test_the_brake_lets_go_after_its_time():
    clock = [0.0]
    brake = LoginBrake(tries=2, seconds=10, clock=lambda: clock[0])
    for _ in range(2):
        brake.failed("1.2.3.4", "ann")
    assert brake.blocked("5.6.7.8", "ann")
    assert not brake.blocked("1.2.3.4", "bob")
    for k in range(6):
        brake.failed("1.2.3.4", f"name {k}")
    assert brake.blocked("1.2.3.4", "bob")
    clock[0] = 11
    assert not brake.blocked("1.2.3.4", "ann")


def test_binding_outside_needs_people():
    check_binding("127.0.0.1", users=0, login=False)
    check_binding("::1", users=0, login=False)
    check_binding("0.0.0.0", users=1, login=True)
    for host in ("0.0.0.0", "::", "192.168.1.7", "example.org"):
        with pytest.raises(ConfigError, match="users add"):
            check_binding(host, users=0, login=False)
