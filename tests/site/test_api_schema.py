"""Whatever is sent to any call: what comes back is what OpenAPI says, and never an error of ours."""

from __future__ import annotations

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from aponia.site.app import AppConfig, create_app

TITLES = ("Psilocybin for cluster headache", "Ketamine in neuropathic pain", "Soil under wheat")
RIS = "".join(
    f"TY  - JOUR\nTI  - {t}\nAB  - About {t}.\nAU  - Doe, J.\nPY  - 2020\nER  - \n" for t in TITLES
)
EXAMPLES = 12


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "screening.db"
    app = create_app(
        AppConfig(
            database=f"sqlite:///{path}", background=False, hosts=("testserver",),
            rates={"check": "100000/minute", "pool": "100000/minute", "search": "100000/minute"},
        )
    )  # fmt: skip
    yield app
    app.state.desk.close()
    app.state.engine.dispose()


@pytest.fixture(scope="module")
def api_schema(served):
    config = schemathesis.Config()
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", served, config=config)


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_call_keeps_its_word(case):
    case.call_and_validate()
