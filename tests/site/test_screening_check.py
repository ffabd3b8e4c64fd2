"""When to stop, on the pages: a sign is called a sign, and only a passed random check says "stop"."""

from __future__ import annotations

import html
import json
import re
from contextlib import contextmanager

import httpx
import pytest
from typer.testing import CliRunner

from aponia.cli.literature import app as literature
from aponia.literature.store import Review, checks, open_database
from aponia.site.app import AppConfig
from aponia.site.app.screening.desk import Desk, Queue

COUNT, READ, RELEVANT = 120, 100, 40
STOP = "Screening may stop"


def ris(count=COUNT):
    return "".join(
        f"TY  - JOUR\nTI  - {'Psilocybin for headache' if k <= RELEVANT else 'Soil under wheat'}, report {k * 7919} of group {k * 104729}\n"
        f"PY  - {1900 + k}\nVL  - {k}\nER  - \n"
        for k in range(1, count + 1)
    )


class Person:
    """A browser without a script."""

    def __init__(self, address, name):
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
        self.name = name
        self.page = self.client.get("/sign-in")
        self.send("/sign-in", name=name)

    def get(self, path):
        self.page = self.client.get(path)
        assert self.page.status_code == 200, self.page.text
        shown = re.sub(r"<code[^>]*>[0-9a-f]{8}</code>", "", self.page.text)
        return html.unescape(re.sub(r"<[^>]+>", "", shown)).replace("\u202f", " ")

    def send(self, path, **fields):
        token = re.search(r'name="csrf" value="([^"]+)"', self.page.text).group(1)
        answer = self.client.post(path, data={"csrf": token, **fields})
        if answer.status_code == 200:
            self.page = answer
        return answer

    def json(self, path):
        return json.loads(self.client.get(f"/api/v1/screening/projects/1{path}").text)

    def post(self, path, **body):
        token = json.loads(self.client.get("/api/v1/screening/session").text)["csrf"]
        return self.client.post(
            f"/api/v1/screening/projects/1{path}", json=body, headers={"X-CSRF-Token": token}
        )


@contextmanager
def people(address, *names):
    made = [Person(address, name) for name in names]
    try:
        yield made
    finally:
        for one in made:
            one.client.close()


def review_in(engine, tmp_path, *, needed=1, read=READ):
    (tmp_path / "a.ris").write_text(ris())
    review = Review(engine, "r", reviewers_needed=needed)
    review.add_file(tmp_path / "a.ris")
    for k, n in enumerate(review.board().numbers[:read]):
        for who in ("ann", "bob")[:needed]:
            review.decide(n, who, "include" if k < RELEVANT else "exclude")
    return review


@pytest.fixture
def alone(serve, database, tmp_path):
    """Ann screens alone; the ranked test has reached the goal."""
    with serve(AppConfig(database=database, background=False)) as (address, app):
        review = review_in(app.state.engine, tmp_path)
        with people(address, "ann") as (ann,):
            yield ann, review


def test_a_sign_is_called_a_sign_with_the_price_of_a_check(alone):
    ann, _ = alone
    told = ann.json("/checks")["team"]
    assert (told["sign"], told["may_stop"], told["check"]) == (True, False, None)
    size = told["next_check"]["size"]
    assert 0 < size < told["unread"]
    for path in ("/screening/1/", "/screening/1/screen"):
        text = ann.get(path)
        assert "no guarantee, and no reason to stop by itself" in text
        assert (
            f"would need {size} of the {told['unread']} unread records now, drawn at random" in text
        )
        assert STOP not in text
        assert "may stop." not in text.replace("whether screening may stop; if not", "")


def test_a_check_from_the_page_serves_exactly_what_was_drawn_and_then_may_stop(alone):
    ann, review = alone
    ann.get("/screening/1/screen")
    answer = ann.send("/screening/1/check", whose="own")
    assert answer.status_code == 200
    drawn = list(checks.checks_of(review)[0].drawn)
    for k, number in enumerate(drawn):
        text = ann.get("/screening/1/screen")
        assert f"{k} of {len(drawn)} drawn records read" in text
        assert "drawn at random for a check" in text
        assert STOP not in text
        assert f'name="publication" value="{number}"' in ann.page.text
        ann.send("/screening/1/decide", publication=str(number), verdict="exclude")
    assert {e["detail"]["via"] for e in review.audit_trail() if e["detail"].get("publication") in drawn} == {"sample"}  # fmt: skip
    for path in ("/screening/1/", "/screening/1/screen"):
        text = ann.get(path)
        assert STOP in text
        assert "less than 95 % of the relevant records found is at most 5 %" in text
        assert "whatever the ranking was like, over all the team’s checks together" in text
    told = ann.json("/checks")["team"]
    assert (told["may_stop"], told["check"]["state"], told["next_check"]) == (True, "passed", None)
    ann.get("/screening/1/")
    ann.send("/screening/1/stop", sure="yes")
    assert review.audit_trail()[-1]["detail"]["reason"] == "Left unread: random check 1 was passed"
    # The goal is set higher: the check passed before does not reach it.
    ann.get("/screening/1/settings")
    ann.send("/screening/1/settings", reviewers="1", target="99", confidence="95")
    assert not ann.json("/checks")["team"]["may_stop"]
    assert STOP not in ann.get("/screening/1/")


