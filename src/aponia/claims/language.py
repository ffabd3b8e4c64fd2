"""Which language a text is in, by its small words and its script; only English can be checked."""

from __future__ import annotations

import re

from aponia.claims.page import Page

__all__ = ["foreign_blocks", "is_english", "language"]

_SMALL = {
    "English": "the of and to in a is that for it with as was on are be by this from or have an they which not has were can but "
    "been their more who will may no if about than its after some people these when also into you your we our he she his her i "
    "my so what there do does how said had did all one",
    "German": "der die das und ist nicht mit von ein eine wie wird bei den dem zu auf für sich auch werden wurde einer einem einen "
    "dass aus als nur hat sind des im zur zum es sie er ich wir nach oder aber kann können über durch haben noch mehr vor bis",
    "French": "le la les et des du de dans est une un pour qui sur pas au aux en que par plus avec sont ce cette ces il elle nous "
    "vous ne se ou mais peut été chez leur leurs son sa ses d l qu n s c",
    "Spanish": "el la los las que de en un una por con para se es del como más y o no su sus al lo pero son ha han este esta estos "
    "muy sin sobre entre puede pueden fue también cuando",
    "Italian": "il di che è per non sono della del la le un una con i gli si da dal nel nella alla anche più come ma o ed questo "
    "questa sul sulla dei delle può hanno ha",
    "Portuguese": "o a os as que de em um uma por com para se é do da dos das no na nos nas não como mais e ou foi são pode ao "
    "também pelo pela sua seu entre",
    "Dutch": "de het een van en in is dat op te zijn met voor niet die er aan ook als bij uit door of naar maar om wordt worden "
    "kan kunnen deze dit nog meer heeft hebben was wel over tegen",
    "a Scandinavian language": "och att som är på med av för den det ett en inte har till om kan men från i de og er til ikke "
    "på var også eller blev vi jeg",
    "Polish": "i w na z do nie się że jest to o jak po ale przez od za dla są może które który oraz lub przy",
    "Turkish": "ve bir bu için ile da de olarak daha en olan gibi çok ancak kadar sonra",
}
_WORDS = {name: frozenset(words.split()) for name, words in _SMALL.items()}
_SCRIPTS = (
    ("Russian or another language in Cyrillic letters", "\u0400", "\u052f"),
    ("Japanese", "\u3040", "\u30ff"),
    ("Korean", "\uac00", "\ud7af"),
    ("Chinese", "\u4e00", "\u9fff"),
    ("Arabic or Persian", "\u0600", "\u06ff"),
    ("Hebrew", "\u0590", "\u05ff"),
    ("Greek", "\u0370", "\u03ff"),
    ("an Indian language", "\u0900", "\u0dff"),
    ("Thai", "\u0e00", "\u0e7f"),
)


def language(text: str) -> str | None:
    """Return the language of a text by name, or None when it is too short to tell.

    >>> language("Psilocybin was given to ten people with migraine in a small trial.")
    'English'
    >>> language("Psilocybin wurde zehn Menschen mit Migräne in einer kleinen Studie gegeben.")
    'German'
    """
    sample = text[:20_000]
    letters = [c for c in sample if c.isalpha()]
    if not letters:
        return None
    for name, low, high in _SCRIPTS:
        if sum(low <= c <= high for c in letters) > 0.3 * len(letters):
            return name
    words = re.findall(r"[^\W\d_]+", sample.lower())
    if len(words) < 6:
        return None
    shares = {name: sum(w in small for w in words) / len(words) for name, small in _WORDS.items()}
    best = max(shares, key=lambda n: (shares[n], n == "English"))
    if shares[best] < 0.08 and len(words) < 60:
        return None
    if shares["English"] >= shares[best] and (shares["English"] >= 0.12 or len(words) < 60):
        return "English"
    if shares[best] - shares["English"] < 0.06:
        return None
    return best


def is_english(text: str) -> bool:
    """Tell English from other languages; what is too short to tell counts as English.

    >>> is_english("Psilocybin was given to ten people with migraine in a small trial.")
    True
    >>> is_english("Psilocybin wurde zehn Menschen mit Migräne in einer kleinen Studie gegeben.")
    False
    """
    return language(text) in ("English", None)


def foreign_blocks(page: Page) -> dict[int, str]:
    """Return the blocks of a page that are in another language, by number, with its name."""
    found = {}
    for number, block in enumerate(page.blocks):
        if block.end - block.start < 20:
            continue
        text = page.text[block.start : min(block.end, block.start + 2000)]
        name = language(text)
        # a reference or a Latin phrase is no paragraph in another language
        if name not in ("English", None) and (name not in _WORDS or len(text.split()) >= 12):
            found[number] = str(name)
    return found
