"""The screening pages and their JSON twins, asked by a plain client over a real connection."""

from __future__ import annotations

import html
import json
import re
from contextlib import contextmanager

import httpx
import pytest

from aponia.site.app import AppConfig
from aponia.site.app.screening.marking import segments

TITLES = (
    "Psilocybin for cluster headache attacks", "Ketamine infusions in neuropathic pain", "Lysergide and phantom limb relief",
    "Asthma education in rural schools", "Surgical repair of inguinal hernia", "Soil nitrogen under winter wheat",
    "Cluster headache and verapamil", "Oxygen against cluster headache",
)  # fmt: skip


def ris(titles=TITLES, source="Embase"):
    return "".join(
        f"TY  - JOUR\nTI  - {t}\nAB  - About {t.lower()} in <u2>adults</u2> & others.\nAU  - Doe, J.\nPY  - {1990 + TITLES.index(t)}\n"
        f"JF  - Pain\nVL  - {TITLES.index(t) + 1}\nSP  - {TITLES.index(t) * 10 + 1}\nDB  - {source}\nER  - \n"
        for t in titles
    )


class Person:
    """A browser without a script: follows redirects, sends forms with their hidden fields."""

    def __init__(self, address, name, password=None):
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
        self.name = name
        self.page = self.client.get("/sign-in")
        fields = {"name": name} | ({"password": password} if password else {})
        self.page = self.client.post("/sign-in", data={"csrf": self.token, **fields})

    @property
    def token(self):
        return re.search(r'name="csrf" value="([^"]+)"', self.page.text).group(1)

    def get(self, path):
        self.page = self.client.get(path)
        return self.page

    def send(self, path, files=None, **fields):
        answer = self.client.post(path, data={"csrf": self.token, **fields}, files=files)
        if answer.status_code == 200:
            self.page = answer
        return answer

    def decide(self, n, verdict, **more):
        self.get("/screening/1/screen")
        answer = self.send("/screening/1/decide", publication=str(n), verdict=verdict, **more)
        assert answer.status_code == 200, answer.text
        return answer


@contextmanager
def people(*made):
    try:
        yield made
    finally:
        for one in made:
            one.client.close()


@pytest.fixture
def app_at(serve, database):
    with serve(AppConfig(database=database, background=False)) as (address, app):
        yield address, app


@pytest.fixture
def team(app_at):
    """Ann and Bob, and a review of eight records."""
    address, _ = app_at
    with people(Person(address, "ann"), Person(address, "bob")) as (ann, bob):
        ann.send("/screening/new", name="Pain & <psychedelics>", criteria="cluster headache")
        ann.send("/screening/1/imports", files={"file": ("a.ris", ris())})
        bob.get("/screening/1/")
        yield ann, bob


PAGES = (
    "", "screen", "screen?stage=full-text", "screen?record=2&via=search", "search?q=headache", "search?state=open", "conflicts",
    "conflicts?stage=full-text", "team", "imports", "duplicates", "export", "prisma", "trail", "settings",
)  # fmt: skip


def test_every_page_answers_small_and_without_anything_inline(team):
    ann, _ = team
    for path in ("/screening/", *(f"/screening/1/{p}" for p in PAGES)):
        answer = ann.get(path)
        assert answer.status_code == 200, path
        text = answer.text
        assert len(answer.content) < 200_000
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=\"/static/)", text), path
        assert not re.search(
            r"(src|href)=\"(https?:)?//(?!doi\.org|pubmed|clinicaltrials)", text
        ), path
        assert "Pain & <psychedelics>" not in text
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_what_a_file_says_is_shown_as_text(team):
    ann, _ = team
    text = ann.get("/screening/1/screen?record=1").text
    assert "&lt;u2&gt;adults&lt;/u2&gt; &amp; others" in text
    assert "<u2>adults" not in text


