"""Claims written to trap the checker: a wrong one called supported is the error that matters most.

The sets are in `validation/claims`, with what they are and how they were made in `validation/claims.md`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aponia.claims import Checker

SETS = Path(__file__).parents[2] / "validation" / "claims"
#: Known and open. The list may only get shorter.
KNOWN = frozenset(["rt3-003", "rt4-026", "rt4-036", "rt4-040", "rt4-041", "rt4-091"])


def _wrong_called_supported(checker: Checker, name: str) -> set[str]:
    rows = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text("utf-8").splitlines()]
    wrong = [
        r
        for r in rows
        if r["verdict"] in ("contradicted", "no-evidence")
        and "supported" not in (r.get("verdict_also_defensible") or ())
    ]
    assert wrong
    found = list(checker.batch(wrong))
    return {f["id"] for f in found if f["verdict"] == "supported"}


@pytest.mark.parametrize("name", ["traps", "development", "blind", "final", "plain"])
def test_no_further_wrong_claim_is_called_supported(checker: Checker, name: str):
    assert _wrong_called_supported(checker, name) <= KNOWN
