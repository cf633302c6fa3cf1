"""The command line called in the test's own process: the exit code and what was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from advisor.cli.entry import main

__all__ = ["Outcome", "Run", "called"]


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """`advisor` with these arguments; what was written before is left out."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    return Outcome(int(ended.value.code or 0), out, err)
