"""Many meta-analyses at once."""

CHAPTER = "Many meta-analyses at once"
INTRO = (
    "`pool_many` fits every row of a matrix of effects in one call: leave-one-out, "
    "multiverses, simulations, maps with a meta-analysis at each point. Shorter rows are "
    "padded with missing values at their end."
)

SPECS = [
    {
        "title": "Rows of different length",
        "text": "Three meta-analyses of two, eight and one study. Each row has the numbers that "
        "`pool` gives for it alone.",
        "call": "pool_many([[0.1, 0.9] + [np.nan] * 6, [0.363, 0.024, 0.481, -0.127, 0.461, "
        "0.274, 0.426, 0.058], [0.3] + [np.nan] * 7], [[0.04, 0.02] + [np.nan] * 6, [0.044, "
        "0.026, 0.148, 0.044, 0.056, 0.127, 0.033, 0.121], [0.05] + [np.nan] * 7])",
        "expect": {
            "k": [2, 8, 1],
            "coef": [0.5125, 0.22224255, 0.3],
            "se": [0.39980464, 0.0941203359, 0.223606798],
            "tau2": [0.29, 0.0154423617, 0],
            "q": [10.6666667, 7.69817153, 0],
            "i2": [90.625, 22.2392276, 0],
            "ci_lower": [-0.271102695, 0.0377700813, -0.13826127],
        },
        "source": "metafor 5.1-12, rma() row by row",
    },
    {
        "title": "Every estimator and test",
        "text": "The options of `pool` hold for the whole batch; here Paule–Mandel with "
        "Knapp–Hartung. A row of one study keeps its normal interval.",
        "call": "pool_many([[0.1, 0.9] + [np.nan] * 6, [0.363, 0.024, 0.481, -0.127, 0.461, "
        "0.274, 0.426, 0.058]], [[0.04, 0.02] + [np.nan] * 6, [0.044, 0.026, 0.148, 0.044, "
        '0.056, 0.127, 0.033, 0.121]], method="PM", test="knha")',
        "expect": {
            "tau2": [0.29, 0.00406084443],
            "se": [0.39980464, 0.0843005261],
            "df": [1, 7],
            "p": [0.421755873, 0.0365090506],
            "ci_upper": [5.59249961, 0.416776199],
        },
        "source": "metafor 5.1-12, rma(method='PM', test='knha') row by row",
    },
    {
        "title": "Lengths instead of padding",
        "text": "`lengths` says how many values at the start of each row count; what is behind "
        "them is not read.",
        "call": "pool_many([[0.1, 0.9, 99.0], [0.1, 0.9, 0.4]], [[0.04, 0.02, 99.0], [0.04, "
        '0.02, 0.03]], lengths=[2, 3], method="FE")',
        "expect": {
            "k": [2, 3],
            "coef": [0.633333333, 0.561538462],
            "se": [0.115470054, 0.0960768923],
        },
        "source": "by hand: (0.1/0.04 + 0.9/0.02)/75, and with 0.4/0.03 added, over 325/3",
    },
]
