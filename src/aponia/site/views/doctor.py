"""For your doctor: where people find the two pages to print."""

from __future__ import annotations

from typing import Any

from aponia.site.briefs.countries import COUNTRIES
from aponia.site.render import Page
from aponia.site.views.common import RED_FLAGS, World
from aponia.site.views.question import group_of

__all__ = ["doctor_page"]


def doctor_page(world: World) -> Page:
    """Return the page that offers the brief of every question."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for answer in world.answers.values():
        groups.setdefault(group_of(world, answer), []).append(
            {
                "id": answer.id,
                "ask": answer.ask,
                "pdf": f"../briefs/{answer.id}.pdf",
                "href": f"../questions/{answer.id}.html",
            }
        )
    return Page(
        "for-your-doctor/index.html",
        "doctor.html",
        "For your doctor",
        "Two pages to print for each question: the answer and how sure it is, harms, who trials left out, interactions, law, open trials, questions to ask.",
        "doctor",
        {
            "groups": groups,
            "countries": [{"code": c.code, "name": c.name} for c in COUNTRIES.values()],
            "crisis": world.crisis_lines,
            "red_flags": RED_FLAGS,
        },
        patient=True,
    )
