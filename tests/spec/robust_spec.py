"""Cluster-robust inference."""

import json
from pathlib import Path

CHAPTER = "Cluster-robust inference"
INTRO = (
    "When the covariance of the effects of one study is not known well, robust standard errors "
    "hold whatever it is, provided there are enough studies. The model then only serves to "
    "choose good weights."
)

_TABLES = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
SCHOOLS = {name: _TABLES["schools"][name] for name in ("district", "school", "y", "v")}
MODEL = 'multilevel("y", "v", random="~ 1 | district/school", data=table)'

SPECS = [
    {
        "title": "CR2 with Satterthwaite degrees of freedom",
        "text": "The default: unbiased when the working model is right, and honest about few "
        "clusters through its degrees of freedom (9.9 from eleven districts). Below 4 of them, "
        "do not trust the p-value.",
        "table": SCHOOLS,
        "call": f'robust({MODEL}, "district", data=table)',
        "expect": {
            "se": [0.0844579954],
            "df": [9.86315623],
            "p": [0.0539667425],
            "ci_lower": [-0.00382548352],
            "ci_upper": [0.373251811],
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12 with clubSandwich 0.5.8, dat.konstantopoulos2011, "
        "robust(clubSandwich=TRUE); Tipton & Pustejovsky (2015)",
    },
    {
        "title": "CR0, CR1 and CR3",
        "text": "CR0 is the plain sandwich, too small with few clusters; CR1 multiplies it by "
        "m/(m - 1); CR3 is close to leaving out clusters one at a time, and errs on the safe "
        "side.",
        "table": SCHOOLS,
        "call": f'[robust({MODEL}, "district", kind="CR0", data=table), robust({MODEL}, "district", kind="CR1", data=table), robust({MODEL}, "district", kind="CR3", data=table)]',
        "expect": {
            "[0].vcov[0]": [0.006491477],
            "[1].vcov[0]": [0.0071406247],
            "[2].vcov[0]": [0.00786181008],
        },
        "rtol": 1e-6,
        "source": "clubSandwich 0.5.8, dat.konstantopoulos2011, vcovCR(type=)",
    },
    {
        "title": "What metafor's robust() does without clubSandwich",
        "text": "CR1p has the factor m/(m - p) and t with m - p degrees of freedom.",
        "table": SCHOOLS,
        "call": f'robust({MODEL}, "district", kind="CR1p", data=table)',
        "expect": {
            "se": [0.0845022172],
            "df": [10],
            "p": [0.0537073136],
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12, dat.konstantopoulos2011, robust(adjust=TRUE)",
    },
    {
        "title": "A plain meta-analysis made robust",
        "text": "The result of `pool` will do as well: here the clustering is not modelled at "
        "all, only allowed for.",
        "table": SCHOOLS,
        "call": 'robust(pool("y", "v", data=table), "district", data=table)',
        "expect": {
            "coef": [0.127932058],
            "se": [0.0782212396],
            "df": [7.37316688],
        },
        "rtol": 1e-6,
        "source": "metafor 5.1-12 with clubSandwich 0.5.8, dat.konstantopoulos2011, robust(rma())",
    },
]
