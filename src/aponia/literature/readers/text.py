"""From bytes to text: byte-order marks, wrong encodings, white space, Unicode form."""

from __future__ import annotations

import gzip
import html
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "MAX_BYTES",
    "Decoded",
    "ReadError",
    "clean",
    "decode",
    "has_markup",
    "lines_of",
    "load_bytes",
    "plain",
    "unescape",
]

#: An export of a million records is about this size; anything larger is not an export.
MAX_BYTES = 2_000_000_000

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n\u00a0\u2028\u2029\x85]+")
_TAG = re.compile(
    r"</?(?:i|b|u|em|strong|sub|sup|p|br|h[1-6]|span|div|scp|tt|inf|title|sec|li|ul|ol|italic|bold|"
    r"jats:[a-z-]+|mml:[a-z-]+)(?:\s+[\w:-]{1,30}\s*=\s*(?:\"[^\"<>]{0,200}\"|'[^'<>]{0,200}'|[\w#.:-]{1,60})){0,8}\s*/?>",
    re.IGNORECASE,
)
#: A reference with its semicolon: "AT&T" and "?a=1&copy=2" have none.
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


class ReadError(ValueError):
    """The file as a whole can not be read; the message says why and what is accepted."""


@dataclass(frozen=True)
class Decoded:
    """A file's text, the encoding it was in, and the lines that were not in it."""

    text: str
    encoding: str
    odd_lines: list[int]


def load_bytes(path: Path) -> bytes:
    """Read a file, unpacking gzip, never more than `MAX_BYTES`.

    Raises
    ------
    ReadError
        No such file, too large, or a broken gzip.
    """
    if not path.is_file():
        raise ReadError(f"{path}: no such file")
    if path.stat().st_size > MAX_BYTES:
        raise ReadError(f"{path}: larger than {MAX_BYTES} bytes; split the export")
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError) as error:
            raise ReadError(f"{path}: broken gzip file ({error})") from None
        if len(data) > MAX_BYTES:
            raise ReadError(
                f"{path}: larger than {MAX_BYTES} bytes when unpacked; split the export"
            )
    return data


def decode(data: bytes) -> Decoded:
    """Decode bytes whose encoding is unknown.

    A byte-order mark decides; then the XML declaration if the bytes agree with it; then UTF-8;
    then UTF-16 when every second byte is zero. What is left is read line by line as UTF-8 where
    that holds and Windows-1252 where it does not: files pasted together from several databases
    really mix the two.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(data.decode(name, errors="replace"), name, [])
    head = data[:4000]
    if head.count(0) > len(head) // 3:
        name = "utf-16-be" if head[:1] == b"\x00" else "utf-16-le"
        return Decoded(data.decode(name, errors="replace"), name, [])
    declared = _DECLARED.match(head.lstrip())
    names = ["utf-8"]
    if declared:
        names.insert(0, declared.group(1).decode("ascii").lower())
    for name in names:
        try:
            return Decoded(data.decode(name), name, [])
        except (UnicodeDecodeError, LookupError):
            continue
    out, odd = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            out.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            odd.append(number)
            try:
                out.append(line.decode("cp1252"))
            except UnicodeDecodeError:
                out.append(line.decode("latin-1"))
    return Decoded("\n".join(out), "cp1252", odd)


def lines_of(text: str) -> list[str]:
    r"""Split at ``\n``, ``\r\n`` and ``\r`` only.

    `str.splitlines` also splits at form feeds and at U+2028, which stand inside abstracts.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def clean(text: str) -> str:
    r"""One line of text in NFC: no control characters, runs of white space as one blank.

    >>> clean("  A\u0308 b\r\n c\x00 ")
    'Ä b c'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _CONTROL.sub("", text)
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text)).strip()


def unescape(text: str) -> str:
    """Turn character references into characters, also where two programs escaped one after the other.

    >>> unescape("Solvers&amp;#x0027; p&lt;0.05 at AT&T; caf&eacute;")
    "Solvers' p<0.05 at AT&T; café"
    """
    for _ in range(2):
        if "&" not in text:
            break
        text = _REFERENCE.sub(lambda m: html.unescape(m.group()), text)
    return text


def has_markup(text: str) -> bool:
    """Tell whether a text holds HTML or JATS tags or character references."""
    return ("<" in text and bool(_TAG.search(text))) or (
        "&" in text and bool(_REFERENCE.search(text))
    )


def plain(text: str) -> str:
    """Clean text that may hold HTML or JATS mark-up, as the JSON services give it.

    >>> plain("<h4>Aim</h4>5&#x2009;mg of <i>R</i>-MDMA, p&lt;0.05")
    'Aim 5 mg of R-MDMA, p<0.05'
    """

    def gap(tag: re.Match[str]) -> str:
        name = tag.group().strip("</> ").split()[0].lower()
        return (
            ""
            if name in {"i", "b", "u", "em", "sub", "sup", "strong", "span", "scp", "inf"}
            else " "
        )

    return clean(unescape(_TAG.sub(gap, unescape(text))).replace("\u2009", " "))
