"""What sort of statement a claim is: its type, direction, population and step on the certainty ladder."""

from __future__ import annotations

import re

from aponia.claims.lexicon import CERTAINTY_WORDS, CUES, HARM_WORDS, find_cues
from aponia.claims.model import ClaimType, Direction, Magnitude, Population

__all__ = ["certainty_of", "direction_of", "population_of", "type_of"]


def population_of(
    lower: str, designs: frozenset[str], conditions: tuple[str, ...]
) -> tuple[Population, bool]:
    """Return whom a claim is about, and whether its words say so."""
    if "animal" in designs:
        return "animals", True
    if "cells" in designs:
        return "cells", True
    if "volunteers" in designs:
        return "volunteers", True
    if conditions == ("experimental-pain",):
        return "volunteers", False
    return "patients", bool(
        re.search(r"\bpatients?\b|people with|sufferers|amputees|adults with", lower)
    )


_SHOWN = re.compile(
    r"(?<!\w)(?:(?:has|have|been|was|were|is|are) )?(?:shown|found|demonstrated)\b|\bshow(?:s|ed)?\b|\bfound\b|\bdemonstrat\w+"
)


def certainty_of(lower: str, designs: frozenset[str], kind: str) -> tuple[int, bool]:
    """Return the step on the ladder; a hedge anywhere in the clause takes the whole of it down."""
    words = find_cues(lower, CERTAINTY_WORDS)
    boosted = "boost" in words
    firm = "proves" in words
    if "anecdote" in words and not firm and "rct" not in designs:
        return 0, boosted
    if "may" in words:
        step = 2 if firm else 1
    elif firm:
        step = 4
    elif "suggests" in words or (
        re.search(r"(?<!\w)can\b(?! cause| lead| trigger| be )", lower)
        and not _SHOWN.search(lower)
        and kind not in ("safety", "legal", "availability", "research-status", "dose")
    ):
        step = 2
    else:
        step = 3
    return min(4, step + boosted), boosted


_RELIEF = re.compile(
    r"\b(?:reliev|relief|reduc|eas(?:e|es|ed|ing)\b|help|effective|efficac|works?\b|worked|improv|treat|prevent|painkill|analges|abort|fewer|halv|lower|less pain|cure|heal)"
)


def _relief(lower: str) -> int:
    """Where the first word of help stands."""
    found = _RELIEF.search(lower)
    return found.start() if found else 10_000


def _first(lower: str, *names: str) -> int:
    places = [m.start() for n in names if (m := re.search(rf"(?<!\w)(?:{CUES[n]})", lower))]
    return min(places, default=10_000)


_MEETS = re.compile(
    r"(?:stronger|intensif\w+|potentiat\w+)|(?:reduce|lessen|change|alter|affect) the (?:\w+ )?effects?|stay on|keep taking|continue (?:taking|their|to take)|weaken|blunt|dampen|interfer|combin|mix(?:ed|ing)?\b|taking .* (?:with|and)|taken with|together|while (?:on|taking)|people (?:on|taking)|reduce the effects?|lessen the effects?|block"
)


_CAUSES = re.compile(
    r"\b(?:causes?|caused|causing|leads? to|triggers?|triggered|damages?|kills?|induces?)\b"
)


_LEADING = re.compile(r"^(?:by|through|via|thanks to|because of|while|although)\b[^,]{0,120},\s*")


_FOUND = re.compile(
    r"\b(?:(?:did not|didn't|failed to|no better than|not better than) beat|beat\b|outperform\w*|did no better|no better than|gone\b|vanish\w*|disappear\w*|had (?:\w+ )?(?:less|fewer)|than placebo|found|showed|shows|show|shown|reported(?: that)?|demonstrat\w+|reduced|lowered|cut\b|fell|dropped|improved|relieved|eased|halved|had fewer|had less|experienced|led to|resulted|rated|benefit(?:ed|ted)|worked|said|discovered|reveal\w+|concluded|suggest(?:s|ed|ing)?)\b"
)


_NO_ANXIETY = re.compile(
    r"(?:relie|reduc|eas|lower|help|treat|improv|less)\w*\b[^.;]{0,40}\b(?:anxiety|depress|distress|fear)"
)


