"""Verdicts on other medicines and on who should not take part."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aponia.claims.lexicon import HARM_WORDS
from aponia.claims.model import EvidenceItem, Reading, Verdict, VerdictName
from aponia.claims.records import Records
from aponia.claims.safety_rows import concerns, tell_exclusion
from aponia.claims.telling import names
from aponia.evidence import Contraindication, Interaction

__all__ = ["judge_exclusion", "judge_interaction", "tell_exclusion"]

_FACTORS: Mapping[str, tuple[str, str]] = {
    "psychosis": (
        r"psychos[ie]s|psychotic|schizophreni\w*|schizoaffective",
        r"psychos|psychotic|schizophreni",
    ),
    "bipolar disorder": (r"bipolar|mania|manic", r"bipolar|mania"),
    "family history": (
        r"family history|relatives?|parents?|siblings?|first-degree|runs in the family",
        r"relative|famil",
    ),
    "heart disease": (
        r"heart|cardiac|cardiovascular|hypertens\w+|blood pressure|arrhythm\w+",
        r"cardi|hypertens|heart|blood pressure",
    ),
    "pregnancy": (r"pregnan\w*|breast-?feed\w*|lactat\w*|nursing", r"pregnan|lactat|breastfeed"),
    "seizures": (r"seizures?|epilep\w+", r"seizure"),
    "liver or kidney disease": (r"\bliver|hepat\w*|kidney|renal", r"hepat|renal"),
    "substance use": (
        r"substance (?:use|abuse)|addiction|alcohol (?:use|abuse|depend)\w*|drug abuse",
        r"abuse|dependence",
    ),
    "mental illness": (
        r"(?:certain |serious |severe )?(?:mental (?:health|illness)|psychiatric)(?: (?:conditions?|disorders?|illness\w*|history))?",
        r"psychiatric|mental|psychotic",
    ),
    "suicide risk": (r"suicid\w+", r"suicid"),
    "cord injury": (r"spinal cord|cord injur\w+", r"cord injur|spinal cord"),
}


def judge_interaction(records: Records, reading: Reading, lower: str) -> Verdict | None:
    """Judge a claim about a drug together with another medicine; None when no row concerns it."""
    rows = [r for r in records.base.interactions if concerns(records, reading, r.substances)]
    if not rows:
        return None
    named = [r for r in rows if _drug_named(records, reading, r, exact=True)] or [
        r for r in rows if _drug_named(records, reading, r, exact=False)
    ]
    reassuring = ("safe" in reading.cues and "unsafe" not in reading.cues) or re.search(
        r"(?:without|no|not) (?:any |a |cause |be )*(?:problems?|issues?|danger\w*|risks?|concerns?|harm\w*)|\bno (?:known )?interact|\b(?:no|not|never|without|nothing|free of)\b[^.]{0,30}interact|without (?:any )?(?:concern|worry)|n't interact|does not interact|can be (?:safely )?(?:combined|taken|mixed)|without stopping|stay on|keep taking|continue (?:taking|their|to take)|no need to stop|did not reduce|didn't reduce",
        lower,
    )
    if not reading.comedications:
        evidence = tuple(_tell_interaction(r) for r in rows[:3])
        if reassuring:
            return Verdict("contradicted", "Interactions are on record.", ("omits-harm",), evidence)
        return Verdict(
            "supported",
            "Interactions with other medicines are on record; trials left such people out.",
            (),
            evidence,
        )
    if not named:
        return Verdict(
            "unverified",
            f"No interaction of {names(records, 'substances', reading.comedications)} with this drug is on record here.",
        )
    bad = [
        r
        for r in named
        if re.search(r"contraindicated|exclude|avoid|caution", r.severity)
        or r.direction.startswith(("harm", "potentiates"))
    ]
    weak = [r for r in named if r.direction.startswith("attenuates")]
    evidence = tuple(_tell_interaction(r) for r in (bad or weak or named)[:3])
    if reassuring:
        unharmed = [r for r in named if re.search(r"no harm|no signal|low risk", r.severity)]
        if unharmed and not any(re.search(r"contraindicated|exclude", r.severity) for r in named):
            tested = reading.comedications and any(
                d in unharmed[0].drug.lower() for d in reading.comedications
            )
            told = f"On record: {unharmed[0].drug} — {unharmed[0].effect}."
            shown = tuple(
                _tell_interaction(r)
                for r in (*unharmed[:1], *(r for r in named if r not in unharmed))
            )[:3]
            if tested and not re.search(r"\bsafe|can (?:stay|keep|take|be)|no need", lower):
                return Verdict("supported", told, (), shown)
            return Verdict(
                "partly-supported",
                f"{told} That was seen in volunteers; other records advise care.",
                ("healthy-volunteers", "omits-harm"),
                shown,
            )
        if bad:
            return Verdict(
                "contradicted",
                f"On record: {bad[0].drug} — {bad[0].effect}.",
                ("omits-harm",),
                evidence,
            )
        return Verdict(
            "partly-supported",
            f"On record: {named[0].drug} — {named[0].effect}.",
            ("conflicting",),
            evidence,
        )
    if len(reading.comedications) > 1 and re.search(
        r"\b(?:just |equally )?as (?:likely|risky|dangerous|common)|same (?:risk|danger)|alike|no different|equally",
        lower,
    ):
        calm = [r for r in named if re.search(r"no harm|no signal|low risk", r.severity)]
        if calm and bad:
            return Verdict(
                "contradicted",
                f"They differ on record: {bad[0].drug} — {bad[0].effect}; {calm[0].drug} — {calm[0].effect}.",
                ("overgeneralised",),
                tuple(_tell_interaction(r) for r in (bad[0], calm[0])),
            )
    harmless = [r for r in named if re.search(r"no harm|no signal|low risk", r.severity)]
    if harmless and len(harmless) == len(named) and _WARNS.search(lower):
        return Verdict(
            "contradicted",
            f"On record: {harmless[0].drug} — {harmless[0].effect}.",
            ("misread-result",),
            evidence,
        )
    if (
        weak
        and not bad
        and re.search(r"\b(?:stronger|intensif|potentiat|boost|amplif|enhanc)\w*", lower)
    ):
        return Verdict(
            "contradicted",
            f"On record: {weak[0].drug} — {weak[0].effect}.",
            ("misread-result",),
            tuple(_tell_interaction(r) for r in weak[:3]),
        )
    wants_weak = re.search(
        r"weaken|blunt|reduc|diminish|attenuat|lessen|dampen|block|dull|interfere|less (?:effective|intense)|decreas",
        lower,
    )
    if wants_weak:
        if weak:
            return Verdict(
                "supported",
                f"On record: {weak[0].drug} — {weak[0].effect}.",
                (),
                tuple(_tell_interaction(r) for r in weak[:3]),
            )
        return Verdict("unverified", "The records on this pair say something else.", (), evidence)
    outcome = next((w for w, (said, _) in HARM_WORDS.items() if re.search(said, lower)), None)
    if outcome:
        fitting = [
            r
            for r in named
            if re.search(rf"\b(?:{HARM_WORDS[outcome][1]})", f"{r.effect} {r.note or ''}".lower())
        ]
        only_maoi = fitting and all(
            re.search(r"with mao|mao inhibit|maoi", f"{r.effect} {r.note or ''}".lower())
            for r in fitting
        )
        if (
            only_maoi
            and outcome == "serotonin syndrome"
            and not re.search(r"\bmao|harmala|ayahuasca|harmine", lower)
        ):
            return Verdict(
                "no-evidence" if reading.certainty >= 3 else "partly-supported",
                f"On record for MAO inhibitors: {fitting[0].effect}. With other antidepressants reviews rate the risk as low.",
                ("overclaims-certainty",),
                tuple(_tell_interaction(r) for r in fitting[:3]),
            )
        if fitting:
            name: VerdictName = (
                "partly-supported"
                if reading.certainty >= 3
                and "should-not" not in reading.cues
                and re.search(
                    r"narrative|guidance|warning|theoretical",
                    f"{fitting[0].evidence_type} {fitting[0].direction}",
                )
                else "supported"
            )
            issues = ("overclaims-certainty",) if name != "supported" else ()
            return Verdict(
                name,
                f"On record: {fitting[0].drug} — {fitting[0].effect}.",
                issues,
                tuple(_tell_interaction(r) for r in fitting[:3]),
            )
        low = [
            r
            for r in named
            if "low risk" in r.severity or "no signal" in r.severity or "no harm" in r.severity
        ]
        if low:
            return Verdict(
                "partly-supported" if reading.certainty <= 2 else "contradicted",
                f"On record: {low[0].drug} — {low[0].effect}.",
                ("conflicting",),
                tuple(_tell_interaction(r) for r in low[:3]),
            )
        return Verdict(
            "unverified", "The records on this pair do not name this outcome.", (), evidence
        )
    if (bad or weak) and _WARNS.search(lower):
        return Verdict(
            "supported",
            f"On record: {(bad or weak)[0].drug} — {(bad or weak)[0].effect}.",
            (),
            evidence,
        )
    return Verdict("unverified", "The records on this pair do not settle it.", (), evidence)


_WARNS = re.compile(
    r"danger|risk|avoid|should|must not|not be|interact|unsafe|harm|caution|seiz|syndrome|exclu|contraindicat|"
    r"warn|fatal|careful|problem|never"
)


def _drug_named(records: Records, reading: Reading, row: Interaction, *, exact: bool) -> bool:
    """Whether a row is about a medicine of the claim: itself, or its class where it has no row."""
    text = f"{row.drug} {row.class_ or ''}".lower()
    for drug in reading.comedications:
        term = records.base.vocabulary.term("substances", drug)
        parent = term.parent if term else None
        words = [
            drug.replace("-", " "),
            *(
                [
                    term.label.lower(),
                    *(x.lower() for x in term.synonyms),
                    *(x.lower() for x in term.abbreviations),
                ]
                if term
                else []
            ),
        ]
        if any(w.rstrip("s") in text for w in words if len(w) > 2):
            return True
        if (
            not exact
            and parent
            and parent not in ("antidepressants", "opioids")
            and parent.rstrip("s") in text
        ):
            return True
    return False


def _tell_interaction(row: Interaction) -> EvidenceItem:
    return EvidenceItem(
        row.id, f"{row.drug}: {row.effect} ({row.evidence_type}; {row.severity}).", row.source_url
    )


def judge_exclusion(records: Records, reading: Reading, lower: str) -> Verdict | None:
    """Judge a claim about who should not take part; None when it names no reason on record."""
    rows = [r for r in records.base.contraindications if concerns(records, reading, r.substance)]
    wanted = [k for k, (said, _) in _FACTORS.items() if re.search(rf"\b(?:{said})", lower)]
    if not wanted:
        if (
            re.search(
                r"not for everyone|not (?:suitable|appropriate|recommended) for (?:everyone|all|some)|exclu",
                lower,
            )
            and rows
        ):
            return Verdict(
                "supported",
                f"Trials leave people out: {rows[0].factor}.",
                (),
                tuple(tell_exclusion(r) for r in rows[:3]),
            )
        return None
    hits: dict[str, list[Contraindication]] = {
        k: [r for r in rows if re.search(_FACTORS[k][1], f"{r.factor} {r.class_ or ''}".lower())]
        for k in wanted
    }
    found = [r for group in hits.values() for r in group]
    missing = [k for k, group in hits.items() if not group]
    evidence = tuple(tell_exclusion(r) for r in found[:4])
    if not found:
        return Verdict("unverified", f"No record here on {missing[0]} for this drug.")
    if re.search(r"no need to|do not need to|don't need to|need not|safe for", lower):
        return Verdict(
            "contradicted",
            f"Trials leave such people out: {found[0].factor}.",
            ("omits-harm",),
            evidence,
        )
    if missing:
        return Verdict(
            "partly-supported",
            f"On record for {found[0].factor}; nothing here on {', '.join(missing)}.",
            ("figure-unverified",),
            evidence,
        )
    if re.search(r"\bbecause\b|\bsince\b|\bas (?:it|they|the)\b", lower) and not re.search(
        r"\b(?:seizure|psychos|serotonin|blood pressure|risk|trigger)", lower.split("because")[-1]
    ):
        return Verdict(
            "partly-supported",
            f"Trials and advice leave such people out: {found[0].factor}. The reason given is not on record.",
            ("figure-unverified",),
            evidence,
        )
    return Verdict(
        "supported", f"Trials and advice leave such people out: {found[0].factor}.", (), evidence
    )
