from __future__ import annotations

import pytest

from aponia import evidence
from aponia.claims import Checker


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker(evidence.load())