def test_a_record_decided_by_two_goes_to_full_text(team):
    ann, bob = team
    ann.decide(1, "include")
    bob.decide(1, "unsure", note="perhaps")
    assert json.loads(ann.get("/api/v1/screening/projects/1").text)["stages"][1]["counts"]["open"] == 1  # fmt: skip
    page = ann.get("/screening/1/screen?stage=full-text").text
    assert TITLES[0] in html.unescape(re.sub("<[^>]+>", "", page))
    refused = ann.send("/screening/1/decide", publication="1", verdict="exclude", stage="full-text")
    assert refused.status_code == 422
    assert "needs a reason" in refused.text
    ann.send("/screening/1/decide", publication="1", verdict="exclude", stage="full-text", reason="Wrong population")  # fmt: skip
    bob.send("/screening/1/decide", publication="1", verdict="exclude", stage="full-text", other_reason="Animals")  # fmt: skip
    numbers = json.loads(ann.get("/api/v1/screening/projects/1/prisma").text)
    assert numbers["reasons"] == {"Wrong population": 1}


def world_of(person):
    """Everything the application tells a person, without times, sums and tokens."""
    out = {}
    for path in (*PAGES, "export/download?format=csv", "export/download?state=waiting", "trail.csv", "trail.jsonl", "prisma.svg"):  # fmt: skip
        out[path] = person.get(f"/screening/1/{path}").text
    for n in range(1, 9):
        out[f"record {n}"] = person.get(f"/screening/1/screen?record={n}").text
        out[f"api record {n}"] = person.get(f"/api/v1/screening/projects/1/records/{n}").text
    for path in ("", "/next", "/records", "/conflicts", "/team", "/duplicates", "/prisma", "/trail", "/imports"):  # fmt: skip
        out[f"api {path}"] = person.get(f"/api/v1/screening/projects/1{path}").text
    clean = {}
    for path, text in out.items():
        text = re.sub(r"\d{4}-\d\d-\d\d[T ][0-9:]+(\+00:00| UTC)?", "TIME", text)
        clean[path] = re.sub(
            r'name="csrf" value="[^"]+"|[0-9a-f]{64}|>[0-9a-f]{8}</code>', "", text
        )
    return clean


@pytest.mark.parametrize("stage", ["before", "after"])
def test_ann_sees_the_same_world_whatever_bob_said(serve, tmp_path, stage):
    """Two copies of a review in which only Bob's verdicts differ: every page and twin is the same.

    The counterpart guards the test itself: once Ann has judged the same records, the worlds differ.
    """
    worlds = []
    for k, verdict in enumerate(("include", "exclude")):
        config = AppConfig(database=f"sqlite:///{tmp_path}/{k}.sqlite", background=False)
        with serve(config) as (address, _), people(Person(address, "ann"), Person(address, "bob")) as (ann, bob):  # fmt: skip
            ann.send("/screening/new", name="R", criteria="cluster headache")
            ann.send("/screening/1/imports", files={"file": ("a.ris", ris())})
            ann.decide(7, "include")
            ann.decide(4, "exclude")
            for n in (1, 2, 3):
                bob.decide(n, verdict, reason="Wrong outcome", note=f"I say {verdict}")
            bob.get("/screening/1/screen?record=2")
            bob.send("/screening/1/note", publication="2", note=f"clearly {verdict}")
            if stage == "after":
                for n in (1, 2, 3):
                    ann.decide(n, "include")
            worlds.append(world_of(ann))
    differ = [path for path in worlds[0] if worlds[0][path] != worlds[1][path]]
    if stage == "before":
        assert differ == []
    else:
        assert {"conflicts", "team", "trail", "record 2"} <= set(differ)


def test_a_conflict_is_seen_settled_and_opened_again(team):
    ann, bob = team
    ann.decide(2, "include")
    bob.decide(2, "exclude", reason="Wrong outcome")
    page = ann.get("/screening/1/conflicts").text
    assert "1 conflict" in page
    assert "Wrong outcome" in page
    ann.send("/screening/1/resolve", publication="2", verdict="include", note="talked it over")
    assert "0 conflicts" in ann.get("/screening/1/conflicts").text
    assert "talked it over" in ann.page.text
    ann.send("/screening/1/unresolve", publication="2")
    assert "1 conflict" in ann.get("/screening/1/conflicts").text
    assert "Cohen" in ann.get("/screening/1/team").text


