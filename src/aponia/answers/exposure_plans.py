"""Which published figures each pharmacokinetic model rests on.

Written down before any check: one source a substance, the one that prints the most (Cmax, Tmax and
half-life at least), and a second only where the first does not reach the doses studies gave. An area
is fitted only where no half-life is printed: elsewhere it is the hardest test a peak, its time and a
half-life can be put to. Every other figure of the same substance and route is left for the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NO_MODEL", "PLANS", "Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the model of one substance by one route is made.

    Attributes
    ----------
    substance, route : str
    analytes : tuple of str
        Wordings of `PkParameter.analyte` that count.
    fit : tuple of str
        Rows the typical person is fitted to, and that give the spread between people.
    absorbed : bool
    published : mapping of str to str
        Parameter (``clearance``, ``volume``) to the row that prints it; nothing is fitted then.
    spread : tuple of str
        Further rows that give a spread.
    per_kg, needs_infusion : bool
    midpoints : int or None
        Number of data sets, when only ranges over data sets are printed and their geometric
        midpoints are taken.
    durations : mapping of str to float
        Hours of infusion behind a row.
    also_routes : tuple of str
        Other wordings of `PkParameter.route` that mean this route.
    notes : mapping of str to str
        Why a row need not agree with the model.
    caveats : tuple of str
    """

    substance: str
    route: str
    analytes: tuple[str, ...]
    fit: tuple[str, ...] = ()
    absorbed: bool = True
    published: Mapping[str, str] = field(default_factory=dict)
    spread: tuple[str, ...] = ()
    per_kg: bool = False
    needs_infusion: bool = False
    midpoints: int | None = None
    durations: Mapping[str, float] = field(default_factory=dict)
    also_routes: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()


_KETAMINE_IV = Plan(
    "ketamine", "intravenous", ("ketamine (racemic and S)", "ketamine", "S-ketamine"),
    absorbed=False, per_kg=True, needs_infusion=True,
    published={"clearance": "ketamine-anesthesiology2020-cl",
               "volume": "ketamine-anesthesiology2020-v"},
    spread=("esketamine-fanta2015-cl",),
    notes={"ketamine-phar2022-iv-10mg-cmax":
           "two minutes after a bolus; the model has no distribution phase"},
    caveats=(
        "one compartment from pooled clearance and volume, no distribution phase: right for areas and "
        "for the level of infusions of many hours; too low during and soon after short infusions, by "
        "an unknown amount",
        "people differ in clearance only (CV of S-ketamine in 11 people); other differences not known",
    ),
)  # fmt: skip

