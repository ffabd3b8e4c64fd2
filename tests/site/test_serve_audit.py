"""The server's audit trail: what is in it, what never is, and that it stays small and whole."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from aponia.literature.store import Accounts, Review, ReviewError, ServerAudit, open_database
from aponia.site.app import AppConfig

PASSWORD = "correct horse battery"
RIS = "TY  - JOUR\nTI  - A title nobody should log\nPY  - 2020\nER  - \n"


def token_of(answer):
    return re.search(r'name="csrf" value="([^"]+)"', answer.text).group(1)


def sign_in(client, name, password=PASSWORD):
    form = client.get("/sign-in")
    return client.post("/sign-in", data={"csrf": token_of(form), "name": name, "password": password})  # fmt: skip


@pytest.fixture
def guarded(serve, database):
    engine = open_database(database)
    for role in ("reader", "editor"):
        Accounts(engine).add(role, PASSWORD, role=role)
    Review(engine, "r")
    engine.dispose()

    @contextmanager
    def started(**more):
        config = AppConfig(database=database, background=False, login=True, **more)
        with serve(config) as (address, app), httpx.Client(base_url=address) as client:
            yield client, app.state.book.trail

    return started


def told(trail):
    return [(e["who"], e["action"]) for e in trail.entries(limit=500)][::-1]


def test_who_came_and_went_and_what_was_refused_stands_in_it(guarded):
    with guarded() as (client, trail):
        assert sign_in(client, "editor", "wrong password").status_code == 401
        sign_in(client, "editor")
        cookie = client.cookies["aponia"]
        token = token_of(client.get("/screening/"))
        files = {"file": ("export of pubmed.ris", RIS)}
        assert client.post("/screening/1/imports", data={"csrf": token}, files=files).status_code == 303  # fmt: skip
        assert client.post("/screening/new", data={"csrf": "0" * 64, "name": "secret name"}).status_code == 403  # fmt: skip
        assert client.post("/screening/new", data={"csrf": token}, headers={"Origin": "https://evil.example"}).status_code == 403  # fmt: skip
        client.post("/sign-out", data={"csrf": token})
        assert client.post("/screening/new", data={"csrf": token, "name": "x"}).status_code == 303
        sign_in(client, "reader")
        token = client.get("/api/v1/screening/session").json()["csrf"]
        assert client.post("/screening/new", data={"csrf": token, "name": "x"}).status_code == 403
        assert told(trail) == [
            ("command line", "account added"),
            ("command line", "account added"),
            ("editor", "sign-in failed"),
            ("editor", "signed in"),
            ("editor", "file uploaded"),
            ("editor", "write refused"),
            ("editor", "write refused"),
            ("editor", "signed out"),
            ("", "write refused"),
            ("reader", "signed in"),
            ("reader", "write refused"),
        ]
        rows = trail.entries()[::-1]
        assert rows[4]["detail"] == {"review": 1, "file": "export of pubmed.ris", "bytes": len(RIS), "records": 1}  # fmt: skip
        assert rows[5]["detail"] == {"address": "127.0.0.1", "method": "POST", "path": "/screening/new", "status": 403}  # fmt: skip
        assert trail.verify() == len(rows)
        everything = json.dumps([e["detail"] for e in rows]) + str([e["who"] for e in rows])
        for never in (PASSWORD, "wrong password", cookie, token, "secret name", "nobody should log"):  # fmt: skip
            assert never not in everything


def test_a_password_typed_into_the_field_of_the_name_is_not_kept(guarded):
    with guarded() as (client, trail):
        assert sign_in(client, PASSWORD, "editor").status_code == 401
        assert sign_in(client, "editor\x00", "x").status_code == 401
        assert told(trail)[2:] == [("", "sign-in failed"), ("", "sign-in failed")]


def test_failures_without_end_fill_no_disk(guarded):
    with guarded() as (client, trail):
        form = client.get("/sign-in")
        for k in range(23):
            data = {"csrf": token_of(form), "name": f"name {k}", "password": "guess guess guess"}
            assert client.post("/sign-in", data=data).status_code in {401, 429}
        for _ in range(23):
            assert client.post("/screening/new", data={"name": "x"}).status_code == 303
        actions = [action for _, action in told(trail)]
        assert actions.count("sign-in failed") == 20
        assert actions.count("write refused") == 20


def test_what_was_left_out_is_told(database):
    from aponia.site.app.audit import AuditBook

    engine = open_database(database)
    book = AuditBook(ServerAudit(engine))
    written = [book.wants("write refused", "1.2.3.4") for _ in range(25)]
    assert written == [True] * 20 + [False] * 5
    assert book.wants("write refused", "5.6.7.8")
    book.add_bounded("", "write refused", "5.6.7.8")
    assert book.trail.entries()[0]["detail"] == {"address": "5.6.7.8", "left out before": 5}
    book.add_bounded("", "write refused", "5.6.7.8")
    assert "left out before" not in book.trail.entries()[0]["detail"]
    # Many addresses together are bounded too.
    assert sum(book.wants("sign-in failed", f"10.0.{k // 250}.{k % 250}") for k in range(700)) == 300  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE server_audit SET who = 'eve'", "DELETE FROM server_audit"])  # fmt: skip
def test_the_database_refuses_to_change_the_past(database, statement):
    engine = open_database(database)
    trail = ServerAudit(engine)
    trail.add("ann", "signed in", address="::1")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as c:
        c.execute(sa.text(statement))
    assert trail.verify() == 1
    engine.dispose()


def test_a_trail_changed_behind_our_back_is_noticed(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/x.sqlite")
    trail = ServerAudit(engine)
    for _ in range(3):
        trail.add("ann", "signed in")
    with engine.begin() as c:
        c.execute(sa.text("DROP TRIGGER server_audit_no_delete"))
        c.execute(sa.text("DELETE FROM server_audit WHERE id = 2"))
    with pytest.raises(ReviewError, match="does not fit the chain"):
        trail.verify()
    engine.dispose()


def test_an_entry_is_one_bounded_line(database):
    engine = open_database(database)
    trail = ServerAudit(engine)
    trail.add("a\nb\u202e", "write refused", path="/\x00" + "x" * 500, status=403)
    entry = trail.entries()[0]
    assert entry["who"] == "a b "
    assert entry["detail"]["path"] == "/ " + "x" * 198
    assert trail.verify() == 1
    engine.dispose()


def test_changes_of_accounts_say_what_but_never_the_password(database):
    engine = open_database(database)
    accounts = Accounts(engine)
    accounts.add("ann", PASSWORD, role="reader")
    accounts.change("ann", password="another horse battery", role="editor", active=False)
    with pytest.raises(ReviewError):
        accounts.add("bob", "short")
    newest, oldest = ServerAudit(engine).entries()
    assert oldest["detail"] == {"account": "ann", "role": "reader"}
    assert newest["detail"] == {"account": "ann", "password": "new", "role": "editor", "active": False}  # fmt: skip
    engine.dispose()


def test_editors_read_it_as_a_page_and_as_json_and_the_command_line_prints_it(guarded, database):
    from aponia.cli.main import app

    with guarded() as (client, _):
        sign_in(client, "editor")
        page = client.get("/audit")
        assert "signed in" in page.text
        assert "account added" in page.text
        assert 'href="/audit"' in client.get("/screening/").text
        data = client.get("/api/v1/screening/audit", params={"limit": 1}).json()
        assert (data["total"], data["items"][0]["action"]) == (3, "signed in")
    run = CliRunner()
    shown = json.loads(run.invoke(app, ["literature", "users", "audit", "--db", database, "--json"]).stdout)  # fmt: skip
    assert [e["action"] for e in shown["items"]] == ["signed in", "account added", "account added"]
    text = run.invoke(app, ["literature", "users", "audit", "--db", database, "--limit", "1"]).stdout  # fmt: skip
    assert "editor: signed in  address: 127.0.0.1" in text
    assert "3 entries; the chain is whole." in text