def test_a_check_not_passed_says_the_lower_bound_and_goes_on_by_rank(alone):
    ann, review = alone
    assert ann.post("/checks", whose="team").status_code == 201
    assert ann.post("/checks", whose="team").status_code == 422
    shown = ann.json("/next")
    assert shown["drawn"]
    assert shown["serving"][0]["read"] == 0
    ann.get("/screening/1/")
    assert ann.send("/screening/1/stop", sure="yes").status_code == 422
    for k, n in enumerate(checks.checks_of(review)[0].drawn):
        ann.post("/decisions", publication=n, verdict="include" if k < 3 else "exclude")
    told = ann.json("/checks")["team"]
    assert (told["check"]["state"], told["check"]["relevant_drawn"], told["may_stop"]) == ("failed", 3, False)  # fmt: skip
    bound = told["check"]["recall_at_least"]
    assert bound < 0.95
    text = ann.get("/screening/1/")
    assert "check 1 is not passed: 3 of the" in text
    assert f"at least {int(1000 * bound + 1e-9) / 10:.1f} % of the relevant records" in text
    assert "(97.5 % confidence)" in text
    assert STOP not in text
    assert told["next_check"]["number"] == 2
    assert told["next_check"]["level"] == pytest.approx(0.0125)
    assert not ann.json("/next")["drawn"]


def test_a_check_given_up_counts_as_spent(alone):
    ann, _ = alone
    ann.get("/screening/1/")
    ann.send("/screening/1/check", whose="team")
    ann.get("/screening/1/")
    assert ann.send("/screening/1/check/end", whose="team").status_code == 422
    ann.send("/screening/1/check/end", whose="team", sure="yes")
    text = ann.get("/screening/1/")
    assert "It counts as spent" in text
    assert ann.json("/checks")["team"]["next_check"]["number"] == 2
    assert ann.post("/checks/end", whose="team").status_code == 422


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_blind_reviewers_own_check_tells_a_colleague_nothing(serve, tmp_path, stage):
    """Two worlds in which only Bob's verdicts differ, and so what his check found and drew."""
    worlds, sizes = [], []
    for k, verdict in enumerate(("include", "exclude")):
        (tmp_path / str(k)).mkdir()
        config = AppConfig(database=f"sqlite:///{tmp_path}/{k}/a.sqlite", background=False)
        with serve(config) as (address, app):
            review = review_in(app.state.engine, tmp_path / str(k), needed=2, read=40)
            for n in review.board().numbers[40:80]:
                review.decide(n, "bob", verdict)
            check = checks.begin(review, "bob", reviewer="bob")
            sizes.append(len(check.drawn))
            if stage == "after":
                for n in review.board().numbers:
                    review.decide(n, "ann", "exclude")
                for n in review.board().numbers[80:]:
                    review.decide(n, "bob", "exclude")
            with people(address, "ann") as (ann,):
                world = {p: ann.get(f"/screening/1/{p}") for p in ("", "screen", "team", "trail")}
                world |= {f"api{p}": json.dumps(ann.json(p)) for p in ("", "/next", "/checks", "/trail")}  # fmt: skip
                world["csv"] = ann.get("/screening/1/trail.csv")
            for path, text in world.items():
                world[path] = re.sub(r"\d{4}-\d\d-\d\d[T ][0-9:]+(\+00:00| UTC)?|[0-9a-f]{64}", "", text)  # fmt: skip
            worlds.append(world)
    assert sizes[0] != sizes[1]
    differ = [p for p in worlds[0] if worlds[0][p] != worlds[1][p]]
    if stage == "before":
        assert differ == []
    else:
        assert {"csv", ""} <= set(differ)


def test_the_teams_check_needs_every_reviewer_of_a_record(serve, tmp_path):
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False)
    with serve(config) as (address, app):
        review = review_in(app.state.engine, tmp_path, needed=2)
        with people(address, "ann", "bob") as (ann, bob):
            bob.post("/checks", whose="team")
            drawn = checks.checks_of(review)[0].drawn
            for n in drawn:
                ann.post("/decisions", publication=n, verdict="exclude")
            assert ann.json("/checks")["left_for_you"] == []
            assert not ann.json("/next")["drawn"]
            assert bob.json("/checks")["left_for_you"] == list(drawn)
            assert bob.json("/checks")["team"]["check"]["read"] == 0
            for n in drawn:
                bob.post("/decisions", publication=n, verdict="exclude")
            assert ann.json("/checks")["team"]["may_stop"]
            own = ann.json("/checks")["own"]
            assert (own["whose"], own["may_stop"], own["check"]) == ("own", False, None)


