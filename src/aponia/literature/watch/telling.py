"""Findings in words: what differs, on which dates it rests, and nothing about who is to blame."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aponia.literature.watch.drift import FIELDS
from aponia.literature.watch.model import Finding
from aponia.literature.watch.overdue import RULES, months_since

__all__ = ["about", "headline", "told"]


def headline(finding: Finding, today: date) -> str:
    """Return one line."""
    data = finding.data
    if finding.kind == "drift":
        return f"{finding.subject}: {_drift(data)}"
    if finding.kind == "overdue":
        rule = RULES[str(data["rule"])][0]
        return (
            f"{finding.subject}: results overdue by the rule of {rule}, as far as the registry shows: "
            f"due {data['due']}, {_months(months_since(str(data['due']), today))} ago"
        )
    if finding.kind == "no-results":
        return (
            f"{finding.subject}: no result in the register {_months(months_since(str(data['ended']), today))} after its stated end "
            f"({data['date_name']} {data['ended']})"
        )
    return f"{about(finding)}: {'; '.join(data['changes'])}"


def about(finding: Finding) -> str:
    """Return what a finding is about: the registry number, or the label's name."""
    if finding.kind != "label":
        return finding.subject
    return f"Label {finding.data['name']}, set {finding.subject[:8]}"


def told(finding: Finding, today: date, now: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Return the lines below it.

    Parameters
    ----------
    finding : Finding
    today : date
    now : mapping, optional
        The trial's newest snapshot, for what has changed since.
    """
    data = finding.data
    lines: list[str] = []
    if data.get("title"):
        lines.append(f"“{data['title']}”")
    if finding.kind == "drift":
        if data["field"] == "primary_outcomes":
            lines += [
                f"Was: {data['was']}",
                f"Now: {data['now']}",
                *(str(d) for d in data["detail"]),
            ]
        if data["against"] == "base" and data["field"] == "primary_outcomes":
            lines.append("The base may word outcomes shortly: compare before changing anything.")
        if data.get("base") is not None and data["against"] == "register":
            lines.append(f"The base says: {data['base']}")
    if finding.kind == "overdue":
        lines.append(f"Counted from the {data['date_name']}, {data['ended']}.")
        lines.append("An extension or a deferral need not be visible in the registry.")
        lines.append(f"The rule: {RULES[str(data['rule'])][1]}")
    if finding.kind == "no-results":
        lines.append(f"Not said to be overdue: {data['why']}.")
    if finding.kind in {"overdue", "no-results"}:
        if data.get("reported_in"):
            lines.append(f"The base holds a report of it: {', '.join(data['reported_in'])}.")
        if now is not None and (now.get("results_posted") or now.get("results_submitted")):
            lines.append("Since then results came in: see the registry.")
    return tuple(lines)


def _drift(data: Mapping[str, Any]) -> str:
    name, of_base = FIELDS[str(data["field"])], data["against"] == "base"
    if data["field"] == "primary_outcomes":
        count = len(data["detail"])
        verb = "differ from the base" if of_base else "changed"
        return f"primary outcomes {verb} ({count} difference{'' if count == 1 else 's'})"
    if data["field"] == "results_posted":
        said = "results are posted now" if data["now"] == "posted" else "posted results are no longer there"  # fmt: skip
        return f"{said} (base: {data['was']})" if of_base else said
    shift = data["detail"][0] if data["detail"] else ""
    if of_base:
        return f"{name} {data['now']} (base: {data['was']}{', ' + shift if shift else ''})"
    return f"{name} {data['was']} → {data['now']}{f' ({shift})' if shift else ''}"


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"
