"""Every sentence about a link of a mechanism's chain. The state decides the words.

No sentence here says that a drug does something to pain, and none calls a link that was not seen
absent: "nobody has looked" and "was not seen" are different sentences.
"""

from __future__ import annotations

from collections.abc import Iterable

from aponia.answers.mechanism import Chain, ChainLink
from aponia.answers.mechanism_direct import Direct
from aponia.answers.mechanism_rule import Direction, LinkState
from aponia.answers.prose import capital, count, join, word

__all__ = [
    "IDEAS",
    "MARKERS",
    "NAMES",
    "SPECIES",
    "chain_title",
    "counts_words",
    "direct_sentence",
    "experience_title",
    "ketamine_sentence",
    "link_sentence",
    "link_title",
    "missing_sentences",
    "people_words",
    "relation_title",
    "state_word",
]

NAMES = {
    "plasticity": "Plasticity",
    "inflammation": "Inflammation",
    "affective": "The emotional side of pain",
}
IDEAS = {
    "plasticity": "The idea: these drugs let nerve cells form new connections, and pain circuits change with them.",
    "inflammation": "The idea: these drugs calm inflammation, and with it pain.",
    "affective": "The idea: these drugs change fear, mood and meaning, so that the same pain weighs less.",
}
#: What is looked for, as it completes "… was seen in mice", and as one side of a tie.
_SIGN = {
    "plasticity": "a sign of plasticity",
    "inflammation": "less inflammation",
    "affective": "better mood or less distress",
    "pain": "less pain",
}
_TIED = {"plasticity": "plasticity", "inflammation": "inflammation", "affective": "mood"}
_LINK_TITLES = {
    "animals": "In cells and animals",
    "animals-pain": "Together with pain-like behaviour, in the same animals",
    "volunteers": "In people without pain",
    "patients": "In people with pain",
    "together": "Together with relief, in the same people with pain",
    "needed": "Is the experience needed?",
}
_WHERE = {
    "animals": "cells and animals",
    "animals-pain": "animals",
    "volunteers": "people without pain",
    "patients": "people with pain",
    "together": "people with pain",
}
MARKERS = {
    "synapses": "synapses",
    "bdnf": "BDNF",
    "learning": "a window for learning",
    "eeg-ltp": "an EEG index of plasticity",
    "networks": "brain activity",
    "crp": "CRP",
    "il-6": "interleukin-6",
    "tnf": "TNF",
    "cytokines": "other cytokines",
    "airway": "inflamed airways",
    "mood": "mood",
    "fear": "distress",
    "acceptance": "acceptance",
    "5-ht2a": "the 5-HT2A receptor",
    "intensity": "strength of the acute experience",
    "analogue": "a drug without hallucinations",
    "small-dose": "doses below hallucination",
    "full-dose": "large against small doses",
    "plasticity": "plasticity",
    "inflammation": "inflammation",
    "touch": "pain from touch",
    "heat": "pain from heat",
    "cold": "pain from cold",
    "formalin": "formalin in the paw",
    "several": "several tests",
}
SPECIES = {
    "human": "people",
    "mouse": "mice",
    "rat": "rats",
    "pig": "pigs",
    "animals": "animals and cells",
    "cells": "cells",
}


_STATE_WORDS = {
    LinkState.SHOWN: "seen",
    LinkState.MIXED: "disputed",
    LinkState.NOT_SHOWN: "hints only",
    LinkState.NULL: "not seen",
    LinkState.NOT_STUDIED: "no study here",
}


def state_word(link: ChainLink) -> str:
    """Name the state of a link in a word or two.

    Parameters
    ----------
    link : ChainLink

    Returns
    -------
    str
        ``result not told`` when it was measured and the text read does not say which way.
    """
    if link.state is LinkState.NOT_SHOWN and {v.direction for v in link.votes.values()} == {
        "unclear"
    }:
        return "result not told"
    return _STATE_WORDS[link.state]


def counts_words(link: ChainLink) -> str:
    """Count the studies of a link by direction.

    Parameters
    ----------
    link : ChainLink

    Returns
    -------
    str
        Such as "3 for, 1 mixed, 2 without a difference"; "no study" when there is none.
    """
    names = {
        "supports": "for",
        "mixed": "mixed",
        "null": "no difference",
        "against": "against",
        "unclear": "unclear",
    }
    parts = [f"{n} {names[d]}" for d, n in link.counts.items() if n]
    return ", ".join(parts) if parts else "no study"


def people_words(link: ChainLink) -> str:
    """Say how many people or animals a link rests on, and how much of that was not read."""
    if not link.votes:
        return "nobody"
    human = link.species == ("human",)
    one, many = ("person", "people") if human else ("animal", "animals")
    if not link.people:
        return f"number of {many} not read"
    text = f"{link.people:,}".replace(",", "\u2009") + f" {one if link.people == 1 else many}"
    if link.unsized:
        text += f"; {link.unsized} of {len(link.votes)} studies give no number"
    return text


