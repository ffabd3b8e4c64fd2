"""A plan in words. The sentences speak of trials and of numbers of people, never of what a treatment does."""

from __future__ import annotations

from aponia.planning.model import Plan

__all__ = ["DESIGN_NAMES", "sentences_of", "warnings_of"]

DESIGN_NAMES = {
    "parallel": "parallel groups",
    "crossover": "a two-period crossover",
    "n-of-1": "a set of N-of-1 trials",
    "sequential": "parallel groups with looks on the way",
    "dose-finding": "a comparator and three approaches",
    "enrichment": "two stages that may go on in a subgroup",
}


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def sentences_of(plan: Plan) -> tuple[str, ...]:
    """Return the plan in plain sentences.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of str
    """
    aim = plan.endpoint.describe(plan.target_effect)
    out = []
    size = plan.for_power
    if size.people is not None and size.reached is not None:
        more = (
            f" ({size.low} to {size.high} within the error of the simulation)"
            if size.low != size.high
            else ""
        )
        out.append(
            f"With {DESIGN_NAMES[plan.design]}, {size.people} people{more} would give a chance of "
            f"{_percent(size.reached.value)} to detect an effect of {aim}, if that were the true one and all "
            "assumptions held."
        )
    else:
        out.append(f"No size was found for detecting an effect of {aim}. {size.why}")
    o = plan.operating
    out.append(
        f"Over what is believed about the effect now, a trial of {o.people} people would come out in favour of "
        f"the treatment with a chance of {_percent(o.assurance.value)} (assurance); the belief puts "
        f"{_percent(plan.belief.p_benefit)} on benefit, which is where assurance ends however many people take part."
    )
    size = plan.for_assurance
    if size.people is None:
        out.append(f"An assurance of {_percent(size.target)} cannot be planned for. {size.why}")
    else:
        out.append(f"An assurance of {_percent(size.target)} would take {size.people} people.")
    if o.exaggeration is not None and o.exaggeration > 1.05:
        out.append(
            f"Among such trials that came out positive at that effect, the estimate would be {o.exaggeration:.2f} "
            "times the truth on average."
        )
    if plan.design == "sequential":
        out.append(
            f"Stopping early where it may, the trial would use {o.expected_people:.0f} people on average."
        )
    inert = next(u for u in plan.unblinding if u.scenario == "inert-comparator")
    out.append(
        f"If people can tell what they got as assumed, a treatment that does nothing would come out positive or "
        f"negative in {_percent(inert.false_positive.value)} of trials instead of {_percent(o.allowed_error)}."
    )
    return tuple(out)


def warnings_of(plan: Plan) -> tuple[str, ...]:
    """Return what a reader must know before using the plan.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of str
    """
    a, out = plan.assumptions, []
    guessed = [i.name for i in a.items_told if i.origin == "assumed"]
    if guessed:
        out.append(
            f"{len(guessed)} of {len(a)} numbers are assumed, not read: {', '.join(guessed)}. Vary them before "
            "relying on a size."
        )
    for item in a.items_told:
        if item.conflict:
            out.append(f"Sources contradict each other on {item.name}: {item.conflict}")
    if plan.belief.kind == "prior":
        out.append("The belief about the effect is a stated prior, not a finding.")
    if plan.design in ("crossover", "n-of-1"):
        out.append(
            "In a within-person design most people learn what they got from its acute effects, and what one "
            "period leaves behind enters the next."
        )
        if a.get("bout_weeks", 0.0) > 0:
            out.append("Bouts that end by themselves empty the later periods of this design.")
    o = plan.operating
    if o.type_one_error.value - 3 * o.type_one_error.mc_error > o.allowed_error:
        out.append(
            f"Without any effect the test rejects in {100 * o.type_one_error.value:.1f}% of trials of this size, "
            f"more than the {100 * o.allowed_error:g}% it promises."
        )
    if o.failed > 0.001:
        out.append(
            f"{100 * o.failed:.1f}% of simulated trials could not be analysed: too few people or no variation."
        )
    out.append(
        "For planning research with a statistician and an ethics committee. A simulation is as good as its "
        "assumptions; it is no forecast and no medical advice."
    )
    return tuple(out)
