"""Databases to test on: SQLite always, PostgreSQL when there is one.

Without ``APONIA_TEST_POSTGRES`` the PostgreSQL half is deselected, and the head of the run says so;
``APONIA_REQUIRE_POSTGRES=1`` makes its absence an error. ``scripts/with_postgres.sh`` starts one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failure: time is measured in benchmarks/, never in tests. Continuous integration
# draws the same examples every time, so that a red run is a change and not chance; elsewhere new
# ones are drawn, and what they find becomes an @example.
settings.register_profile("aponia", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("aponia")

ADDRESS = os.environ.get("APONIA_TEST_POSTGRES", "")


def pytest_configure(config: pytest.Config) -> None:
    if not ADDRESS and os.environ.get("APONIA_REQUIRE_POSTGRES"):
        raise pytest.UsageError("APONIA_REQUIRE_POSTGRES is set and APONIA_TEST_POSTGRES is not")


def pytest_report_header(config: pytest.Config) -> str:
    if ADDRESS:
        return "databases: SQLite and PostgreSQL"
    return "databases: SQLite only; the PostgreSQL half is deselected (run scripts/with_postgres.sh make test)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ADDRESS:
        return
    without = [item for item in items if item.get_closest_marker("postgres")]
    if without:
        config.hook.pytest_deselected(items=without)
        gone = set(without)
        items[:] = [item for item in items if item not in gone]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/reviews.sqlite"
        return
    import psycopg

    # A schema a test: tests that run side by side share the cluster and nothing else.
    name = f"t{uuid.uuid4().hex}"
    plain = ADDRESS.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as c:
        c.execute(f"CREATE SCHEMA {name}")  # type: ignore[arg-type]
    joint = "&" if "?" in ADDRESS else "?"
    yield f"{ADDRESS}{joint}options=-csearch_path%3D{name}"
    with psycopg.connect(plain, autocommit=True) as c:
        c.execute(f"DROP SCHEMA {name} CASCADE")  # type: ignore[arg-type]