def test_undo_is_offered_and_leads_back_to_the_record(team):
    ann, _ = team
    ann.decide(3, "exclude")
    assert "Undo" in ann.page.text
    answer = ann.send("/screening/1/undo", publication="3")
    assert "record=3" in str(answer.url)
    actions = [e["action"] for e in json.loads(ann.get("/api/v1/screening/projects/1/trail").text)["items"]]  # fmt: skip
    assert actions[:2] == ["decision withdrawn", "decision"]


def test_records_found_by_search_say_so(team):
    ann, _ = team
    page = ann.get("/screening/1/search?q=verapamil").text
    path = html.unescape(re.search(r'href="(/screening/1/screen\?[^"]+)"', page.split("hits")[1]).group(1))  # fmt: skip
    page = ann.get(path).text
    via = re.search(r'name="via" value="([^"]+)"', page).group(1)
    ann.send("/screening/1/decide", publication="7", verdict="include", via=via)
    trail = json.loads(ann.get("/api/v1/screening/projects/1/trail").text)
    assert trail["items"][0]["detail"]["via"] == "search"


def test_the_relevant_come_first_once_one_is_known(team):
    ann, _ = team
    ann.decide(6, "exclude")
    ann.decide(1, "include")
    shown = json.loads(ann.get("/api/v1/screening/projects/1/next").text)
    assert shown["item"]["publication"] in {7, 8}
    assert any("headache" in w["term"].lower() for w in shown["why"])
    assert shown["stopping"]["recall_interval"][1] == 1.0
    page = ann.get("/screening/1/screen").text
    assert "Estimated recall: between" in page
    assert 'class="m-why"' in page


def test_records_added_later_keep_decisions_and_are_ranked(team):
    ann, bob = team
    ann.decide(1, "include")
    bob.decide(1, "include")
    ann.get("/screening/1/imports")
    more = ris(TITLES[:2], "Scopus") + "TY  - JOUR\nTI  - Cluster headache, a new trial\nAB  - headache\nPY  - 2025\nER  - \n"  # fmt: skip
    ann.send("/screening/1/imports", files={"file": ("../../etc/b.ris", more)})
    assert "b.ris" in ann.page.text
    assert "etc/" not in ann.page.text
    again = ann.send("/screening/1/imports", files={"file": ("again.ris", more)})
    assert "imported before" in again.text
    overview = json.loads(ann.get("/api/v1/screening/projects/1").text)
    assert overview["publications"] == 9
    assert overview["stages"][0]["counts"]["included"] == 1
    assert "same" in ann.get("/screening/1/duplicates").text
    shown = json.loads(ann.get("/api/v1/screening/projects/1/next").text)
    assert shown["total"] == 9


def test_a_merge_is_undone_on_the_page(team):
    ann, _ = team
    ann.get("/screening/1/imports")
    ann.send("/screening/1/imports", files={"file": ("b.ris", ris(TITLES[:2], "Scopus"))})
    page = ann.get("/screening/1/duplicates").text
    assert "2 publications were found more than once" in page
    keys = re.findall(r'name="records" value="(\d+)"', page)
    ann.send("/screening/1/split", publication="1", records=keys[1])
    page = ann.get("/screening/1/duplicates").text
    assert "1 publication was found more than once" in page


