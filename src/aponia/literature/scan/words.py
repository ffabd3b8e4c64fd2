"""Text in the one form in which a query and a record are compared: folded words, one blank between."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["DIGRAPHS", "GREEK", "fold"]

#: Letters that decompose to nothing plain by themselves.
_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
}  # fmt: skip
#: Greek letters are words of their own: "TNF-α", "TNFα" and "TNF alpha" are the same two words.
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_DIGITS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "0123456789" * 2, strict=True))
_TABLE = str.maketrans({**_LETTERS, **_DIGITS, **{k: f" {v} " for k, v in GREEK.items()}})
#: Runs of plain letters that one character outside ASCII may fold to (`fold` of "ﬁ", "ß", "æ", …).
DIGRAPHS = frozenset({"ae", "ff", "ffi", "ffl", "fi", "fl", "oe", "ss", "st", "th"})
_BETWEEN = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return the words of a text: lower case, no accents, no punctuation, single blanks.

    Hyphens and apostrophes part words, soft hyphens and zero-width characters do not.

    >>> fold("5-MeO-DMT & TNFα: Größe, naïve CO₂")
    '5 meo dmt tnf alpha grosse naive co2'
    """
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFD", text.casefold()).casefold()
        text = "".join(c for c in text if unicodedata.category(c) not in {"Mn", "Cf"})
        text = text.translate(_TABLE)
    return _BETWEEN.sub(" ", text).strip()
