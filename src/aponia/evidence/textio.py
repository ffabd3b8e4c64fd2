"""Read YAML and CSV text safely: bounded, UTF-8, no aliases, no duplicate keys, no surprises.

The YAML accepted is a plain subset. A bare word that other YAML readers would take for something
else (``no``, ``0o17``, ``1_000``, ``12:30``) is refused, so a file means the same everywhere.
"""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import yaml

from aponia.evidence.problems import Problem

__all__ = ["Marks", "TextError", "parse_csv", "parse_yaml", "read_text"]

MAX_BYTES = 2_000_000
MAX_DEPTH = 12
MAX_NODES = 100_000

Path_ = tuple[str | int, ...]
Marks = dict[Path_, int]
"""Line (from 1) of every value, by its path."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,3})?")
# Numbers to some YAML reader or other, but not the same number to all of them.
_AMBIGUOUS_NUMBER = re.compile(
    r"[-+]?(?:0[xob][0-9a-f_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?|\.[0-9][0-9_]*(?:e[-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|\.inf|\.nan)",
    re.IGNORECASE,
)
_AMBIGUOUS = {"yes", "no", "on", "off", "y", "n"}
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "false": False}


class TextError(Exception):
    """A file that cannot be read as YAML or CSV.

    Attributes
    ----------
    line : int
        Line from 1; 0 for the whole file.
    found, expected, field : str
        As in `Problem`.
    """

    def __init__(self, line: int, found: str, expected: str, field: str = "") -> None:
        super().__init__(f"line {line}: found {found}; expected {expected}")
        self.line, self.found, self.expected, self.field = line, found, expected, field

    def problem(self, file: str) -> Problem:
        """Turn the fault into a problem of a file.

        Parameters
        ----------
        file : str
            Path below the base.

        Returns
        -------
        Problem
            The problem.
        """
        return Problem(file, self.line, self.field, self.found, self.expected)


def read_text(path: Path) -> str:
    """Read one file as UTF-8 text.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Its text, with Unix line ends.

    Raises
    ------
    TextError
        When the file cannot be read, is too large or not UTF-8, or holds tabs or control
        characters.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TextError(
                0, f"{path.stat().st_size} bytes", f"a file of at most {MAX_BYTES} bytes"
            )
        data = path.read_bytes()
    except OSError as error:
        raise TextError(0, error.strerror or "an unreadable file", "a readable file") from None
    return decode(data)


def decode(data: bytes) -> str:
    """Decode the bytes of a file.

    Parameters
    ----------
    data : bytes
        Content of a file.

    Returns
    -------
    str
        Its text, with Unix line ends.

    Raises
    ------
    TextError
        When it is too large, not UTF-8, or holds tabs or control characters.
    """
    if len(data) > MAX_BYTES:
        raise TextError(0, f"{len(data)} bytes", f"a file of at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TextError(line, f"byte 0x{data[error.start]:02x}", "text in UTF-8") from None
    text = text.replace("\r\n", "\n")
    match = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        what = "a tab" if match[0] == "\t" else f"control character U+{ord(match[0]):04X}"
        raise TextError(line, what, "blanks and printable characters only")
    return text


def parse_yaml(text: str, marks: Marks | None = None) -> Any:
    """Parse one YAML document.

    Parameters
    ----------
    text : str
        The document.
    marks : dict, optional
        Filled with the line of every value when given.

    Returns
    -------
    object
        Dictionaries, tuples, text, numbers, booleans and None.

    Raises
    ------
    TextError
        When it is not YAML of the accepted subset.
    """
    loader = _LOADER(text)
    try:
        return _Builder(loader, marks).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        raise TextError(line, str(error.problem or error.context), "valid YAML") from None
    except yaml.YAMLError as error:
        raise TextError(0, str(error).splitlines()[0], "valid YAML") from None
    except (ValueError, RecursionError, OverflowError) as error:
        raise TextError(0, str(error), "valid YAML") from None
    finally:
        loader.dispose()


class _Builder:
    """Builds plain values from parser events, so that nothing is ever expanded or constructed."""

    def __init__(self, loader: Any, marks: Marks | None) -> None:
        self.next = loader.get_event
        self.marks = marks
        self.nodes = 0

    def document(self) -> Any:
        self.next()  # stream start
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise TextError(0, "an empty file", "one YAML document")
        value = self.value(self.next(), (), 0)
        self.next()  # document end
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise TextError(event.start_mark.line + 1, "a second document", "one YAML document")
        return value

    def value(self, event: Any, path: Path_, depth: int) -> Any:
        self.nodes += 1
        line = event.start_mark.line + 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise TextError(line, "too many or too deeply nested values", "a smaller record")
        if isinstance(event, yaml.AliasEvent):
            raise TextError(line, f"the alias *{event.anchor}", "the value itself, written out")
        if event.anchor is not None:
            raise TextError(line, f"the anchor &{event.anchor}", "the value without an anchor")
        if event.tag is not None:
            raise TextError(line, f"the tag {event.tag}", "a value without a tag")
        if self.marks is not None:
            self.marks[path] = line
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, line, path)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := self.next(), yaml.SequenceEndEvent):
                items.append(self.value(event, (*path, len(items)), depth + 1))
            return tuple(items)
        return self.mapping(path, depth)

    def mapping(self, path: Path_, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise TextError(line, "a key that is not plain text", "plain text as key")
            key = event.value
            if key == "<<":
                raise TextError(line, "the merge key <<", "the keys themselves, written out")
            if key in found:
                raise TextError(line, f"the key {key!r} twice", "each key once", show((*path, key)))
            found[key] = self.value(self.next(), (*path, key), depth + 1)
        return found


def _scalar(event: Any, line: int, path: Path_) -> Any:
    text: str = event.value
    if event.style is not None and event.style != "":
        return text
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text.lower() in _AMBIGUOUS or text.lower() in _BOOLS:
        raise TextError(
            line, f"the bare word {text}", f'"{text}" in quotes, true or false', show(path)
        )
    if text[0] in "0123456789+-.":
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if not math.isfinite(number):
                raise TextError(line, text, "a finite number", show(path))
            return number
        if _AMBIGUOUS_NUMBER.fullmatch(text):
            raise TextError(line, text, "a plain decimal number, or text in quotes", show(path))
    return text


def show(path: Path_) -> str:
    """Write a path the way people read it.

    Parameters
    ----------
    path : tuple of str or int
        Keys and indices.

    Returns
    -------
    str
        Such as ``outcomes[0].results[1].n``.
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def parse_csv(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Parse one CSV table.

    Parameters
    ----------
    text : str
        The table, with a header line.

    Returns
    -------
    header : list of str
        Column names.
    rows : list of (int, list of str)
        Line on which each row starts, and its cells.

    Raises
    ------
    TextError
        When the table is malformed or has no header.
    """
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if cells:
                rows.append((start, cells))
            start = reader.line_num + 1
            if len(rows) > MAX_NODES:
                raise TextError(start, "too many rows", f"at most {MAX_NODES} rows")
    except csv.Error as error:
        raise TextError(reader.line_num, str(error), "valid CSV") from None
    if not rows:
        raise TextError(0, "an empty file", "a header line and rows")
    return rows[0][1], rows[1:]
