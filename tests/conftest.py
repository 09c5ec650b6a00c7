"""How hypothesis runs: never against a stopwatch; on CI always the same examples, elsewhere new ones each time."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from support.books import Books

settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(params=["sqlite", "postgres"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """Places for alarm books, of each kind in turn."""
    return Books(request.param, tmp_path)
