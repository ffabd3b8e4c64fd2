"""The API as a program uses it, over a real connection: lists, documents, forms, errors, limits."""

from __future__ import annotations

import csv
import io
import json
import re

import httpx
import pytest
from typer.testing import CliRunner

from aponia.answers.guard import check_page
from aponia.cli.main import app as cli
from aponia.evidence import TABLES
from aponia.site import reading
from aponia.site.app import AppConfig
from aponia.site.app.api.models import TableName
from aponia.site.app.world import load_world

PROBLEM = "application/problem+json"
LISTS = (
    "questions", "answers", "studies", "trials", "facts", "facts/interactions", "facts/legal_status",
    "facts/receptor_occupancy", "facts/contraindications", "map", "answers/psilocybin-migraine/rows",
)  # fmt: skip
CLAIM = "Psilocybin cures cluster headache."
STUDIES = [
    {"label": "A", "events1": 8, "total1": 12, "events2": 3, "total2": 12},
    {"label": "B", "events1": 15, "total1": 30, "events2": 9, "total2": 31},
    {"label": "C", "events1": 4, "total1": 20, "events2": 4, "total2": 21},
]


RATES = {"check": "1000/minute", "pool": "1000/minute", "search": "1000/minute"}


@pytest.fixture(scope="module")
def client(serve, tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "s.sqlite"
    config = AppConfig(
        database=f"sqlite:///{path}", background=False, rates=RATES, article_bytes=20_000,
        pdf_bytes=60_000,
    )  # fmt: skip
    with (
        serve(config) as (address, _),
        httpx.Client(base_url=f"{address}/api/v1/", timeout=60) as made,
    ):
        made.headers["Accept"] = "*/*"
        yield made


@pytest.fixture(scope="module")
def world():
    return load_world()


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.text)))


def is_problem(answer, code):
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == code
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"][-1] in ".?!"
    return body["detail"]


def test_the_index_leads_everywhere(client):
    index = client.get("").json()
    assert index["evidence"]["licence"] == "CC-BY-4.0"
    assert "CC BY 4.0" in index["citation"]
    for name, path in index["links"].items():
        answer = client.get(httpx.URL(str(client.base_url)).join(path))
        # those that need a question or a body say so; nothing leads nowhere
        assert answer.status_code == {"ask": 422, "trace": 422, "claims/check": 405, "pool": 405}.get(name, 200), path  # fmt: skip


def test_every_table_is_named_in_the_types():
    assert set(TableName.__args__) == set(TABLES)


@pytest.mark.parametrize("path", LISTS)
def test_pages_of_a_list_add_up_to_the_list_and_to_its_csv(client, path):
    whole = client.get(path, params={"limit": 500}).json()
    assert whole["total"] == len(whole["items"])
    assert whole["notice"] == reading.NOTICE
    found, href = [], f"/api/v1/{path}?limit=7"
    while href:
        answer = client.get(httpx.URL(str(client.base_url)).join(href))
        found += answer.json()["items"]
        assert answer.headers["x-total-count"] == str(whole["total"])
        assert answer.headers["link"] == ", ".join(
            f'<{to}>; rel="{rel}"' for rel, to in answer.json()["links"].items()
        )
        href = answer.json()["links"].get("next")
    assert found == whole["items"]
    by_name = client.get(f"{path}.csv")
    assert by_name.headers["content-type"].startswith("text/csv")
    assert len(rows_of(by_name)) == whole["total"]
    assert client.get(path, headers={"Accept": "text/csv;q=0.9, application/json;q=0.1"}).text == by_name.text  # fmt: skip
    assert client.get(path, params={"format": "csv"}).text == by_name.text
    first = next(iter(whole["items"][0]))
    assert [str(i[first]) for i in whole["items"]] == [r[first] for r in rows_of(by_name)]
    assert client.get(f"{path}.json", params={"limit": 500}).json()["items"] == whole["items"]


def test_a_page_past_the_end_is_empty_and_leads_back(client):
    beyond = client.get("studies", params={"page": 9000}).json()
    assert beyond["items"] == []
    assert client.get(httpx.URL(str(client.base_url)).join(beyond["links"]["prev"])).json()["items"]


def test_an_empty_list_as_csv_still_has_its_columns(client):
    answer = client.get("trials.csv", params={"q": "no such words anywhere"})
    assert answer.text.startswith("id,title,status")
    assert rows_of(answer) == []


