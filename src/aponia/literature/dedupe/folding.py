"""Text in the one form in which it is compared: lower case, no accents, words and blanks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["fold"]

_GREEK = {
    "α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "κ": " kappa ", "λ": " lambda ",
    "μ": " mu ", "µ": " mu ", "σ": " sigma ", "τ": " tau ", "ω": " omega ", "Δ": " delta ", "&": " and ",
    "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "Ø": "o", "Ł": "l", "þ": "th",
}  # fmt: skip
_GREEK_TABLE = str.maketrans(_GREEK)
_NOT_WORD = re.compile(r"[^0-9a-z\u0370-\U0003ffff]+")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower-case letters and digits with single blanks between words; no accents.

    >>> fold("Die β-Blocker: Größe & Wirkung")
    'die beta blocker grosse and wirkung'
    """
    text = text.translate(_GREEK_TABLE).lower()
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return _NOT_WORD.sub(" ", text).strip()
