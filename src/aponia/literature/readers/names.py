"""Author names: split lists that databases run together, turn them to ``Family, Given``."""

from __future__ import annotations

import re

__all__ = ["family_first", "family_name", "split_authors"]

_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ter",
        "ten",
        "zu",
        "af",
        "av",
    ]
)
_SUFFIX = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_INITIALS = re.compile(r"^(?:[A-ZÀ-ÖØ-Þ](?:[.\-\s]+|$|(?=[A-ZÀ-ÖØ-Þ]))[-\s]*){1,4}$")
_ENDS_IN_INITIALS = re.compile(r"\s(?:[A-ZÀ-ÖØ-Þ](?:[a-z]?\.)?-?){1,4}$")
_CORPORATE = re.compile(r"\b(?:group|committee|collaborat\w+|organi[sz]ation|consortium|investigators|university|institute|society|association|team|network|study|trial|council|ministry|agency|center|centre|inc|ltd|gmbh)\b", re.I)  # fmt: skip


def family_first(name: str) -> str:
    """Turn ``Given Family`` into ``Family, Given``; leave other forms as they are.

    >>> [family_first(n) for n in ("Melinda Cooper", "Liu R.", "Jan van der Berg", "Smith JA")]
    ['Cooper, Melinda', 'Liu R.', 'van der Berg, Jan', 'Smith JA']
    """
    words = name.split()
    if "," in name or len(words) < 2 or _CORPORATE.search(name) or _ENDS_IN_INITIALS.search(name):
        return name
    cut = len(words) - 1
    if words[cut].lower() in _SUFFIX and cut > 1:
        cut -= 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return f"{' '.join(words[cut:])}, {' '.join(words[:cut])}"


def family_name(name: str) -> str:
    """Return the family name of an author in any of the usual forms.

    >>> [family_name(n) for n in ("Trindade, Ines A", "Adler D.G.", "Melinda Cooper", "de Souza JM")]
    ['Trindade', 'Adler', 'Cooper', 'de Souza']
    """
    name = name.strip()
    if "," in name:
        return name.split(",", 1)[0].strip()
    if _CORPORATE.search(name):
        return name
    cut = _ENDS_IN_INITIALS.search(name)
    if cut and cut.start() > 0:
        return name[: cut.start()].strip()
    return family_first(name).split(",", 1)[0]


_PUBMED_LIST = re.compile(r"^(?:[^,;.]+ [A-ZÀ-Þ]{1,4}, ){0,200}[^,;.]+ [A-ZÀ-Þ]{1,4}\.$")


def _run_together(text: str) -> tuple[str, ...]:
    """Split Springer's "Andy SmithTom Weber", where a name starts without a blank before it."""
    if not re.search(r"[a-zß-ÿ]{2}[A-ZÀ-Þ][a-zß-ÿ]+ [A-ZÀ-Þ]", text) or text.count(" ") < 2:
        return (text,)
    # "McDonald" and "DeVito" are one name.
    return tuple(re.split(r"(?<=[a-zß-ÿ]{2})(?<!\bMc)(?<!\bMac)(?=[A-ZÀ-Þ][a-zß-ÿ]+ )", text))


def split_authors(text: str) -> tuple[str, ...]:
    """Split one cell of authors.

    Semicolons, ``||``, line ends and BibTeX's `` and `` are tried in this order; commas last, told
    apart into ``Family A.B., Other C.`` and ``Family, A. B., Other, C.`` by where initials stand.

    >>> split_authors("Liu R., Adler D.G.")
    ('Liu R.', 'Adler D.G.')
    >>> split_authors("Okour, Malek; Derimanov, Geo")
    ('Okour, Malek', 'Derimanov, Geo')
    >>> split_authors("Compaore, Y. D.")
    ('Compaore, Y. D.',)
    """
    text = text.strip()
    if not text:
        return ()
    if text.startswith("[") and text.endswith("]") and ("'" in text or '"' in text):
        # A Python list printed into a cell, as notebooks do.
        names = [a or b for a, b in re.findall(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", text)]
        return tuple(n.strip() for n in names if n.strip())
    if _PUBMED_LIST.match(text):
        # PubMed's "Smith J, Doe K." ends its list with a full stop.
        text = text[:-1]
    for separator in (r"\s*;\s*", r"\s*\|\|?\s*", r"\s*[\r\n]+\s*", r"\s+and\s+|\s+&\s+"):
        if re.search(separator, text):
            names = [n.strip(" ,") for n in re.split(separator, text)]
            return tuple(n for n in names if n)
    parts = [p.strip() for p in text.split(",") if p.strip()]
    if len(parts) < 2:
        return _run_together(parts[0]) if parts else ()
    if len(parts) % 2 == 0 and all(_INITIALS.match(p) for p in parts[1::2]):
        return tuple(f"{a}, {b}" for a, b in zip(parts[::2], parts[1::2], strict=True))
    if len(parts) == 2 and not any(" " in p for p in parts):
        return (f"{parts[0]}, {parts[1]}",)
    if len(parts) == 2 and not _ENDS_IN_INITIALS.search(parts[0]) and " " not in parts[0]:
        return (f"{parts[0]}, {parts[1]}",)
    return tuple(parts)
