"""Services over two small shops, closed at the end of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from advisor.service.service import AdvisorService
from tests.advisor.service.scripted_shop import Make, build, write_shops


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Each call is a new process as far as the store is concerned: it shares the files and nothing else."""
    made: list[AdvisorService] = []
    write_shops(tmp_path / "warehouse")

    def one(*given: Any, **named: Any) -> AdvisorService:
        made.append(build(tmp_path, *given, **named))
        return made[-1]

    yield one
    for service in made:
        await service.aclose()
