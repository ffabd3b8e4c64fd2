"""Dates of partial precision, written for people."""

from __future__ import annotations

__all__ = ["is_overdue", "written_date"]

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def written_date(value: str | None) -> str:
    """Write an ISO date of day, month or year precision as people do.

    >>> written_date("2026-04-05"), written_date("2016-12"), written_date("1971"), written_date(None)
    ('5 April 2026', 'December 2016', '1971', '')
    """
    if not value:
        return ""
    parts = value.split("-")
    if len(parts) == 1:
        return parts[0]
    month = _MONTHS[int(parts[1]) - 1]
    if len(parts) == 2:
        return f"{month} {parts[0]}"
    return f"{int(parts[2])} {month} {parts[0]}"


def is_overdue(due: str | None, today: str) -> bool:
    """Tell whether a due date has passed on the day the site was built.

    >>> is_overdue("2027-02-28", "2026-11-22"), is_overdue(None, "2026-11-22")
    (False, False)
    """
    return due is not None and due < today[: len(due)]
