"""The same question gets the same plan in every process: no order of a set, which Python shuffles by process, reaches a solver."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_RUNDOWN = """
import hashlib
from ortools.sat.python import cp_model
from evals.benchmarks.live_products import large
from tools.livestream.products_model import _built
from tools.livestream.products_values import Values
text = str(_built(Values(*large(2, n=20, minutes=120)), cp_model.CpModel(), False).model)
print(len(text), hashlib.sha256(text.encode()).hexdigest())
"""


def _said(script: str, seed: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return found.stdout


@pytest.mark.parametrize("seed", ["2", "3", "5"])
def test_the_model_of_a_rundown_does_not_depend_on_the_process(seed: str) -> None:
    first = _said(_RUNDOWN, "1")
    assert int(first.split()[0]) > 1000 and _said(_RUNDOWN, seed) == first
