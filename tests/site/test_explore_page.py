"""The explore page: one address for one view, every view sayable, every wrong value explained."""

from __future__ import annotations

import csv
import io
import threading
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from starlette.testclient import TestClient

from aponia.answers.explore import can_explore
from aponia.answers.explore_choices import LABELS, OPTIONS
from aponia.answers.guard import check_page
from aponia.site.app import AppConfig, create_app
from aponia.site.app.explore.recent import Recent
from aponia.site.app.world import load_world
from aponia.site.build import MAX_PAGE_BYTES
from aponia.site.render import environment

RATES = {"check": "1000/minute", "pool": "100000/minute", "search": "1000/minute"}
POOLED = "ketamine-acute-headache"


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    config = AppConfig(database=f"sqlite:///{tmp_path_factory.mktemp('explore')}/a.db", hosts=("127.0.0.1",), rates=RATES)  # fmt: skip
    app = create_app(config)
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found
    app.state.desk.close()
    app.state.engine.dispose()


def page(client, question, pairs=(), code=200):
    answer = client.get(f"/explore/{question}?{urlencode(list(pairs))}")
    assert answer.status_code == code, answer.text
    assert check_page(question, answer.text, patient=True) == []
    assert len(answer.content) < MAX_PAGE_BYTES
    tree = html.document_fromstring(answer.text)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert not tree.xpath("//*[@style or @onclick or @onchange]|//script[not(@src)]")
    return answer, tree


def banner(tree):
    return tree.xpath("string(//*[@id='banner'])")


def test_every_question_has_a_page_in_one_of_two_kinds(client, world):
    kinds = {True: 0, False: 0}
    for question in world.base.questions.values():
        possible = can_explore(question, world.answers[question.id])
        kinds[possible] += 1
        _, tree = page(client, question.id)
        assert bool(tree.xpath("//form[@class='choices']")) == possible
        assert world.answers[question.id].sentences.plain in " ".join(tree.text_content().split()) or possible  # fmt: skip
        if possible:
            assert banner(tree) == "The reviewed choices"
    assert min(kinds.values()) > 0


def test_the_reviewed_choices_show_the_reviewed_sentence(client, world):
    for name, answer in world.answers.items():
        if answer.status == "answered" and can_explore(world.base.questions[name], answer):
            _, tree = page(client, name)
            assert tree.xpath("string(//p[@class='answer-text'])") == answer.sentences.plain
            block = tree.xpath("//*[@data-answer]")[0]
            assert block.get("data-certainty") == answer.certainty.level


def test_a_changed_view_says_so_first_and_leads_back(client):
    _, tree = page(client, POOLED, [("model", "REML"), ("test", "knha")])
    assert banner(tree) == "Not the reviewed answer"
    main = tree.xpath("//main")[0]
    words = " ".join(main.text_content().split())
    assert words.index("Not the reviewed answer") < words.index("The evidence is")
    assert tree.xpath(f"//aside//a[@href='../questions/{POOLED}.html']")
    changed = tree.xpath("//table[.//caption[contains(., 'What was changed')]]//tbody/tr")
    assert [r.xpath("string(th)") for r in changed] == ["Model", "Interval"]


def test_the_plot_labels_both_sides_and_the_table_holds_its_numbers(client):
    answer, _ = page(client, POOLED, [("model", "DL")])
    assert "better with the drug" in answer.text
    assert "better with other treatment" in answer.text
    assert "DerSimonian–Laird, normal interval" in answer.text
    assert "0.6 (−2.0 to 3.2)" in answer.text


def test_another_level_is_said_wherever_an_interval_of_it_stands(client):
    answer, tree = page(client, POOLED, [("model", "DL"), ("level", "0.8")])
    assert "80% interval" in tree.xpath("string(//main)")
    assert "80% prediction interval" in answer.text
    assert "95% prediction interval" not in answer.text


