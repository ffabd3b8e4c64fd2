"""Verdicts: each rule by a claim of its kind; no wrong claim is called supported."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.claims import ISSUES, VERDICTS, Checker

WRONG = [
    "Ketamine is FDA-approved for the treatment of chronic pain.",
    "The FDA granted psilocybin breakthrough therapy status for cluster headache.",
    "Australian psychiatrists can now prescribe psilocybin for chronic pain.",
    "Psilocybin is legal throughout the United States.",
    "Psilocybin has no side effects.",
    "Magic mushrooms are completely safe and risk-free.",
    "Psilocybin does not raise blood pressure.",
    "Combining lithium with psychedelics is safe.",
    "You can take LSD while on lithium without any problem.",
    "Ketamine is not addictive.",
    "Psilocybin cures cluster headaches.",
    "A randomized trial showed psilocybin significantly reduced cluster headache attacks.",
    "15 micrograms of LSD increased pain tolerance in a randomised trial with healthy volunteers.",
    "Ketamine works by activating NMDA receptors.",
    "Each patient in the migraine trial took 3 g of pure psilocybin.",
    "The Yale cluster headache trial gave 40 mg of psilocybin.",
    "100 micrograms of LSD is a microdose.",
    "No controlled trial of psilocybin for cluster headache exists.",
    "Psilocybin causes schizophrenia in one in ten users.",
    "Psilocybin relieves low back pain.",
    "DMT eases chronic pain.",
    "Rats given DMT tolerated heat longer, so neuropathy patients may benefit.",
    "By rewiring the brain, psilocybin treats the cause of chronic pain.",
    "Psychedelics are safer than opioids for chronic pain.",
    "All seven amputees became pain free on LSD in a 1977 study.",
    "A trial of 462 patients showed that ketamine cream relieves chemotherapy neuropathy.",
    "Psilocybin had no effect on any pain model in rats or mice in any study.",
    "Around 40% of people who take lithium with psilocybin feel better for it.",
    "Lamotrigine is just as likely as lithium to cause a seizure with psychedelics.",
    "The best dose of psilocybin for migraine is 2 grams of dried mushrooms.",
    "In Oregon, licensed shops sell psilocybin mushrooms to take home.",
    "Chronic pain is a qualifying condition under New Mexico's psilocybin law.",
    "The only side effects of ketamine are nausea and dizziness.",
    "The effects of psilocybin last for three days.",
    "Psilocybin may help people with inflammatory bowel disease by lowering TNF-alpha.",
    "Psilocybin works better than ketamine for complex regional pain syndrome.",
    "One infusion of esketamine keeps fibromyalgia pain away for eight weeks.",
    "The trip is essential for the relief psilocybin brings in migraine.",
    "By calming the default mode network psilocybin breaks the cycle of back pain.",
    "The FDA made ketamine a breakthrough therapy for nerve pain.",
    "LSD can repair damaged nerves in the brain.",
]

EXPECTED = [
    (
        "Each participant in the study swallows five grams of synthetic psilocybin.",
        "contradicted",
        "unit-error",
    ),
    (
        "Psilocybin reduces the frequency of cluster headache attacks.",
        "partly-supported",
        "not-significant",
    ),
    (
        "Psilocybin reduced pain severity in fibromyalgia patients.",
        "partly-supported",
        "uncontrolled",
    ),
    (
        "In an open-label study of five people with fibromyalgia, psilocybin was followed by less pain.",
        "supported",
        None,
    ),
    (
        "Psilocybin relief in the cluster headache trial ranged from 1.9 to 8.3 attacks per week.",
        "contradicted",
        "misread-statistic",
    ),
    ("Psilocybin received approval for pain from the FDA.", "contradicted", "wrong-condition"),
    ("Psilocybin is a Schedule I controlled substance in the United States.", "supported", None),
    ("Psilocybin can cause nausea and headache.", "supported", None),
    ("People with schizophrenia should not take psilocybin.", "supported", None),
    ("SSRIs may weaken the effects of psilocybin.", "supported", None),
    ("LSD is active at the serotonin 5-HT2A receptor.", "supported", None),
    ("Psilocybin increases the density of dendritic spines.", "partly-supported", "omits-species"),
    (
        "In mice, psilocybin increased the density of dendritic spines by about 10 percent.",
        "supported",
        None,
    ),
    ("Some patients say that magic mushrooms stopped their cluster headaches.", "supported", None),
    ("A trial of LSD for cluster headache is recruiting in Basel.", "supported", None),
    ("Psychedelics will revolutionise pain medicine.", "not-checkable", "prediction"),
    ("Our retreat helps guests release pain naturally.", "not-checkable", "promotion"),
    ("Oxford researchers are testing psilocybin for sciatica.", "unverified", None),
    ("Psilocybin relieves depression.", "unverified", None),
    ("The effects of psilocybin last about six hours.", "supported", None),
    ("An LSD trip lasts 8 to 12 hours.", "supported", None),
    (
        "Most clinical trials of psilocybin give 25 milligrams.",
        "supported",
        None,
    ),
    (
        "Ketamine works in CRPS by blocking NMDA receptors and so resetting the pain pathways.",
        "partly-supported",
        "mechanism-leap",
    ),
    (
        "Psilocybin eases the pain of fibromyalgia, migraine and low back pain.",
        "partly-supported",
        "not-tested-in-condition",
    ),
    (
        "Psilocybin may ease fibromyalgia pain, but the evidence is limited and larger trials are needed.",
        "supported",
        None,
    ),
    ("Cochrane proved that ketamine is useless for chronic pain.", "partly-supported", None),
    (
        "Whether microdosing prevents cluster headache is still an open question.",
        "supported",
        None,
    ),
    (
        "A nurse from Leeds says her migraines were gone for a year after one trip on mushrooms.",
        "not-checkable",
        "anecdote",
    ),
    ("Mushrooms have been used against pain for thousands of years.", "unverified", None),
    ("Phantom limb pain affects about two in three amputees.", "supported", None),
    ("Phantom limb pain affects one in ten amputees.", "contradicted", "wrong-number"),
    (
        "In a trial, escitalopram did not reduce the positive effects of psilocybin.",
        "supported",
        None,
    ),
    (
        "Ketamine is approved as an anaesthetic, and doctors also use it off-label for pain.",
        "supported",
        None,
    ),
    (
        "It remains to be seen whether psychedelics will replace opioids.",
        "not-checkable",
        "prediction",
    ),
    (
        "The 2022 cluster headache paper by Schindler was published in the New England Journal of Medicine.",
        "contradicted",
        "fabricated-citation",
    ),
]


@pytest.mark.parametrize("claim", WRONG)
def test_a_wrong_claim_is_never_called_supported(checker: Checker, claim: str):
    assert checker.claim(claim)[1].name not in ("supported", "not-checkable")


@pytest.mark.parametrize(("claim", "verdict", "issue"), EXPECTED)
def test_rules(checker: Checker, claim: str, verdict: str, issue: str | None):
    found = checker.claim(claim)[1]
    assert found.name == verdict
    assert issue is None or issue in found.issues


ALL = WRONG + [c for c, _, _ in EXPECTED]


@pytest.mark.parametrize("claim", ALL)
def test_case_and_irrelevant_sentences_change_nothing(checker: Checker, claim: str):
    verdict = checker.claim(claim)[1].name
    assert checker.claim(claim.upper())[1].name == verdict
    assert checker.claim(claim.lower())[1].name == verdict
    assert (
        checker.claim(f"The weather was fine that day. {claim} Many readers wrote to us.")[1].name
        == verdict
    )


_SYNONYMS = {
    "psilocybin": ("psilocybine", "COMP360"),
    "LSD": ("lysergic acid diethylamide", "lysergide"),
    "cluster headache": ("Horton headache", "suicide headache", "histamine headache"),
    "fibromyalgia": ("fibromyalgia syndrome", "FMS"),
    "ketamine": ("ketamine hydrochloride",),
}


@pytest.mark.parametrize("claim", ALL)
def test_a_synonym_changes_nothing(checker: Checker, claim: str):
    verdict = checker.claim(claim)[1].name
    for term, others in _SYNONYMS.items():
        for other in others:
            assert checker.claim(re.sub(rf"\b{term}\b", other, claim))[1].name == verdict, other


@pytest.mark.parametrize("claim", ALL)
def test_proven_never_improves_a_claim(checker: Checker, claim: str):
    rank = {"supported": 2, "partly-supported": 1}
    before = rank.get(checker.claim(claim)[1].name, 0)
    for stronger in (
        f"It is proven that {claim[0].lower()}{claim[1:]}",
        f"{claim.rstrip('.')}, this is proven.",
        f"Proven: {claim}",
    ):
        assert rank.get(checker.claim(stronger)[1].name, 0) <= before, stronger


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_the_order_of_two_statements_does_not_matter(checker: Checker, one: str, other: str):
    forward = checker.claim(f"{one} {other}")[1].name
    back = checker.claim(f"{other} {one}")[1].name
    assert forward == back


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_verdict_of_the_list(checker: Checker, text: str):
    found = checker.claim(text)[1]
    assert found.name in VERDICTS
    assert set(found.issues) <= set(ISSUES)
    assert found.name != "supported" or found.evidence


def test_supported_always_names_its_evidence(checker: Checker):
    for claim in ALL:
        found = checker.claim(claim)[1]
        assert found.name != "supported" or all(e.url.startswith("http") for e in found.evidence)
        assert found.explanation
