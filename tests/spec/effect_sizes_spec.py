"""Effect sizes: a table of studies in, numbers out."""

CHAPTER = "Effect sizes"

SPECS = [
    {
        "title": "Log odds ratio and its variance",
        "text": "The odds of the first group over the odds of the second, logged. The variance is "
        "the sum of the reciprocals of the four cells.",
        "table": {
            "study": ["Aronson 1948", "Ferguson 1949"],
            "events1": [4, 6],
            "total1": [123, 306],
            "events2": [11, 29],
            "total2": [139, 303],
        },
        "call": 'effect_sizes("OR", events1="events1", total1="total1", events2="events2", '
        'total2="total2", data=table, labels="study")',
        "expect": {"y": [-0.93869414, -1.66619073], "v": [0.35712495, 0.20813239]},
        "source": "metafor 5.1-12, dat.bcg, studies 1 and 2",
    },
    {
        "title": "A zero cell gets one half in all four cells of its table",
        "text": "Only the tables with a zero are changed. The first study has (0 + 0.5) against "
        "(10 + 0.5), and (4 + 0.5) against (6 + 0.5).",
        "table": {"events1": [0, 5], "total1": [10, 10], "events2": [4, 5], "total2": [10, 10]},
        "call": 'effect_sizes("OR", events1="events1", total1="total1", events2="events2", '
        'total2="total2", data=table)',
        "expect": {"y": [-2.67679767, 0.0], "adjusted": [True, False]},
        "source": "by hand: log(0.5 × 6.5 / (10.5 × 4.5))",
    },
    {
        "title": "The risk difference needs no correction, but gets it when it is not switched off",
        "text": 'With to="none" nothing is added; a difference of 0 and 3 per 117 has a variance.',
        "table": {"events1": [0], "total1": [116], "events2": [3], "total2": [117]},
        "call": 'effect_sizes("RD", events1="events1", total1="total1", events2="events2", '
        'total2="total2", to="none", data=table)',
        "expect": {"y": [-0.02564103], "v": [0.00021353]},
        "source": "metafor 5.1-12, dat.nielweise2007, study 1",
    },
    {
        "title": "Studies without any event can be made missing",
        "text": "drop00=True; the study keeps its row and its sample size.",
        "table": {"events1": [0, 1], "total1": [9, 9], "events2": [0, 3], "total2": [9, 9]},
        "call": 'effect_sizes("OR", events1="events1", total1="total1", events2="events2", '
        'total2="total2", drop00=True, data=table)',
        "expect": {"y": [None, -1.38629436], "n": [18, 18], "dropped": [True, False]},
        "source": "by hand: log(1 × 6 / (8 × 3))",
    },
    {
        "title": "Standardised mean difference (Hedges' g)",
        "text": "The difference of means over the pooled SD, times the exact small-sample "
        "correction J. Variance: 1/n1 + 1/n2 + g²/(2(n1+n2)).",
        "table": {
            "study": ["Edinburgh", "Orpington-Mild"],
            "mean1": [55, 27],
            "sd1": [47, 7],
            "n1": [155, 31],
            "mean2": [75, 29],
            "sd2": [64, 4],
            "n2": [156, 32],
        },
        "call": 'effect_sizes("SMD", mean1="mean1", sd1="sd1", n1="n1", mean2="mean2", sd2="sd2", '
        'n2="n2", data=table)',
        "expect": {"y": [-0.35516964, -0.34794002], "v": [0.01306468, 0.06446888]},
        "source": "metafor 5.1-12, dat.normand1999, studies 1 and 2",
    },
    {
        "title": "The same effect from a t statistic",
        "text": "When means are not printed: d = t √(1/n1 + 1/n2). The t statistic here belongs to "
        "d = 1 with 12 and 15 people.",
        "table": {"t": [2.581988897], "n1": [12], "n2": [15]},
        "call": 'effect_sizes("SMD", t="t", n1="n1", n2="n2", data=table)',
        "expect": {"y": [0.96964558]},
        "source": "by hand: J(25) × 1",
    },
    {
        "title": "Before and after: the change is after minus before",
        "text": "Mean change and its variance, (pre² + post² - 2 r pre post)/n.",
        "table": {
            "pre": [50],
            "post": [40],
            "sd_pre": [10],
            "sd_post": [12],
            "r": [0.5],
            "n": [20],
        },
        "call": 'effect_sizes("MC", m_pre="pre", m_post="post", sd_pre="sd_pre", '
        'sd_post="sd_post", r="r", n="n", data=table)',
        "expect": {"y": [-10.0], "v": [6.2]},
        "source": "by hand",
    },
    {
        "title": "Log ratio of means",
        "text": "log(m1/m2) with the bias correction of Lajeunesse; the variance is the sum of the "
        "squared standard errors relative to their means.",
        "table": {
            "mean1": [55],
            "sd1": [47],
            "n1": [155],
            "mean2": [75],
            "sd2": [64],
            "n2": [156],
        },
        "call": 'effect_sizes("ROM", mean1="mean1", sd1="sd1", n1="n1", mean2="mean2", sd2="sd2", '
        'n2="n2", data=table)',
        "expect": {"y": [-0.31013319], "v": [0.00937908]},
        "source": "metafor 5.1-12, dat.normand1999, study 1",
    },
    {
        "title": "Incidence rate ratio",
        "text": "Events over person-time in two groups; the variance is 1/x1 + 1/x2.",
        "table": {"events1": [9], "time1": [413], "events2": [19], "time2": [398]},
        "call": 'effect_sizes("IRR", events1="events1", time1="time1", events2="events2", '
        'time2="time2", data=table)',
        "expect": {"y": [-0.78420999], "v": [0.16374269]},
        "source": "metafor 5.1-12, dat.hart1999, study 1",
    },
    {
        "title": "Fisher's z of a correlation",
        "text": "artanh(r), with variance 1/(n - 3).",
        "table": {"r": [0.5], "n": [28]},
        "call": 'effect_sizes("ZCOR", r="r", n="n", data=table)',
        "expect": {"y": [0.54930614], "v": [0.04]},
        "source": "by hand",
    },
    {
        "title": "A correlation without its bias",
        "text": "The unbiased estimate of Olkin and Pratt is r times a hypergeometric function; "
        "for r = -0.04 and n = 12 the factor is 1.0641825….",
        "table": {"r": [-0.04], "n": [12]},
        "call": 'effect_sizes("UCOR", r="r", n="n", data=table)',
        "expect": {"y": [-0.04256730]},
        "source": "2F1(1/2, 1/2; 5; 0.9984) at 40 digits (metafor 5.1-12 gives -0.04259002)",
    },
    {
        "title": "Log odds of a proportion",
        "text": "log(x/(n-x)), with variance 1/x + 1/(n-x). A group in which all have the event "
        "gets one half in both cells.",
        "table": {"events": [16, 10], "total": [17, 10]},
        "call": 'effect_sizes("PLO", events="events", total="total", data=table)',
        "expect": {"y": [2.77258872, 3.04452244], "v": [1.0625, 2.09523810]},
        "source": "metafor 5.1-12, dat.pritz1997, studies 1 and 5",
    },
    {
        "title": "Matched pairs: marginal log odds ratio",
        "text": "8 pairs in which both have the outcome, 6 only the first, 1 only the second, 5 "
        "neither. The pairing makes the variance smaller than that of two independent groups.",
        "table": {"a": [8], "b": [6], "c": [1], "d": [5]},
        "call": 'effect_sizes("MPOR", a="a", b="b", c="c", d="d", data=table)',
        "expect": {"y": [1.04796855], "v": [0.27657528]},
        "source": "by hand: log(14 × 11 / (6 × 9)); Becker & Balagtas (1993)",
    },
]