@pytest.mark.parametrize("format", ["ris", "csv", "bibtex", "nbib"])
def test_any_subset_is_exported_and_can_be_read_again(team, format):
    from aponia.literature.readers import read_text

    ann, _ = team
    ann.decide(1, "include")
    answer = ann.get(f"/screening/1/export/download?mine=include&format={format}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert [r.title for r in read_text(answer.text, "x").records] == [TITLES[0]]
    assert len(read_text(ann.get(f"/screening/1/export/download?format={format}").text, "x").records) == 8  # fmt: skip


def test_the_rule_may_leave_records_unread_and_the_diagram_says_so(team):
    ann, _ = team
    ann.decide(1, "include")
    ann.get("/screening/1/")
    assert ann.send("/screening/1/stop").status_code == 422
    ann.send("/screening/1/stop", sure="yes")
    numbers = json.loads(ann.get("/api/v1/screening/projects/1/prisma").text)
    assert (numbers["automation"], numbers["awaiting_screening"]) == (7, 1)
    ann.get("/screening/1/")
    ann.send("/screening/1/resume")
    assert json.loads(ann.get("/api/v1/screening/projects/1/prisma").text)["automation"] == 0


def test_the_json_twin_takes_decisions_with_its_token(team):
    ann, _ = team
    token = json.loads(ann.get("/api/v1/screening/session").text)["csrf"]
    body = {"publication": 5, "verdict": "exclude"}
    path = "/api/v1/screening/projects/1/decisions"
    refused = ann.client.post(path, json=body)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    made = ann.client.post(path, json=body, headers={"X-CSRF-Token": token})
    assert made.status_code == 201
    wrong = ann.client.post(path, json=body | {"verdict": "perhaps"}, headers={"X-CSRF-Token": token})  # fmt: skip
    assert wrong.status_code == 422
    assert "nknown verdict" in wrong.json()["detail"]
    assert ann.client.post(path, json=body | {"color": 1}, headers={"X-CSRF-Token": token}).status_code == 422  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/screening/9/", "/screening/1/screen?record=77", "/screening/99999999999999999999/", "/nothing", "/api/v1/screening/projects/7",
     "/screening/1/screen?stage=poster", "/screening/1/trail?at=-1", "/screening/x/"],
)  # fmt: skip
def test_a_wrong_address_is_a_page_that_says_so(team, path):
    ann, _ = team
    answer = ann.get(path)
    assert answer.status_code in {404, 422}
    assert "Traceback" not in answer.text


def test_highlighting_never_changes_the_text():
    text = "Ketamine <b>infusions</b> & ketamine-like drugs in RATS; a+b (c) [d]"
    for words in ((), ("ketamin*", "rats"), ("a+b", "(c)", "[d]", "*", "")):
        found = segments(text, words_for=words, words_against=("rats",), why=("ketami infusi", "title: rats"))  # fmt: skip
        assert "".join(piece for piece, _ in found) == text


def test_people_read_on_while_the_first_order_is_worked_out(serve, tmp_path, monkeypatch):
    """A slow ranking holds nobody up: pages come at once, in the order of the files."""
    import threading

    from aponia.site.app.screening import desk

    go_on = threading.Event()
    ranker = desk.Ranker

    def slow(*arguments, **options):
        go_on.wait(20)
        return ranker(*arguments, **options)

    monkeypatch.setattr(desk, "Ranker", slow)
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.sqlite")
    with serve(config) as (address, app):  # noqa: SIM117 -- the person needs the address
        with people(Person(address, "ann")) as (ann,):
            ann.send("/screening/new", name="R")
            ann.send("/screening/1/imports", files={"file": ("a.ris", ris())})
            ann.get("/screening/1/")
            page = ann.get("/screening/1/screen")
            assert "is being worked out" in page.text
            assert page.elapsed.total_seconds() < 5
            ann.decide(1, "include")
            ann.decide(6, "exclude")
            go_on.set()
            for job in list(app.state.desk._jobs.values()):
                job.result(timeout=20)
            ann.get("/screening/1/screen")
            for job in list(app.state.desk._jobs.values()):
                job.result(timeout=20)
            shown = ann.get("/api/v1/screening/projects/1/next").json()
            assert shown["item"]["publication"] in {7, 8}


def test_a_number_no_record_can_have_is_refused_not_an_error_of_ours(team):
    ann, _ = team
    ann.client.headers["X-CSRF-Token"] = ann.client.get("/api/v1/screening/session").json()["csrf"]
    for number in (2**63, -(2**70)):
        for path, body in (("decisions", {"verdict": "include"}), ("notes", {"text": "x"})):
            answer = ann.client.post(
                f"/api/v1/screening/projects/1/{path}", json={"publication": number, **body}
            )
            assert answer.status_code == 422
        ann.get("/screening/1/screen")
        assert ann.send("/screening/1/decide", publication=str(number), verdict="include").status_code == 422  # fmt: skip
        answer = ann.send("/screening/1/split", publication=str(number), records=str(number))
        assert answer.status_code == 422


def test_405_names_every_method_an_address_takes_and_a_parameter_counts_once(team):
    ann, _ = team
    answer = ann.client.delete("/api/v1/screening/projects/1/imports")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    answer = ann.client.get("/api/v1/screening/projects/1/trail?offset=0&offset=5")
    assert answer.status_code == 422
    assert "more than once" in answer.json()["detail"]
