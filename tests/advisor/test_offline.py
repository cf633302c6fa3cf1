"""No network at all: the whole product runs in a network namespace that has no interface up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _without_network() -> list[str]:
    tool = shutil.which("unshare")
    if tool is None or subprocess.run([tool, "-rn", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs unshare(1) with network namespaces")
    return [tool, "-rn"]


@pytest.mark.slow
def test_a_demo_shop_answers_without_any_network(tmp_path: Path) -> None:
    script = "import sys; from advisor.cli import main; sys.exit(main())"
    command = [*_without_network(), sys.executable, "-c", script, "demo", "--workspace", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    assert "[m1]" in done.stdout
    assert "[c1]" in done.stdout
    assert "[p1]" in done.stdout
