"""Network meta-analysis: metafor's fit, generalised least squares, pairwise limits, relabelling."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.meta._network import DisconnectedNetworkError, network
from aponia.meta._pool import pool
from aponia.meta.errors import (
    InputError,
    MetaWarning,
    MethodError,
    TooFewStudiesError,
    VarianceError,
)

REFERENCE = json.loads((Path(__file__).parent / "data" / "network.json").read_text())
SENN = REFERENCE["data"]
CONTRASTS = {k: SENN[k] for k in ("study", "treat1", "treat2", "y", "v", "n1", "n2")}


def senn(**changes):
    return network(**(CONTRASTS | {"reference": "placebo"} | changes))


def test_agrees_with_metafor_on_senn_2013():
    r, out = senn(), REFERENCE["out"]
    assert list(r.names) == out["names"]
    for got, name in (
        (r.coef, "beta"),
        (r.se, "se"),
        (r.z_or_t, "zval"),
        (r.ci_lower, "ci.lb"),
        (r.ci_upper, "ci.ub"),
        (r.vcov, "vb"),
        (r.tau2, "tau2"),
        (r.q, "QE"),
        (r.q_p, "QEp"),
        (r.qm, "QM"),
        (r.loglik_ml, "ML"),
        ([r.loglik_reml, r.aic, r.bic, r.aicc], "REML"),
    ):
        want = out[name]
        want = [want[i] for i in (0, 2, 3, 4)] if name == "REML" else want
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-9, err_msg=name)


def test_reproduces_the_published_decomposition_of_senn_2013():
    # Senn et al. (2013) and the netmeta package: 96.99 (18) = 74.46 (11) + 22.53 (7), and the
    # moment estimate of tau 0.33 (there with Willms's covariance from arm variances).
    parts = senn().inconsistency()
    assert (parts.q_df, parts.q_within_df, parts.q_between_df) == (18, 11, 7)
    np.testing.assert_allclose(
        [parts.q, parts.q_within, parts.q_between], [96.99, 74.46, 22.53], atol=0.02
    )
    np.testing.assert_allclose(parts.q_within + parts.q_between, parts.q)
    np.testing.assert_allclose(np.sqrt(senn(method="DL").tau2), 0.33, atol=0.01)
    # Without heterogeneity the interaction test is the inconsistency part of Q.
    common = senn(method="EE").inconsistency()
    np.testing.assert_allclose(common.wald, common.q_between, rtol=1e-8)


def gls(blocks, treatments, tau2):
    """Return estimates by generalised least squares on the stacked contrasts."""
    X = np.zeros((sum(b.y.size for b in blocks), len(treatments)))
    V = np.zeros((X.shape[0], X.shape[0]))
    y, at = [], 0
    for b in blocks:
        rows = slice(at, at + b.y.size)
        for j, t in enumerate(b.treatments):
            X[rows, treatments.index(t)] = b.C[:, j]
        V[rows, rows] = b.S + tau2 * (b.C @ b.C.T) / 2
        y.append(b.y)
        at += b.y.size
    W = np.linalg.inv(V)
    A = X[:, 1:].T @ W @ X[:, 1:]
    return np.linalg.solve(A, X[:, 1:].T @ W @ np.concatenate(y)), np.linalg.inv(A)


ARMS = {
    "study": ["a", "a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "e", "f", "f"],
    "treatment": list("ABC") + list("AB") + list("BC") + list("CD") + list("ABD") + list("AC"),
    "events": [5, 8, 9, 4, 9, 12, 10, 6, 13, 3, 9, 11, 7, 15],
    "total": [40, 42, 39, 30, 33, 50, 49, 38, 40, 25, 28, 27, 44, 46],
}


@pytest.mark.parametrize("method", ["EE", "DL", "REML", "ML", "PM"])
def test_is_generalised_least_squares_with_correlation_one_half(method):
    r = network(**ARMS, method=method)
    beta, vcov = gls(r._blocks, r.treatments, r.tau2)
    np.testing.assert_allclose(r.coef, beta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(r.vcov, vcov, rtol=1e-8, atol=1e-12)
    if method == "EE":
        assert r.tau2 == 0


def test_reml_estimate_is_where_the_score_vanishes():
    r = network(**(ARMS | {"events": [5, 18, 9, 14, 9, 12, 30, 6, 13, 3, 9, 1, 7, 25]}))
    assert r.tau2 > 0

    def reml(tau2):
        out = 0.0
        beta, vcov = gls(r._blocks, r.treatments, tau2)
        d = np.concatenate([[0.0], beta])
        for b in r._blocks:
            V = b.S + tau2 * (b.C @ b.C.T) / 2
            gap = b.y - b.C @ d[[r.treatments.index(t) for t in b.treatments]]
            out -= 0.5 * (np.linalg.slogdet(V)[1] + gap @ np.linalg.solve(V, gap))
        return out + 0.5 * np.linalg.slogdet(vcov)[1]

    h = 1e-5 * r.tau2
    assert abs(reml(r.tau2 + h) - reml(r.tau2 - h)) / (2 * h) < 1e-5
    assert reml(r.tau2) > max(reml(0.9 * r.tau2), reml(1.1 * r.tau2))


effects = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1.5)), min_size=2, max_size=8)


@settings(max_examples=25, deadline=None)
@given(effects, st.sampled_from(["EE", "DL", "REML", "PM"]))
def test_two_treatments_are_a_pairwise_meta_analysis(rows, method):
    y, v = np.array(rows).T
    k = y.size
    r = network(
        study=range(k), treat1=["A"] * k, treat2=["B"] * k, y=y, v=v, method=method, reference="B"
    )
    p = pool(y, v, method=method)
    np.testing.assert_allclose(r.coef, p.coef, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(r.se, p.se, rtol=1e-9)
    np.testing.assert_allclose([r.tau2, r.q], [p.tau2, p.q], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(r.loglik_reml, p.fit_statistics["REML"].loglik, rtol=1e-8, atol=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.permutations("ABCD"), st.randoms(), st.sampled_from("ABCD"))
def test_names_order_and_reference_do_not_matter(names, random, reference):
    base = network(**ARMS, reference="A")
    new = dict(zip("ABCD", names, strict=True))
    order = list(range(14))
    random.shuffle(order)
    again = network(
        study=[ARMS["study"][i] for i in order],
        treatment=[new[ARMS["treatment"][i]] for i in order],
        events=[ARMS["events"][i] for i in order],
        total=[ARMS["total"][i] for i in order],
        reference=reference,
    )
    np.testing.assert_allclose([again.tau2, again.q], [base.tau2, base.q], rtol=1e-7, atol=1e-12)
    for x, z in itertools.permutations("ABCD", 2):
        one, two = base.compare(x, z), again.compare(new[x], new[z])
        np.testing.assert_allclose(
            [two["estimate"], two["se"]], [one["estimate"], one["se"]], rtol=1e-7, atol=1e-10
        )
    scores = again.p_scores("desirable")
    for x, score in base.p_scores("desirable").items():
        np.testing.assert_allclose(scores[new[x]], score, rtol=1e-7)


def test_swapping_the_sides_of_a_contrast_changes_nothing():
    base = senn()
    flip = np.arange(27) % 2 == 0
    swapped = senn(
        treat1=np.where(flip, SENN["treat2"], SENN["treat1"]),
        treat2=np.where(flip, SENN["treat1"], SENN["treat2"]),
        y=np.where(flip, -np.array(SENN["y"]), SENN["y"]),
        n1=np.where(flip, SENN["n2"], SENN["n1"]),
        n2=np.where(flip, SENN["n1"], SENN["n2"]),
    )
    np.testing.assert_allclose(swapped.coef, base.coef, rtol=1e-9)
    np.testing.assert_allclose(swapped.vcov, base.vcov, rtol=1e-8, atol=1e-12)


def test_arms_all_pairs_and_covariance_matrix_are_the_same_data():
    arms = network(**ARMS)
    rows = {k: [] for k in ("study", "treat1", "treat2", "y", "v")}
    x = np.array(ARMS["events"], dtype=float)
    other = np.array(ARMS["total"]) - x
    logit, var = np.log(x / other), 1 / x + 1 / other
    for s in "abcdef":
        members = [i for i in range(14) if ARMS["study"][i] == s]
        for i, j in itertools.combinations(members, 2):
            for key, value in zip(
                rows,
                (
                    s,
                    ARMS["treatment"][i],
                    ARMS["treatment"][j],
                    logit[i] - logit[j],
                    var[i] + var[j],
                ),
                strict=True,
            ):
                rows[key].append(value)
    pairs = network(**rows, reference=arms.reference)
    np.testing.assert_allclose(pairs.coef, arms.coef, rtol=1e-9)
    np.testing.assert_allclose(pairs.vcov, arms.vcov, rtol=1e-8)
    N = len(rows["y"])
    V = np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            if rows["study"][i] == rows["study"][j]:
                for a, sa in ((rows["treat1"][i], 1), (rows["treat2"][i], -1)):
                    for b, sb in ((rows["treat1"][j], 1), (rows["treat2"][j], -1)):
                        if a == b:
                            at = [
                                m
                                for m in range(14)
                                if ARMS["study"][m] == rows["study"][i]
                                and ARMS["treatment"][m] == a
                            ]
                            V[i, j] += sa * sb * var[at[0]]
    del rows["v"]
    given_V = network(**rows, V=V, reference=arms.reference)
    np.testing.assert_allclose(given_V.coef, arms.coef, rtol=1e-9)
    np.testing.assert_allclose(given_V.vcov, arms.vcov, rtol=1e-8)


def test_mean_differences_from_arms_match_the_contrasts_of_senn():
    single = [i for i in range(27) if SENN["study"].count(SENN["study"][i]) == 1]
    arms = {k: [] for k in ("study", "treatment", "mean", "sd", "n")}
    for i in single:
        for g in ("1", "2"):
            row = (SENN["study"][i], SENN["treat" + g][i], SENN["mean" + g][i], SENN["sd" + g][i])
            for key, value in zip(arms, (*row, SENN["n" + g][i]), strict=True):
                arms[key].append(value)
    a = network(**arms, measure="MD", reference="placebo")
    c = network(
        **{k: [CONTRASTS[k][i] for i in single] for k in ("study", "treat1", "treat2", "y", "v")},
        reference="placebo",
    )
    np.testing.assert_allclose(a.coef, c.coef, rtol=1e-8)
    np.testing.assert_allclose(a.se, c.se, rtol=1e-8)


@pytest.mark.parametrize("measure", ["RR", "RD", "SMD", "ROM", "IRR", "IRD"])
def test_every_measure_gives_consistent_effects(measure):
    extra = {"events": ARMS["events"], "total": ARMS["total"]}
    if measure in ("IRR", "IRD"):
        extra = {"events": ARMS["events"], "time": ARMS["total"]}
    elif measure in ("SMD", "ROM"):
        extra = {"mean": ARMS["events"], "sd": [2.0] * 14, "n": ARMS["total"]}
    r = network(study=ARMS["study"], treatment=ARMS["treatment"], measure=measure, **extra)
    table = r.league_table()
    np.testing.assert_allclose(table.estimate, -table.estimate.T, atol=1e-14)
    loop = table.estimate[0, 1] + table.estimate[1, 2] - table.estimate[0, 2]
    assert abs(loop) < 1e-12
    assert (table.pi_upper >= table.ci_upper).all()
    assert r.log_scale == (measure in ("RR", "ROM", "IRR"))


def test_node_split_of_two_arm_studies_separates_direct_from_indirect():
    keep = [i for i in range(27) if SENN["study"].count(SENN["study"][i]) == 1]
    data = {k: np.array(CONTRASTS[k], dtype=object)[keep] for k in ("study", "treat1", "treat2")}
    y, v = np.array(SENN["y"])[keep], np.array(SENN["v"])[keep]
    r = network(**data, y=y, v=v, method="EE", reference="placebo")
    split = r.node_split()
    assert len(split.treat1) > 5
    for i, pair in enumerate(zip(split.treat1, split.treat2, strict=True)):
        own = np.array([{*p} == {*pair} for p in zip(data["treat1"], data["treat2"], strict=True)])
        sign = np.where(data["treat1"][own] == pair[0], 1, -1)
        direct = pool(sign * y[own], v[own], method="EE")
        rest = network(
            **{k: x[~own] for k, x in data.items()}, y=y[~own], v=v[~own], method="EE"
        ).compare(*pair)
        np.testing.assert_allclose(split.direct[i], direct.coef[0], atol=1e-9)
        np.testing.assert_allclose(split.direct_se[i], direct.se[0], rtol=1e-8)
        np.testing.assert_allclose(split.indirect[i], rest["estimate"], atol=1e-9)
        np.testing.assert_allclose(split.indirect_se[i], rest["se"], rtol=1e-8)
        # Direct and indirect evidence add up to the network estimate, by precision.
        p = split.proportion_direct[i]
        mixed = p * split.direct[i] + (1 - p) * split.indirect[i]
        np.testing.assert_allclose(split.network[i], mixed, atol=1e-9)


def test_a_consistent_loop_has_no_inconsistency():
    r = network(
        study=[1, 2, 3, 4],
        treat1=["A", "B", "A", "A"],
        treat2=["B", "C", "C", "B"],
        y=[1.0, 0.5, 1.5, 1.0],
        v=[0.1, 0.2, 0.3, 0.1],
        method="EE",
    )
    parts = r.inconsistency()
    np.testing.assert_allclose([parts.q, parts.q_between, parts.wald], 0, atol=1e-20)
    assert (parts.q_within_df, parts.q_between_df) == (1, 1)
    np.testing.assert_allclose(r.node_split().difference, 0, atol=1e-12)


def test_p_scores_average_one_half_and_agree_with_simulated_ranks():
    r = senn()
    scores = r.p_scores("desirable")
    np.testing.assert_allclose(np.mean(list(scores.values())), 0.5)
    assert next(iter(scores)) == "rosiglitazone"
    worst = r.p_scores("undesirable")
    np.testing.assert_allclose([1 - worst[t] for t in scores], list(scores.values()))
    treatments, probability = r.rank_probabilities("desirable", samples=40_000, seed=1)
    np.testing.assert_allclose(probability.sum(axis=0), 1)
    sucra = 1 - (probability @ np.arange(10)) / 9
    for t, value in zip(treatments, sucra, strict=True):
        assert abs(value - scores[t]) < 0.01


def test_a_star_without_spare_contrasts_warns_and_uses_the_common_effect():
    with pytest.warns(MetaWarning, match="cannot be estimated"):
        r = network(study=[1, 2], treat1=["A", "B"], treat2=["C", "C"], y=[1, 2], v=[0.1, 0.2])
    np.testing.assert_allclose(r.coef, [1, 2])
    np.testing.assert_allclose(r.se**2, [0.1, 0.2])
    assert (r.method, r.tau2, r.q_df, r.q, r.q_p) == ("EE", 0, 0, pytest.approx(0), 1)
    assert r.node_split().treat1 == ()
    assert r.inconsistency().q_between_df == 0


def test_a_single_three_arm_study_is_its_own_network():
    with pytest.warns(MetaWarning, match="cannot be estimated"):
        r = network(
            study=[1, 1, 1], treatment=["A", "B", "C"], events=[5, 8, 12], total=[20, 20, 20]
        )
    np.testing.assert_allclose(r.compare("C", "B")["estimate"], np.log(12 / 8 / (8 / 12)))
    np.testing.assert_allclose(
        r.compare("C", "B")["se"] ** 2, 1 / 12 + 1 / 8 + 1 / 8 + 1 / 12, rtol=1e-10
    )


def test_zero_cells_are_corrected_and_studies_without_events_left_out():
    with pytest.warns(MetaWarning, match="left out: z"):
        r = network(
            study=["x", "x", "y", "y", "z", "z"],
            treatment=["A", "B"] * 3,
            events=[0, 4, 3, 6, 0, 0],
            total=[20, 22, 30, 28, 15, 16],
            method="EE",
        )
    y = [np.log(0.5 / 20.5) - np.log(4.5 / 18.5), np.log(3 / 27) - np.log(6 / 22)]
    v = [1 / 0.5 + 1 / 20.5 + 1 / 4.5 + 1 / 18.5, 1 / 3 + 1 / 27 + 1 / 6 + 1 / 22]
    np.testing.assert_allclose(r.compare("A", "B")["estimate"], pool(y, v, method="EE").coef[0])
    assert r.left_out == ("z",)


def test_a_disconnected_network_is_named():
    with pytest.raises(DisconnectedNetworkError, match=r"\{A, B\}; \{C, D\}"):
        network(study=[1, 2], treat1=["A", "C"], treat2=["B", "D"], y=[1, 2], v=[1, 1])


THREE = {"study": [1, 1], "treat1": ["A", "B"], "treat2": ["C", "C"], "y": [1, 2]}


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (THREE | {"v": [1, 1]}, InputError, "share an arm"),
        (THREE | {"V": [[1, 2], [2, 1]]}, VarianceError, "positive definite"),
        (THREE | {"V": [[1, 0]]}, InputError, "shape"),
        (THREE | {"v": [1, -1]}, VarianceError, "not positive"),
        (THREE | {"v": [1, 1], "treat2": ["A", "C"]}, InputError, "with itself"),
        (
            {
                "study": [1, 1, 1],
                "treat1": ["A", "B", "A"],
                "treat2": ["C", "C", "B"],
                "y": [1, 2, 5],
                "v": [1, 1, 1],
            },
            InputError,
            "contradict",
        ),
        (
            {"study": [1, 1], "treat1": ["A", "B"], "treat2": ["B", "A"], "y": [1, 2], "v": [1, 1]},
            InputError,
            "twice",
        ),
        (THREE | {"v": [1, 1], "se": [1, 1]}, InputError, "exactly one"),
        (THREE | {"v": [1, 1], "method": "XX"}, MethodError, "not known"),
        ({"study": [1, 1], "treatment": ["A", "B"], "events": [1, 2]}, InputError, "give events"),
        (
            {"study": [1, 1], "treatment": ["A", "A"], "events": [1, 2], "total": [5, 5]},
            InputError,
            "same treatment",
        ),
        (
            {"study": [1, 1], "treatment": ["A", "B"], "events": [7, 2], "total": [5, 5]},
            InputError,
            "0 <= events",
        ),
    ],
)
def test_wrong_input_is_named(args, error, message):
    with pytest.raises(error, match=message):
        network(**args)


def test_one_arm_studies_alone_are_too_few():
    with (
        pytest.warns(MetaWarning, match="no comparison"),
        pytest.raises(TooFewStudiesError, match="two treatments"),
    ):
        network(study=[1, 2], treatment=["A", "B"], events=[1, 2], total=[5, 5])


def test_output_is_json_safe_and_readable():
    r = senn(test="t")
    again = json.loads(json.dumps(r.to_dict(), allow_nan=False))
    assert again["reference"] == "placebo"
    assert r.df == 18
    assert "rosiglitazone" in r.summary()
    frame = r.league_table(exponentiate=False).to_frame()
    assert frame.shape == (10, 10)
    assert r.adjacency().sum() == 2 * sum(e[2] for e in r.edges)
    for part in (r.inconsistency(), r.node_split()):
        json.dumps(part.to_dict(), allow_nan=False)
        assert part.summary()
    with pytest.raises(InputError, match="not in the network"):
        r.compare("placebo", "aspirin")
    with pytest.raises(InputError, match="small_values"):
        r.p_scores("good")
