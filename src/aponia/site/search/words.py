"""Words as the index sees them: folded, split, stemmed as SQLite does it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

__all__ = ["fold", "stem", "tokens"]

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return a text in small letters without diacritics.

    >>> fold("Jørum, Yagé, CÉPHALÉE")
    'jørum, yage, cephalee'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """Return the folded words of a text.

    >>> tokens("2-bromo-LSD (BOL-148)")
    ['2', 'bromo', 'lsd', 'bol', '148']
    """
    return _WORD.findall(fold(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a folded word.

    >>> stem("mushrooms"), stem("headaches")
    ('mushroom', 'headach')
    """
    # the stemmer keeps state while it works; building a new one is cheap beside a request
    return str(snowballstemmer.stemmer("porter").stemWord(word)) if word.isascii() else word
