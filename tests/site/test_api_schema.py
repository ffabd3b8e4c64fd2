"""Whatever is sent to any call, what comes back is what OpenAPI says, and never an error of ours.

Schemathesis reads the description and sends examples, the edges of every parameter and body, and random
requests, good and bad, through the application in this process. The seed is fixed. More requests:
``APONIA_SCHEMA_EXAMPLES=200``.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from aponia.literature.store import Review
from aponia.site.app import AppConfig, create_app
from aponia.site.app.security import csrf_of

EXAMPLES = int(os.environ.get("APONIA_SCHEMA_EXAMPLES", "10"))
MANY = "1000000/minute"
RIS = "".join(
    f"TY  - JOUR\nTI  - {t}\nAB  - About {t}.\nAU  - Doe, J.\nPY  - 2020\nER  - \n"
    for t in ("Psilocybin for cluster headache", "Ketamine in neuropathic pain", "Soil and wheat")
)
#: What schemathesis looks at in every answer; a good request may still be refused for its meaning
#: (numbers that can not be pooled, words that ask no question), so only that check is off.
CHECKS = {
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "unsupported_method", "allow_header_conformance", "missing_required_header", "use_after_free",
    "ensure_resource_availability", "ignored_auth", "object_level_authorization",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    app = create_app(
        AppConfig(
            database=f"sqlite:///{folder}/screening.sqlite", background=False,
            hosts=("testserver",), rates={"check": MANY, "pool": MANY, "search": MANY},
        )
    )  # fmt: skip
    review = Review(app.state.engine, "Review", criteria="cluster headache", who="ann")
    file = folder / "a.ris"
    file.write_text(RIS)
    review.add_file(file, who="ann")
    yield app, app.state.accounts.open_session("ann", signed_in=False)
    app.state.desk.close()
    app.state.engine.dispose()


def run(served, paths, **more):
    """Return what failed, how often each status came back, and which checks ran."""
    app, session = served
    config = SchemathesisConfig.from_dict({
        "seed": 20261122,
        "continue-on-failure": True,
        "request-timeout": 300,  # a busy machine is no failure
        "headers": {"Cookie": f"aponia={session}", "X-CSRF-Token": csrf_of(session)},
        "generation": {
            "max-examples": EXAMPLES, "deterministic": True, "database": "none", "no-shrink": True,
            "with-security-parameters": False,
        },
        "checks": {"positive_data_acceptance": {"enabled": False}},
        "phases": {"stateful": {"enabled": False}},
        **more,
    })  # fmt: skip
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    failed, statuses, checks, calls = [], Counter(), Counter(), set()
    with warnings.catch_warnings():
        # The client schemathesis drives the application with speaks of its own future.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="starlette|httpx")
        for event in engine.from_schema(schema.include(path_regex=paths)).execute():
            if isinstance(event, events.NonFatalError | events.FatalError):
                failed.append(repr(event))
            if not isinstance(event, events.ScenarioFinished):
                continue
            calls.add(event.recorder.label)
            for made in event.recorder.interactions.values():
                statuses[made.response.status_code if made.response else 0] += 1
            for case, done in event.recorder.checks.items():
                for check in done:
                    checks[check.name] += 1
                    made = event.recorder.cases[case].value
                    # Any bytes are a file, so a "wrong" file part is a file all the same.
                    upload = made.media_type == "multipart/form-data"
                    if check.failure_info is not None and not (
                        upload and check.name == "negative_data_rejection"
                    ):
                        sent = made.as_curl_command()
                        failed.append(f"{check.name}: {check.failure_info.failure}\n{sent}")
    return failed, statuses, checks, calls


def every_call(served, *, screening):
    return {
        f"{method.upper()} {path}"
        for path, item in served[0].openapi()["paths"].items()
        for method in item
        if path.startswith("/api/v1/screening") is screening
    }


def test_reading_and_computing_keep_their_word(served):
    failed, statuses, checks, calls = run(served, r"^/api/v1(?!/screening)")
    assert not failed, "\n\n".join(failed[:5])
    assert set(checks) >= CHECKS
    assert calls == every_call(served, screening=False)
    assert statuses[200] > 200
    assert statuses[422] > 200
    assert not {0, 500} & set(statuses)


def test_screening_keeps_its_word(served):
    # the one review there is: any other number is only ever 404
    failed, statuses, checks, calls = run(
        served, r"^/api/v1/screening", parameters={"path.project": 1}
    )
    assert not failed, "\n\n".join(failed[:5])
    assert set(checks) >= CHECKS
    assert calls == every_call(served, screening=True)
    assert statuses[200] > 50
    assert statuses[201] > 0
    assert not {0, 500} & set(statuses)


def test_a_broken_promise_is_seen(served):
    """The harness itself: a reply that is not what OpenAPI says must fail."""
    app, session = served
    schema = app.openapi()
    item = schema["components"]["schemas"]["Evidence"]["properties"]["digest"]
    kept, item["type"] = item["type"], "integer"
    try:
        failed, *_ = run((app, session), r"^/api/v1/vocabulary$")
    finally:
        item["type"] = kept
    assert any("response_schema_conformance" in f for f in failed)
