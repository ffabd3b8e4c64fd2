"""From the world, a question and a country to a brief; pure, the same for everyone."""

from __future__ import annotations

from aponia.answers import LAYERS, Answer, LayerAnswer
from aponia.answers.guard import without_doses
from aponia.answers.rows import number
from aponia.appraisal import Level
from aponia.site.briefs.context import law, options, trial_rows
from aponia.site.briefs.countries import Country
from aponia.site.briefs.model import Brief, Line, Section
from aponia.site.briefs.safety import excluded, interactions, urgent
from aponia.site.dates import written_date
from aponia.site.views.common import World

__all__ = ["make_brief"]

_STANDING = (
    "Information about research, not medical advice and not an offer of treatment.",
    "The same for everyone; what concerns you is filled in by hand. Legal status differs by country and is dated.",
    "Do not stop a medicine without the person who prescribed it.",
)
_UNRATED = {
    "only-weaker-layers": "Not rated: no randomised trial",
    "animals-only": "Not rated: animals only",
    "not-tested": "Not rated: nobody has tested this",
    "reviews-only": "Not rated: reviews only, single studies not gathered yet",
    "not-covered": "Not rated: not gathered here yet",
}
_NOTHING_TO_RATE = {
    "only-weaker-layers": "Certainty is given to randomised results only. The kinds of study there are can not tell the drug’s effect from hope, chance and time.",
    "animals-only": "Certainty is given to randomised results in people only.",
    "not-tested": "There is no result to rate.",
    "reviews-only": "The single studies behind the reviews have not been gathered here yet.",
    "not-covered": "The studies have not been gathered here yet.",
}
_FILLED: dict[Level, int] = {"very low": 1, "low": 2, "moderate": 3, "high": 4}
_DOWN = {-1: "serious concern", -2: "very serious concern", -3: "extremely serious concern"}
_ASK = (
    "Which treatments for this pain have better evidence, and have I tried them properly?",
    "Does anything in my history, or my family’s, match what trials left out?",
    "Do any of my medicines interact with these drugs, and what happens if one is missed?",
    "What would tell us that something helps or harms, and when would we stop?",
    "Is there a registered trial near me, and what does taking part involve?",
    "If ketamine is an option: who watches over it, how often, and for which harms?",
)
_BLANKS = (
    "My medicines, with herbs and what I buy myself",
    "My diagnoses; in my family: psychosis, bipolar disorder, heart disease",
    "What I have tried for this pain, and how it went",
)


def make_brief(
    world: World, question: str, country: Country | None = None, *, base_url: str | None = None
) -> Brief:
    """Return the two pages of a question before they are laid out.

    Parameters
    ----------
    world : World
        Base and answers.
    question : str
        Id of the question.
    country : Country, optional
        Whose law and lines of help to show; without one, lines to fill in.
    base_url : str, optional
        Address the site is published at. The QR code then leads to the question's page, with the
        version in the fragment. Without it the code holds an identifier:
        ``aponia:QUESTION@VERSION+DATA``.

    Raises
    ------
    ValueError
        No such question.
    """
    answer = world.answers.get(question)
    if answer is None:
        raise ValueError(f"question {question!r}: not known; `aponia ask` finds one by words")
    version = f"{world.data_version}+{world.base.digest[:12]}"
    if base_url:
        address = f"{base_url.rstrip('/')}/questions/{question}.html#v={version}"
    else:
        address = f"aponia:{question}@{version}"
    level = answer.certainty.level if answer.status == "answered" else None
    rows, others = trial_rows(world, answer)
    return Brief(
        id=question,
        country=country.code if country else None,
        country_name=country.name if country else "",
        version=version,
        released=written_date(world.released) or "undated",
        address=address,
        address_label="The page of this version, with every source"
        if base_url
        else "Identifier of this version",
        kicker="For your doctor",
        standing=_STANDING,
        ask=answer.ask,
        answer=without_doses(answer.sentences.plain),
        level=level,
        filled=_FILLED[level] if level else 0,
        level_word=f"{level.capitalize()} certainty" if level else _UNRATED[answer.status],
        why=_why(answer),
        size_title="What was measured",
        size=without_doses(answer.sentences.size),
        important=_important(answer),
        harm_title="Harms",
        harm=without_doses(answer.sentences.harm),
        layers=_layers(answer, short=False),
        layers_short=_layers(answer, short=True),
        excluded=excluded(world, answer),
        interactions=interactions(world, answer),
        urgent=urgent(world, answer, country),
        law=law(world, answer, country),
        options=options(world, answer, country),
        trials_title="Open trials, their criteria side by side",
        trials_intro=_trials_intro(len(rows), others),
        trials_heads=("Trial, status", "Takes", "Leaves out", "How", "Where, size, end"),
        trials=rows,
        trials_more="",
        questions=Section("Questions to ask", "", tuple(Line("", text) for text in _ASK)),
        blanks_title="To fill in by hand",
        blanks=(*_BLANKS, "My questions"),
    )


def _why(answer: Answer) -> tuple[str, ...]:
    if answer.status != "answered":
        return (_NOTHING_TO_RATE[answer.status],)
    reasons = tuple(
        f"{j.domain.capitalize()} ({_DOWN.get(j.levels, f'{j.levels:+d}')}): {j.reason}"
        for j in answer.certainty.judgements
        if j.levels
    )
    by = (
        "Suggested by rule, not yet confirmed by a reviewer."
        if answer.certainty.suggested
        else f"Judged by {answer.certainty.by}."
    )
    return (*reasons, by)


def _important(answer: Answer) -> str:
    found = answer.headline
    if found is None or not found.mid:
        return ""
    if found.mid_between:
        return f"A difference between groups of {number(found.mid)} {found.mid_unit} counts as important."
    return f"A change of {number(found.mid)} {found.mid_unit} is what one person calls much better; it is no threshold between groups."


def _layers(answer: Answer, *, short: bool) -> Section:
    lines = [
        Line(
            LAYERS[layer.layer].label,
            without_doses(_count(layer) if short else layer.sentence),
        )
        for layer in answer.layers
        if layer.studies
    ]
    empty = [LAYERS[layer.layer].label for layer in answer.layers if not layer.studies]
    if empty:
        lines.append(Line("Nothing in this base", "; ".join(_lower(e) for e in empty) + "."))
    return Section(
        "What each kind of study says",
        "Kinds of study are never added together. The first counts most."
        + (" Results of each kind are on the page." if short else ""),
        tuple(lines),
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _count(layer: LayerAnswer) -> str:
    """Return the first sentence of a layer, its number of studies and people."""
    return layer.sentence.split(". ")[0].split("; ")[0].rstrip(".") + "."


def _trials_intro(open_trials: int, others: int) -> str:
    rest = (
        f" {others} more registered {'trial has' if others == 1 else 'trials have'} ended, stopped or an unknown status; see the page."
        if others
        else ""
    )
    if not open_trials:
        return "No open trial of this is in the base." + rest
    return (
        "As registered, on the day the status was seen; to compare, not to match. Only the registry and the trial team can say who may take part."
        + rest
    )