def test_filters_narrow_and_agree_with_the_base(client, world):
    def ids(path, **wanted):
        return {i["id"] for i in client.get(path, params={"limit": 500, **wanted}).json()["items"]}

    studies = world.base.studies.values()
    assert ids("studies", substance="LSD") == {s.id for s in studies if "lsd" in s.substances}
    assert ids("studies", condition="Cluster headache", design="survey") == {
        s.id for s in studies if s.condition == "cluster-headache" and s.design == "survey"
    }
    assert ids("studies", since=2024) == {s.id for s in studies if s.year and s.year >= 2024}
    assert ids("trials", running="true") | ids("trials", running="false") == set(world.base.trials)
    assert ids("answers", certainty="very low") <= set(world.answers)
    assert ids("studies", q="schindler 2022") == {"schindler-2022-cluster-headache"}
    # what is feared of all classic psychedelics is feared of psilocybin
    assert "classic-lithium-seizure" in ids("facts/interactions", substance="psilocybin")


def test_a_misspelt_filter_is_an_error_not_an_empty_list(client):
    said = is_problem(client.get("studies", params={"condition": "migrane"}), 422)
    assert "migraine" in said


def test_a_parameter_nobody_reads_or_given_twice_is_an_error(client):
    assert "'condtion'" in is_problem(client.get("studies", params={"condtion": "migraine"}), 422)
    assert "more than once" in is_problem(client.get("studies?substance=lsd&substance=mdma"), 422)
    assert "takes none" in is_problem(client.get("vocabulary?x=1"), 422)
    assert client.get("studies.csv?page=1&limit=5").status_code == 200


def test_sorting_is_stable_and_unknown_values_come_last(client):
    years = [s["year"] for s in client.get("studies", params={"sort": "-year", "limit": 500}).json()["items"]]  # fmt: skip
    known = [y for y in years if y is not None]
    assert known == sorted(known, reverse=True)
    assert years[: len(known)] == known


def test_an_answer_is_whole_and_names_sources_warnings_and_certainty(client, world):
    for answer_id, made in world.answers.items():
        doc = client.get(f"answers/{answer_id}").json()
        assert {k: doc[k] for k in made.to_dict()} == json.loads(json.dumps(made.to_dict()))
        assert doc["notice"] == reading.NOTICE
        assert len(doc["warnings"]) == 3
        named = {s for layer in made.layers for s in layer.studies} | {*made.reviews, *made.trials}
        assert {s["id"] for s in doc["sources"]} == named
        assert all(s["url"].startswith("http") for s in doc["sources"])


def test_records_are_those_of_the_base(client, world):
    for study in list(world.base.studies.values())[::20]:
        doc = client.get(f"studies/{study.id}.json").json()
        assert doc["record"] == json.loads(study.model_dump_json(by_alias=True))
        assert "no recommendation" in doc["doses"]
    doc = client.get("trials/NCT02981173").json()
    assert doc["record"]["id"] == "NCT02981173"
    row = world.base.interactions[0]
    doc = client.get(f"facts/interactions/{row.id}").json()
    assert doc["record"]["id"] == row.id


def test_numbers_of_crisis_lines_from_elsewhere_are_not_given(client, world):
    given = {i["id"] for i in client.get("facts/crisis_lines").json()["items"]}
    assert given == {c.id for c in world.base.crisis_lines if c.shown}


def test_asking_in_words(client):
    doc = client.get("ask", params={"q": "psilocybin for cluster headaches"}).json()
    assert doc["answer"]["id"] == "psilocybin-cluster-headache"
    assert doc["refused"] is None
    doc = client.get("ask", params={"q": "what dose of psilocybin for cluster headache"}).json()
    assert "No dose is given" in doc["refused"]
    assert "nearest" in is_problem(client.get("ask", params={"q": "who won the match"}), 404)


def test_the_way_back_of_a_number(client):
    doc = client.get("trace", params={
        "record": "schindler-2022-cluster-headache", "field": "outcomes[0].results[0].change_mean",
    }).json()  # fmt: skip
    assert doc["value"] == -3.2
    assert doc["sources"]
    assert "has no field" in is_problem(client.get("trace", params={"record": "NCT02981173", "field": "x"}), 404)  # fmt: skip


def test_what_is_known_is_not_sent_again(client):
    first = client.get("answers/psilocybin-migraine")
    tag = first.headers["etag"]
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get("answers/psilocybin-migraine", headers={"If-None-Match": asked})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
    other = client.get("answers/psilocybin-migraine", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
    tags = {client.get(p).headers["etag"] for p in ("studies", "studies.csv", "studies?page=2")}
    assert len(tags) == 3


def test_head_and_options(client):
    got, head = client.get("studies"), client.head("studies")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]
    asked = client.options("studies")
    assert asked.status_code == 204
    assert asked.headers["allow"] == "GET, HEAD, OPTIONS"


