"""The three mechanisms: each a chain from the bench to relief, with the missing link named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from aponia.answers.mechanism import CHAIN, Chain, ChainLink, Finding, chain
from aponia.answers.mechanism_direct import Direct, direct
from aponia.answers.mechanism_relations import relation
from aponia.answers.mechanism_rule import LinkState, weight
from aponia.answers.mechanism_words import (
    IDEAS,
    NAMES,
    SPECIES,
    chain_title,
    counts_words,
    direct_sentence,
    experience_title,
    ketamine_sentence,
    link_sentence,
    link_title,
    missing_sentences,
    people_words,
    relation_title,
    state_word,
)
from aponia.answers.rows import number
from aponia.evidence import Study, Trial
from aponia.site.charts import Figure, Link, Row, Table
from aponia.site.charts.mechanism_glyphs import Glyph
from aponia.site.charts.mechanism_graph import (
    GraphStep,
    MechanismGraph,
    mechanism_figure,
)
from aponia.site.render import Page
from aponia.site.views.common import World
from aponia.site.views.mechanism_tables import finding_table, marker_table, relation_figure

__all__ = ["mechanism_files", "mechanism_pages"]

_DRAWN = ("animals", "volunteers", "patients", "together")
_ASKS = {
    "animals": "Does the drug move the marker in cells or animals?",
    "volunteers": "Does it in people without this pain?",
    "patients": "Does it in people with pain?",
    "together": "Does the marker go with relief, in the same people?",
}
_GLYPHS: dict[str, Glyph] = {
    "animals": "animal",
    "volunteers": "person",
    "patients": "patient",
    "together": "relief",
}
_SUBTITLE = (
    "One mark a study: full for the link, half mixed, ring no difference, cross against, bar not told. "
    "Large marks are reviews; small ones have no comparison group or were read at second hand."
)
_STOPPED = frozenset({"Terminated", "Withdrawn"})
#: Words in a trial's own record that show it measures something of the mechanism.
_MEASURES = {
    "plasticity": re.compile(r"\bf?MRI\b|neuroimaging|imaging|\bEEG\b|connectivity|\bBDNF\b", re.I),
    "inflammation": re.compile(
        r"\bCRP\b|cytokine|inflamm|interleukin|\bIL-6\b|\bTNF\b|\bblood\b", re.I
    ),
    "affective": re.compile(r"depress|mood|anxiet|catastroph|distress", re.I),
}


def mechanism_pages(world: World) -> list[Page]:
    """Return the page of each mechanism and their index.

    Parameters
    ----------
    world : World

    Returns
    -------
    list of Page
        Three pages and the index.
    """
    asked = direct(world.base, world.answers, "psychedelic")
    pages, cards = [], []
    whole = False
    for question in world.base.questions.values():
        if question.mechanism is None:
            continue
        name = question.mechanism
        found = chain(world.base, name)
        graph = mechanism_figure(_graph(found, asked, _SUBTITLE))
        whole = whole or all(found.links[key].state is LinkState.SHOWN for key in _DRAWN)
        cards.append(
            {
                "name": NAMES[name],
                "href": f"{name}.html",
                "idea": IDEAS[name],
                "graph": mechanism_figure(_graph(found, asked, "")),
                "missing": missing_sentences(found)[0],
            }
        )
        pages.append(
            Page(
                f"mechanisms/{name}.html",
                "mechanism.html",
                NAMES[name],
                f"{chain_title(found)}.",
                "mechanisms",
                {
                    "name": NAMES[name],
                    "idea": IDEAS[name],
                    "answer": world.answers[question.id],
                    "graph": graph,
                    "missing": missing_sentences(found),
                    "steps": [_step(world, found.links[key], name) for key in CHAIN],
                    "direct": direct_sentence(asked),
                    "markers": marker_table(found),
                    "ketamine": ketamine_sentence(found),
                    "ketamine_table": _table(
                        world, "The same chain for ketamine", found.ketamine.values()
                    ),
                    "relations": _relations(world, found),
                    "receptor": _receptor(world) if name == "plasticity" else None,
                    "needed": _needed(world) if name == "affective" else None,
                    "trials": _trials(world, name),
                    "disagreements": _disagreements(found),
                    "question": f"../questions/{question.id}.html",
                    "downloads": [
                        {"label": "This chain as JSON", "href": f"{name}.json"},
                        {
                            "label": "Every finding as CSV",
                            "href": "../data/mechanism_findings.csv",
                        },
                    ],
                },
            )
        )
    pages.append(
        Page(
            "mechanisms/index.html",
            "mechanisms.html",
            "Mechanisms",
            "Three ideas of how psychedelics might relieve pain, and where each chain breaks.",
            "mechanisms",
            {
                "cards": cards,
                "whole": whole,
                "marks": _SUBTITLE,
                "direct": direct_sentence(asked),
                "elsewhere": _elsewhere(world),
            },
        )
    )
    return pages


def mechanism_files(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield each chain as JSON, for the place beside its page: (path, content)."""
    for question in world.base.questions.values():
        if question.mechanism is not None:
            found = chain(world.base, question.mechanism)
            data = {
                **found.to_dict(),
                "title": chain_title(found),
                "missing": list(missing_sentences(found)),
                "data_changed": world.released,
            }
            text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
            yield f"mechanisms/{question.mechanism}.json", text.encode()


