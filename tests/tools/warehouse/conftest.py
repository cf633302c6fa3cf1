"""The desk every import test of this folder works at."""

from pathlib import Path

import pytest

from tests.tools.warehouse.import_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty workspace of one merchant."""
    return Desk(tmp_path)
