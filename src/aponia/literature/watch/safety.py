"""What changed in drug labels and in counts of reports, from one look to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ReactionChange", "counts_subject", "label_changes", "reaction_changes"]

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ReactionChange:
    """How many reports name a drug and a reaction, before and now. Counts, not rates."""

    drug: str
    reaction: str
    before: int
    now: int
    as_of: str


def counts_subject(drug: str) -> str:
    """Return the name of a drug's table of counts among the snapshots."""
    return f"reactions:{drug}"


def label_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what changed between two versions of a label, worst first; empty for nothing.

    Parameters
    ----------
    before, after : mapping
        Of `LabelRow.to_dict`; the sections are hashes of their texts.
    """
    old, new = dict(before["sections"]), dict(after["sections"])
    out: list[str] = []
    if before["boxed_warning"] != after["boxed_warning"]:
        out.append("a boxed warning was added" if after["boxed_warning"] else "the boxed warning was removed")  # fmt: skip
    elif old.get("boxed_warning") != new.get("boxed_warning"):
        out.append("the text of the boxed warning changed")
    for name in sorted((set(old) | set(new)) - {"boxed_warning"}):
        if old.get(name) != new.get(name):
            said = name.replace("_", " ")
            verb = (
                "was added" if name not in old else "was removed" if name not in new else "changed"
            )
            out.append(f"section “{said}” {verb}")
    if before["version"] != after["version"]:
        out.append(f"version {before['version'] or '?'} → {after['version'] or '?'}")
    return out


def reaction_changes(
    drug: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[ReactionChange]:
    """Return the counts that rose or fell most, most first.

    Parameters
    ----------
    drug : str
    before, after : mapping
        ``counts`` (reaction to number) and ``as_of``.
    """
    old, new = before["counts"], after["counts"]
    # Only reactions in both: one that was not among those given before may have had any count.
    rows = [
        ReactionChange(drug, name, int(old[name]), int(new[name]), str(after["as_of"]))
        for name in new if name in old and new[name] != old[name]
    ]  # fmt: skip
    rows.sort(key=lambda r: (-abs(r.now - r.before), r.reaction))
    return rows[:_SHOWN]