def type_of(
    lower: str,
    cues: frozenset[str],
    designs: frozenset[str],
    numbers: tuple[Magnitude, ...],
    pain: bool,
    drug: bool,
    medicine: bool,
) -> ClaimType:
    """Return the type of a claim: which question it must answer."""
    lead = _LEADING.match(lower)
    way = lead is not None and find_cues(
        re.sub(r"serotonin\w*", "", lead.group()), {"m": CUES["mechanism-main"]}
    )
    if way and pain and drug and re.match(r"by|through|via|because", lower):
        return "mechanism"
    main = _LEADING.sub("", lower)
    main = re.split(r",? (?:where|in which)\b|, (?:offering|making|providing|giving)\b", main)[0]
    pain = pain or "pain" in cues
    moved = (
        pain
        and drug
        and re.search(
            r"\b(?:chang|affect|alter|differ|influenc)\w*\W+(?:\w+\W+){0,3}?(?:pain|toleran|threshold|attack|scor|sensitiv|signif)|"
            r"\beffects? on\b|\bchange in\b",
            main,
        )
    )
    effect = (pain and (bool({"benefit", "hope"} & cues) or bool(moved))) or (
        "analgesic-use" in cues and drug
    )
    sized = any(
        m.kind in ("effect", "share")
        and m.unit in ("percent", "of", "fold", "attacks/week", "points", "days")
        for m in numbers
    )
    if "legal" in cues and not re.search(
        r"(?:fda|dea|government|federally|ethics)[- ](?:approved|sanctioned|cleared) (?:\w+ )?(?:stud|trial|research)|approved (?:\w+ )?(?:stud|trial|research|protocol)",
        lower,
    ):
        weak = re.sub(
            r"designat\w+|permit\w*|prescri\w+|regulat\w+|licen\w+|approved (?:treatments?|medic\w+|drugs?|therap\w+)",
            "",
            lower,
        )
        if find_cues(weak, {"legal": CUES["legal"]}) or not effect:
            return "legal"
    if (
        not drug
        and not medicine
        and not designs
        and ("epidemiology" in cues or any(m.kind in ("share", "size") for m in numbers))
        and not cues & {"study-specific", "legal", "ongoing"}
        and not ("benefit" in cues and "trial" in cues)
    ):
        return "research-status"
    if re.search(
        r"\b(?:was|were|is|been|appeared|has appeared)\b[^.;]{0,25}\b(?:published )?in (?:the )?(?:journal|new england|lancet|nature|jama|bmj|frontiers|headache\b)",
        lower,
    ) and not re.search(
        r"\b(?:journal|medicine|nature|jama|lancet|headache|neurology|pain)\b[^.;]*\b(?:found|showed|shows|reported|that)\b",
        lower,
    ):
        return "research-status"
    if (
        re.search(
            r"\bcosts?\b|(?<!at the )\bprice[sd]?\b|\bdollars\b|[$€£]\s?\d|insur(?:an|er)|out[- ]of[- ]pocket",
            lower,
        )
        and "legal" not in cues
    ):
        return "availability"
    if "availability" in cues and not effect and "trial" not in cues:
        return "availability"
    if (
        medicine
        and drug
        and re.search(
            r"\b(?:stop|come off|wash ?out|refrain|avoid|give up|excluded|not allowed)\w*\b[^.;]{0,60}\b(?:before|beforehand|prior|during|to take part|to join)\b",
            lower,
        )
    ):
        return "safety"
    if drug and re.search(
        r"\b(?:fewer|less|without the|none of the) (?:\w+ ){0,3}(?:side[- ]effects?|risks?|harms?)\b[^.;]*\b(?:than|of (?:opioids|conventional|ordinary|other|traditional))|\bsafer\b[^.;]*\b(?:than|alternative|option)",
        lower,
    ):
        return "safety"
    spared = _SPARED.sub("", lower)
    safety = "safety" in cues and (
        spared == lower or bool(find_cues(spared, {"s": CUES["safety"]}))
    )
    if safety and not _NO_ANXIETY.search(lower):
        lower, main = spared, _SPARED.sub("", main)
        strong = cues & {
            "addiction",
            "should-not",
            "no-harm",
            "safe",
            "unsafe",
            "serotonin-syndrome",
        } or re.search(
            r"effects? on (?:the |your )?(?:heart|liver|kidney|bladder|lungs?|circulation|organs?)|side[- ]effect|adverse|\brisk|harm|danger|toxic|tolerat\w+ well|well[- ]tolerated|caus(?:e|es|ed|ing)\b|trigger|interact|seizure|challeng|avoid",
            lower,
        )
        if (
            strong
            and re.search(r"safe(?:ty)? and (?:effective|efficacy|works)|effective and safe", lower)
            and pain
        ):
            return "efficacy"
        if strong and (
            not effect
            or _first(main, "safety", "no-harm") < _relief(main)
            or (re.search(r"adverse (?:events?|effects?)", main) and _relief(main) > 9_999)
        ):
            return "safety"
        if not effect and not find_cues(main, {"m": CUES["mechanism-main"]}):
            return "safety"
    if "interaction" in cues and re.search(r"interact", lower) and "safety" in cues:
        return "safety"
    if medicine and drug and "comparison" not in cues and _MEETS.search(lower):
        return "safety"
    if not effect and re.search(
        r"\b(?:doses?|dosing|amounts?|enough|macrodos\w*)\b[^.;]*\b(?:full|complete|noticeable|mild) (?:\w+ )?(?:psychedelic )?(?:experience|effects?)\b",
        lower,
    ):
        return "dose"
    if (
        drug
        and not effect
        and _CAUSES.search(lower)
        and not find_cues(main, {"m": CUES["mechanism-main"]})
    ):
        return "safety"
    headache_given = re.search(
        r"\b(?:give|gives|gave|giving|cause|causes|caused|causing|trigger|triggers|triggered|bring on|brings on|leads? to|get|gets|got|getting|leaves?(?: \w+)* with)(?: (?!with\b|to\b|for\b|against\b|cluster\b|tension\b)[a-z]+){0,4} headaches?\b"
        r"|\b(?:nobody|no one|none|not one)\b[^.;]{0,60}\b(?:had|got|felt|reported) (?:an? |any )?headaches?\b",
        main,
    )
    # "during treatment" and "in therapy" promise nothing
    unsaid = re.sub(
        r"\b(?:during|in|of|under|after|before|while on) (?:\w+ )?(?:treatments?|therap(?:y|ies))\b",
        "",
        main,
    )
    harmed = any(
        re.search(rf"\b(?:{said})", main)
        for k, (said, _) in HARM_WORDS.items()
        if k not in _EVERYDAY
    )
    if drug and (
        (
            harmed
            and (not effect or not find_cues(unsaid, {"b": CUES["benefit"]}))
            and not cues & {"mechanism", "dose-word"}
            and not _about_the_running(cues)
        )
        or (
            headache_given
            and not re.search(r"\b(?:relie|reduc|eas|treat|stop|abort|prevent)\w*", main)
        )
    ):
        return "safety"
    so = re.search(r"^(.*?)\b(?:and so|so that|thereby|which in turn|and thus)\b", main)
    if effect and so and find_cues(so.group(1), {"m": CUES["mechanism"]}):
        return "mechanism"
    trailing = re.search(r"\bby (?:\w+ ){0,3}?\w+ing\b.*", main)
    if effect and trailing and find_cues(trailing.group(), {"m": CUES["mechanism"]}):
        return "mechanism"
    if "no-trials" in cues and re.search(
        r"not (?:yet )?know|don't (?:yet )?know|known (?:yet )?whether|nobody knows|(?:nobody|no one) has (?:yet )?(?:compared|followed|looked|measured|asked)|waiting for an answer|unanswered|open question|jury is|anecdotal|circumstantial|remains? (?:to be seen|unproven)",
        lower,
    ):
        return "research-status"
    if (
        "ongoing" in cues
        and re.search(
            r"\b(?:trials?|stud(?:y|ies)|researchers?|scientists?|team|universit\w*)\b[^.;]{0,60}\b(?:is|are|will)\b",
            lower,
        )
        and not _FOUND.search(main)
    ):
        return "research-status"
    mechanism = (
        bool(find_cues(main, {"m": CUES["mechanism-main"]}))
        or "dissociation" in cues
        or re.search(
            r"\b(?:experience|trip)s?\b[^.;]{0,30}\b(?:essential|necessary|needed|required|responsible)\b",
            lower,
        )
        is not None
    )
    found = _FOUND.search(main)
    if (
        re.search(r"(?:research|evidence|data|stud(?:y|ies)|trials?)\b", lower)
        and "no-trials" in cues
        and not found
    ):
        return "research-status"
    if (
        "ongoing" in cues
        and re.search(r"research|scientist|compan|universit|investing", lower)
        and not found
    ):
        return "research-status"
    bare = re.sub(r"\btherap(?:y|ies|ists?)\b(?! for)|\btreatments?\b(?! (?:for|of))", "", main)
    if (
        any(m.kind == "dose" for m in numbers)
        and re.search(
            r"\b(?:used?|uses|gave|given|give|receiv\w+|swallow\w*|took|administ\w+)\b", main
        )
        and not find_cues(bare, {"benefit": CUES["benefit"]})
        and not find_cues(bare, {"safety": CUES["safety"]})
        and not mechanism
    ):
        return "dose"
    if (
        "dose-word" in cues
        and not effect
        and not mechanism
        and not ("tested" in cues and "trial" in cues and not numbers)
        and (
            "perceptible" in cues
            or "definition" in cues
            or any(m.kind == "dose" for m in numbers)
            or re.search(r"micro-?dos|macro-?dos|psycholytic", lower)
        )
    ):
        return "dose"
    if "perceptible" in cues and any(m.kind == "dose" for m in numbers) and not found:
        return "dose"
    if (
        mechanism
        and not (sized and effect)
        and not ("tested" in cues and "trial" in cues and not found and "first" in cues)
    ):
        return "mechanism"
    research = (
        "ongoing" in cues
        or "no-trials" in cues
        or ("first" in cues and ("trial" in cues or "tested" in cues or "publication" in cues))
        or ("tested" in cues and "trial" in cues)
        or ("publication" in cues and not effect)
    )
    if research and (not found or ("no-trials" in cues and not effect)) and not sized:
        return "research-status"
    if (
        drug
        and not effect
        and not sized
        and re.search(r"\b(?:gave|given|administered|received)\b", main)
        and "dose" not in {m.kind for m in numbers}
    ):
        return "research-status"
    if "duration" in cues and (effect or pain) and _timed(lower, numbers):
        return "durability"
    if effect or ("benefit" in cues and drug) or "worse" in cues or sized:
        return "efficacy"
    if "mechanism" in cues and drug:
        return "mechanism"
    if "dose-word" in cues and drug:
        return "dose"
    if "safety" in cues:
        return "safety"
    return "research-status" if cues & {"trial", "epidemiology", "no-trials"} else "efficacy"


