"""Chart colours: the light values of the stylesheet's tokens.

A drawing carries these as plain presentation attributes, so a downloaded SVG looks right alone; on
the site the stylesheet matches the same attributes and puts the themed token in their place, which
is how one SVG serves light, dark and print.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CERTAINTY", "DIRECTION", "TOKENS"]

TOKENS: Final[dict[str, str]] = {
    "paper": "#FBFAF7",
    "sunken": "#F3F1EB",
    "ink": "#1F2328",
    "ink-2": "#4A5157",
    "ink-3": "#646A70",
    "rule": "#DEDAD0",
    "rule-2": "#86837B",
    "accent": "#0E4F55",
    "accent-soft": "#E2ECEA",
    "benefit": "#14736B",
    "benefit-soft": "#DDEBE7",
    "harm": "#A3421F",
    "harm-soft": "#F7E8DF",
    "unclear": "#666C73",
    "unclear-soft": "#EAE8E3",
    "cert-1": "#7C8899",
    "cert-2": "#5F718C",
    "cert-3": "#435979",
    "cert-4": "#263E63",
    "mid": "#F4ECD8",
    "mid-ink": "#6B5514",
}

DIRECTION: Final[dict[str, str]] = {
    "benefit": TOKENS["benefit"],
    "harm": TOKENS["harm"],
    "unclear": TOKENS["unclear"],
    "none": TOKENS["unclear"],
    "mixed": TOKENS["unclear"],
}

CERTAINTY: Final[dict[str, str]] = {
    "none": TOKENS["ink-3"],
    "very-low": TOKENS["cert-1"],
    "low": TOKENS["cert-2"],
    "moderate": TOKENS["cert-3"],
    "high": TOKENS["cert-4"],
}