def test_the_command_begins_tells_and_ends_a_check(tmp_path):
    database = f"sqlite:///{tmp_path}/a.sqlite"
    engine = open_database(database)
    review = review_in(engine, tmp_path)
    run = CliRunner()

    def told(*words):
        result = run.invoke(literature, [*words, "--reviewer", "ann", "--review", "r", "--db", database, "--json"], catch_exceptions=False)  # fmt: skip
        assert result.exit_code == 0
        return json.loads(result.stdout)

    size = told("check", "state")["team"]["next_check"]["size"]
    begun = told("check", "begin", "--team")
    assert len(begun["left_for_you"]) == size == begun["team"]["check"]["size"]
    shown = told("next", "--count", "500")
    assert [x["publication"] for x in shown["next"]] == begun["left_for_you"]
    told("decide", str(begun["left_for_you"][0]), "exclude")
    assert told("check", "state")["team"]["check"]["read"] == 1
    assert told("check", "end")["team"]["check"]["state"] == "ended"
    plain = run.invoke(literature, ["check", "state", "--reviewer", "ann", "--review", "r", "--db", database])  # fmt: skip
    assert "It counts as spent" in plain.stdout
    assert len(checks.checks_of(review)) == 1
    engine.dispose()


def test_an_order_that_is_behind_says_so_and_never_that_nothing_is_known(serve, tmp_path, monkeypatch):  # fmt: skip
    """The first order knew nothing; Ann has included two since and the next is still being learnt."""
    old = {}
    ask = Desk.queue

    def behind(self, review, stage, viewer, board, **options):
        return old.setdefault("queue", ask(self, review, stage, viewer, board, **options))

    config = AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite", background=False)
    with serve(config) as (address, app):
        review = review_in(app.state.engine, tmp_path, read=0)
        monkeypatch.setattr(Desk, "queue", behind)
        with people(address, "ann") as (ann,):
            assert "No relevant record is known to your ranking yet" in ann.get("/screening/1/screen")  # fmt: skip
            for n in (1, 2):
                review.decide(n, "ann", "include")
            review.decide(99, "ann", "exclude")
            text = ann.get("/screening/1/screen")
            assert "No relevant record is known" not in text
            assert "order has not been learnt anew yet" in text
            assert "2 are known by now" in text
            assert "3 decisions are waiting to be learnt from" in text
            monkeypatch.undo()
            text = ann.get("/screening/1/screen")
            assert "learnt from 2 relevant and 1 other" in text
            assert "waiting to be learnt" not in text


def test_decisions_that_changed_or_went_are_not_learnt_either():
    queue = Queue(learnt={1: 1, 2: 0, 3: 0})
    assert queue.not_learnt({1: 1, 2: 0, 3: 0}) == 0
    assert queue.not_learnt({1: 0, 3: 0, 4: 1}) == 3


def test_reasons_of_likeness_name_only_what_the_viewer_may_know(tmp_path):
    """Bob's open decisions lie nearest; none of their titles stands in Ann's reasons, whatever he said."""
    topics = ("Psilocybin for cluster headache attacks", "Ketamine infusion in neuropathic pain", "Lysergide and phantom limb relief")  # fmt: skip
    text = "".join(
        f"TY  - JOUR\nTI  - {topics[k % 3]}, cohort {k * 7919}\nAB  - {topics[k % 3]} in adults.\nPY  - {1900 + k}\nVL  - {k}\nER  - \n"
        for k in range(45)
    )
    (tmp_path / "a.ris").write_text(text)
    shown = []
    for verdict in ("include", "exclude"):
        engine = open_database(f"sqlite:///{tmp_path}/{verdict}.sqlite")
        review = Review(engine, "r")
        review.add_file(tmp_path / "a.ris")
        numbers = review.board().numbers
        desk = Desk(engine, background=False)
        title = {n: p.best.title for n, p in desk.publications(review).items()}
        for n, said in ((numbers[0], "include"), (numbers[4], "exclude")):
            review.decide(n, "ann", said)
        for who in ("bob", "cyd"):
            review.decide(numbers[8], who, "exclude")
        secret = numbers[9:30]
        for n in secret:
            review.decide(n, "bob", verdict)
        board = review.board()
        queue = desk.queue(review, "title-abstract", "ann", board)
        told = {t for why in queue.reasons.values() for t, _ in why if t.startswith("like: ")}
        assert told
        open_to_ann = {f"like: {title[n]}" for n in board.labels("title-abstract", "ann")}
        assert told <= open_to_ann
        assert len(open_to_ann) == 3
        assert not told & {f"like: {title[n]}" for n in secret}
        shown.append((queue.order, queue.reasons))
        desk.close()
        engine.dispose()
    # Not only the titles: order and weights are the same whatever Bob said.
    assert shown[0] == shown[1]
