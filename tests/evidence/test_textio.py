"""The strict readers: what they accept means the same to every reader; the rest is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.evidence.textio import TextError, decode, parse_csv, parse_yaml, show


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x 1\nb: *x\n", "the anchor &x"),
        ("a: *x\n", "the alias *x"),
        ("a: 1\na: 2\n", "the key 'a' twice"),
        ("a: {b: 1, b: 2}\n", "the key 'b' twice"),
        ("a: !!python/object:os.system x\n", "the tag"),
        ("a: !!str 1\n", "the tag"),
        ("a: {<<: {b: 1}}\n", "the merge key <<"),
        ("a: .nan\n", ".nan"),
        ("a: -.inf\n", "-.inf"),
        ("a: 1e999\n", "1e999"),
        ("a: no\n", "the bare word no"),
        ("a: Yes\n", "the bare word Yes"),
        ("a: True\n", "the bare word True"),
        ("a: 0o17\n", "0o17"),
        ("a: 017\n", "017"),
        ("a: 0x1F\n", "0x1F"),
        ("a: 1_000\n", "1_000"),
        ("a: 12:30\n", "12:30"),
        ("a: .5\n", ".5"),
        ("a: 5.\n", "5."),
        ("a: 12345678901234567890\n", "12345678901234567890"),
        ("? [a]\n: 1\n", "a key that is not plain text"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("", "an empty file"),
        ("a: [1, 2\n", "did not find expected"),
        ("a: b: c\n", "mapping values are not allowed"),
        ("[" * 40 + "]" * 40 + "\n", "too many or too deeply nested"),
    ],
)
def test_refused_yaml(text: str, found: str) -> None:
    with pytest.raises(TextError) as caught:
        parse_yaml(text)
    assert found in caught.value.found


def test_billion_laughs_are_refused_at_the_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)
    )
    with pytest.raises(TextError, match="anchor"):
        parse_yaml(bomb)


def test_plain_values() -> None:
    text = "a: 1\nb: -2.50\nc: null\nd: true\ne: [x, '1', \"no\"]\nf: 2024-05\ng: 1-3\nh: 1e-5\n"
    assert parse_yaml(text) == {
        "a": 1, "b": -2.5, "c": None, "d": True, "e": ("x", "1", "no"), "f": "2024-05",
        "g": "1-3", "h": 1e-5,
    }  # fmt: skip


def test_marks_are_lines() -> None:
    marks: dict[tuple[str | int, ...], int] = {}
    parse_yaml("a: 1\nb:\n- c: 2\n- {d: 3,\n  e: 4}\n", marks)
    assert marks["a",] == 1
    assert marks["b", 0, "c"] == 3
    assert marks["b", 1, "e"] == 5
    assert show(("b", 1, "e")) == "b[1].e"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a:\t1\n", "a tab"),
        (b"a: caf\xe9\n", "byte 0xe9"),
        ("a: caf\u00e9\n".encode("utf-16"), "byte 0xff"),
        (b"\xef\xbb\xbfa: 1\n", "U+FEFF"),
        (b"a: \x07\n", "U+0007"),
        (b"a: 1\rb: 2\n", "U+000D"),
        (b"x" * 2_000_001, "2000001 bytes"),
    ],
)
def test_refused_bytes(data: bytes, found: str) -> None:
    with pytest.raises(TextError) as caught:
        decode(data)
    assert found in caught.value.found


def test_line_of_a_bad_byte() -> None:
    with pytest.raises(TextError) as caught:
        decode(b"a: 1\nb: \xff\n")
    assert caught.value.line == 2


def test_windows_line_ends_are_fine() -> None:
    assert parse_yaml(decode(b"a: 1\r\nb: 2\r\n")) == {"a": 1, "b": 2}


def test_csv_rows_know_their_lines() -> None:
    header, rows = parse_csv('a,b\n1,"two\nlines"\n3,4\n')
    assert header == ["a", "b"]
    assert rows == [(2, ["1", "two\nlines"]), (4, ["3", "4"])]
    with pytest.raises(TextError):
        parse_csv('a,b\n1,"two\n')
    with pytest.raises(TextError):
        parse_csv("")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6) + 0.0)
    | st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcdef", min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@settings(max_examples=150, deadline=None)
@given(value=VALUES, flow=st.booleans())
def test_what_is_accepted_means_what_any_yaml_reader_reads(value: Any, flow: bool) -> None:
    text = yaml.safe_dump({"a": value}, default_flow_style=flow, allow_unicode=True)
    try:
        found = parse_yaml(decode(text.encode()))
    except TextError:
        return  # a value written in a form that not every reader shares
    assert found == {"a": _tuples(value)}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text("a:-[]{}&*!'\"\n #|>?,1.", max_size=40).map(str.encode))
def test_no_input_breaks_the_reader(data: bytes) -> None:
    try:
        found = parse_yaml(decode(data))
    except TextError as error:
        problem = error.problem("file")
    else:
        problem = None
        assert found is None or isinstance(found, dict | tuple | str | int | float)
    assert problem is None or (problem.found and problem.expected)
