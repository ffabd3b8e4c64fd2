"""The search page and its JSON: a plain form, counts announced, nothing of the query taken as code."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from starlette.testclient import TestClient

from aponia.answers.guard import check_page
from aponia.site.app import AppConfig, create_app

RATES = {"check": "1000/minute", "pool": "100000/minute", "search": "100000/minute"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    config = AppConfig(
        database=f"sqlite:///{tmp_path_factory.mktemp('search')}/a.db",
        hosts=("127.0.0.1",),
        rates=RATES,
    )
    app = create_app(config)
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found
    app.state.desk.close()
    app.state.engine.dispose()


def page(client, **query):
    answer = client.get("/search", params=query)
    assert answer.status_code == 200, answer.text
    assert check_page("search", answer.text, patient=True) == []
    return html.document_fromstring(answer.text)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "psilocybin cluster headache"},
        {"q": "ketamine", "kind": "study", "at": "2"},
        {"q": "cluser headake"},
        {"q": "xyzzyqwv"},
        {"q": "ketamine cures pain", "kind": "fact"},
        {"substance": "mdma"},
        {"q": "psilocybin", "condition": "no-such-condition"},
    ],
)
def test_every_kind_of_page_says_how_much_was_found(client, query):
    tree = page(client, **query)
    said = tree.xpath("normalize-space(//main//*[@role='status'])")
    assert bool(said) == bool(query)
    assert len(tree.xpath("//main//form[@method='get'][@action='/search']")) == 1
    assert tree.xpath("//@id") == list(dict.fromkeys(tree.xpath("//@id")))
    assert not tree.xpath("//*[@style or @onclick]|//script[not(@src)]")


def test_a_question_is_told_by_its_own_sentence_with_its_certainty(client):
    tree = page(client, q="psilocybin cluster headache")
    hit = tree.xpath("//ol[@data-search-results]/li")[0]
    assert hit.get("data-certainty") == "very low"
    assert "The evidence is very uncertain" in hit.text_content()
    assert hit.xpath(".//a[@class='hit']/@href") == ["/questions/psilocybin-cluster-headache.html"]


def test_filters_are_fields_of_the_form_and_can_be_taken_away(client):
    tree = page(client, q="ketamine", kind="study", condition="crps")
    chosen = tree.xpath("//main//select/option[@selected]/@value")
    assert {"study", "crps"} <= set(chosen)
    away = tree.xpath("//ul[@aria-label='Filters set']//a/@href")
    assert away == ["/search?q=ketamine&condition=crps", "/search?q=ketamine&kind=study"]


def test_json_says_the_same_as_the_page(client):
    body = client.get("/search.json", params={"q": "magic mushrooms migraine"}).json()
    tree = page(client, q="magic mushrooms migraine")
    assert [h["url"] for h in body["hits"]] == tree.xpath("//ol[@data-search-results]//a/@href")
    assert f"{body['total']} results" in tree.xpath("string(//*[@role='status'])")
    assert body["hits"][0]["id"] == "psilocybin-migraine"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(text=st.text(max_size=60))
def test_a_query_is_shown_as_text_and_never_breaks_the_page(client, text):
    wild = f"{text}<script>alert(1)</script>\"'><img src=x>"
    tree = page(client, q=wild)
    assert not tree.xpath("//script[not(@src)]|//img")


def test_wrong_numbers_are_refused_in_words(client):
    answer = client.get("/search", params={"q": "x", "at": "-1"})
    assert answer.status_code == 422
    assert "at: input should be greater" in answer.text.lower()


def test_the_rate_is_bounded(tmp_path):
    config = AppConfig(database=f"sqlite:///{tmp_path}/a.db", hosts=("127.0.0.1",), rates=RATES | {"search": "2/minute"})  # fmt: skip
    app = create_app(config)
    with TestClient(app, base_url="http://127.0.0.1") as one:
        codes = [one.get("/search?q=x").status_code for _ in range(3)]
    app.state.desk.close()
    app.state.engine.dispose()
    assert codes == [200, 200, 429]