def test_pages_of_other_sites_read_the_evidence_and_nothing_else(client):
    origin = {"Origin": "https://example.org"}
    for path in ("studies", "answers/psilocybin-migraine", "openapi.json", "no-such"):
        answer = client.get(path, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    ask = origin | {"Access-Control-Request-Method": "GET"}
    assert client.options("studies", headers=ask).status_code == 200
    ask["Access-Control-Request-Method"] = "POST"
    for path in ("studies", "claims/check", "pool", "screening/projects"):
        answer = client.options(path, headers=ask)
        assert "POST" not in answer.headers.get("access-control-allow-methods", "")
        assert not answer.is_success
    for path in ("screening/projects", "claims/check", "pool"):
        answer = client.get(path, headers=origin)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    for path, body in (("claims/check", {"claims": [CLAIM]}), ("pool", {"studies": STUDIES})):
        answer = client.post(path, json=body, headers=origin)
        assert "another site" in is_problem(answer, 403)
        assert "access-control-allow-origin" not in answer.headers


def test_every_error_is_a_problem(client):
    is_problem(client.get("no/such/place"), 404)
    is_problem(client.get("studies/no-such-study"), 404)
    is_problem(client.get("facts/interactions/no-such-row"), 404)
    is_problem(client.get("answers/x/rows.csv"), 404)
    refused = client.delete("studies")
    is_problem(refused, 405)
    assert refused.headers["allow"] == "GET"
    is_problem(client.get("studies", headers={"Accept": "image/png"}), 406)
    is_problem(client.get("studies/x", headers={"Accept": "text/csv"}), 406)
    is_problem(client.get("studies", headers={"Accept": "application/json;q=0, image/*"}), 406)
    for wrong in (
        {"limit": 0},
        {"limit": 501},
        {"page": "x"},
        {"year": 1},
        {"design": "guess"},
        {"sort": "x"},
    ):
        is_problem(client.get("studies", params=wrong), 422)
    is_problem(client.get("studies", headers={"Host": "evil.example"}), 421)
    is_problem(client.post("pool", content=b"x" * 300_000, headers={"Content-Type": "application/json"}), 413)  # fmt: skip
    is_problem(client.post("pool", content=b"y,v", headers={"Content-Type": "text/csv"}), 415)
    is_problem(client.post("pool", content=b"{", headers={"Content-Type": "application/json"}), 422)
    is_problem(client.post("claims/check", content=b"Hello", headers={"Content-Type": "text/plain"}), 415)  # fmt: skip
    for body in (
        {},
        {"claims": []},
        {"claims": ["x"] * 51},
        {"text": "a", "claims": ["b"]},
        {"dose": 5},
        [],
    ):
        is_problem(client.post("claims/check", json=body), 422)


def test_claims_are_judged_like_in_the_terminal(client, tmp_path):
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps({"id": 1, "claim": CLAIM}) + "\n")
    printed = json.loads(CliRunner().invoke(cli, ["check", "--claims", str(file), "--json"]).stdout)
    doc = client.post("claims/check", json={"claims": [CLAIM]}).json()
    found = doc["claims"][0]
    assert {k: found[k] for k in printed} == printed
    assert found["text"] == CLAIM
    assert found["certainty"] == "very low"
    assert doc["notice"] == reading.NOTICE


ARTICLE = "# Psilocybin and pain\n\nPsilocybin cures cluster headache. Ketamine was given to 60 people with CRPS.\n"


def test_an_article_is_judged_like_in_the_terminal_sent_as_text_or_file(client, tmp_path):
    file = tmp_path / "a.md"
    file.write_text(ARTICLE)
    printed = json.loads(CliRunner().invoke(cli, ["check", str(file), "--json"]).stdout)
    as_text = client.post("claims/check", json={"text": ARTICLE}).json()
    as_file = client.post("claims/check", files={"file": ("a.md", ARTICLE)}).json()
    assert as_text == as_file
    for claim in as_text["claims"]:
        assert "certainty" in claim
        del claim["certainty"]
    assert {k: as_text[k] for k in printed} == printed