def _graph(found: Chain, asked: Direct, subtitle: str) -> MechanismGraph:
    steps = []
    for key in _DRAWN:
        link = found.links[key]
        glyph = _GLYPHS[key]
        if glyph == "animal" and link.cells:
            glyph = "animal-cell"
        steps.append(
            GraphStep(
                link_title(link) if key != "together" else "together with relief",
                glyph,
                link.state.value,
                state_word(link),
                [(vote.direction, vote.weight) for vote in link.votes.values()],
                _who(link),
                _ASKS[key],
            )
        )
    return MechanismGraph(chain_title(found), subtitle, steps, _short(asked))


def _who(link: ChainLink) -> str:
    if not link.votes:
        return ""
    if link.link in ("animals", "animals-pain"):
        return f"{', '.join(SPECIES[s] for s in link.species)}; {people_words(link)}"
    return people_words(link)


def _short(asked: Direct) -> str:
    if not asked.trials:
        return "no randomised trial in people with pain."
    return f"{len(asked.trials)} randomised trials of pain itself, {asked.people} people; {asked.best} certainty."


def _step(world: World, link: ChainLink, mechanism: str) -> dict[str, Any]:
    return {
        "id": link.link,
        "title": link_title(link),
        "state": state_word(link),
        "kind": "accent" if link.state.strength >= 2 else "",
        "sentence": link_sentence(mechanism, link),
        "table": finding_table(
            world, link_title(link), link.findings, f"{counts_words(link)}; {_who(link)}."
        )
        if link.findings
        else None,
    }


def _table(world: World, caption: str, links: Any) -> Table | None:
    findings = [f for link in links for f in link.findings]
    return finding_table(world, caption, findings) if findings else None


def _relations(world: World, found: Chain) -> dict[str, Any] | None:
    rows: list[Finding] = [*found.links["together"].findings, *found.beside]
    experience: Figure | Table | None = None
    if found.mechanism == "affective":
        acute = chain(world.base, "experience")
        asked = [*acute.links["together"].findings, *acute.beside]
        if asked:
            experience = relation_figure(experience_title(f.row.direction for f in asked), asked)
    if not rows and experience is None:
        return None
    return {
        "figure": relation_figure(_relation_title(rows), rows) if rows else None,
        "experience": experience,
    }


def _relation_title(findings: list[Finding]) -> str:
    studies = {f.study.id for f in findings}
    printed = {f.study.id for f in findings if relation(f).r is not None}
    return relation_title(len(studies), len(printed))


