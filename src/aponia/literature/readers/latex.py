r"""LaTeX's accents and escapes as Unicode, and nothing else touched.

General LaTeX decoders treat ``%`` as a comment and cut ``50% of patients`` to ``50``, and take
milliseconds an entry; abstracts exported by databases are plain text with a few accents in them.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["latex_to_text", "text_to_bibtex"]

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
    "aa": "å", "AA": "Å", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ",
    "i": "ı", "j": "ȷ", "textendash": "–", "textemdash": "—", "textquoteright": "’",
    "textquoteleft": "‘", "textquotedblleft": "“", "textquotedblright": "”", "ldots": "…",
    "dots": "…", "textregistered": "®", "texttrademark": "™", "copyright": "©", "textdegree": "°",
    "degree": "°", "pm": "±", "times": "×", "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "omega": "ω", "Delta": "Δ",
    "chi": "χ", "eta": "η", "theta": "θ", "rho": "ρ", "phi": "φ", "psi": "ψ", "textmu": "µ",
    "S": "§", "P": "¶", "pounds": "£", "texteuro": "€", "euro": "€", "sim": "∼", "approx": "≈",
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<",
    "textgreater": ">", "textbar": "|", "textunderscore": "_", "textbraceleft": "{",
    "textbraceright": "}",
}  # fmt: skip
_DOTLESS = {"ı": "i", "ȷ": "j"}

_ACCENT_SYMBOL = re.compile(
    r"\\([`'^\"~=.])\s*(?:\{\s*(\\[ij]|[A-Za-z])?\s*\}|(\\[ij])(?![A-Za-z])|([A-Za-z]))"
)
_ACCENT_LETTER = re.compile(r"\\([uvHckrdbt])(?:\s*\{\s*(\\[ij]|[A-Za-z])\s*\}|\s+(\\[ij])(?![A-Za-z])|\s+([A-Za-z])(?![A-Za-z]))")  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)(?:\{\}|\s+(?=[A-Za-z])|\s*)")
_FONT = re.compile(r"\\(?:emph|textit|textbf|textsc|textrm|texttt|textsuperscript|textsubscript|mathrm|mathit|mathbf|url|href|hspace|mbox|text|enquote)\s*(?=\{)")  # fmt: skip
_TIE = re.compile(r"(?<=[\w.,}])~(?=[\w{(])")
_ESCAPED = re.compile(r"\\([&%$#_{}])")
_MATH = re.compile(r"\$([^$]{1,80})\$")
_HOLD = {"&": "\ue000", "%": "\ue001", "$": "\ue002", "#": "\ue003", "_": "\ue004", "{": "\ue005", "}": "\ue006", "~": "\ue007"}  # fmt: skip
_UNHOLD = {ord(held): char for char, held in _HOLD.items()}


def _accented(found: re.Match[str]) -> str:
    base = next((g for g in found.groups()[1:] if g), "")
    base = {"\\i": "i", "\\j": "j"}.get(base, base)
    return unicodedata.normalize("NFC", base + _ACCENTS[found.group(1)]) if base else ""


def _letter(found: re.Match[str]) -> str:
    name = found.group(1)
    if name in {"textbraceleft", "textbraceright", "textasciitilde"}:
        return _HOLD[_LETTERS[name]]
    if name in _LETTERS:
        tail = found.group()[len(name) + 1 :]
        # "\o{}" and "\o stergaard" end a command without a blank; "\alpha -" keeps its blank.
        keep = tail if tail.strip() != "{}" and not (tail and name in {"o", "O", "l", "L", "ss", "i", "ae", "oe", "aa"}) else ""  # fmt: skip
        return _LETTERS[name] + keep
    return found.group()


def latex_to_text(text: str) -> str:
    r"""Decode accents, escapes and protective braces; unknown commands stay as they are.

    >>> latex_to_text(r'M{\"u}ller, {\O}stergaard, D{\v{c}}a, \'{\i}, {\ss}, 50% \& {DNA}')
    'Müller, Østergaard, Dča, í, ß, 50% & DNA'
    """
    if (
        "\\" not in text
        and "{" not in text
        and "}" not in text
        and "--" not in text
        and "~" not in text
        and "$" not in text
    ):
        return text
    text = _ESCAPED.sub(lambda m: _HOLD[m.group(1)], text)
    if "\\" in text:
        text = _FONT.sub("", text)
        text = _ACCENT_SYMBOL.sub(_accented, text)
        text = _ACCENT_LETTER.sub(_accented, text)
        text = _COMMAND.sub(_letter, text)
    # A tie is a blank; in an address ("/~name") it is a letter, and "~5" means about five.
    text = _TIE.sub(" ", text)
    # Only math that a decoded symbol was in loses its dollar signs: "$5 and $7" is money.
    text = _MATH.sub(
        lambda m: m.group(1) if re.search(r"[^\x00-\x7f]|[\\^_]", m.group(1)) else m.group(), text
    )
    # Before the braces go: "-{}-" is how two hyphens are written.
    text = text.replace("---", "—").replace("--", "–").replace("{", "").replace("}", "")
    return text.translate(_UNHOLD)


def text_to_bibtex(text: str) -> str:
    r"""Escape what BibTeX would read as its own; accents stay Unicode, as biber and Zotero want.

    >>> latex_to_text(text_to_bibtex(r"a {b} \c 5% & $x_1$ -- ~")) == r"a {b} \c 5% & $x_1$ -- ~"
    True
    """
    out = []
    for char in text:
        if char == "\\":
            out.append(r"\textbackslash{}")
        elif char == "{":
            out.append(r"\textbraceleft{}")
        elif char == "}":
            out.append(r"\textbraceright{}")
        elif char == "~":
            out.append(r"\textasciitilde{}")
        elif char in "&%$#_":
            out.append("\\" + char)
        else:
            out.append(char)
    # A run of hyphens would be read as a dash.
    return re.sub(r"-(?=-)", "-{}", "".join(out))
