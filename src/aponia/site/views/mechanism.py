"""The three mechanisms: who showed what, in whom, for and against, and the missing link."""

from __future__ import annotations

from aponia.answers import LAYERS, Layer, layer_of
from aponia.answers.select import eligible_outcomes
from aponia.site.charts import Link, Row, Table
from aponia.site.render import Page
from aponia.site.views.common import World

__all__ = ["mechanism_pages"]

_NAMES = {
    "plasticity": (
        "Plasticity",
        "neuroplasticity",
        "The idea: these drugs let nerve cells form new connections, and pain circuits change with them.",
    ),
    "inflammation": (
        "Inflammation",
        "inflammation",
        "The idea: these drugs calm inflammation, and with it pain.",
    ),
    "affective": (
        "The emotional side of pain",
        "affective",
        "The idea: these drugs change fear, mood and meaning, so that the same pain weighs less.",
    ),
}
_STEPS = (
    (Layer.ANIMALS, "In animals and cells"),
    (Layer.VOLUNTEERS, "In people without this pain"),
    (None, "In people with pain"),
)


def mechanism_pages(world: World) -> list[Page]:
    """Return the page of each mechanism and their index."""
    pages, links = [], []
    for question in world.base.questions.values():
        if question.mechanism is None:
            continue
        name, theme, idea = _NAMES[question.mechanism]
        answer = world.answers[question.id]
        entries = {e.study: e for e in world.base.mechanism_index if theme in e.themes}
        measured = {
            s.id
            for s in world.base.studies.values()
            if s.condition not in ("none", "experimental-pain")
            and layer_of(s) not in (None, Layer.ANIMALS)
            and eligible_outcomes(s, question)
            and set(s.substances) & set(question.substances)
        }
        chain = []
        for layer, title in _STEPS:
            rows = []
            for sid in sorted({*entries, *measured}):
                study = world.base.studies[sid]
                if _step_of(layer_of(study), study.condition) is not layer:
                    continue
                entry = entries.get(sid)
                rows.append(
                    Row(
                        (
                            Link(study.label, f"../studies/{sid}.html"),
                            world.labels("substances", study.substances),
                            entry.headline if entry else " ".join(study.findings[:1]),
                            {
                                "supports": "supports",
                                "against": "speaks against",
                                "mixed": "mixed",
                            }.get(entry.direction, "–")
                            if entry
                            else "measured beside pain",
                        )
                    )
                )
            chain.append(
                {
                    "title": title,
                    "table": Table(title, ("Study", "Drugs", "What it found", "The idea"), rows)
                    if rows
                    else None,
                    "counts": _counts(rows),
                }
            )
        reviews = [
            {
                "label": world.base.studies[e.study].label,
                "href": f"../studies/{e.study}.html",
                "headline": e.headline,
                "direction": e.direction,
            }
            for e in entries.values()
            if layer_of(world.base.studies[e.study]) is None
        ]
        path = f"mechanisms/{question.mechanism}.html"
        links.append(
            {
                "name": name,
                "href": f"{question.mechanism}.html",
                "plain": answer.sentences.plain,
                "size": answer.sentences.size,
                "idea": idea,
            }
        )
        pages.append(
            Page(
                path,
                "mechanism.html",
                name,
                answer.sentences.plain,
                "mechanisms",
                {
                    "name": name,
                    "idea": idea,
                    "answer": answer,
                    "chain": chain,
                    "reviews": reviews,
                    "question": f"../questions/{question.id}.html",
                    "layers": LAYERS,
                },
            )
        )
    pages.append(
        Page(
            "mechanisms/index.html",
            "mechanisms.html",
            "Mechanisms",
            "Three ideas of how psychedelics might relieve pain.",
            "mechanisms",
            {"links": links},
        )
    )
    return pages


def _step_of(layer: Layer | None, condition: str) -> Layer | str | None:
    if layer is Layer.ANIMALS:
        return Layer.ANIMALS
    if layer is Layer.VOLUNTEERS or (
        layer is not None and condition in ("none", "experimental-pain")
    ):
        return Layer.VOLUNTEERS
    return "review" if layer is None else None


def _counts(rows: list[Row]) -> str:
    words = [str(r.cells[3]) for r in rows]
    parts = [
        f"{words.count(w)} {w if words.count(w) == 1 else {'supports': 'support', 'speaks against': 'speak against'}.get(w, w)}"
        for w in ("supports", "speaks against", "mixed", "measured beside pain")
        if w in words
    ]
    return ", ".join(parts) if parts else "nothing in this base"
