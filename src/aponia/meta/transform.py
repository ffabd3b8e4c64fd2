"""Transformations between the scale of analysis and the scale people read.

Every function is also found under metafor's name::

    >>> from aponia.meta import transform
    >>> round(float(transform.by_name("transf.ztor")(0.5)), 4)
    0.4621
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from aponia.meta._inputs import FloatArray
from aponia.meta._transform_basic import (
    arcsine,
    arcsine_inverse,
    bonett,
    bonett_inverse,
    exp,
    expit,
    freeman_tukey,
    freeman_tukey_inverse,
    freeman_tukey_inverse_hm,
    freeman_tukey_rate,
    freeman_tukey_rate_inverse,
    hakstian_whalen,
    hakstian_whalen_inverse,
    logit,
    probit,
    probit_inverse,
    r2_to_z,
    r_to_z,
    square,
    tanh,
    z_to_r,
    z_to_r2,
)
from aponia.meta._transform_d import (
    d_to_besd,
    d_to_cles,
    d_to_cliff_delta,
    d_to_log_or_logistic,
    d_to_log_or_normal,
    d_to_mean_difference,
    d_to_overlap,
    d_to_rbis,
    d_to_rpb,
    d_to_u1,
    d_to_u2,
    d_to_u3,
    log_or_to_d_logistic,
    log_or_to_d_normal,
    log_or_to_rd,
    log_or_to_rr,
    log_or_to_tetrachoric_digby,
    log_or_to_tetrachoric_pearson,
    r_to_d,
    r_to_rpb,
    rpb_to_d,
    rpb_to_rbis,
)
from aponia.meta._transform_integral import (
    exp_integral,
    exp_mode,
    expit_integral,
    expit_mode,
    integral,
    probit_inverse_integral,
    probit_inverse_mode,
    square_integral,
    z_to_r_integral,
    z_to_r_mode,
)
from aponia.meta.errors import InputError

#: metafor's name -> function.
BY_METAFOR_NAME: dict[str, Callable[..., FloatArray]] = {
    "transf.rtoz": r_to_z,
    "transf.ztor": z_to_r,
    "transf.r2toz": r2_to_z,
    "transf.ztor2": z_to_r2,
    "transf.logit": logit,
    "transf.ilogit": expit,
    "transf.probit": probit,
    "transf.iprobit": probit_inverse,
    "transf.arcsin": arcsine,
    "transf.iarcsin": arcsine_inverse,
    "transf.pft": freeman_tukey,
    "transf.ipft": freeman_tukey_inverse,
    "transf.ipft.hm": freeman_tukey_inverse_hm,
    "transf.isqrt": square,
    "transf.irft": freeman_tukey_rate,
    "transf.iirft": freeman_tukey_rate_inverse,
    "transf.ahw": hakstian_whalen,
    "transf.iahw": hakstian_whalen_inverse,
    "transf.abt": bonett,
    "transf.iabt": bonett_inverse,
    "transf.ztor.int": z_to_r_integral,
    "transf.exp.int": exp_integral,
    "transf.ilogit.int": expit_integral,
    "transf.iprobit.int": probit_inverse_integral,
    "transf.ztor.mode": z_to_r_mode,
    "transf.exp.mode": exp_mode,
    "transf.ilogit.mode": expit_mode,
    "transf.iprobit.mode": probit_inverse_mode,
    "transf.dtou1": d_to_u1,
    "transf.dtou2": d_to_u2,
    "transf.dtou3": d_to_u3,
    "transf.dtoovl": d_to_overlap,
    "transf.dtocles": d_to_cles,
    "transf.dtocliffd": d_to_cliff_delta,
    "transf.dtobesd": d_to_besd,
    "transf.dtomd": d_to_mean_difference,
    "transf.dtorpb": d_to_rpb,
    "transf.dtorbis": d_to_rbis,
    "transf.rpbtorbis": rpb_to_rbis,
    "transf.rtorpb": r_to_rpb,
    "transf.rtod": r_to_d,
    "transf.rpbtod": rpb_to_d,
    "transf.lnortord": log_or_to_rd,
    "transf.lnortorr": log_or_to_rr,
    "transf.lnortod.norm": log_or_to_d_normal,
    "transf.lnortod.logis": log_or_to_d_logistic,
    "transf.dtolnor.norm": d_to_log_or_normal,
    "transf.dtolnor.logis": d_to_log_or_logistic,
    "transf.lnortortet.pearson": log_or_to_tetrachoric_pearson,
    "transf.lnortortet.digby": log_or_to_tetrachoric_digby,
}


def by_name(name: str) -> Callable[..., FloatArray]:
    """Return a transformation by its name here or by metafor's.

    Parameters
    ----------
    name : str
        ``"z_to_r"``, ``"transf.ztor"`` or ``"ztor"``.

    Returns
    -------
    callable

    Raises
    ------
    InputError
        There is none of that name.
    """
    for key in (name, f"transf.{name}"):
        if key in BY_METAFOR_NAME:
            return BY_METAFOR_NAME[key]
    known = {function: globals()[function] for function in __all__ if function not in _NOT_ONE}
    if name in known:
        return known[name]  # type: ignore[no-any-return]
    near = difflib.get_close_matches(name, [*known, *BY_METAFOR_NAME], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"no transformation is called {name!r}{hint}")


_NOT_ONE = ("BY_METAFOR_NAME", "by_name", "integral")

__all__ = [
    "BY_METAFOR_NAME",
    "arcsine",
    "arcsine_inverse",
    "bonett",
    "bonett_inverse",
    "by_name",
    "d_to_besd",
    "d_to_cles",
    "d_to_cliff_delta",
    "d_to_log_or_logistic",
    "d_to_log_or_normal",
    "d_to_mean_difference",
    "d_to_overlap",
    "d_to_rbis",
    "d_to_rpb",
    "d_to_u1",
    "d_to_u2",
    "d_to_u3",
    "exp",
    "exp_integral",
    "exp_mode",
    "expit",
    "expit_integral",
    "expit_mode",
    "freeman_tukey",
    "freeman_tukey_inverse",
    "freeman_tukey_inverse_hm",
    "freeman_tukey_rate",
    "freeman_tukey_rate_inverse",
    "hakstian_whalen",
    "hakstian_whalen_inverse",
    "integral",
    "log_or_to_d_logistic",
    "log_or_to_d_normal",
    "log_or_to_rd",
    "log_or_to_rr",
    "log_or_to_tetrachoric_digby",
    "log_or_to_tetrachoric_pearson",
    "logit",
    "probit",
    "probit_inverse",
    "probit_inverse_integral",
    "probit_inverse_mode",
    "r2_to_z",
    "r_to_d",
    "r_to_rpb",
    "r_to_z",
    "rpb_to_d",
    "rpb_to_rbis",
    "square",
    "square_integral",
    "tanh",
    "z_to_r",
    "z_to_r2",
    "z_to_r_integral",
    "z_to_r_mode",
]