PLANS: tuple[Plan, ...] = (
    Plan(
        "psilocybin", "oral", ("psilocin", "psilocin (unconjugated)"),
        fit=("psilocybin-holze2023-15mg-cmax", "psilocybin-holze2023-30mg-cmax",
             "psilocybin-holze2023-tmax", "psilocybin-holze2023-15mg-thalf",
             "psilocybin-holze2023-30mg-thalf"),
        notes={
            "psilocybin-holze2023-25mg-cmax": "other people in the fitted paper",
            "psilocybin-holze2023-25mg-thalf": "other people in the fitted paper",
            "psilocybin-becker2022-thalf": "23 people and 25 mg, as in Holze 2023: perhaps the same people",
            "psilocybin-dahmane2021-25mg-cmax": "same study as Brown 2017",
            "psilocybin-dahmane2021-thalf":
            "half-lives of data sets range from 1.2 to 4.7 h",
            "psilocybin-brown2017-thalf":
            "half-lives of data sets range from 1.2 to 4.7 h",
            "psilocybin-otto2025-vf":
            "review that may hold the fitted study; dose basis (psilocybin or psilocin) not stated",
            "psilocybin-otto2025-thalf": "review that may hold the fitted study",
            "psilocybin-scoping2024-tmax": "review that may hold the fitted study",
            "psilocybin-scoping2024-thalf": "review that may hold the fitted study",
        },
        caveats=(
            "half-life of one laboratory (1.8 h); data sets range from 1.2 to 4.7 h, so the end of "
            "the curve may be too low",
            "how much people differ in the time of the peak is not known",
        ),
    ),
    Plan(
        "lsd", "oral", ("LSD",),
        fit=("lsd-holze2019-100ug-cmax", "lsd-holze2019-100ug-tmax", "lsd-holze2019-100ug-t_half",
             "lsd-holze2020micro-5ug-cmax", "lsd-holze2020micro-10ug-cmax",
             "lsd-holze2020micro-20ug-cmax", "lsd-holze2020micro-tmax", "lsd-holze2020micro-thalf"),
        spread=("lsd-holze2019-100ug-auc_inf",),
        notes={
            "lsd-holze2019-100ug-auc_inf": "same people as the fitted peak; the area was not fitted",
            "lsd-dolder2017-100ug-cmax": "peak per microgram half of that found after 5 to 20 µg",
            "lsd-dolder2017-200ug-cmax": "the same samples as Dolder 2015, which printed 4.5",
            "lsd-baselurine-85ug-cmax": "dose as restated later",
            "lsd-baselurine-170ug-cmax": "dose as restated later",
            "lsd-dolder2015-200ug-cmax": "the same samples were later reported as 3.1 ng/mL",
            "lsd-dolder2015-200ug-thalf-terminal": "slower phase after 12 h, which the model lacks",
            "lsd-family2019-tmax": "first samples of a group of older adults",
        },
        caveats=(
            "peak per microgram differs up to 2.3-fold between papers (labelled and true content of "
            "the capsules differ), so a peak is known to about a factor of 1.5",
            "the slow phase after 12 h is not modelled",
        ),
    ),
    Plan(
        "mdma", "oral", ("MDMA",),
        fit=("mdma-frey-75mg-cmax-a", "mdma-frey-125mg-cmax-a", "mdma-frey-tmax",
             "mdma-frey-75mg-thalf", "mdma-frey-125mg-thalf"),
        notes=dict.fromkeys(
            ("mdma-frey-75mg-auc24", "mdma-frey-125mg-auc24"),
            "one compartment misses the fall after the peak, so areas come out too high; the area "
            "grows faster than the dose",
        ) | dict.fromkeys(
            ("mdma-frey-75mg-cmax-b", "mdma-frey-125mg-cmax-b"), "a second group of eight people"),
        caveats=(
            "published peak, area and half-life do not fit one compartment: the peak and the half-life "
            "are met, areas come out up to 1.7 times too high",
            "the area grows faster than the dose, the model does not",
            "how much people differ is not printed",
        ),
    ),
    Plan(
        "mescaline", "oral", ("mescaline",),
        fit=("mescaline-mueller2025-tmax", "mescaline-mueller2025-thalf"),
        caveats=(
            "no source gives a concentration: the curve is a share of the typical person's peak",
            "the source's lag time was not read and is taken as none",
        ),
    ),
    Plan(
        "dmt", "intravenous", ("DMT",), absorbed=False, midpoints=8,
        fit=("dmt-review2025-vz", "dmt-review2025-cl", "dmt-review2025-thalf"),
        also_routes=("intravenous infusion 10 min",),
        notes={"dmt-good2023-thalf": "may be one of the 8 data sets"},
        needs_infusion=True,
        caveats=(
            "only ranges over 8 data sets are printed; the model takes their geometric midpoints, and "
            "no published concentration was there to check it",
            "the volume is that of the last phase: peaks of boluses and short infusions come out too "
            "low",
        ),
    ),
    _KETAMINE_IV,
    Plan(
        "esketamine", "intravenous", ("ketamine (racemic and S)", "S-ketamine"), absorbed=False, per_kg=True,
        needs_infusion=True, published=_KETAMINE_IV.published, spread=_KETAMINE_IV.spread,
        caveats=("pooled figures of racemic and S-ketamine", *_KETAMINE_IV.caveats),
    ),
    Plan(
        "ketamine", "intranasal", ("ketamine",),
        fit=("ketamine-phar2022-in-30mg-cmax", "ketamine-phar2022-in-30mg-tmax",
             "ketamine-phar2022-in-30mg-auc"),
        notes=dict.fromkeys(
            ("ketamine-phar2022-in-10mg-cmax", "ketamine-phar2022-in-10mg-auc",
             "ketamine-phar2022-in-50mg-cmax", "ketamine-phar2022-in-50mg-auc"),
            "the fraction absorbed falls with the dose (17, 13 and 11 %)",
        ),
        caveats=(
            "one study of one spray; the half-life is that of the first hours",
            "the fraction absorbed falls with the dose, the model's does not",
            "people differ more in the time of the peak than one compartment can show beside their "
            "spread of peaks; the spread of peaks is a little too wide",
        ),
    ),
)  # fmt: skip
"""What each model is fitted to; all other rows of its substance and route are for the check."""

NO_MODEL: Mapping[tuple[str, str], str] = {
    ("ketamine", "sublingual"): (
        "29 % absorbed and the time of the peak are known, a peak is not, and the intravenous model "
        "is too low in the first hours to stand in for it"
    ),
    (
        "esketamine",
        "oral",
    ): "8 % absorbed and the clearance are known; no peak or time of peak was read",
    ("esketamine", "intranasal"): (
        "48 % absorbed, time of peak and last half-life are known; no concentration was read, and the "
        "last half-life alone does not give the early curve"
    ),
    ("ketamine", "oral"): "no figure of racemic ketamine by mouth was read",
    ("ketamine", "intramuscular"): "no figure by this route was read",
    ("ketamine", "subcutaneous"): "no figure by this route was read",
}
"""Why a substance has no model by a route, where the base holds some figures or studies used it."""
