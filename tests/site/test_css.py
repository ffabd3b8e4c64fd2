"""The stylesheet: contrast of every pair of tokens that meets, its weight, its independence."""

import re
from pathlib import Path

import pytest

import aponia
from aponia.site.charts.palette import TOKENS

STATIC = Path(aponia.__file__).parent / "site" / "static"
CSS = (STATIC / "site.css").read_text(encoding="utf-8")


def tokens(block: str) -> dict[str, str]:
    return {n: v.upper() for n, v in re.findall(r"--([\w-]+):(#[0-9A-Fa-f]{3,6})\b", block)}


LIGHT = tokens(
    CSS[CSS.index(":root{") : CSS.index("@media screen and (prefers-color-scheme:dark)")]
)
_DARK_START = CSS.index("@media screen and (prefers-color-scheme:dark)")
_FORCED_START = CSS.index('@media screen{:root[data-theme="dark"]')
DARK = tokens(CSS[_DARK_START:_FORCED_START])
FORCED = tokens(CSS[_FORCED_START : CSS.index("/* ---- ground")])
_PRINT = CSS[CSS.index("@media print") :]
PRINT = {
    name: f"#{v[1] * 2}{v[2] * 2}{v[3] * 2}" if len(v) == 4 else v
    for name, v in {**LIGHT, **tokens(_PRINT)}.items()
}

# Every text colour on every ground it is set on: WCAG 1.4.3, 4.5 to 1 at any size.
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in ("paper", "surface", "sunken")),
    *((ink, "paper") for ink in ("benefit", "harm", "unclear", "alert", "mid-ink")),
    *((ink, "surface") for ink in ("harm", "alert", "benefit")),
    *((ink, ground) for ink in ("ink", "ink-2") for ground in ("harm-soft", "alert-soft", "accent-soft", "mid")),
    ("ink", "unclear-soft"),
    ("ink-3", "accent-soft"),
    ("accent", "accent-soft"),
    ("accent", "unclear-soft"),
    ("on-accent", "accent"),
    ("benefit", "benefit-soft"),
    ("harm", "harm-soft"),
    ("alert", "alert-soft"),
]  # fmt: skip
# Marks, borders of controls, focus rings, chart lines: WCAG 1.4.11, 3 to 1.
MARKS = [
    *((mark, ground) for mark in ("rule-2", "cert-1", "cert-2", "cert-3", "cert-4", "unclear", "benefit", "harm")
      for ground in ("paper", "surface")),
    *((mark, "mid") for mark in ("ink", "ink-2", "ink-3", "benefit", "harm", "unclear", "accent")),
    *((mark, "unclear-soft") for mark in ("ink-2", "accent")),
    *(("accent", ground) for ground in ("paper", "sunken", "surface")),
    ("harm", "harm-soft"), ("alert", "alert-soft"), ("paper", "benefit"), ("paper", "harm"), ("paper", "unclear"),
]  # fmt: skip


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_formula_on_known_pairs() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("theme", "values"),
    [("light", LIGHT), ("dark", DARK), ("print", PRINT)],
    ids=lambda v: str(v)[:5],
)
def test_every_pair_of_tokens_that_meets_has_enough_contrast(
    theme: str, values: dict[str, str]
) -> None:
    found = [
        f"{theme}: {a} on {b} is {contrast(values[a], values[b]):.2f}, needs {least}"
        for pairs, least in ((TEXT, 4.5), (MARKS, 3.0))
        for a, b in pairs
        if contrast(values[a], values[b]) < least
    ]
    assert found == []


def test_dark_mode_is_complete_and_the_hook_equals_the_system_preference() -> None:
    assert set(DARK) == set(LIGHT)
    assert FORCED == DARK


def test_certainty_is_four_steps_of_one_order() -> None:
    for values, sign in ((LIGHT, -1), (DARK, 1)):
        steps = [sign * luminance(values[f"cert-{i}"]) for i in (1, 2, 3, 4)]
        assert steps == sorted(steps)
        assert len(set(steps)) == 4


def test_chart_palette_is_the_light_theme_and_every_colour_is_themed() -> None:
    for name, value in TOKENS.items():
        assert LIGHT[name] == value
        for attribute in ("fill", "stroke"):
            assert f'.chart [{attribute}="{value}"]{{{attribute}:var(--{name})}}' in CSS


def test_chart_palette_tells_its_tokens_apart() -> None:
    assert len(set(TOKENS.values())) == len(TOKENS)


def test_stylesheet_is_light_and_asks_nobody_else() -> None:
    assert len(CSS.encode()) < 30_000
    assert "@import" not in CSS
    assert all(u.startswith("fonts/") for u in re.findall(r'url\("?([^")]*)', CSS))


def test_colours_are_written_as_tokens_only() -> None:
    body = CSS[CSS.index("/* ---- ground") : CSS.index("@media print")]
    without_attributes = re.sub(r'\[(?:fill|stroke)="#[0-9A-F]{6}"\]', "", body)
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b", re.sub(r"#map-[\w-]+", "", without_attributes)) == []


def test_every_token_used_is_defined() -> None:
    defined = set(re.findall(r"--([\w-]+):", CSS))
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= defined


def test_fonts_are_two_small_files_with_their_licence() -> None:
    fonts = sorted((STATIC / "fonts").glob("*.woff2"))
    assert len(fonts) == 2
    for font in fonts:
        assert font.read_bytes()[:4] == b"wOF2"
        assert font.stat().st_size < 60_000
        assert font.name in CSS
    licence = (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert licence.count("Copyright") >= 2


@pytest.mark.parametrize(
    "rule",
    [
        ":focus-visible{outline:3px",
        ".skip:focus",
        "@media print",
        "prefers-reduced-motion",
        "prefers-color-scheme:dark",
        "tabular-nums",
    ],
)
def test_stylesheet_holds_the_promised_rule(rule: str) -> None:
    assert rule in CSS


def test_answer_sentence_is_never_below_28_pixels() -> None:
    size = re.search(r"\.answer-text\{font:400 clamp\(([\d.]+)rem", CSS)
    assert size is not None
    assert float(size[1]) * 16 >= 28
    assert re.search(r"\.harm-text\{font:400 clamp\(([\d.]+)rem", CSS)[1] == size[1]  # type: ignore[index]
