"""Effect direction plot: studies by outcome domain, direction and size, without significance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aponia.meta.errors import InputError, TooFewStudiesError
from aponia.meta.swim._directions import Direction, read_direction
from aponia.meta.swim._sign import SignTest, sign_test

__all__ = ["EffectDirectionPlot", "EffectDirectionRow", "effect_direction"]

Size = Literal["small", "medium", "large", "not reported"]


@dataclass(frozen=True)
class EffectDirectionRow:
    """One study in one outcome domain.

    Attributes
    ----------
    study, domain : str
    direction : {"benefit", "harm", "unclear"}
        Of the study in the domain: the direction of at least 70% of its outcomes there.
    symbol : str
        Arrow for the plot: up for benefit, down for harm, sideways for unclear.
    size : {"small", "medium", "large", "not reported"}
        By sample size: under 50, 50 to 300, over 300.
    n : float or None
        Largest sample size among the outcomes.
    n_outcomes : int
        Outcomes summarised; shown beside the arrow when more than one.
    n_benefit, n_harm : int
        Outcomes by direction.
    risk_of_bias : str or None
    """

    study: str
    domain: str
    direction: Direction
    symbol: str
    size: Size
    n: float | None
    n_outcomes: int
    n_benefit: int
    n_harm: int
    risk_of_bias: str | None


@dataclass(frozen=True)
class EffectDirectionPlot:
    """Everything an effect direction plot shows.

    Attributes
    ----------
    studies, domains : tuple of str
        Rows and columns, in order of appearance.
    rows : tuple of EffectDirectionRow
        The filled cells.
    sign_tests : dict of str to SignTest
        By domain; domains in which no study has a direction are absent.
    """

    studies: tuple[str, ...]
    domains: tuple[str, ...]
    rows: tuple[EffectDirectionRow, ...]
    sign_tests: dict[str, SignTest]

    def cell(self, study: str, domain: str) -> EffectDirectionRow | None:
        """Return the cell of a study and a domain, or None where the plot is empty."""
        for row in self.rows:
            if row.study == study and row.domain == domain:
                return row
        return None

    def summary(self) -> str:
        """Return the plot as text."""
        width = max(len(s) for s in self.studies) + 2
        lines = [" " * width + "  ".join(self.domains)]
        for study in self.studies:
            cells = []
            for domain in self.domains:
                cell = self.cell(study, domain)
                cells.append(("" if cell is None else cell.symbol).center(len(domain)))
            lines.append(f"{study:<{width}}" + "  ".join(cells))
        for domain, test in self.sign_tests.items():
            lines.append(f"{domain}: {test.n_benefit} of {test.n}, sign test p = {test.p:.4g}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries."""
        return {
            "studies": list(self.studies),
            "domains": list(self.domains),
            "rows": [dict(vars(r)) for r in self.rows],
            "sign_tests": {d: t.to_dict() for d, t in self.sign_tests.items()},
        }


def effect_direction(
    studies: Sequence[Any],
    domains: Sequence[Any],
    directions: Iterable[Any],
    *,
    n: Sequence[float | None] | None = None,
    risk_of_bias: Sequence[Any] | None = None,
    threshold: float = 0.7,
    level: float = 0.95,
) -> EffectDirectionPlot:
    """Effect direction plot, with a sign test for each outcome domain.

    Parameters
    ----------
    studies, domains : sequence of shape (rows,)
        Study and outcome domain of each reported outcome; a study may report several outcomes
        in a domain.
    directions : iterable of shape (rows,)
        Direction of each outcome, read by `read_direction`; missing ones are dropped.
    n : sequence of float, optional
        Sample size of each outcome.
    risk_of_bias : sequence, optional
        Judgement of each study, for the colour.
    threshold : float
        Share of a study's outcomes in a domain that must agree for the study to have a
        direction there.
    level : float
        Confidence level of the shares in the sign tests.

    Returns
    -------
    EffectDirectionPlot

    Raises
    ------
    TooFewStudiesError
        Nothing to plot.
    InputError
        Lengths differ, or a threshold that is not above one half.

    Notes
    -----
    Boon and Thomson, Res Synth Methods 2021;12:29: within a study the direction is that of at
    least 70% of the outcomes of a domain, statistical significance plays no part, and across
    studies a sign test leaves out the unclear ones.

    Examples
    --------
    >>> plot = effect_direction(["A", "A", "B"], ["pain"] * 3, ["benefit", "harm", "benefit"])
    >>> [row.direction for row in plot.rows]
    ['unclear', 'benefit']
    """
    ways = [read_direction(d) for d in directions]
    count = len(ways)
    sizes = [None] * count if n is None else list(n)
    bias = [None] * count if risk_of_bias is None else list(risk_of_bias)
    if not len(studies) == len(domains) == len(sizes) == len(bias) == count:
        raise InputError("studies, domains, directions, n and risk_of_bias must have one length")
    if not 0.5 < threshold <= 1:
        raise InputError(f"threshold must lie in (0.5, 1], found {threshold!r}")
    groups: dict[tuple[str, str], list[int]] = {}
    for i, way in enumerate(ways):
        if way is not None:
            groups.setdefault((str(studies[i]), str(domains[i])), []).append(i)
    if not groups:
        raise TooFewStudiesError("no outcome has a direction of effect")
    rows = []
    for (study, domain), members in groups.items():
        found = [ways[i] for i in members]
        people = [float(s) for i in members if (s := sizes[i]) is not None and not np.isnan(s)]
        judged = [str(b) for i in members if (b := bias[i]) is not None]
        direction = _overall(found, threshold)
        rows.append(
            EffectDirectionRow(
                study=study,
                domain=domain,
                direction=direction,
                symbol={"benefit": "▲", "harm": "▼", "unclear": "◄►"}[direction],
                size=_size(max(people) if people else math.nan),
                n=max(people) if people else None,
                n_outcomes=len(members),
                n_benefit=found.count("benefit"),
                n_harm=found.count("harm"),
                risk_of_bias=judged[0] if judged else None,
            )
        )
    names = tuple(dict.fromkeys(row.domain for row in rows))
    tests = {}
    for domain in names:
        ways_here = [row.direction for row in rows if row.domain == domain]
        if any(w != "unclear" for w in ways_here):
            tests[domain] = sign_test(ways_here, level=level)
    return EffectDirectionPlot(
        tuple(dict.fromkeys(row.study for row in rows)), names, tuple(rows), tests
    )


def _overall(found: list[Direction | None], threshold: float) -> Direction:
    total = len(found)
    for way in ("benefit", "harm"):
        # a share equal to the threshold counts, whatever its last digit in floating point
        if found.count(way) >= threshold * total - 1e-9:
            return "benefit" if way == "benefit" else "harm"
    return "unclear"


def _size(n: float) -> Size:
    if math.isnan(n):
        return "not reported"
    return "small" if n < 50 else "medium" if n <= 300 else "large"
