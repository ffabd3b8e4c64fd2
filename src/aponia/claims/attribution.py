"""Who says it: the author, a study, patients, an expert or somebody who sells."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Source", "attribution", "first_person"]

Source = Literal["author", "study", "patients", "expert", "vendor"]

_VENDOR = re.compile(
    r"\b(?:at|in|with|from) our\b|\bour (?:clinic|retreat|centre|center|program\w*|guests|clients|guides|facilitators|team|protocol|product|treatments?|infusions?|ceremon\w+|patients|doctors)\b|"
    r"\bwe (?:offer|provide|guide|speciali[sz]e|treat|have (?:seen|helped|treated)|see|help|use|create)\b",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:patients?|people|users?|sufferers|respondents?|participants?|members|veterans|guests|clients|posters|some|many|others|"
    r"a (?:man|woman|friend|reader|user|patient)|one (?:man|woman|user|member|sufferer))"
)
_PATIENTS = re.compile(
    rf"\b{_PEOPLE}(?:\s+\w+){{0,6}}?\s+(?:reports?|reported|say|says|said|claim(?:s|ed)?|describe[sd]?|swear|feel|felt|told|credit|rave)\b|"
    r"\banecdot\w+|\btestimon\w+|\bself-report\w*|\bword of mouth\b|\breportedly\b",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:i|i've|i'm|i'd|me|my|mine)\b(?=.*\b(?:pain|headaches?|migraines?|attacks?|dose[sd]?|took|tried|take|clusters?|relief|fibro\w*|busted|cycle|felt|feel|meds|flare\w*|nerves?|pills?)\b)"
    r"|\b(?:pain|headaches?|migraines?|attacks?|dose[sd]?|took|tried|take|clusters?|relief|fibro\w*|busted|meds)\b.*\b(?:i|i've|me|my|mine)\b",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"\b(?:stud(?:y|ies)|trials?|surveys?|reviews?|meta-analys[ie]s|research|experiments?|data|evidence|results|findings|reports?|case (?:reports?|series)|paper|analysis|scientists|researchers|investigators|authors|team)\b"
    r"(?:\s+[\w'(),-]+){0,12}?\s+(?:found|finds?|show(?:s|ed|n)?|suggest(?:s|ed)?|report(?:s|ed)?|indicat(?:es?|ed)|demonstrat(?:es?|ed)|describ(?:es?|ed)|reveal(?:s|ed)?|conclude[sd]?|observed|confirm(?:s|ed)?|gave|measured|tested|saw|saying|suggesting)\b|"
    r"\baccording to (?:an?|the|one|several|\d{4}|recent)?\s*(?:\w+\s+){0,4}(?:stud\w+|trials?|surveys?|reviews?|research\w*|report|data)\b|"
    r"\bin (?:an?|the|one|this|that|another) (?:[\w-]+ ){0,5}(?:study|trial|survey|review|experiment|analysis)\b",
    re.IGNORECASE,
)
_EXPERT = re.compile(
    r"\b(?:dr\.?|prof\.?|professor|doctors?|experts?|physicians?|neurologists?|psychiatrists?|scientists|researchers|specialists?|pharmacologists?|clinicians)\b"
    r"(?:\s+[\w'.,-]+){0,10}?\s+(?:says?|said|explains?|explained|believes?|thinks?|told|argues?|argued|warns?|warned|notes?|noted|adds?|added|hopes?|cautions?|cautioned|recommends?)\b|"
    r"[\"\u201d],?\s+(?:says?|said|explains?|explained|adds?|added|notes?|noted)\s+(?:dr\.?|prof\w*\.?|[A-Z]\w+ [A-Z]\w+)|"
    r"\baccording to (?:dr\.?|prof\w*\.?|experts?|doctors|scientists|researchers)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^(?:they|the (?:team|researchers|authors|scientists|study|trial|investigators)|he|she|it)\b",
    re.IGNORECASE,
)


def first_person(text: str) -> bool:
    """Whether a sentence tells the writer's own illness or drug taking."""
    return _FIRST.search(text) is not None


def attribution(text: str, before: Source = "author", *, quoted: bool = False) -> Source:
    """Return who a sentence says is speaking.

    Parameters
    ----------
    text : str
        Plain quotes.
    before : str
        Who spoke in the sentence before: "They also found …" goes on.
    quoted : bool
        Whether the sentence stands in a quotation.

    Returns
    -------
    str

    >>> attribution("Some patients say that it stopped their attacks.")
    'patients'
    >>> attribution("A 2022 trial found fewer attacks.")
    'study'
    """
    if _VENDOR.search(text):
        return "vendor"
    if first_person(text):
        return "patients"
    study, people = _STUDY.search(text), _PATIENTS.search(text)
    if study and (not people or study.start() <= people.start()):
        return "study"
    if people:
        return "patients"
    if _EXPERT.search(text):
        return "expert"
    if _GOES_ON.match(text) or quoted:
        return before
    return "author"
