"""Damaged articles: whatever is cut, doubled or swapped, a check comes back or one sentence that says why.

Real articles of every kind are damaged with fixed seeds: byte by byte, by pieces, by what breaks
parsers. The other properties (any text, offsets, orders in the text) are in ``test_properties`` and
``test_robust``.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from aponia.claims import VERDICTS, Checker, ExtractionError, from_pdf

ARTICLES = Path(__file__).parent / "articles"
TEXTS = (
    "clinic.html",
    "magazine_print.html",
    "retreat.html",
    "review.md",
    "forum.txt",
    "press.txt",
)
ROUNDS, PDF_ROUNDS = 12, 12
#: What has broken readers of text before: cut tags and entities, nesting, direction marks, half pairs.
_NASTY = (
    b"<", b"<!--", b"<![CDATA[", b"</p></div></body>", b"<p>" * 300, b"<table><tr><td>" * 60, b"&#xD800;",
    b"&#1114112;", b"&amp", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xe2\x80\x8b" * 50,
    b"\xf0\x9f\x8d\x84", b"e\xcc\x81" * 40, b"```\n", b"[a](", b"![", b"***" * 50, b"\n# " * 40, b"> " * 80,
    b"| a | b |\n|---|\n", b"9" * 400, b"-1e309 mg", b"p = 0.", b"(" * 200, b"\"'" * 60, b"1/0 people",
    b"\r\r\n", b"psilocybin " * 60, b"et al. " * 60, b"%" * 50, b"10.5.3.2 attacks", b"<script>", b"<style>",
)  # fmt: skip


def damage(data: bytes, rng: random.Random) -> bytes:
    """Change a piece of a file in one to six ways."""
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 4, 40, 400)))
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at] + data[to:]
        elif kind == 1:
            data = data[:to] + data[at:to] * rng.randint(1, 8) + data[to:]
        elif kind == 2:
            data = data[:at] + rng.randbytes(to - at) + data[to:]
        elif kind == 3:
            data = data[:at] + rng.choice(_NASTY) + data[at:]
        elif kind == 4:
            data = data[: max(1, at)]
        else:
            data = data[:at] + bytes(b ^ (1 << rng.randrange(8)) for b in data[at:to]) + data[to:]
    return data


def survives(checker: Checker, data: bytes, name: str) -> bool:
    found, said = None, ""
    try:
        found = checker.article(data, name)
    except ExtractionError as error:
        said = str(error)
    if found is None:
        assert 10 < len(said) < 300
        assert "Traceback" not in said
        return False
    # no half character is left that could not be sent on
    sent = json.dumps(found.to_dict(), allow_nan=False, ensure_ascii=False).encode()
    shown = json.loads(sent)
    assert len(found.text) < 8 * len(data) + 10_000
    for claim in shown["claims"]:
        assert claim["verdict"] in VERDICTS
        assert found.text[claim["start"] : claim["end"]] == claim["text"]
        assert claim["explanation"]
        assert all(e["id"] and e["url"] for e in claim["evidence"])
    assert sum(shown["summary"].values()) == len(shown["claims"])
    return True


@pytest.mark.parametrize("name", TEXTS)
def test_damaged_pages_and_texts(checker: Checker, name: str):
    rng = random.Random(f"{name} 2026")
    whole = (ARTICLES / name).read_bytes()
    for n in range(ROUNDS):
        # a piece of the article: damage is found as well in it, and faster
        start = rng.randrange(max(1, len(whole) - 3000))
        part = whole[:200] + whole[start : start + 3000]
        survives(checker, damage(part, rng), name if n % 2 else "")


def test_damaged_pdfs(checker: Checker, monkeypatch: pytest.MonkeyPatch):
    # A PDF that sends its reader round in circles ends by the clock; here sooner, so that CI ends too.
    monkeypatch.setattr(from_pdf, "SECONDS", 3)
    rng = random.Random("pdf 2026")
    whole = (ARTICLES / "magazine.pdf").read_bytes()
    read = [survives(checker, damage(whole, rng), "a.pdf") for _ in range(PDF_ROUNDS)]
    assert len(read) == PDF_ROUNDS


@pytest.mark.parametrize("seed", range(4))
def test_any_characters(checker: Checker, seed: int):
    rng = random.Random(seed)
    planes = ((32, 126), (0, 0x24F), (0x300, 0x36F), (0x590, 0x6FF), (0x2000, 0x2BFF), (0xD800, 0xDFFF),
              (0xFE00, 0xFFFF), (0x1F300, 0x1FAFF), (0xE0000, 0xE01EF), (0x10FF00, 0x10FFFF))  # fmt: skip
    words = (
        "psilocybin",
        "ketamine",
        "LSD",
        "pain",
        "cluster headache",
        "reduces",
        "5 mg",
        "p < 0.05",
        ". ",
    )
    for _ in range(12):
        text = "".join(
            rng.choice(words) + " " if rng.random() < 0.4 else chr(rng.randint(*rng.choice(planes)))
            for _ in range(rng.randint(1, 400))
        )
        found = checker.article(text)
        assert all(found.text[c.start : c.end] == c.text for c in found.claims)
        json.dumps(found.to_dict(), allow_nan=False, ensure_ascii=False).encode()
        reading, verdict = checker.claim(text[:300])
        assert verdict.name in VERDICTS
        assert reading.text is not None
