"""The design layers: what kind of study can say what. They never mix.

A study belongs to exactly one layer, decided by its design and by whether the people (or animals)
in it had the pain in question. Reviews are no layer: their studies would be counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aponia.evidence import Study

__all__ = ["LAYERS", "Layer", "LayerInfo", "layer_of"]


class Layer(StrEnum):
    """Kinds of study, strongest for a question of effect first."""

    RANDOMISED = "randomised"
    UNCONTROLLED = "uncontrolled"
    CASES = "cases"
    SURVEYS = "surveys"
    VOLUNTEERS = "volunteers"
    ANIMALS = "animals"


@dataclass(frozen=True)
class LayerInfo:
    """How a layer is named and what it can and can not tell.

    Attributes
    ----------
    layer : Layer
    label : str
        Plural noun phrase for headings.
    one : str
        The singular, for counts.
    says : str
        What studies of this kind can show.
    cannot : str
        What they can not show, however large they are.
    """

    layer: Layer
    label: str
    one: str
    says: str
    cannot: str


LAYERS: dict[Layer, LayerInfo] = {
    info.layer: info
    for info in (
        LayerInfo(
            Layer.RANDOMISED,
            "Randomised trials in people with this pain",
            "randomised trial",
            "Chance decided who got the drug, so a difference between groups can be put down to it.",
            "When people can feel which treatment they got, expectation is part of the difference.",
        ),
        LayerInfo(
            Layer.UNCONTROLLED,
            "Studies without random assignment",
            "study without random assignment",
            "What happened to people who got the drug, measured over time.",
            "Pain that is worst at the start tends to ease without treatment, and nobody knows what "
            "would have happened without the drug.",
        ),
        LayerInfo(
            Layer.CASES,
            "Case reports and series",
            "case report or series",
            "That something happened at least once, good or bad.",
            "How often it happens, or whether the drug was the reason.",
        ),
        LayerInfo(
            Layer.SURVEYS,
            "Surveys of people who used the drug",
            "survey",
            "What people who chose to answer say about their own use.",
            "What happened to those who did not answer, and whether the drug was the reason.",
        ),
        LayerInfo(
            Layer.VOLUNTEERS,
            "People without this pain",
            "study in people without this pain",
            "What the drug does in the body, the brain or in laboratory pain.",
            "Whether it helps anybody who lives with this pain.",
        ),
        LayerInfo(
            Layer.ANIMALS,
            "Animals and cells",
            "animal or cell study",
            "What is possible in a body that is not human.",
            "Whether the same happens in people.",
        ),
    )
}

_WITHOUT_PAIN = frozenset({"none", "experimental-pain"})


def layer_of(study: Study) -> Layer | None:
    """Return the layer a study belongs to; ``None`` for reviews, which are not counted again.

    A trial or cohort in people without the pain (healthy volunteers, other illnesses, laboratory
    pain) is in the volunteers' layer whatever its design. A mechanistic study *in patients* is
    a before–after study of them.
    """
    layer = Layer(study.layer) if study.layer else None
    if study.condition in _WITHOUT_PAIN:
        if layer in (Layer.RANDOMISED, Layer.UNCONTROLLED):
            return Layer.VOLUNTEERS
    elif study.design == "human-mechanistic":
        return Layer.UNCONTROLLED
    return layer