def _receptor(world: World) -> dict[str, Any] | None:
    found = chain(world.base, "serotonin")
    animals, pain = found.links["animals"], found.links["animals-pain"]
    if not (animals.votes or pain.votes):
        return None
    blockers = [r for r in world.base.interactions if "5-HT2A antagonist" in (r.class_ or "")]
    nmda = [a for a in world.base.analogues if "NMDA" in a.class_]
    return {
        "pain": finding_table(
            world,
            "Was the 5-HT2A receptor needed for the effect on pain, in animals?",
            pain.findings,
        ),
        "blocked": bool(found.links["blocked"].votes),
        "pain_counts": counts_words(pain),
        "other": finding_table(
            world, "Was it needed for growth or for calming inflammation?", animals.findings
        ),
        "other_counts": counts_words(animals),
        "blockers": Table(
            "Blocking the receptor in people",
            ("Drug blocked", "With", "What came out", "People", "Source"),
            [
                Row(
                    (
                        world.labels("substances", r.substances),
                        r.drug,
                        r.effect,
                        str(r.n) if r.n else None,
                        Link(r.source_url.removeprefix("https://").split("/")[0], r.source_url),
                    )
                )
                for r in blockers
            ],
            note="Healthy volunteers; the felt effect was measured, not pain.",
        )
        if blockers
        else None,
        "nmda": [a.compound for a in nmda],
    }


def _needed(world: World) -> dict[str, Any] | None:
    link = chain(world.base, "experience").links["needed"]
    if not link.votes:
        return None
    humans = [f for f in link.findings if f.row.species == "human"]
    animals = [f for f in link.findings if f.row.species != "human"]
    return {
        "people": finding_table(world, "People: relief with and without the experience", humans),
        "animals": finding_table(world, "Animals and cells: nearest to the question", animals),
        "controlled": any(weight(f.study) for f in humans),
        "free": sum(a.hallucinogenic == "no" for a in world.base.analogues),
    }


def _trials(world: World, mechanism: str) -> list[dict[str, Any]]:
    """List registered trials whose own record names a measure of this mechanism."""
    pattern = _MEASURES[mechanism]

    def names_it(trial: Trial) -> bool:
        return bool(
            pattern.search(
                " ".join((trial.title, trial.design or "", *(trial.primary_outcomes or ())))
            )
        )

    return [
        {
            "text": trial.id,
            "href": f"../trials/{trial.id}.html",
            "title": trial.title,
            "drugs": world.labels("substances", trial.substances),
            "status": trial.status or "status not known",
        }
        for trial in world.base.trials.values()
        if trial.status not in _STOPPED and names_it(trial)
    ]


def _disagreements(found: Chain) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for link in (*found.links.values(), *found.ketamine.values()):
        for finding in link.findings:
            for d in finding.study.disagreements:
                if not d.field.startswith(("outcomes", "findings", "population.n")):
                    continue
                seen[f"{finding.study.id} {d.field}"] = {
                    "label": finding.study.label,
                    "href": f"../studies/{finding.study.id}.html",
                    "about": _about(finding.study, d.field),
                    "sides": [f"{_value(v.value)} ({v.source})" for v in d.values],
                }
    return list(seen.values())


def _value(value: object) -> str:
    return number(float(value)) if isinstance(value, int | float) else str(value)


def _about(study: Study, field: str) -> str:
    match = re.match(r"outcomes\[(\d+)\]", field)
    if match and int(match[1]) < len(study.outcomes):
        return study.outcomes[int(match[1])].name
    return "number of people" if field.startswith("population") else field


def _elsewhere(world: World) -> list[dict[str, str]]:
    found = chain(world.base, "pain")
    return [
        {
            "title": {"animals": "Pain in animals", "volunteers": "Laboratory pain in people"}[key],
            "text": link_sentence("pain", found.links[key]),
            "counts": f"{counts_words(found.links[key])}; {people_words(found.links[key])}",
        }
        for key in ("animals", "volunteers")
    ]