def link_title(link: ChainLink) -> str:
    """Name a link as a heading.

    Parameters
    ----------
    link : ChainLink

    Returns
    -------
    str
        Names cells only where some of it was seen in cells.
    """
    if link.link == "animals" and link.votes and not link.cells:
        return "In animals"
    return _LINK_TITLES[link.link]


def _where(link: ChainLink) -> str:
    if link.link == "animals" and link.votes and not link.cells:
        return "animals"
    return _WHERE[link.link]


def _sign(mechanism: str, link: str) -> str:
    if link == "animals-pain":
        return f"a tie between {_TIED[mechanism]} and pain-like behaviour"
    if link == "together":
        return f"a tie between {_TIED[mechanism]} and relief"
    return _SIGN[mechanism]


def link_sentence(mechanism: str, link: ChainLink) -> str:
    """Say in one or two sentences how well a link holds.

    Parameters
    ----------
    mechanism : str
    link : ChainLink

    Returns
    -------
    str
        Worded by the state of the link.
    """
    sign, where = _sign(mechanism, link.link), _where(link)
    favour = link.counts["supports"]
    if link.state is LinkState.NOT_STUDIED:
        return f"No study in this base looked for {sign} in {where}."
    if link.state is LinkState.SHOWN:
        text = (
            f"{capital(count(favour, 'study', 'studies'))} saw {sign} in {where}, and none in this base "
            "failed to see it. Studies that see nothing are published less often."
        )
    elif link.state is LinkState.MIXED:
        text = f"Studies disagree. {_disagreeing(link, sign, where)}"
    elif link.state is LinkState.NULL:
        text = (
            f"{capital(count(len(link.votes), 'study', 'studies'))} looked for {sign} in {where}, and it was "
            "not seen. Something not seen in so little work may still be there."
        )
    else:
        text = _not_shown(link, sign, where)
    return text + _reviews(link)


def _disagreeing(link: ChainLink, sign: str, where: str) -> str:
    kinds: tuple[tuple[Direction, str], ...] = (
        ("mixed", "with results on both sides"),
        ("null", "that saw no difference"),
        ("against", "that saw the opposite"),
    )
    rest = [
        f"{count(link.counts[key], 'study', 'studies')} {text}"
        for key, text in kinds
        if link.counts[key]
    ]
    favour = link.counts["supports"]
    if not favour:
        return f"No study plainly saw {sign} in {where}: there is {join(rest)}."
    return (
        f"{capital(count(favour, 'study', 'studies'))} saw {sign} in {where}, beside {join(rest)}."
    )


def _reviews(link: ChainLink) -> str:
    if not link.reviews:
        return ""
    if link.reviews == len(link.votes) == 1:
        return " It is a review of several studies."
    if link.reviews == 1:
        return " One of them is a review, which may hold others of these studies."
    return f" {capital(word(link.reviews))} of them are reviews, which may hold others of these studies."


def _not_shown(link: ChainLink, sign: str, where: str) -> str:
    counts = link.counts
    if not (counts["supports"] or counts["mixed"]):
        studies = count(len(link.votes), "study", "studies")
        return (
            f"{capital(studies)} measured both in {where}, but whether one followed the other was not told."
            if link.link == "animals-pain"
            else f"{capital(studies)} measured it in {where}, but the text read does not say which way it moved."
        )
    against = counts["null"] + counts["against"]
    text = f"Hints only: {count(counts['supports'] + counts['mixed'], 'study', 'studies')} in {where} told of {sign}"
    if against:
        text += f", beside {count(against, 'study', 'studies')} that did not"
    if link.carried:
        return text + "; that is too few with a comparison."
    if link.link == "together":
        return text + ". None is a randomised trial that could be read at first hand."
    return text + ". None had a comparison and could be read at first hand."


def direct_sentence(found: Direct) -> str:
    """Say what trials of the drugs themselves found for pain, worded by the best certainty."""
    if not found.trials:
        return "No randomised trial of these drugs in people with pain is in this base."
    text = (
        f"{capital(count(len(found.trials), 'randomised trial'))} with {found.people:,} people measured pain itself"
    ).replace(",", "\u2009")
    if found.best == "very low":
        return f"{text}; for every question they were asked, the evidence is very uncertain."
    return f"{text}; the best certainty any question reached is {found.best}."


