"""Sizes of the next trial for four questions under four designs, with what they rest on.

Run ``python validation/planning_sizes.py``; it writes planning_sizes.md beside itself. Every number
follows from the seed and the evidence base.
"""

from __future__ import annotations

from pathlib import Path

from aponia import evidence
from aponia.planning import Plan, plan

QUESTIONS = (
    "psilocybin-cluster-headache",
    "lsd-cluster-headache",
    "psilocybin-migraine",
    "psilocybin-fibromyalgia",
)
DESIGNS = ("parallel", "crossover", "n-of-1", "sequential")
SEED = 1
HERE = Path(__file__).parent


def row(made: Plan) -> str:
    size, o = made.for_power, made.operating
    inert = made.unblinding[1]
    people = f"{size.people} ({size.low} to {size.high})" if size.people else size.why
    limit = made.for_assurance.people or f"none ({100 * made.belief.p_benefit:.0f}% on benefit)"
    return (
        f"| {made.question} | {made.design} | {made.endpoint.describe(made.target_effect)} | {people} | "
        f"{100 * o.power.value:.1f} ± {100 * o.power.mc_error:.1f} | {100 * o.assurance.value:.1f} ± "
        f"{100 * o.assurance.mc_error:.1f} | {limit} | {100 * o.type_one_error.value:.1f} | "
        f"{100 * inert.false_positive.value:.0f} | {o.expected_people:.0f} |"
    )


def main() -> None:
    base = evidence.load()
    made = [plan(base.questions[q], d, base=base, seed=SEED) for q in QUESTIONS for d in DESIGNS]  # type: ignore[arg-type]
    bout = plan(
        base.questions[QUESTIONS[0]], "crossover", base=base, seed=SEED, assumptions={"bout_weeks": 6.0}
    )  # fmt: skip
    lines = [
        "# Sizes of the next trial", "",
        f"Written by `validation/planning_sizes.py`, seed {SEED}. People in all, randomised, for 80% power at the "
        "effect named, two-sided 5% (in brackets what the Monte Carlo error leaves open); what a trial of that size "
        "would do, in percent with Monte Carlo errors. The belief about psilocybin in cluster headache is one trial "
        "of 14 people and a sceptical prior; that of the other three questions is the stated prior alone, centred "
        "on no effect. Within-person designs in cluster headache are planned in the chronic form.", "",
        "| question | design | effect | people | power | assurance | people for 80% assurance | error without effect "
        "| rejections without effect, people can tell | people on average |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(m) for m in made), "",
        "The same crossover, analysed the same way, in an episodic bout that ends by itself after six weeks on average "
        f"(`--set bout_weeks=6`): {bout.for_power.people or bout.for_power.why} people instead of "
        f"{made[1].for_power.people}.", "",
        "## What it rests on", "",
    ]  # fmt: skip
    for m in made:
        if m.design not in ("parallel", "n-of-1") or m.question == "lsd-cluster-headache":
            continue
        which = "parallel and sequential" if m.design == "parallel" else "crossover and N-of-1"
        lines += [f"### {m.question}, {which}", "", "| name | value | range | origin | why or where |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        for a in m.assumptions.items_told:
            ends = " to ".join(f"{v:g}" if v is not None else "…" for v in (a.low, a.high))
            where = f" `{'`, `'.join(a.rows)}`" if a.rows else ""
            told = f"{a.why}{where}" + (f" **{a.conflict}**" if a.conflict else "")
            lines.append(
                f"| {a.name} | {a.value:g} {a.unit} | {ends if ends != '… to …' else ''} | {a.origin} | {told} |"
            )
        lines.append("")
    (HERE / "planning_sizes.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