#: "A form of LSD that does not cause hallucinations" names a drug, it reports no harm.
_SPARED = re.compile(
    r"(?:that|which) (?:does|do) not (?:cause|produce|bring on) (?:\w+ )?(?:hallucinations?|trips?)|without (?:causing |the |any )?(?:hallucinations?|a trip|trips|tripping|high)|non-?hallucinogenic"
)
#: Words of harm that more often name the complaint, or stand in other phrases.
_EVERYDAY = ("headache", "anxiety", "heart")


def _about_the_running(cues: frozenset[str]) -> bool:
    """Whether a sentence is about how a study was run rather than what it found."""
    return "tested" in cues and "trial" in cues


def _timed(lower: str, numbers: tuple[Magnitude, ...]) -> bool:
    if re.search(
        r"long[- ]?lasting|long[- ]term|lasting|persist|sustain|weeks|months|years|durab|enduring|permanent|stayed|held\b(?! (?:their|a|the|his|her) )|for days|temporary|short-lived|(?:wear|wore)s? off|fade|still (?:there|present|felt|working)|gone (?:within|after|by)",
        re.sub(
            r"(?:long[- ]?(?:term|lasting|standing)|persistent|lasting) (?:\w+ )?(?:pain|suffer\w*|illness|headache)",
            "",
            lower,
        ),
    ):
        return not (
            any(m.unit.startswith("attacks/") for m in numbers)
            and not re.search(r"\bfor\b|last", lower)
        )
    return any(m.kind == "duration" for m in numbers) and bool(
        re.search(r"\b(?:for|after|later|up to|last\w*|within|stayed|held)\b", lower)
    )