def experience_title(directions: Iterable[Direction]) -> str:
    """Say whether relief went with the strength of the acute experience, counting studies.

    Parameters
    ----------
    directions : iterable of str
        One a study, towards "it went with it".

    Returns
    -------
    str
        Without a full stop.
    """
    found = tuple(directions)
    without = sum(d in ("null", "against") for d in found)
    with_it = sum(d == "supports" for d in found)
    if without and with_it:
        return (
            f"Relief went with the strength of the experience in {count(with_it, 'study', 'studies')} and did not "
            f"in {count(without, 'study', 'studies')}"
        )
    if without:
        return (
            f"In {count(without, 'small study', 'small studies')} relief was not seen to follow the strength of the "
            "experience"
        )
    if with_it:
        return f"In {count(with_it, 'study', 'studies')} relief went with the strength of the experience"
    return "Nobody has compared relief with the strength of the experience"


def relation_title(told: int, printed: int) -> str:
    """Say how many studies told whether two things went together, and how many gave a figure."""
    text = f"{capital(count(told, 'study', 'studies'))} told whether they went together"
    if printed == told:
        return text
    return f"{text}; {word(printed)} printed a figure"


def ketamine_sentence(chain: Chain) -> str:
    """Say in one line what the same chain looks like for ketamine."""
    links = [link for link in chain.ketamine.values() if link.votes]
    if not links:
        return "Ketamine: no study of this mechanism is in this base."
    parts = [
        f"{'people with no long-lasting pain' if link.link == 'volunteers' else _where(link)}"
        f"{', tied to relief' if link.link == 'together' else ''}: {state_word(link)} "
        f"({counts_words(link)})"
        for link in links
    ]
    return f"Ketamine acts on another receptor and is kept apart. In {'; in '.join(parts)}."


_ANIMAL_TITLE = {
    LinkState.SHOWN: "Seen in {a}",
    LinkState.MIXED: "Disputed in {a}",
    LinkState.NOT_SHOWN: "Hinted at in {a}",
    LinkState.NULL: "Not seen in {a}",
    LinkState.NOT_STUDIED: "Not studied here in {a}",
}
_VOLUNTEER_TITLE = {
    LinkState.SHOWN: "and in people without pain",
    LinkState.MIXED: "disputed in people without pain",
    LinkState.NOT_SHOWN: "hinted at in people without pain",
    LinkState.NULL: "not seen in people without pain",
    LinkState.NOT_STUDIED: "not studied here in people without pain",
}
_RELIEF_TITLE = {
    LinkState.SHOWN: "in people with pain it goes with relief",
    LinkState.MIXED: "in people with pain, studies disagree whether it goes with relief",
    LinkState.NOT_SHOWN: "in people with pain, only hints tie it to relief",
    LinkState.NULL: "in people with pain, {n} looked for a tie to relief and saw none",
    LinkState.NOT_STUDIED: "in people with pain, no study here has tied it to relief",
}


def chain_title(chain: Chain) -> str:
    """Give the finding of a whole chain as one sentence.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    str
        Without a full stop.
    """
    animals, people = chain.links["animals"], chain.links["volunteers"]
    first = _ANIMAL_TITLE[animals.state].format(a=_where(animals))
    if animals.state is people.state:
        middle = "and in people without pain"
        glue = " "
    else:
        middle = _VOLUNTEER_TITLE[people.state]
        glue = " " if people.state is LinkState.SHOWN else ", "
    relief = chain.links["together"]
    last = _RELIEF_TITLE[relief.state].format(n=count(len(relief.votes), "study", "studies"))
    return f"{first}{glue}{middle}; {last}"


def missing_sentences(chain: Chain) -> tuple[str, ...]:
    """Name the missing links, from what the base does not hold.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    tuple of str
        One sentence each, the nearest to patients first; empty only when every link is shown.
    """
    found: list[str] = []
    together, patients = chain.links["together"], chain.links["patients"]
    never = join([MARKERS[m] for m in chain.never_in_patients], "or")
    if never or not together.votes:
        found.append(
            f"No study in this base measured {never or _TIED[chain.mechanism]} and pain in the same people and related "
            "the two."
        )
    if together.votes and together.state is not LinkState.SHOWN:
        found.append(
            f"No randomised trial that could be read at first hand related a change in {_measured(together)} to a "
            "change in pain in the same people."
        )
    if patients.votes and not patients.carried:
        found.append(
            f"In people with pain, {_measured(patients)} {'was' if len(_kinds(patients)) == 1 else 'were'} followed "
            "only without a comparison group, or told at second hand."
        )
    if not chain.links["blocked"].votes:
        found.append(
            f"No trial in this base blocked the change in {_TIED[chain.mechanism]}, or brought it about in another way, and then "
            "measured pain in people. Only that could tell a cause from a companion."
        )
    return tuple(found)


def _kinds(link: ChainLink) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.row.marker for f in link.findings))


def _measured(link: ChainLink) -> str:
    return join([MARKERS[m] for m in _kinds(link)], "and")
