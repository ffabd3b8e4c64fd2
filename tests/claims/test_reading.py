"""Slots: drugs, conditions, doses, numbers, certainty, type."""

from __future__ import annotations

import pytest

from aponia.claims import Checker
from aponia.claims.numbers import magnitudes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Pain fell by 50 to 75 percent in five amputees.",
            [(50, 75, "percent", "effect"), (5, None, "people", "size")],
        ),
        ("22 of 26 users said so.", [(22, 26, "of", "share")]),
        (
            "Attacks fell by about half for eight weeks.",
            [(50, None, "percent", "effect"), (56, None, "days", "duration")],
        ),
        ("3 fewer headache attacks per week", [(3, None, "attacks/week", "effect")]),
        ("A double-blind trial of 0.3 mg/kg in 2021", [(0.3, None, "mg/kg", "dose")]),
        ("56% of patients rated it", [(56, None, "percent", "share")]),
        ("a 42-year-old man", []),
        ("twenty micrograms, p = 0.03", [(20, None, "ug", "dose"), (0.03, None, "p", "p")]),
    ],
)
def test_numbers_are_read_with_what_they_count(
    text: str, expected: list[tuple[float, float | None, str, str]]
):
    assert [(m.value, m.high, m.unit, m.kind) for m in magnitudes(text)] == expected


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("Shrooms stop cluster headaches.", ("psilocybin",)),
        ("Hyaluronic acid relieves joint pain.", ()),
        ("Dropping acid eased the migraine.", ("lsd",)),
        ("Psychedelics such as LSD relieve pain.", ("lsd",)),
        ("COMP360 was tested in migraine.", ("psilocybin",)),
        ("Microdosing relieves pain.", ("psilocybin", "lsd")),
        ("Psychedelics relieve pain.", ("classic-psychedelics-mixed",)),
    ],
)
def test_drugs_by_any_name_but_not_by_everyday_words(
    checker: Checker, text: str, drugs: tuple[str, ...]
):
    assert checker.reader.read(text).substances == drugs


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("LSD for cluster headaches", "cluster-headache"),
        ("LSD lowered pain perception", "experimental-pain"),
        ("Ketamine for CRPS", "crps"),
        ("Psilocybin relieves chronic pain", "chronic-pain-mixed"),
        ("Psilocybin for depression", "none"),
    ],
)
def test_conditions(checker: Checker, text: str, condition: str):
    assert checker.reader.read(text).condition == condition


@pytest.mark.parametrize(
    ("text", "approach"),
    [
        ("10 mg of psilocybin", "psycholytic"),
        ("25 mg of psilocybin", "macrodose"),
        ("20 micrograms of LSD", "microdose"),
        ("tiny amounts of LSD", "microdose"),
        ("ketamine drips", "infusion"),
        ("psilocybin", "none"),
    ],
)
def test_dose_class_follows_the_amount(checker: Checker, text: str, approach: str):
    assert checker.reader.read(text).approach == approach


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Some patients say psilocybin stops their migraine.", "anecdotal"),
        ("Psilocybin might prevent migraine.", "may"),
        ("Evidence suggests psilocybin prevents migraine.", "suggests"),
        ("Psilocybin prevents migraine.", "shows"),
        ("Psilocybin is proven to prevent migraine.", "proves"),
    ],
)
def test_certainty_ladder(checker: Checker, text: str, step: str):
    assert checker.reader.read(text).certainty_wording == step


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Psilocybin reduces cluster headache attacks.", "efficacy"),
        ("Psilocybin relief lasts for months in migraine.", "durability"),
        ("Psilocybin promotes neuroplasticity.", "mechanism"),
        ("Psilocybin can cause nausea.", "safety"),
        ("Microdosing means taking a tenth of a dose.", "dose"),
        ("Psilocybin is illegal in the United States.", "legal"),
        ("A trial of psilocybin for fibromyalgia is recruiting.", "research-status"),
    ],
)
def test_types(checker: Checker, text: str, kind: str):
    assert checker.reader.read(text).claim_type == kind
