"""What a pharmacokinetic model rests on: published figures, parameters, and what does not fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aponia.exposure import curves
from aponia.exposure.errors import NotKnownError

__all__ = [
    "Check",
    "ExposureModel",
    "Observation",
    "Parameter",
    "Quantity",
    "Residual",
    "Spread",
    "typical_exposure",
]

Quantity = Literal["cmax", "tmax", "half_life", "auc", "auc_24", "clearance", "volume"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How much people differ, as the standard deviation of the logarithm.

    Attributes
    ----------
    log_sd : float
        Worked out from what the source prints.
    how : str
        From what: an SD, a range of n people, an interval of a mean, …
    n : int or None
        People.
    """

    log_sd: float
    how: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One published exposure.

    Attributes
    ----------
    row : str
        Id of the row it was read in.
    source : str
        Paper; rows of one source are not independent of each other.
    quantity : str
        What was measured.
    value : float or None
        Central value in ng/mL, h, ng·h/mL, L/h or L; None when only a range is printed.
    low, high : float or None
        The printed range over studies or doses, when `value` is None.
    dose_mg : float or None
        None for figures that do not depend on the dose.
    spread : Spread or None
        Between people.
    duration : float
        Hours of infusion, 0 otherwise.
    note : str
        What a careful reader must know.
    """

    row: str
    source: str
    quantity: Quantity
    value: float | None
    low: float | None = None
    high: float | None = None
    dose_mg: float | None = None
    spread: Spread | None = None
    duration: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One structural parameter of a model, with its sources.

    Attributes
    ----------
    name, unit : str
    value : float
        Of the typical person.
    how : str
        ``published`` or ``derived`` (fitted or worked out from published exposures).
    rows : tuple of str
        Ids of the rows it rests on.
    log_sd : float or None
        Between people; None when no source lets it be known, and then nobody differs in it.
    log_sd_rows : tuple of str
        Rows the spread rests on.
    note : str
    """

    name: str
    value: float
    unit: str
    how: Literal["published", "derived"]
    rows: tuple[str, ...]
    log_sd: float | None = None
    log_sd_rows: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Residual:
    """What a fit leaves over for one of the figures it was fitted to.

    Attributes
    ----------
    row, quantity : str
    dose_mg : float or None
    observed, predicted : float
    """

    row: str
    quantity: str
    dose_mg: float | None
    observed: float
    predicted: float

    @property
    def ratio(self) -> float:
        """Predicted over observed."""
        return self.predicted / self.observed


