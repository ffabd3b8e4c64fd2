"""Effects on one common scale: standard deviations of benefit, positive when the drug does better.

Only for looking across analyses (the multiverse, the albatross): a headline keeps its natural unit.
"""

from __future__ import annotations

import math
import re

from aponia.answers.model import StudyRow

__all__ = ["standardised_benefit"]

_COUNTS = re.compile(r"^(\d+) of (\d+)$")


def standardised_benefit(row: StudyRow) -> tuple[float, float] | None:
    """Return (d, v) of a row with benefit counted as positive, or None when it has no interval.

    Parameters
    ----------
    row : StudyRow

    Returns
    -------
    (float, float) or None
        A mean difference goes through its own t (d = t √(1/n1 + 1/n2), Cochrane Handbook 6.5.1);
        counts through the log odds ratio times √3/π (Chinn 2000, Stat Med 19:3127).
    """
    effect = row.effect
    if effect is None or not effect.has_interval:
        return None
    sign = effect.benefit_sign
    if effect.measure == "SMD":
        return sign * effect.y, effect.v
    if effect.measure == "RR":
        found = _log_odds(row)
        if found is None:
            return None
        factor = math.sqrt(3) / math.pi
        return sign * found[0] * factor, found[1] * factor * factor
    if effect.measure != "MD":
        return None
    n1, n2 = row.n_active, row.n_control
    if not n1 or not n2:
        if not row.people or row.people < 4:
            return None
        n1 = n2 = row.people // 2
    d = effect.y / math.sqrt(effect.v) * math.sqrt(1 / n1 + 1 / n2)
    return sign * d, 1 / n1 + 1 / n2 + d * d / (2 * (n1 + n2))


def _log_odds(row: StudyRow) -> tuple[float, float] | None:
    one, two = _COUNTS.match(row.active), _COUNTS.match(row.control)
    if one is None or two is None:
        return None
    a, n1, c, n2 = (float(x) for x in (*one.groups(), *two.groups()))
    b, d = n1 - a, n2 - c
    if 0 in (a, b, c, d):
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
