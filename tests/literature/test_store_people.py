"""Blindness, agreement, accounts: what concerns people rather than records."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from aponia.literature.store import Accounts, Board, Decision, ReviewError, agreement, open_database
from aponia.literature.store.agreement import kappa

AT = datetime(2026, 1, 1, tzinfo=UTC)


def decision(k: int, n: int, who: str, verdict: str, *, resolves: bool = False, stage: str = "title-abstract") -> Decision:  # fmt: skip
    return Decision(k, n, stage, who, verdict, "", "", resolves, "ranked", AT)


_CALLS = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["include", "exclude", "unsure", "withdrawn"]),
    ),
    max_size=30,
)


def seen_by(board: Board, who: str) -> object:
    """Everything a board lets a person know."""
    stage = "title-abstract"
    return (
        board.labels(stage, who),
        {n: board.visible(n, stage, who) for n in board.numbers},
        dict(board.state(stage).items()),
        board.counts(stage),
        board.counts("full-text"),
        agreement(board, stage),
        {p: board.decided_by(p, stage) for p in board.reviewers()},
    )


@given(_CALLS)
def test_until_both_have_decided_nothing_tells_what_the_other_said(
    calls: list[tuple[int, str, str]],
) -> None:
    """Bob's verdicts on what Ann has not judged are turned round: Ann's whole world stays the same."""
    ann = {n for n, who, v in calls if who == "ann"}
    turned = {"include": "exclude", "exclude": "unsure", "unsure": "include", "withdrawn": "withdrawn"}  # fmt: skip

    def board(turn: bool) -> Board:
        made = [
            decision(k, n, who, turned[v] if turn and who == "bob" and n not in ann else v)
            for k, (n, who, v) in enumerate(calls, 1)
        ]
        return Board(range(1, 6), 2, made, {})

    assert seen_by(board(False), "ann") == seen_by(board(True), "ann")


def test_a_third_person_sees_nothing_of_an_open_record_either() -> None:
    board = Board([1], 2, [decision(1, 1, "bob", "include")], {})
    assert board.visible(1, "title-abstract", "cyd") == []
    assert board.labels("title-abstract", None) == {}
    board = Board([1], 2, [decision(2, 1, "ann", "exclude")], {}, before=board)
    assert len(board.visible(1, "title-abstract", "cyd")) == 2


def test_only_what_was_said_before_the_other_was_seen_counts_as_agreement() -> None:
    calls = [decision(1, 1, "ann", "include"), decision(2, 1, "bob", "exclude"), decision(3, 1, "bob", "include")]  # fmt: skip
    board = Board([1], 2, calls, {})
    assert board.state("title-abstract")[1] == "included"
    assert agreement(board, "title-abstract")[0].table == ((0, 1), (0, 0))


def test_maybe_is_include_at_title_and_abstract() -> None:
    board = Board([1], 2, [decision(1, 1, "ann", "unsure"), decision(2, 1, "bob", "include")], {})
    assert board.state("title-abstract")[1] == "included"
    assert agreement(board, "title-abstract")[0].table == ((1, 0), (0, 0))


def test_kappa_of_a_worked_example() -> None:
    """Altman (1991), Practical statistics for medical research, two raters; by hand with Fleiss' formula."""
    found = kappa("a", "b", [[20, 5], [10, 15]])
    assert found.observed == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    # The error from the multinomial by the delta method, another road to the same number.
    assert found.upper is not None
    assert (found.upper - 0.4) / 1.959963984540054 == pytest.approx(_delta_error([[20, 5], [10, 15]]), rel=1e-6)  # fmt: skip


def _delta_error(table: list[list[int]]) -> float:
    n = sum(map(sum, table))
    p = [table[0][0] / n, table[0][1] / n, table[1][0] / n, table[1][1] / n]

    def value(q: list[float]) -> float:
        observed = q[0] + q[3]
        expected = (q[0] + q[1]) * (q[0] + q[2]) + (q[2] + q[3]) * (q[1] + q[3])
        return (observed - expected) / (1 - expected)

    h = 1e-6
    slope = []
    for k in range(4):
        up, down = list(p), list(p)
        up[k] += h
        down[k] -= h
        slope.append((value(up) - value(down)) / (2 * h))
    mean = sum(g * q for g, q in zip(slope, p, strict=True))
    return float((sum(g * g * q for g, q in zip(slope, p, strict=True)) - mean**2) / n) ** 0.5


@given(st.lists(st.integers(0, 200), min_size=4, max_size=4))
def test_kappa_stays_in_its_bounds(cells: list[int]) -> None:
    found = kappa("a", "b", [cells[:2], cells[2:]])
    if found.kappa is None:
        return
    assert found.lower is not None
    assert found.upper is not None
    assert -1 <= found.lower <= found.kappa + 1e-12
    assert found.kappa - 1e-12 <= found.upper <= 1


def test_kappa_is_not_defined_when_both_always_say_one_thing() -> None:
    found = kappa("a", "b", [[0, 0], [0, 9]])
    assert (found.observed, found.kappa) == (1.0, None)
    assert kappa("a", "b", [[0, 0], [0, 0]]).observed is None


def test_accounts_and_sessions(database: str) -> None:
    engine = open_database(database)
    accounts = Accounts(engine)
    accounts.add("ann", "correct horse battery", role="editor")
    with pytest.raises(ReviewError, match="already"):
        accounts.add("ann", "correct horse battery")
    with pytest.raises(ReviewError, match="12 characters"):
        accounts.add("bob", "short")
    with pytest.raises(ReviewError, match="unknown role"):
        accounts.add("bob", "correct horse battery", role="king")
    assert accounts.check("ann", "correct horse battery") is not None
    assert accounts.check("ann", "wrong") is None
    assert accounts.check("nobody", "correct horse battery") is None
    token = accounts.open_session("ann", signed_in=True)
    assert accounts.session(token) == ("ann", True)
    assert accounts.session(token + "x") is None
    accounts.change("ann", active=False)
    assert accounts.session(token) is None
    assert accounts.check("ann", "correct horse battery") is None
    with pytest.raises(ReviewError, match="no account"):
        accounts.change("nobody", role="reader")
    old = accounts.open_session("ann", signed_in=True, hours=-1)
    assert accounts.session(old) is None
    engine.dispose()


def test_neither_password_nor_cookie_is_in_the_database(database: str) -> None:
    engine = open_database(database)
    accounts = Accounts(engine)
    accounts.add("ann", "correct horse battery")
    token = accounts.open_session("ann", signed_in=True)
    with engine.connect() as c:
        rows = [str(r) for name in ("account", "session") for r in c.execute(sa.text(f"SELECT * FROM {name}"))]  # fmt: skip
    assert "$argon2id$" in rows[0]
    assert not any("correct horse" in r or token in r for r in rows)
    engine.dispose()


def test_a_wrong_name_takes_as_long_as_a_wrong_password(tmp_path: object) -> None:
    accounts = Accounts(open_database(f"sqlite:///{tmp_path}/a.sqlite"))
    accounts.add("ann", "correct horse battery")

    def spent(name: str) -> float:
        best = 9.0
        for _ in range(4):
            begun = time.perf_counter()
            accounts.check(name, "wrong password here")
            best = min(best, time.perf_counter() - begun)
        return best

    # Without the hash for nobody the ratio would be near zero.
    assert spent("nobody") > 0.3 * spent("ann")
    accounts.engine.dispose()