@dataclass(frozen=True, slots=True)
class Check:
    """One published exposure beside the model's.

    Attributes
    ----------
    substance, route : str
    row, quantity, source : str
    dose_mg : float or None
    observed : float or None
        None when the source prints a range only.
    low, high : float or None
        The printed range.
    predicted : float
    fitted : bool
        Whether the model was fitted to this figure.
    note : str
        Why the two need not agree.
    """

    substance: str
    route: str
    row: str
    quantity: str
    source: str
    dose_mg: float | None
    observed: float | None
    low: float | None
    high: float | None
    predicted: float
    fitted: bool
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Predicted over observed; None for a range."""
        return None if self.observed is None else self.predicted / self.observed

    @property
    def within(self) -> bool:
        """Within 1.25-fold of the figure, or inside the printed range."""
        if self.observed is not None:
            return 1 / 1.25 <= self.predicted / self.observed <= 1.25
        assert self.low is not None
        assert self.high is not None
        return self.low <= self.predicted <= self.high


def typical_exposure(
    quantity: Quantity,
    *,
    ka: float | None,
    ke: float,
    volume: float,
    dose_mg: float,
    duration: float = 0.0,
    lag: float = 0.0,
) -> float:
    """Predict one exposure of one person after a single dose.

    Parameters
    ----------
    quantity : str
        One of `Quantity`.
    ka : float or None
        1/h; None for intravenous doses.
    ke, volume : float
        1/h and L.
    dose_mg : float
    duration : float
        Hours of infusion; ignored for absorbed doses.
    lag : float
        Hours before absorption starts.

    Returns
    -------
    float
        In the units of `Observation`.

    Raises
    ------
    NotKnownError
        For the area to 24 h of an intravenous dose, which is not worked out.
    """
    if quantity == "half_life":
        return math.log(2) / (ke if ka is None else min(ka, ke))
    if quantity == "volume":
        return volume
    if quantity == "clearance":
        return volume * ke
    c0, k = np.array([1000 * dose_mg / volume]), np.array([ke])
    if quantity == "auc":
        return float(c0[0] / ke)
    if ka is None:
        if quantity == "auc_24":
            raise NotKnownError("the area to 24 h is worked out for absorbed doses only")
        if quantity == "tmax":
            return duration
        return float(curves.infusion(duration, duration, c0, k)[0] if duration else c0[0])
    a = np.array([ka])
    if quantity == "tmax":
        return lag + float(curves.time_of_peak(a, k)[0])
    if quantity == "auc_24":
        return float(curves.area_absorbed(24.0 - lag, c0, a, k)[0])
    return float(curves.peak_absorbed(c0, a, k)[0])


@dataclass(frozen=True, slots=True)
class ExposureModel:
    """A one-compartment model of one substance by one route.

    Attributes
    ----------
    substance, analyte, route : str
    parameters : mapping of str to Parameter
        ``ke`` (1/h), ``volume`` (L, over the fraction absorbed unless intravenous), ``ka`` (1/h,
        absent for intravenous doses) and ``lag`` (h, absent when no source gives one). ``volume``
        is absent when no source prints a concentration: then only the shape is known.
    per_kg : bool
        Whether volume and clearance grow in proportion to body weight (published per 70 kg).
    spread_of : str
        ``people``, or ``data sets`` when the spread is between studies.
    dose_range : tuple of float or None
        Milligrams the figures behind it cover.
    needs_infusion : bool
        True when the model has no distribution phase and is known to miss the peak of a bolus: then
        peaks are given for infusions of at least one half-life only, and bands for three.
    residuals : tuple of Residual
        Of the fit; empty when all parameters are published.
    spread_fit : tuple of (str, float, float)
        Quantity, published and reproduced log-SD.
    caveats : tuple of str
        What the model does not do, in plain words.
    observations : tuple of Observation
        All published exposures of the substance by this route; those in `fitted_rows` were used.
    fitted_rows : frozenset of str
    """

    substance: str
    analyte: str
    route: str
    parameters: Mapping[str, Parameter]
    per_kg: bool = False
    spread_of: Literal["people", "data sets"] = "people"
    dose_range: tuple[float, float] | None = None
    needs_infusion: bool = False
    residuals: tuple[Residual, ...] = ()
    spread_fit: tuple[tuple[str, float, float], ...] = ()
    caveats: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    fitted_rows: frozenset[str] = frozenset()

    @property
    def scale_known(self) -> bool:
        """Whether concentrations are known, not only the shape of the curve."""
        return "volume" in self.parameters

    @property
    def unit(self) -> str:
        """Unit of what `simulate` returns."""
        return "ng/mL" if self.scale_known else "share of the typical person's peak"

    @property
    def variable(self) -> bool:
        """Whether any source lets the spread between people be known."""
        return any(p.log_sd for p in self.parameters.values())

    @property
    def ke(self) -> float:
        """Elimination rate constant of the typical person, 1/h."""
        return self.parameters["ke"].value

    @property
    def ka(self) -> float | None:
        """Absorption rate constant of the typical person, 1/h; None for intravenous doses."""
        found = self.parameters.get("ka")
        return None if found is None else found.value

    @property
    def lag(self) -> float:
        """Hours before absorption starts."""
        found = self.parameters.get("lag")
        return 0.0 if found is None else found.value

    @property
    def volume(self) -> float:
        """Volume of distribution of the typical person, L.

        Raises
        ------
        NotKnownError
            When no source prints a concentration.
        """
        found = self.parameters.get("volume")
        if found is None:
            raise NotKnownError(
                f"{self.substance} by the {self.route} route: no source gives a concentration, so "
                "only the shape of the curve is known"
            )
        return found.value

    def typical(self, quantity: Quantity, dose_mg: float = 1.0, duration: float = 0.0) -> float:
        """Predict one exposure of the typical person after a single dose.

        Parameters
        ----------
        quantity : str
            One of `Quantity`.
        dose_mg : float
        duration : float
            Hours of infusion; ignored for absorbed doses.

        Returns
        -------
        float
            In the units of `Observation`.

        Raises
        ------
        NotKnownError
            When the concentration scale is needed and not known.
        """
        needs_scale = quantity not in ("half_life", "tmax")
        return typical_exposure(
            quantity,
            ka=self.ka,
            ke=self.ke,
            volume=self.volume if needs_scale else 1.0,
            dose_mg=dose_mg,
            duration=duration,
            lag=self.lag,
        )

    def check(self) -> tuple[Check, ...]:
        """Set every published exposure of this substance and route beside the model's.

        Returns
        -------
        tuple of Check
            Fitted ones first. Figures that need a scale the model lacks are left out.
        """
        out = []
        for o in self.observations:
            try:
                predicted = self.typical(o.quantity, o.dose_mg or 1.0, o.duration)
            except NotKnownError:
                continue
            fitted = o.row in self.fitted_rows
            out.append(
                Check(self.substance, self.route, o.row, o.quantity, o.source, o.dose_mg, o.value,
                      o.low, o.high, predicted, fitted, o.note)
            )  # fmt: skip
        return tuple(sorted(out, key=lambda c: not c.fitted))
