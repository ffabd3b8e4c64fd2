"""What the made-up sources hold: one item a day, some of it about pain and some about wheat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

FIRST = date(2026, 1, 1)
DRUGS = ("Psilocybin", "Ketamine", "Lysergide")


@dataclass(frozen=True)
class Item:
    k: int

    @property
    def day(self) -> date:
        return FIRST + timedelta(days=self.k)

    @property
    def about_pain(self) -> bool:
        return self.k % 3 != 2

    @property
    def title(self) -> str:
        what = "chronic pain" if self.about_pain else "winter wheat"
        return f"{DRUGS[self.k % 3]} and {what}: study <{self.k}> & more"

    @property
    def abstract(self) -> str:
        return f"We gave it to {self.k + 10} people. Größe μ {self.k}."


def items(n: int, since: str = "", until: str = "") -> list[Item]:
    """The first n items, of a window of ISO dates."""
    every = [Item(k) for k in range(n)]
    return [
        i
        for i in every
        if (not since or str(i.day) >= since) and (not until or str(i.day) <= until)
    ]
