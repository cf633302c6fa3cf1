"""The command line as the tests of this folder call it."""

from functools import partial

import pytest

from tests.advisor.terminal import Run, called


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(called, capsys)
