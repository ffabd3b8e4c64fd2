"""Synthesis without meta-analysis."""

import math

from scipy.stats import beta, chi2, norm

CHAPTER = "Synthesis without meta-analysis"
INTRO = (
    "When papers print directions or p-values and no sizes, there are still honest syntheses "
    "(Cochrane Handbook, chapter 12). Counting significant results is not one of them: it is "
    "refused."
)


def _rounded(x):
    return float(f"{x:.9g}")


P = [0.03, 0.20, 0.008, 0.45]
Z = [norm.isf(p) for p in P]
SIZES = [40, 25, 60, 12]
FISHER = -2 * sum(math.log(p) for p in P)

SPECS = [
    {
        "title": "Sign test",
        "text": "Did more studies favour the treatment than chance would make? Five of six do: p "
        "is 14/64, and the share of favourable studies may be anything from 36% to 99.6%. It "
        "says nothing about the size of the effect.",
        "call": 'swim.sign_test(["benefit", "benefit", "benefit", "benefit", "benefit", "harm"])',
        "expect": {
            "n_benefit": 5,
            "n_harm": 1,
            "p": 0.21875,
            "proportion": _rounded(5 / 6),
            "ci_lower": _rounded(beta.ppf(0.025, 5, 2)),
            "ci_upper": _rounded(beta.ppf(0.975, 6, 1)),
        },
        "source": "by hand: 2 (1 + 6) / 2⁶; Clopper & Pearson limits from the beta distribution",
    },
    {
        "title": "Studies without a direction",
        "text": "Unclear ones do not enter the test, but it is shown what they could have done "
        "to it.",
        "call": 'swim.sign_test(["+", "+", "+", "+", "unclear", None])',
        "expect": {
            "n_unclear": 1,
            "n_missing": 1,
            "p": 0.125,
            "p_if_unclear_benefit": 0.0625,
            "p_if_unclear_harm": 0.375,
        },
        "source": "by hand: 2/2⁴, 2/2⁵, 2 (1 + 5)/2⁵",
    },
    {
        "title": "Significance is not a direction",
        "text": "Vote counting by p < 0.05 is refused.",
        "call": 'swim.sign_test(["significant", "ns"])',
        "error": "InputError",
        "says": "direction",
        "source": "Cochrane Handbook, section 12.2.2.1",
    },
    {
        "title": "Fisher's combination",
        "text": "Is there an effect in at least one study? -2 Σ log p is chi-squared with 2k "
        "degrees of freedom. p-values must be one-sided in the same direction, or it cannot tell "
        "benefit from harm.",
        "call": 'swim.combine_p([0.03, 0.20, 0.008, 0.45], method="fisher")',
        "expect": {"statistic": _rounded(FISHER), "p": _rounded(chi2.sf(FISHER, 8)), "k": 4},
        "source": "by hand: -2 log(0.03 × 0.2 × 0.008 × 0.45) on 8 degrees of freedom",
    },
    {
        "title": "Stouffer's combination, weighted",
        "text": "z-values added, with the roots of the sample sizes as weights; evidence from "
        "large studies counts for more.",
        "call": 'swim.combine_p([0.03, 0.20, 0.008, 0.45], method="stouffer", '
        "weights=np.sqrt([40, 25, 60, 12]))",
        "expect": {
            "statistic": _rounded(
                sum(math.sqrt(n) * z for n, z in zip(SIZES, Z, strict=True)) / math.sqrt(sum(SIZES))
            ),
            "p": _rounded(
                norm.sf(
                    sum(math.sqrt(n) * z for n, z in zip(SIZES, Z, strict=True))
                    / math.sqrt(sum(SIZES))
                )
            ),
        },
        "source": "by hand: Σ √n z / √Σn",
    },
    {
        "title": "Edgington, Tippett and Pearson",
        "text": "The sum of the p-values, the smallest one, and Fisher's mirror image. Edgington "
        "asks all studies to agree, Tippett only the best.",
        "call": '[swim.combine_p([0.03, 0.20, 0.008, 0.45], method="edgington"), '
        'swim.combine_p([0.03, 0.20, 0.008, 0.45], method="tippett"), swim.combine_p([0.03, '
        '0.20, 0.008, 0.45], method="pearson")]',
        "expect": {
            "[0].p": _rounded(0.688**4 / 24),
            "[1].p": _rounded(1 - 0.992**4),
            "[2].p": _rounded(chi2.cdf(-2 * sum(math.log1p(-p) for p in P), 8)),
        },
        "source": "by hand: 0.688⁴/4!, 1 - (1 - 0.008)⁴, chi-squared of -2 Σ log(1 - p)",
    },
    {
        "title": "Two-sided p-values with directions",
        "text": "Given directions, two-sided values are made one-sided: 0.02 in favour becomes "
        "0.01, 0.20 against becomes 0.90.",
        "call": 'swim.combine_p([0.02, 0.20, 0.50], directions=["benefit", "harm", "benefit"], '
        'method="stouffer")',
        "expect": {
            "one_sided": True,
            "p": _rounded(norm.sf(sum(norm.isf(p) for p in (0.01, 0.90, 0.25)) / math.sqrt(3))),
        },
        "source": "by hand: (2.326 - 1.282 + 0.674)/√3",
    },
    {
        "title": "p < 0.05 is a bound",
        "text": "A bound gives bounds: between a p-value of almost nothing and one of 0.05 "
        "everything is possible. The upper one is safe to quote.",
        "call": 'swim.combine_p(["<0.05", 0.20], method="fisher")',
        "expect": {
            "p": None,
            "p_lower": 0,
            "p_upper": _rounded(chi2.sf(-2 * math.log(0.05 * 0.20), 4)),
        },
        "source": "by hand: chi-squared of -2 log(0.05 × 0.20) on 4 degrees of freedom",
    },
    {
        "title": "Effect-direction plot",
        "text": "One arrow a study and domain: the direction of at least 70% of its outcomes "
        "there. Study A has three outcomes for and one against, 75%.",
        "call": 'swim.effect_direction(["A", "A", "A", "A", "B"], ["pain", "pain", "pain", '
        '"pain", "pain"], ["+", "+", "+", "-", "-"], n=[400, 380, 400, 400, 60])',
        "expect": {
            'cell("A", "pain").symbol': "▲",
            'cell("A", "pain").size': "large",
            'cell("A", "pain").n_outcomes': 4,
            'cell("B", "pain").symbol': "▼",
            'sign_tests["pain"].p': 1,
        },
        "source": "by hand; Boon & Thomson (2021)",
    },
    {
        "title": "Albatross plot",
        "text": "From p-values, sample sizes and directions: the effect each study would imply "
        "if its groups were equal. 100 people and a two-sided p of 0.0455 (z = 2) mean a "
        "standardised difference near 0.4.",
        "call": 'swim.albatross([0.0455002638963584], [100], ["benefit"])',
        "expect": {"implied": [_rounded(math.sqrt(4 * 4 / 100 / (1 - 4 / 200)))]},
        "rtol": 1e-6,
        "source": "by hand: z² = d² / (4/n + d²/(2n)) with z = 2 and n = 100, solved for d; "
        "Harrison et al. (2017)",
    },
]