_CALMS = re.compile(
    r"(?:calm|block|control|dampen|quell|tame|suppress|brought|bring)\w*\b.*(?:inflamm|cytokine|tnf|il-?6|immune)|anti-inflamm|(?:promot|boost|increas|stimulat|grow|rais)\w*\b.*(?:plastic|bdnf|connection|neuron|spine|growth)"
)


def direction_of(kind: str, cues: frozenset[str], negated: bool, lower: str) -> Direction:
    """Return the way a claim points."""
    if kind in ("efficacy", "durability"):
        if "worse" in cues and not negated and "benefit" not in cues:
            return "harm"
        return (
            "neutral"
            if negated and not re.search(r"\bwhile\b|\bwhereas\b|\bbut\b", lower)
            else "benefit"
        )
    if kind == "safety":
        if cues & {"no-harm"} and "benefit" in cues:
            return "benefit"
        if cues & {"non-addictive", "no-harm", "safe"} and "should-not" not in cues:
            return "neutral"
        if re.search(
            r"\b(?:weaken|blunt|dampen|dull|cancel|attenuat|diminish|lessen|reduc)\w*\b[^.;]{0,30}\b(?:effects?|trips?|experience)\b|from working\b",
            lower,
        ) or re.search(r"\b(?:nobody|no one|not one|not a single|none of)\b", lower):
            return "neutral"
        return "harm"
    if kind == "mechanism":
        if "dissociation" in cues or negated or re.search(r"\bwhile\b|\bwhereas\b|\bbut\b", lower):
            return "neutral"
        return "benefit" if "benefit" in cues or _CALMS.search(lower) else "neutral"
    return "neutral"
