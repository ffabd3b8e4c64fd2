"""Small files that would unfold to fill the memory, and numbers nobody can convert: one error each."""

from __future__ import annotations

import pytest

from aponia.literature.readers import ReadError, read_text

BOMBS = {
    "doubling strings": '@string{s0 = "aaaaaaaaaa"}\n'
    + "".join(f"@string{{s{i} = s{i - 1} # s{i - 1}}}\n" for i in range(1, 40))
    + "@article{k, title = s39}",
    "one string often": '@string{s = "' + "a" * 50_000 + '"}\n@article{k, title = ' + "s # " * 2_000 + "s}",
    "one parent often": "@proceedings{p, title = {" + "a" * 50_000 + "}}\n"
    + "".join(f"@inproceedings{{k{i}, crossref = {{p}}, author = {{A}}}}\n" for i in range(400)),
    "a number without end": '[{"id": "https://openalex.org/W1", "publication_year": ' + "9" * 5000 + "}]",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_fill_the_memory_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match=r"unfold|Exceeds the limit"):
        read_text(BOMBS[name], "bomb")


def test_abbreviations_and_cross_references_of_real_size_unfold() -> None:
    text = '@string{pain = "Pain"}\n@string{long = pain # ": " # pain}\n@proceedings{p, title = {Talks}}\n' + "".join(
        f"@inproceedings{{k{i}, title = {{T}}, journal = long, crossref = {{p}}}}\n" for i in range(300)
    )  # fmt: skip
    records = read_text(text, "x").records
    assert len(records) == 301
    assert all(r.journal == "Pain: Pain" for r in records[1:])


def test_a_json_line_with_such_a_number_is_left_out_and_told() -> None:
    good = '{"id": "https://openalex.org/W2", "title": "t"}'
    bad = '{"id": "https://openalex.org/W1", "publication_year": ' + "9" * 5000 + "}"
    found = read_text(f"{good}\n{bad}\n{good.replace('W2', 'W3')}\n", "x.jsonl")
    assert len(found.records) == 2
    assert any("left out" in str(p) for p in found.problems)