def test_a_form_with_all_fields_is_sent_on_to_the_short_address(client):
    tree = page(client, POOLED)[1]
    fields = []
    for field in tree.xpath("//form[@class='choices']//*[@name]"):
        if field.tag == "select":
            fields.append((field.get("name"), field.xpath("string(option[@selected]/@value)")))
        elif field.get("type") != "checkbox":
            fields.append((field.get("name"), field.get("value")))
    assert {n for n, _ in fields} == set(LABELS) - {"out"}
    nothing = client.get(f"/explore/{POOLED}?{urlencode(fields)}", follow_redirects=False)
    assert nothing.status_code == 303
    assert nothing.headers["location"] == f"/explore/{POOLED}"
    changed = [(n, "PM" if n == "model" else v) for n, v in fields] + [("out", "zitek-2018-headache-ketamine")]  # fmt: skip
    one = client.get(f"/explore/{POOLED}?{urlencode(changed)}", follow_redirects=False)
    assert one.headers["location"] == f"/explore/{POOLED}?out=zitek-2018-headache-ketamine&model=PM"


def test_the_link_reproduces_the_view_and_names_the_evidence(client, world):
    _, tree = page(client, POOLED, [("model", "PM"), ("max", "7")])
    link = tree.xpath("string(//a[@class='link-out']/@href)")
    assert dict(parse_qsl(urlsplit(link).query))["evidence"] == world.base.digest[:12]
    answer = client.get(link, follow_redirects=False)
    assert answer.status_code == 200
    again = html.document_fromstring(answer.text)
    for part in ("//p[@class='answer-text']", "//table", "//figure"):
        assert [e.text_content() for e in again.xpath(part)] == [e.text_content() for e in tree.xpath(part)]  # fmt: skip


def test_a_link_made_with_other_evidence_is_said_to_be(client, world):
    _, tree = page(client, POOLED, [("evidence", "0123456789ab")])
    assert "0123456789ab" in tree.xpath("string(//aside[@aria-labelledby='other'])")
    _, tree = page(client, POOLED, [("evidence", world.base.digest[:12])])
    assert not tree.xpath("//aside[@aria-labelledby='other']")


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("model", "magic")], "Model: found “magic”"),
        ([("min", "soon")], "First day that counts"),
        ([("metod", "REML")], "“metod” is no choice"),
        ([("out", "../../etc/passwd")], "Trials left out"),
        ([("evidence", "<b>")], "twelve of"),
        ([("model", "FE"), ("test", "knha")], "normal interval only"),
        ([("model", "<script>alert(1)</script>")], "Model"),
        ([("min", "9"), ("max", "3")], "in this order"),
    ],
)
def test_wrong_values_are_explained_with_the_form_beside_them(client, pairs, said):
    answer, tree = page(client, POOLED, pairs, code=422)
    assert said in tree.xpath("string(//*[@role='alert'])")
    assert tree.xpath("//form[@class='choices']")
    assert not tree.xpath("//p[@class='answer-text']")
    assert "<script>alert" not in answer.text
    for kind in ("json", "csv"):
        if pairs[0][0] != "evidence":
            assert client.get(f"/explore/{POOLED}.{kind}?{urlencode(pairs)}").status_code == 422


def test_what_does_not_exist_is_not_found(client):
    for path in ("/explore/no-such-question", "/explore/no-such-question.json", "/explore/x/y"):
        assert client.get(path).status_code == 404


def test_a_question_without_an_analysis_says_why(client):
    for name in ("mdma-fibromyalgia", "plasticity-pain", "lsd-cluster-headache"):
        _, tree = page(client, name)
        assert "no analysis to change" in tree.xpath("string(//main)")
        assert client.get(f"/explore/{name}.json").status_code == 422


