"""A claim's words to slots: what is said to do what, to whom, how surely.

Only the claim, and what its heading or the sentences before it hand down, are read here. Whether
it is true is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aponia.claims.kinds import certainty_of, direction_of, population_of, type_of
from aponia.claims.lexicon import CUES, DESIGNS, find_cues
from aponia.claims.model import Magnitude, Reading
from aponia.claims.numbers import magnitudes, years
from aponia.claims.stopwords import BLAND_WORDS, EMPTY_STEMS, EVERYDAY_STREET_NAMES, FUNCTION_WORDS
from aponia.claims.terms import Gazetteer, Hit, stem, tokens
from aponia.evidence import EvidenceBase

__all__ = ["CLASS", "HEADACHES", "Context", "Reader"]

CLASS = "classic-psychedelics-mixed"


HEADACHES = frozenset({"cluster-headache", "migraine", "other-headache"})


_ILLNESS_WORDS = frozenset({"chronic-pain-mixed", "other-headache", "experimental-pain"})


_DRUG_CONTEXT = re.compile(
    r"psychedelic|hallucinogen|micro-?dos|\btrip|psilocy|\blsd\b|magic|ketamine|\bdrug|\bdos(?:e|ing)|shroom|mdma|ayahuasca|dmt\b|illegal|schedule|recreational|\btabs?\b",
)


_ACID = re.compile(
    r"(?:^|[.;:,]\s|\b(?:on|of|taking|took|takes|use|using|used|dropped|dropping|that|and|or|with))\s*$"
)


#: Words of effect, time and togetherness that the cues have read already.
_UNDERSTOOD = re.compile(
    "|".join((CUES["benefit"], CUES["worse"], CUES["duration"], r"combin\w+|together|added|plus"))
)


@dataclass(frozen=True)
class Context:
    """What a sentence inherits: the heading it stands under and what was spoken of before."""

    substances: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    approach: str = "none"
    illness: str | None = None


class Reader:
    """Reads claims with the vocabulary of an evidence base.

    Parameters
    ----------
    base : EvidenceBase
    """

    def __init__(self, base: EvidenceBase) -> None:
        self._words = Gazetteer(base.vocabulary)

        self.studied = frozenset(
            s
            for ids in (
                *(r.substances for r in base.studies.values()),
                *(t.substances for t in base.trials.values()),
            )
            for s in ids
        ) | {"psilocin", "noribogaine", "norketamine"}
        self._labels = {
            t.id: t.label for t in (*base.vocabulary.conditions, *base.vocabulary.substances)
        }

    # -- slots -------------------------------------------------------------------------------

    def substances(self, text: str) -> tuple[list[Hit], list[Hit]]:
        """Return the drugs under study and the other medicines a text names."""
        hits = self._words.find(text, "substances", context=True)
        lower = text.lower()
        firm = any(h.how != "street" and h.id in self.studied for h in hits)
        context = firm or bool(_DRUG_CONTEXT.search(lower))
        kept = [
            h
            for h in hits
            if h.how != "street"
            or context
            or lower[h.start : h.end].strip() not in EVERYDAY_STREET_NAMES
            or (lower[h.start : h.end] == "acid" and _ACID.search(lower[: h.start]))
        ]
        mine = [h for h in kept if h.id in self.studied]
        return mine, [h for h in kept if h.id not in self.studied and h.id not in _CONTROLS]

    def terms(self, text: str) -> Context:
        """Read a heading or title for what its text hands down."""
        drugs, _ = self.substances(text)
        conditions, _, illness = self._conditions(text)
        return Context(
            self._drug_ids(drugs, text.lower()), conditions, self._approach(text, (), ()), illness
        )

    def _drug_ids(self, hits: list[Hit], lower: str) -> tuple[str, ...]:
        ids = list(dict.fromkeys("psilocybin" if h.id == "psilocin" else h.id for h in hits))
        if "ketamine" in ids and _ANALOGUE.search(lower) and "ketamir-2" in self._labels:
            ids = ["ketamir-2" if i == "ketamine" else i for i in ids]
        if "lsd" in ids and _SPARED_LSD.search(lower) and "bol-148" in self._labels:
            ids = list(dict.fromkeys("bol-148" if i == "lsd" else i for i in ids))
        specific = [i for i in ids if i != CLASS]
        # "psychedelics like psilocybin" is about psilocybin; the class alone is about the class
        if specific and CLASS in ids:
            others = re.search(
                r"psychedelics?,? (?:such as|like|including|\()|and other|and others|or other",
                lower,
            )
            if not others or all(not i.startswith("ketamine") for i in specific):
                ids = specific
        if not ids and re.search(r"micro-?dos", lower):
            ids = ["psilocybin", "lsd"]
        return tuple(ids)

    def _conditions(self, text: str) -> tuple[tuple[str, ...], bool, str | None]:
        context = bool(_DRUG_CONTEXT.search(text.lower()))
        hits = self._words.find(text, "conditions", context=context)
        ids = list(dict.fromkeys(h.id for h in hits if h.id != "none"))
        illness = next((text[h.start : h.end] for h in hits if h.id == "none"), None)
        if illness and illness.lower().startswith("healthy"):
            illness = next(
                (
                    text[h.start : h.end]
                    for h in hits
                    if h.id == "none" and not text[h.start : h.end].lower().startswith("healthy")
                ),
                None,
            )
        ids += [c for c, said in _ALSO.items() if c not in ids and re.search(said, text.lower())]
        specific = [i for i in ids if i not in _ILLNESS_WORDS]
        if specific:
            ids = specific
        elif (
            "experimental-pain" in ids
            or (
                not ids
                and re.search(
                    r"\b(?:cold|icy?|ice)(?:-cold)?[ -](?:water|pressor|bath)", text.lower()
                )
            )
            or (
                not ids
                and any(
                    h.id in ("pain-threshold", "pain-tolerance")
                    for h in self._words.find(text, "constructs")
                )
            )
        ):
            ids = ["experimental-pain"]
        return tuple(ids), not specific and "other-headache" not in ids, illness

    def _narrow(self, text: str) -> tuple[str, ...]:
        """Return the words of a disease that stands under a wider term: lupus, tension headache."""
        found = []
        for h in self._words.find(text, "conditions"):
            wide = WIDE.get(h.id)
            name = text[h.start : h.end].lower()
            if wide is not None and not re.fullmatch(wide, name):
                found += [stem(w) for w, _, _ in tokens(name) if w not in BLAND_WORDS]
        return tuple(found)

    def _canonical(self, text: str) -> str:
        """Put the label in place of other names, so that a synonym reads like the term itself.

        Names that say more than the term (a narrower disease, the mushroom instead of the
        substance, words for people) stay.
        """
        context = bool(_DRUG_CONTEXT.search(text.lower()))
        hits = self._words.find(text, "conditions", context=context)
        hits += [h for h in self.substances(text)[0] if h.how != "street"]
        pieces, at = [], 0
        for h in sorted(hits, key=lambda h: h.start):
            if h.start < at or h.id in WIDE or h.id in ("none", "experimental-pain", CLASS):
                continue
            name = text[h.start : h.end]
            label = self._labels[h.id]
            inside = {stem(w) for w, _, _ in tokens(name)}
            if {stem(w) for w, _, _ in tokens(label)} <= inside or _SAYS_MORE.search(name.lower()):
                continue
            pieces += [text[at : h.start], label]
            at = h.end
        return "".join([*pieces, text[at:]])

    def _approach(
        self, text: str, numbers: tuple[Magnitude, ...], substances: tuple[str, ...]
    ) -> str:
        lower = text.lower()
        named = list(
            dict.fromkeys(h.id for h in self._words.find(text, "approaches") if h.id != "unclear")
        )
        if "infusion" in named and not any("ketamine" in s for s in substances):
            named = [n for n in named if n != "infusion"]
        denied = re.search(r"\bnot (?:a )?micro-?dos", lower) is not None
        if denied:
            named = [n for n in named if n != "microdose"]
        if re.search(
            r"\b(?:small|tiny|minute|minuscule)(?: \w+)? (?:amounts?|doses?|quantit\w+)\b", lower
        ):
            named = [n for n in named if n != "macrodose"] or []
            named.append("microdose")
        if re.search(
            r"\blow(?:er|ish)?[- ](?:to[- ]moderate[- ]?)?(?:\w+ )?(?:dose|dosed|doses|pulse)\b|low-to-moderate",
            lower,
        ):
            ketamine = substances and all("ketamine" in s for s in substances)
            named = ["psycholytic"] if (not named or denied) and not ketamine else named
        named = list(dict.fromkeys(named))
        if len(named) > 1:
            return "mixed"
        if named:
            return named[0]
        return _class_of_dose(numbers, substances)

    # -- whole claim ---------------------------------------------------------------------------

    def read(self, text: str, context: Context | None = None) -> Reading:
        """Read one claim.

        Parameters
        ----------
        text : str
            A sentence or clause.
        context : Context, optional
            What it inherits.

        Returns
        -------
        Reading
        """
        context = context or Context()
        text = self._canonical(text)
        lower = text.lower()
        drugs, others = self.substances(text)
        substances = self._drug_ids(drugs, lower)
        conditions, generic, illness = self._conditions(text)
        numbers = magnitudes(text)
        plain = _plain(lower)
        cues = find_cues(plain, CUES)
        designs = find_cues(lower, DESIGNS)
        inherited = []
        if not substances and context.substances and not _STANDS_ALONE.search(lower):
            substances = context.substances
            inherited.append("substances")
        loose = conditions == ("other-headache",) and not _NAMED_HEADACHE.search(lower)
        if (generic or loose) and not illness and set(context.conditions) - set(conditions):
            if loose and not set(context.conditions) <= HEADACHES:
                pass
            else:
                conditions = context.conditions
                generic = not (set(context.conditions) - _ILLNESS_WORDS)
                inherited.append("conditions")
        if substances and not drugs and "substances" not in inherited:
            inherited.append("implied")
        approach = self._approach(text, numbers, substances)
        if approach == "none" and context.approach != "none":
            approach = context.approach
            inherited.append("approach")
        negated = bool(_NEGATED.search(lower))
        kind = type_of(
            plain, cues, designs, numbers, bool(conditions), bool(substances), bool(others)
        )
        step, boosted = certainty_of(lower, designs, kind)
        population, stated = population_of(lower, designs, conditions)
        narrow = self._narrow(text)
        condition = _one_condition(conditions, cues, illness, kind, lower)
        taken = {w for h in (*drugs, *others) for w, _, _ in tokens(text[h.start : h.end])}
        return Reading(
            text=text,
            substances=substances,
            condition=condition,
            conditions=conditions,
            generic=generic,
            other_illness=illness,
            approach=approach,
            comedications=tuple(dict.fromkeys(h.id for h in others)),
            claim_type=kind,
            direction=direction_of(kind, cues, negated, lower),
            certainty=step,
            boosted=boosted,
            population=population,
            population_stated=stated,
            designs=designs,
            cues=cues,
            negated=negated,
            magnitudes=numbers,
            years=tuple(years(text)),
            stems=frozenset(
                s
                for w, _, _ in tokens(text)
                if w not in FUNCTION_WORDS and w not in taken and not w.isdigit() and len(w) > 1
                if (s := stem(w)) not in EMPTY_STEMS and not _UNDERSTOOD.fullmatch(w)
            ),
            narrow=narrow,
            inherited=tuple(inherited),
        )


_SPARED_LSD = re.compile(
    r"(?:form|version|relative|cousin|derivative|variant|analog\w*) of lsd\b[^.;]{0,20}\b(?:does|do|is) not\b"
    r"|non-?(?:hallucinogenic|psychedelic) (?:\w+ )?(?:form|version|relative|cousin|derivative|variant|analog\w*) of lsd"
    r"|non-?hallucinogenic lsd"
)
_ANALOGUE = re.compile(
    r"ketamine (?:analog\w*|derivative|cousin|relative)|(?:relative|analog\w*|cousin|derivative) of ketamine"
)


#: Names that are made of two words with others between them, or that only this field understands.
_ALSO = {
    "osteoarthritis": r"\bjoint (?:pain|swelling|inflammation|stiffness)\b|\b(?:painful|swollen|aching|stiff) joints\b",
    "neuropathic-pain": r"\bneuropathic\b",
    "cancer-pain": r"\bcancers?\b[^.;]{0,60}\bpain|\bpain\w*\b[^.;]{0,40}\bcancers?\b",
    "cluster-headache": r"\bclusters?\b(?! of\b| random| analys)|\bclusterhead|\bbusters?\b|\bbusting\b",
    "phantom-limb-pain": r"\bphantom (?:\w+ )?(?:limbs?|legs?|arms?|hands?|foot|feet|pain)\b|\bamputee",
    "experimental-pain": r"\bvolunteers\b[^.;]*\bpain|\b(?:ice|icy|cold)[- ]water (?:experiment|test|task|study)",
}

#: Terms wide enough to hold several diseases, with the words that name the whole term.
WIDE = {
    "chronic-pain-mixed": r"(?:(?:chronic|persistent|long-term|long-lasting|ongoing|intractable|refractory|non-?cancer|non-?malignant) )*(?:pain|pain (?:condition|disorder|syndrome)s?)|(?:chronic )?musculoskeletal pain",
    "neuropathic-pain": r"(?:(?:chronic|peripheral|central|refractory|painful) )*(?:neuropathic pain|nerve pain|neuropathy(?: pain)?|nerve (?:injury|damage) pain|neuralgia)",
    "other-headache": r"(?:(?:other|primary|chronic|acute|refractory) )*headaches?(?: disorders?| attacks?)?",
    "low-back-pain": r".*",
    "osteoarthritis": r".*",
}


_CONTROLS = frozenset(
    {"placebo", "none", "saline", "vehicle", "control", "usual-care", "active-comparator"}
)


_SAYS_MORE = re.compile(
    r"mushroom|truffle|shroom|amputee|migraineur|sufferer|patient|chronic|episodic|refractory|cubensis|nasal|cream|oral|topical|lozenge|spray|hoasca|tea\b|seeds|form|attack|bout|period|episode|sensation|migrain"
)
_NAMED_HEADACHE = re.compile(
    r"tension|sunha|sunct|post-?traumatic|spinal headache|daily headache|other headache|headache disorders?|primary headache"
)


_STANDS_ALONE = re.compile(
    r"^(?:chronic pain|pain|opioids?|inflammation|migraine|fibromyalgia|people who)\b(?=.*\b(?:is|are|can|affects?|causes?|often|experience)\b)"
)


_NEGATED = re.compile(
    r"\b(?:did not|didn't|does not|doesn't|do not|don't|has not|hasn't|have not|haven't|was not|wasn't|were not|"
    r"is not|isn't|are not|aren't|cannot|can't|could not|failed to|no|(?<!or )not|never|without|neither|little)\s+"
    r"(?:\w+\s+){0,4}?(?:reduc|reliev|relief|help|work|improv|differ|chang|affect|effect|benefit|better|"
    r"significan|lower|eas|prevent|alter|outperform|superior|decreas|respon|beat|increas|analges|treat|evidence)\w*|"
    r"(?:lower|reduc|chang|affect|reliev|alter|eas)(?:s|ed|es|d)? (?:no|neither|none|nothing)\b|"
    r"\b(?:ineffective|useless|no match for|made no dent|worthless|(?:hardly|scarcely|barely) (?:any|help\w*|work\w*|better|differ\w*|reliev\w*|reduc\w*))\b"
)


def _plain(lower: str) -> str:
    """Take out what is said of other medicines: "addictive opioids", "prescription painkillers"."""
    lower = re.sub(
        r"\b(?:highly |potentially )?(?:addictive|dangerous|harmful|risky|toxic) (?=opioid|painkill|drug|medic|narcotic|prescription)",
        "",
        lower,
    )
    return _without_prescriptions(lower)


def _without_prescriptions(lower: str) -> str:
    """Take out words that only look like law: "prescription painkillers"."""
    return re.sub(
        r"\b(?:prescription|prescribed)\s+(?=pain|opioid|medic|drug|painkill|narcotic)", "", lower
    )


def _class_of_dose(numbers: tuple[Magnitude, ...], substances: tuple[str, ...]) -> str:
    """Class of a dose by the bands of the field: 5 to 15 mg psilocybin, 25 to 100 ug LSD between."""
    for m in numbers:
        top = m.high if m.high is not None else m.value
        if m.kind != "dose":
            continue
        if "psilocybin" in substances and m.unit == "mg":
            return "microdose" if top < 5 else "psycholytic" if top <= 15 else "macrodose"
        if "lsd" in substances and m.unit == "ug":
            return "microdose" if top <= 20 else "psycholytic" if top < 100 else "macrodose"
    return "none"


def _one_condition(
    conditions: tuple[str, ...], cues: frozenset[str], illness: str | None, kind: str, lower: str
) -> str:
    if (
        kind == "safety"
        and conditions == ("other-headache",)
        and re.search(
            r"\b(?:caus|giv|gave|trigger|bring|brought|get|got|lead)\w*\b[^.;]{0,30}\bheadache",
            lower,
        )
    ):
        return "none"
    if conditions:
        headaches = [c for c in conditions if c in HEADACHES]
        if len(conditions) >= 3:
            return "other-headache" if len(headaches) == len(conditions) else "chronic-pain-mixed"
        return conditions[0]
    if illness and not re.search(r"\bpain\w*|analges", lower):
        return "none"
    if kind in ("efficacy", "durability") or re.search(r"\bpain\w*|analges|painkill", lower):
        return "chronic-pain-mixed" if kind not in ("legal", "safety") else "none"
    return "none"
