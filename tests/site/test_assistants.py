"""The assistants' server over a real connection: every reply has sources, certainty and the notice; no doses."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

import aponia
from aponia.site.assistants.replies import as_given
from aponia.site.reading import NOTICE, refusal

CALLS = {
    "ask": {"question": "psilocybin for cluster headache"},
    "list_questions": {"substance": "LSD", "condition": "migraine"},
    "get_answer": {"id": "psilocybin-cluster-headache", "rows": True},
    "search_studies": {"substance": "psilocybin", "layer": "randomised"},
    "get_study": {"id": "schindler-2022-cluster-headache"},
    "search_trials": {"condition": "cluster headache", "running": True},
    "get_trial": {"id": "NCT02981173"},
    "trace": {"record": "schindler-2022-cluster-headache", "field": "outcomes[0].results[0].change_mean"},
    "search_facts": {"query": "lithium"},
    "interactions": {"substance": "psilocybin", "medicine": "escitalopram"},
    "legal_status": {"substance": "psilocybin", "place": "Australia"},
    "check_claims": {"claims": ["Psilocybin cures cluster headache."]},
}  # fmt: skip
WRONG = {
    "ask": {"question": "who won the football"},
    "get_answer": {"id": "no-such-answer"},
    "get_study": {"id": "../../etc/passwd"},
    "list_questions": {"substance": "psilosibin"},
    "search_facts": {"query": "x"},
    "check_claims": {},
    "trace": {"record": "NCT02981173", "field": "no.such.field"},
    "legal_status": {"substance": "unobtainium"},
}
DOSES = (
    ("get_study", {"id": "schindler-2022-cluster-headache"}),
    ("get_trial", {"id": "NCT02981173"}),
    ("search_facts", {"query": "occupancy", "substance": "psilocybin"}),
    ("trace", {"record": "schindler-2022-cluster-headache", "field": "arms"}),
)


@pytest.fixture(scope="module")
def told():
    """Everything a client hears in one session over standard input and output."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from aponia.cli import main; main()", "mcp"],
        # the client hands on few variables, so the code under test is named
        env={"PYTHONPATH": str(Path(aponia.__file__).parents[1])},
    )
    heard = {"good": {}, "wrong": {}, "doses": [], "resources": {}}

    async def talk():
        async with Client(server, read_timeout_seconds=60) as client:
            heard["tools"] = (await client.list_tools()).tools
            heard["instructions"] = client.instructions
            for name, arguments in CALLS.items():
                heard["good"][name] = await client.call_tool(name, arguments)
            for name, arguments in WRONG.items():
                heard["wrong"][name] = await client.call_tool(name, arguments)
            for name, arguments in DOSES:
                heard["doses"].append(await client.call_tool(name, arguments))
            heard["asked_dose"] = await client.call_tool(
                "ask", {"question": "how much psilocybin should I take for cluster headache?"}
            )
            for address in (
                "aponia://about", "aponia://questions", "aponia://answers/psilocybin-migraine",
            ):  # fmt: skip
                heard["resources"][address] = (await client.read_resource(address)).contents[0].text

    # In a thread of its own: the browser tests keep a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, talk).result()
    return heard


def test_every_tool_is_tried_and_only_reads(told):
    assert {t.name for t in told["tools"]} == set(CALLS)
    for tool in told["tools"]:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint
        assert len(tool.description) > 30
    assert "not medical advice" in told["instructions"]


@pytest.mark.parametrize("name", CALLS)
def test_a_reply_has_notice_certainty_sources_and_the_state_of_the_evidence(told, name):
    result = told["good"][name]
    assert not result.is_error, result.content
    reply = result.structured_content
    assert reply["notice"] == NOTICE
    assert reply["certainty"]
    assert len(reply["evidence"]["digest"]) == 64
    if name == "list_questions":
        assert all(q["certainty"] for q in reply["questions"])
    else:
        assert reply["sources"]
    # the text, which older clients read, says the same
    assert json.loads(result.content[0].text)["notice"] == NOTICE


def test_an_answer_is_told_with_its_certainty_harms_and_layers(told):
    reply = told["good"]["ask"].structured_content
    assert reply["certainty"]["level"] == "very low"
    assert "very uncertain" in reply["say_with_certainty"]["plain"]
    assert reply["harms"]
    assert reply["layers"][0]["layer"] == "randomised"
    assert reply["refused"] is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_told_in_one_message_without_a_trace(told, name):
    result = told["wrong"][name]
    assert result.is_error
    said = result.content[0].text
    assert "Traceback" not in said
    assert "/work" not in said
    assert len(said) > 40


def test_doses_are_refused_and_named_only_as_what_a_study_gave(told):
    asked = told["asked_dose"].structured_content
    assert "No dose is given here" in asked["refused"]
    assert asked["certainty"]["level"] == "very low"
    for result in told["doses"]:
        assert not result.is_error
        text = result.content[0].text
        assert not re.search(r'"(?:dose|doses_text|dose_\w+)":', text)
        assert "what the trial gave" in text or "the_study_gave" in text
    assert (
        "0.143 mg/kg" in told["doses"][0].structured_content["study"]["arms"][0]["the_study_gave"]
    )
    tables = next(t for t in told["tools"] if t.name == "search_facts").input_schema
    assert "dose_bands" not in json.dumps(tables)
    assert "dose_equivalence" not in json.dumps(tables)


def test_interactions_find_the_group_of_a_medicine_and_never_hide_the_rest(told):
    reply = told["good"]["interactions"].structured_content
    assert "psilocybin-escitalopram-rct" in {r["id"] for r in reply["interactions"]}
    assert "psilocybin-ssri-survey" in {r["id"] for r in reply["interactions"]}
    assert "classic-lithium-seizure" in {r["id"] for r in reply["others"]}
    assert reply["trials_leave_out"]
    assert "never studied" in reply["note"]


def test_resources_carry_the_same_frame(told):
    for text in told["resources"].values():
        reply = json.loads(text)
        assert reply["notice"] == NOTICE
        assert reply["certainty"]


def test_doses_are_put_into_words_wherever_they_stand():
    arm = {"id": "a", "dose": 10.0, "dose_unit": "mg", "doses": 3, "n": 5}
    assert as_given({"arms": [arm]}) == {
        "arms": [{"id": "a", "n": 5, "the_study_gave": "10 mg; 3 times"}]
    }
    assert as_given({"dose_low": 1.0, "dose_high": 2.5, "dose_unit": "mg"}) == {
        "the_study_gave": "1 to 2.5 mg"
    }
    assert as_given({"dose": None, "dose_unit": None, "n": 1}) == {"n": 1}


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("how much psilocybin should I take", True),
        ("What dose of LSD for migraine?", True),
        ("how many grams of mushrooms", True),
        ("how to microdose for back pain", True),
        ("can I take ketamine with sertraline", True),
        ("how much does ketamine reduce pain", False),
        ("does a full dose of psilocybin help cluster headache", False),
        ("microdose lsd for migraine", False),
        ("how many people were studied", False),
    ],
)
def test_what_asks_for_a_dose_is_known(text, refused):
    assert (refusal(text) is not None) is refused
