"""Pooling effects: one average, and every way to estimate how much true effects differ."""

import json
from pathlib import Path

CHAPTER = "Pooling"
INTRO = (
    "A random-effects model says that the true effects of the studies scatter around an "
    "average with variance tau2. The thirteen trials of BCG vaccination against tuberculosis "
    "are the running example: y is the log risk ratio, v its sampling variance."
)

_BCG = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))["bcg"]
BCG = {name: _BCG[name] for name in ("study", "y", "v", "n")}


def _estimator(method, title, text, options=""):
    """One way to estimate tau2."""
    return {
        "title": title,
        "text": text,
        "table": BCG,
        "call": f'pool("y", "v", data=table, method="{method}"{options})',
    }


SPECS = [
    {
        "title": "One common effect",
        "text": "FE (also EE, CE) weights by 1/v. Use it when all studies estimate the same "
        "number, or when the average of just these studies is wanted. The pooled risk ratio is "
        "exp(-0.43) = 0.65, but Q is far above its 12 degrees of freedom: the trials do not "
        "share one effect, and the narrow interval does not speak for a new setting.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, method="FE")',
        "expect": {
            "coef": [-0.430285164],
            "se": [0.0404987517],
            "ci_lower": [-0.509661258],
            "ci_upper": [-0.350909069],
            "tau2": 0,
            "q": 152.233008,
            "q_df": 12,
            "i2": 92.1173469,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='FE')",
    },
    {
        "title": "REML, the default",
        "text": "Restricted maximum likelihood is approximately unbiased and efficient, and the "
        "usual choice. tau is 0.56 on the log scale: true risk ratios of single settings lie far "
        "to both sides of the average 0.49. I2 = 92% says that little of the scatter is sampling "
        "error.",
        "table": BCG,
        "call": 'pool("y", "v", data=table)',
        "expect": {
            "coef": [-0.714532342],
            "se": [0.179781516],
            "ci_lower": [-1.06689764],
            "ci_upper": [-0.362167046],
            "z_or_t": [-3.97444831],
            "p": [7.0542581e-05],
            "tau2": 0.313243258,
            "tau2_se": 0.166425753,
            "i2": 92.2213845,
            "h2": 12.8557582,
            "loglik": -12.2023714,
            "aic": 28.4047428,
            "bic": 29.3745561,
            "aicc": 29.7380762,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='REML') iterated to convergence",
    },
    {
        "title": "Effects computed and pooled in one line",
        "text": "`pool` takes the result of `effect_sizes` as it is. The counts below are those "
        "of the same thirteen trials, so the answer is the same.",
        "table": {
            name: _BCG[name] for name in ("study", "events1", "nonevents1", "events2", "nonevents2")
        },
        "call": 'pool(effect_sizes("RR", events1="events1", nonevents1="nonevents1", '
        'events2="events2", nonevents2="nonevents2", data=table))',
        "expect": {
            "coef": [-0.714532342],
            "se": [0.179781516],
            "tau2": 0.313243258,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(measure='RR')",
    },
    _estimator(
        "ML",
        "Maximum likelihood",
        "Biased downwards in few studies, since it does not pay for estimating the mean; needed for likelihood-ratio tests between models with different moderators.",
    )
    | {
        "expect": {
            "coef": [-0.711199135],
            "se": [0.171896809],
            "tau2": 0.280028137,
            "tau2_se": 0.144251949,
            "i2": 91.3782838,
            "loglik": -12.6650763,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='ML') iterated to convergence",
    },
    _estimator(
        "DL",
        "DerSimonian–Laird",
        "The moment estimator of most older meta-analyses: tau2 such that Q meets its expectation under fixed-effect weights. No iteration, so results can be checked by hand; too small when heterogeneity is large.",
    )
    | {
        "expect": {
            "coef": [-0.714117222],
            "se": [0.17874209],
            "tau2": 0.308760263,
            "tau2_se": 0.229869993,
            "i2": 92.1173469,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='DL')",
    },
    _estimator(
        "DLIT",
        "DerSimonian–Laird, iterated",
        "The same equation with the weights of the model it leads to, repeated until nothing moves.",
    )
    | {
        "expect": {
            "coef": [-0.714968153],
            "se": [0.180892192],
            "tau2": 0.318068452,
            "i2": 92.330338,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='DLIT') iterated to convergence",
    },
    _estimator(
        "PM",
        "Paule–Mandel",
        "tau2 such that the generalised Q equals its degrees of freedom exactly; assumes no normality of the true effects and does well in small samples of studies.",
    )
    | {
        "expect": {
            "coef": [-0.714968153],
            "se": [0.180892192],
            "tau2": 0.318068452,
            "i2": 92.330338,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='PM') iterated to convergence",
    },
    _estimator(
        "PMM",
        "Paule–Mandel, median-unbiased",
        "The generalised Q meets the median of its distribution instead of the mean: too large and too small an estimate are then equally likely.",
    )
    | {
        "expect": {
            "coef": [-0.717083045],
            "se": [0.186590094],
            "tau2": 0.343387907,
            "i2": 92.8554512,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='PMM') iterated to convergence",
    },
    _estimator(
        "EB",
        "Empirical Bayes (Morris)",
        "Arrives at the same equation as Paule–Mandel by another road; the two agree wherever both exist.",
    )
    | {
        "expect": {
            "coef": [-0.714968153],
            "se": [0.180892192],
            "tau2": 0.318068452,
            "tau2_se": 0.173663027,
            "i2": 92.330338,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='EB') iterated to convergence",
    },
    _estimator(
        "HE",
        "Hedges (variance component)",
        "The plain variance of the effects less the mean sampling variance. Simple, unweighted, and larger than the others when small studies scatter most.",
    )
    | {
        "expect": {
            "coef": [-0.715878589],
            "se": [0.183279986],
            "tau2": 0.328563858,
            "i2": 92.5570974,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='HE')",
    },
    _estimator(
        "HS",
        "Hunter–Schmidt",
        "Common in psychology; negatively biased, so it understates the spread.",
    )
    | {
        "expect": {
            "coef": [-0.704535374],
            "se": [0.158652093],
            "tau2": 0.228362864,
            "i2": 89.6299667,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='HS')",
    },
    _estimator(
        "HSk",
        "Hunter–Schmidt with the small-sample factor",
        "HS with k/(k-1), which removes most of the bias.",
    )
    | {
        "expect": {
            "coef": [-0.707476052],
            "se": [0.16414802],
            "tau2": 0.24916993,
            "i2": 90.4129018,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='HSk')",
    },
    _estimator(
        "SJ",
        "Sidik–Jonkman",
        "Two steps from a crude start, always above zero; overstates small heterogeneity, does well when it is large.",
    )
    | {
        "expect": {
            "coef": [-0.717248593],
            "se": [0.187059458],
            "tau2": 0.345515702,
            "i2": 92.8963241,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='SJ')",
    },
    _estimator(
        "SJIT",
        "Sidik–Jonkman, iterated",
        "Repeated until it stands still, which is again the Paule–Mandel estimate.",
    )
    | {
        "expect": {
            "coef": [-0.714968153],
            "se": [0.180892192],
            "tau2": 0.318068452,
            "i2": 92.330338,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='SJIT') iterated to convergence",
    },
    _estimator(
        "GENQ",
        "Generalised Q with own weights",
        "A moment estimator with weights of the user's choice, here the sample sizes. The pooled effect uses the same weights.",
        ', weights="n"',
    )
    | {
        "expect": {
            "coef": [-0.235582013],
            "se": [0.27719041],
            "tau2": 0.239145407,
            "i2": 90.0510111,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(method='GENQ', weights=n)",
    },
    _estimator(
        "GENQM",
        "Generalised Q, median-unbiased",
        "As GENQ, with the median of the distribution in place of the mean.",
        ', weights="n"',
    )
    | {
        "expect": {
            "coef": [-0.235582013],
            "se": [0.311485899],
            "tau2": 0.30419581,
            "i2": 92.00852,
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, dat.bcg, rma(method='GENQM', weights=n) iterated to convergence",
    },
    {
        "title": "A known tau2",
        "text": "`tau2` fixes the between-study variance, for example at a value from larger "
        "reviews of the same outcome; nothing is estimated then.",
        "table": BCG,
        "call": 'pool("y", "v", data=table, tau2=0.05)',
        "expect": {
            "coef": [-0.639451482],
            "se": [0.0927152586],
            "tau2": 0.05,
            "i2": 65.4268784,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(tau2=0.05)",
    },
    {
        "title": "Unweighted and user-weighted means",
        "text": "A constant gives every study the same say; a column gives its own weights. The "
        "standard error allows for tau2 and the sampling variances all the same. Use it when the "
        "weights must not depend on the results.",
        "table": BCG,
        "call": '[pool("y", "v", data=table, weights=1), pool("y", "v", data=table, weights="n")]',
        "expect": {
            "[0].coef": [-0.740650381],
            "[0].se": [0.189339909],
            "[1].coef": [-0.235582013],
            "[1].se": [0.315961101],
        },
        "source": "metafor 5.1-12, dat.bcg, rma(weighted=FALSE) and rma(weights=n)",
    },
    {
        "title": "Another confidence level, a subset of the rows",
        "text": "`level` is a proportion. `where` takes a column or an array of booleans: here "
        "every second trial.",
        "table": BCG,
        "call": '[pool("y", "v", data=table, level=0.90), pool("y", "v", data=table, '
        "where=np.arange(13) % 2 == 0)]",
        "expect": {
            "[0].ci_lower": [-1.01024662],
            "[0].ci_upper": [-0.418818063],
            "[1].k": 7,
            "[1].coef": [-0.488339491],
            "[1].tau2": 0.0948281127,
        },
        "source": "metafor 5.1-12, dat.bcg, rma(level=90) and rma(subset=)",
    },
]