def test_what_can_not_be_an_article_is_refused(client):
    def send(data, name="a"):
        return client.post("claims/check", files={"file": (name, data)})

    assert "picture" in is_problem(send(b"\x89PNG\r\n\x1a\n" + b"0" * 50), 422)
    assert "can not be read" in is_problem(send(b"%PDF-1.7 broken"), 422)
    is_problem(send(b"a" * 20_001), 413)
    is_problem(send(b"%PDF-1.7" + b"a" * 60_000), 413)
    is_problem(send(b"a" * 200_000), 413)
    is_problem(client.post("claims/check", json={"text": "a" * 20_001}), 413)
    is_problem(client.post("claims/check", files={"other": ("a", b"a")}), 422)
    is_problem(client.post("claims/check", data={"file": "text"}), 415)


def test_pooling_is_that_of_the_terminal(client, tmp_path):
    file = tmp_path / "t.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, STUDIES[0])
        writer.writeheader()
        writer.writerows(STUDIES)
    ran = CliRunner().invoke(cli, ["pool", str(file), "--measure", "OR", "--test", "knha", "--labels", "label", "--json"])  # fmt: skip
    printed = json.loads(ran.stdout)
    doc = client.post("pool", json={"measure": "OR", "test": "knha", "studies": STUDIES}).json()
    for name in set(printed) - {"used"}:
        assert doc[name] == printed[name], name
    assert "odds ratio" in doc["scale"]
    assert doc["bayes"]["k"] == 3
    assert len(doc["effects"]) == 3
    without = client.post("pool", json={"measure": "OR", "studies": STUDIES, "bayes": False}).json()
    assert without["bayes"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"studies": [{"y": 1.0, "v": -1.0}, {"y": 2.0, "v": 1.0}]}, "varianc"),
        ({"studies": [{"y": 1.0}]}, "either v"),
        ({"studies": [{"y": 1.0, "v": 1.0, "mean1": 1.0}]}, "without a measure"),
        ({"studies": STUDIES}, "without a measure"),
        ({"studies": STUDIES, "measure": "NOPE"}, "NOPE"),
        ({"studies": STUDIES, "measure": "SMD"}, "mean1"),
        ({"studies": [{"label": "a"}]}, "no number"),
        ({"studies": []}, "at least 1"),
        ({"studies": [{"y": 0.0, "v": 1.0}] * 501}, "at most 500"),
        ({"studies": [{"y": "1", "v": 1.0}]}, "valid number"),
        ({"studies": [{"y": 1.0, "v": 1.0}], "tau_prior": "cake(3)"}, "cake"),
    ],
)
def test_what_can_not_be_pooled_is_told(client, body, said):
    assert said.lower() in is_problem(client.post("pool", json=body), 422).lower()


def test_who_asks_too_often_waits(serve, tmp_path):
    config = AppConfig(
        database=f"sqlite:///{tmp_path}/s.sqlite", background=False,
        rates={"check": "2/minute", "pool": "1/minute", "search": "1/minute"},
    )  # fmt: skip
    with serve(config) as (address, _), httpx.Client(base_url=f"{address}/api/v1/") as client:
        for path, times in (("claims/check", 2), ("pool", 1)):
            body = {"claims": ["A."]} if times == 2 else {"studies": [{"y": 0.0, "v": 1.0}]}
            for _ in range(times):
                assert client.post(path, json=body).status_code == 200
            answer = client.post(path, json=body)
            is_problem(answer, 429)
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert client.get("ask", params={"q": "psilocybin migraine"}).status_code == 200
        is_problem(client.get("ask", params={"q": "psilocybin migraine"}), 429)
        assert client.get("studies").status_code == 200


def test_the_page_for_people_lists_every_call_and_keeps_the_rules(client):
    answer = client.get(httpx.URL(str(client.base_url)).join("/api/"))
    assert answer.status_code == 200
    assert check_page("api/index.html", answer.text, patient=True) == []
    assert not re.search(r"<script|style=|<style|https?://(?!127|creativecommons)", answer.text)
    for path in client.get("openapi.json").json()["paths"]:
        assert path in answer.text
    assert len(answer.content) < 60_000


def test_openapi_names_no_person_and_every_error_is_described(client):
    schema = client.get("openapi.json").json()
    assert "contact" not in schema["info"]
    assert schema["info"]["license"]["name"].startswith("CC BY 4.0")
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], path
            assert operation["description"], path
            for code, response in operation["responses"].items():
                if int(code) >= 400:
                    assert list(response["content"]) == [PROBLEM], (method, path, code)
            assert {"405", "421"} <= set(operation["responses"])