def test_directions_only_and_nothing_left_are_said_in_words(client, world):
    _, tree = page(client, "ketamine-crps")
    assert "no forest plot" in tree.xpath("string(//section[@aria-labelledby='plot'])")
    trials = world.answers["ketamine-crps"].layers[0].studies
    _, tree = page(client, "ketamine-crps", [("out", s) for s in trials])
    assert tree.xpath("string(//p[@class='answer-text'])") == "No trial is left."
    assert not tree.xpath("//figure")


def test_json_and_csv_hold_the_same_numbers_as_the_page(client, world):
    query = "model=REML&test=knha"
    body = client.get(f"/explore/{POOLED}.json?{query}").json()
    assert body["reviewed"] is False
    assert body["notice"].startswith("Not the reviewed answer")
    assert body["evidence"]["digest"] == world.base.digest
    pooled = next(s for s in body["view"]["syntheses"] if s["kind"] == "pooled")
    answer = client.get(f"/explore/{POOLED}.csv?{query}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    together = next(r for r in rows if r["study"] == "together")
    assert float(together["estimate"]) == pytest.approx(pooled["estimate"], abs=1e-6)
    assert {r["study"] for r in rows} >= {t["study"] for t in body["view"]["trials"]}
    assert client.get(f"/explore/{POOLED}.json").json()["reviewed"] is True


def test_the_question_page_leads_here_only_where_a_server_answers(world, built):
    out, _ = built
    for path in (out / "questions").glob("*.html"):
        assert "/explore/" not in path.read_text("utf-8")
    source = environment().loader.get_source(environment(), "pages/question.html")[0]
    assert "{% if live|default(false)" in source
    assert 'href="/explore/{{ answer.id }}"' in source


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_any_view_may_be_published(client, world, data):
    names = [q for q, a in world.answers.items() if can_explore(world.base.questions[q], a)]
    question = data.draw(st.sampled_from(names))
    outcomes = [o.construct for o in world.base.questions[question].outcomes]
    pairs = []
    for name, values in ({"outcome": outcomes} | OPTIONS).items():
        if data.draw(st.booleans()):
            pairs.append((name, data.draw(st.sampled_from(list(values)))))
    if data.draw(st.booleans()):
        pairs += [("min", "0"), ("max", data.draw(st.sampled_from(["", "30", "365"])))]
    answer = client.get(f"/explore/{question}?{urlencode(pairs)}")
    assert answer.status_code in (200, 422)
    assert check_page(question, answer.text, patient=True) == []
    assert len(answer.content) < MAX_PAGE_BYTES


def test_views_are_computed_once_and_only_computing_counts_against_the_rate(tmp_path):
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.db", hosts=("127.0.0.1",), rates=RATES | {"pool": "2/minute"})  # fmt: skip
    app = create_app(config)
    from aponia.site.app.explore import routes

    routes._pages.__init__(512)
    routes._views.__init__(512)
    with TestClient(app, base_url="http://127.0.0.1") as one:
        codes = [one.get(f"/explore/{POOLED}?correlation=0.31").status_code for _ in range(6)]
        assert codes == [200] * 6
        assert one.get(f"/explore/{POOLED}?correlation=0.32").status_code == 200
        refused = one.get(f"/explore/{POOLED}?correlation=0.33")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"]
        assert one.get(f"/explore/{POOLED}?correlation=0.31").status_code == 200
    app.state.desk.close()
    app.state.engine.dispose()


def test_recent_keeps_the_last_used_and_stays_bounded_among_threads():
    kept: Recent[int] = Recent(3)
    made = []

    def make(n):
        made.append(n)
        return n

    for n in (1, 2, 3, 1, 4):
        assert kept.get(n, lambda n=n: make(n)) == n
    assert made == [1, 2, 3, 4]
    kept.get(1, lambda: make(1))
    kept.get(2, lambda: make(2))
    assert made == [1, 2, 3, 4, 2]

    def hammer():
        for n in range(300):
            assert kept.get(n % 7, lambda n=n: n % 7) == n % 7

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(kept) == 3
