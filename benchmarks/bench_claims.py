"""An article in under a second after load, and a thousand claims in under ten seconds.

The article is the longest fixture of the tests, three times over; the claims are built from drugs,
conditions and ways of saying it, no two alike, so that no cache helps.
"""

from __future__ import annotations

import itertools
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from aponia import evidence
from aponia.claims import Checker
from aponia.claims.report import report

ROUNDS = 5
DRUGS = [
    "psilocybin",
    "LSD",
    "ketamine",
    "ayahuasca",
    "MDMA",
    "DMT",
    "mescaline",
    "BOL-148",
    "ibogaine",
    "esketamine",
]
CONDITIONS = [
    "cluster headache",
    "migraine",
    "fibromyalgia",
    "phantom limb pain",
    "complex regional pain syndrome",
    "chronic pain",
    "low back pain",
    "neuropathic pain",
    "cancer pain",
    "osteoarthritis",
]
FORMS = (
    "A small trial found that {d} reduced {c} by 30 percent.",
    "{d} may help people with {c} for several weeks.",
    "Some patients report that {d} stopped their {c}.",
    "{d} was safe in people with {c} and caused no serious side effects.",
    "In rats, {d} promotes neuroplasticity, which could ease {c}.",
    "{d} is being tested for {c} in two registered trials.",
    "{d} is approved for {c} in the United States.",
    "Microdoses of {d} relieve {c} better than opioids.",
    "{d} did not help {c} more than placebo in a randomised trial of 40 people.",
    "A single dose of 25 mg of {d} is proven to cure {c}.",
)


def seconds(run: Callable[[], object]) -> float:
    """Median wall time."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    start = time.perf_counter()
    base = evidence.load()
    checker = Checker(base)
    checker.claim("Psilocybin may reduce pain.")
    print(f"load: {time.perf_counter() - start:.2f} s")
    folder = Path(__file__).parents[1] / "tests" / "claims" / "articles"
    text = (folder / "newspaper.html").read_text(encoding="utf-8")
    body = text[text.index("<p>NEW HAVEN") : text.index('<p class="author-bio">')]
    article = text.replace(body, body * 3).encode()
    checked = checker.article(article)
    one = seconds(lambda: checker.article(article))
    page = seconds(lambda: report(checked, base))
    print(
        f"an article with {len(checked.claims)} claims: {one:.3f} s, its report {page:.3f} s more"
    )
    pdf = (folder / "magazine.pdf").read_bytes()
    print(f"a PDF of two pages: {seconds(lambda: checker.article(pdf)):.3f} s")
    claims = [
        {"id": n, "claim": f.format(d=d, c=c)}
        for n, (f, d, c) in enumerate(itertools.product(FORMS, DRUGS, CONDITIONS))
    ]
    start = time.perf_counter()
    done = len(list(checker.batch(claims)))
    many = time.perf_counter() - start
    print(f"{done:,} claims: {many:.2f} s, {1000 * many / done:.1f} ms each")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory: {peak} MB")
    if one >= 1 or many >= 10:
        raise SystemExit("slower than promised")


if __name__ == "__main__":
    main()
