"""Whether a sentence says the opposite of a finding: direction, order, who with whom, how long.

A claim may share every word with a record and still turn it round: "morphine relieved pain and
ketamine did not". What is compared here is small and closed: which way a measure moved, which of two
drugs helped, which number belongs to which drug, which came before "than", whether something
lasted. Where either side is unclear nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from aponia.claims.numbers import magnitudes

__all__ = ["opposes"]

_UP = re.compile(
    r"\b(?:rose|rises?|rising|rais\w+|increas\w*|higher|grew|grows?|lengthen\w*|went up|more\b(?! than)|boost\w*|strengthen\w*|gained)"
)
_DOWN = re.compile(
    r"\b(?:f[ae]ll(?:s|en)?|dropp?\w*|low(?:er|ered|ers)|reduc\w*|decreas\w*|less(?:en\w*)?|fewer|shorten\w*|went down|declin\w*|cut\b|halved|shrank|diminish\w*|suppress\w*|block(?:s|ed)|inhibit\w*|prevent\w*|calm\w*)"
)
_GOOD = re.compile(
    r"\b(?:reliev\w*|relief|eas(?:e|ed|es|ing)\b|help\w*|improv\w*|restor\w*|better|effective|worked|works|benefit\w*|abolish\w*|alleviat\w*)"
)
_BAD = re.compile(r"\b(?:worsen\w*|worse|aggravat\w*|harmed|more pain)\b")
_NULL = re.compile(
    r"\b(?:not|no|nothing|neither|nor|without|failed|miss\w*|unchanged|hardly|never)\b|n't\b"
)
#: Measures whose rise or fall can be told, and what to read as the same measure.
_MEASURES = {
    "relief": r"\brelief\b",
    "il6": r"\bil-?6\b|interleukin-?6",
    "crp": r"\bcrp\b|c-reactive",
    "tnf": r"\btnf\b",
    "bdnf": r"\bbdnf\b",
    "inflammation": r"\binflammat\w+|\bcytokines?",
    "cortisol": r"\bcortisol\b",
    "spines": r"\bspines?\b",
    "connectivity": r"\bconnectivity\b",
    "threshold": r"\bthresholds?\b",
    "tolerance": r"\btoleran\w+",
    "pressure": r"\bblood pressure\b|\bdiastolic\b|\bsystolic\b",
    "function": r"\bfunction\b",
    "tenderness": r"\btenderness\b",
    "wind-up": r"\bwind-?up\b",
    "attacks": r"\battacks?\b",
    "pain": r"\bpain\b(?! relief)",
}
_DRUGS = re.compile(
    r"\b(?:s\(\+\)-ketamine|s-ketamine|esketamine|ketamine|morphine|calcitonin|alfentanil|lidocaine|midazolam|fentanyl|magnesium|methadone|placebo|saline|niacin|"
    r"diphenhydramine|psilocybin|psilocin|lysergic acid amide|lsa|lsd|dmt|5-meo-dmt|mdma|ibogaine|mescaline|ayahuasca|methylphenidate|"
    r"gabapentin|amitriptyline|oxygen|sumatriptan|triptans|conventional (?:\w+ )?(?:medicines?|medications?|treatments?|drugs?)|dpt|doi|bol-148)\b"
)
_SAME = {
    "s(+)-ketamine": "ketamine",
    "s-ketamine": "ketamine",
    "esketamine": "ketamine",
    "saline": "placebo",
    "lsa": "lysergic acid amide",
    "psilocin": "psilocybin",
}
_CLAUSES = re.compile(
    r";|\bwhile\b|\bwhereas\b|\bbut\b|,? and (?=(?:the )?[\w()+-]+ (?:did|had|was|were|fell|rose|helped|worsened|lessened|lowered|not)\b)|(?<!\d),(?!\d)"
)


def opposes(claim: str, findings: Sequence[str]) -> str | None:
    """Return the finding a claim turns round, or None.

    Parameters
    ----------
    claim : str
    findings : sequence of str
        Curated sentences of one record.

    Returns
    -------
    str or None

    Examples
    --------
    >>> opposes("Attacks rose from 1.3 to 4.3 a day.", ["Attacks fell from 4.3 to 1.3 a day."])
    'Attacks fell from 4.3 to 1.3 a day.'
    >>> opposes("Attacks fell to 1.3 a day.", ["Attacks fell from 4.3 to 1.3 a day."])
    """
    mine = _plain(claim)
    for finding in findings:
        other = _plain(finding)
        if any(
            rule(mine, other) for rule in (_way, _who, _reversed, _order, _owner, _lasting, _needs)
        ):
            return finding
    return None


def _plain(text: str) -> str:
    lower = text.lower().replace("s-ketamine", "ketamine")
    # "lowered the early rise" is a fall; "did not rise" is no rise
    return re.sub(
        r"\b(low\w+|reduc\w+|blunt\w+|dampen\w+) (the )?((?:[\w-]+ ){0,3})(?:rise|increase)\b",
        r"\1 \3",
        lower,
    )


def _moves(text: str) -> dict[str, set[str]]:
    """Return which way each measure moved, by clause."""
    found: dict[str, set[str]] = {}
    for clause in _CLAUSES.split(text):
        if not clause:
            continue
        up, down = bool(_UP.search(clause)), bool(_DOWN.search(clause))
        good = bool(_GOOD.search(clause))
        denied = bool(_NULL.search(clause))
        for name, said in _MEASURES.items():
            if not re.search(said, clause):
                continue
            if denied:
                if (up or down or good) and name == "function":
                    found.setdefault(name, set()).add("none")
            elif up != down:
                found.setdefault(name, set()).add("up" if up else "down")
            elif good and name == "function":
                found.setdefault(name, set()).add("up")
    return found


def _way(mine: str, other: str) -> bool:
    claimed, known = _moves(mine), _moves(other)
    return any(
        len(ways) == 1 and len(known.get(name, ())) == 1 and ways != known[name]
        for name, ways in claimed.items()
    )


def _drugs(text: str) -> list[tuple[str, int]]:
    return [
        (
            "conventional"
            if m.group().startswith("conventional")
            else _SAME.get(m.group(), m.group()),
            m.start(),
        )
        for m in _DRUGS.finditer(text)
    ]


def _helped(text: str) -> dict[str, set[bool]]:
    """Return which drugs a text says helped, and which it says did not."""
    found: dict[str, set[bool]] = {}
    for m in re.finditer(rf"({_DRUGS.pattern}),? (?:and |but )?not ({_DRUGS.pattern})\b", text):
        pair = _drugs(m.group())
        if len(pair) == 2 and _good(text):
            found.setdefault(pair[0][0], set()).add(True)
            found.setdefault(pair[1][0], set()).add(False)
    if found:
        return found
    for clause in _CLAUSES.split(text):
        names = {n for n, _ in _drugs(clause or "")}
        if len(names) != 1:
            continue
        if _NULL.search(clause) or _BAD.search(clause):
            found.setdefault(names.pop(), set()).add(False)
        elif _good(clause):
            found.setdefault(names.pop(), set()).add(True)
    return found


def _good(text: str) -> bool:
    return bool(_GOOD.search(text)) or bool(
        _DOWN.search(text) and re.search(r"\bpain\b|attacks?|headaches?|tenderness", text)
    )


def _who(mine: str, other: str) -> bool:
    """Tell whether of two drugs the claim has the wrong one help."""
    claimed, known = _helped(mine), _helped(other)
    shared = [n for n in claimed if n in known and len(claimed[n]) == len(known[n]) == 1]
    return len(claimed) >= 2 and any(claimed[n] != known[n] for n in shared)


def _reversed(mine: str, other: str) -> bool:
    """Tell whether it goes from a to b, where the finding goes from b to a."""
    pattern = re.compile(r"from (\d+(?:\.\d+)?) ?%? to (\d+(?:\.\d+)?)")
    known = {m.groups() for m in pattern.finditer(other)}
    return any((m[2], m[1]) in known for m in pattern.finditer(mine))


_MORE = re.compile(
    r"\b(?:more|better|greater|stronger|higher|times as much|as good as or better|superior|outperform\w*|longer)\b"
)


def _order(mine: str, other: str) -> bool:
    """Tell whether it is A more than B, where the finding has B more than A."""

    def pair(text: str) -> tuple[str, str] | None:
        more = _MORE.search(text)
        than = re.search(r"\b(?:than|as much as)\b", text)
        names = _drugs(text)
        if not more or not than or len({n for n, _ in names}) < 2:
            return None
        before = [n for n, at in names if at < more.start()]
        after = [n for n, at in names if at > than.start()]
        return (before[0], after[0]) if before and after else None

    a, b = pair(mine), pair(other)
    return a is not None and b is not None and a == (b[1], b[0])


def _owners(text: str) -> Iterator[tuple[float, str, str]]:
    """Yield each number with its unit and the drug it belongs to: the nearest, after it first."""
    names = _drugs(text)
    for m in magnitudes(text):
        near = sorted(
            ((at - m.end if at >= m.end else m.start - at + 12, n) for n, at in names),
            key=lambda x: x[0],
        )
        if near and near[0][0] < 40 and (len(near) < 2 or near[0][0] + 4 < near[1][0]):
            yield (m.high if m.high is not None and m.unit != "of" else m.value), m.unit, near[0][1]
    for found in re.finditer(
        rf"\b(\d+|two|three|four|five|six)\b (?:had tried |tried |took )?({_DRUGS.pattern})", text
    ):
        number = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}.get(found.group(1))
        yield float(number or found.group(1)), "count", _drugs(found.group(2))[0][0]


def _owner(mine: str, other: str) -> bool:
    """Tell whether a number goes to a drug the finding does not give it to."""
    known: dict[tuple[float, str], set[str]] = {}
    for value, unit, name in _owners(other):
        known.setdefault((round(value, 2), unit), set()).add(name)
    return any(
        (round(value, 2), unit) in known and name not in known[round(value, 2), unit]
        for value, unit, name in _owners(mine)
    )


_RECEPTORS = {"5ht2a": r"5-?ht-?2a", "trkb": r"\btrkb\b", "5ht1a": r"5-?ht-?1a"}


def _needed(text: str) -> dict[str, bool]:
    """Return which receptors a text says an effect needs, and which it says it does not."""
    found: dict[str, bool] = {}
    for clause in re.split(r";|\bbut\b|\bwhile\b|,? and (?=not\b|no\b)", text):
        spared = re.search(
            r"\b(?:not|no|without|unchanged|intact|spared|still|independent\w*|despite)\b", clause
        )
        hinges = re.search(
            r"\b(?:need\w*|requir\w*|depend\w*|block\w*|abolish\w*|remov\w*|prevent\w*|stopp\w*|vanish\w*|through|via)\b",
            clause,
        )
        for name, said in _RECEPTORS.items():
            if re.search(said, clause) and (spared or hinges):
                found[name] = not spared
    return found


def _needs(mine: str, other: str) -> bool:
    """Tell whether an effect is said to need a receptor that the finding says it does not."""
    claimed, known = _needed(mine), _needed(other)
    return any(n in known and known[n] != needed for n, needed in claimed.items())


_LASTS = re.compile(r"\b(?:last(?:s|ed|ing)|persist\w*|still|stayed|remained|held)\b")
_GONE = re.compile(
    r"\b(?:gone|lost|vanished|disappeared|back (?:at|to) baseline|no longer|returned|wore off|faded)\b"
)


def _lasting(mine: str, other: str) -> bool:
    """Tell whether it is gone where the finding says it lasted, or the reverse."""
    if not any(m.kind == "duration" for m in magnitudes(mine)):
        return False
    a = bool(_LASTS.search(mine)), bool(_GONE.search(mine))
    b = bool(_LASTS.search(other)), bool(_GONE.search(other))
    return a in ((True, False), (False, True)) and b == (a[1], a[0])
