"""`advisor doctor` and `advisor eval run`: is this installation sound, and how good are its answers."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from advisor.cli.console import guarded, help_text, language, note, print_json, say
from advisor.cli.session import AsJson, Language, Workspace

__all__ = ["doctor", "evals"]

evals = typer.Typer(help=help_text("评测", "evaluations"))
_SIGNS = {"ok": "✓", "note": "·", "broken": "✗"}


def doctor(lang: Language = "auto", workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Check this installation; exit 0 unless something is broken."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from advisor.app import load_settings
        from advisor.service.doctor import examine, settings_in_force

        settings = load_settings(workspace=workspace)
        checks = []
        for check in examine(settings):
            checks.append(check)
            if not as_json:
                say(f"{_SIGNS[check.verdict]} {check.name}: {check.text.get(spoken)}")
        shown = settings_in_force(settings)
        broken = any(check.verdict == "broken" for check in checks)
        if as_json:
            listed = [{"name": c.name, "verdict": c.verdict, "text": c.text.get(spoken)} for c in checks]
            print_json({"ok": not broken, "checks": listed, "settings": shown})
        else:
            say("\n生效的设置：" if spoken == "zh" else "\nSettings in force:")
            for name, value in shown.items():
                say(f"  {name}={value}")
    if broken:
        raise typer.Exit(3)


@evals.command("run")
def run(
    suite: Annotated[
        list[str] | None, typer.Option("--suite", help=help_text("评测集，可多次", "suite, may repeat"))
    ] = None,
    brain: Annotated[
        Literal["auto", "planner", "model"], typer.Option("--brain", help=help_text("谁来作答", "who answers"))
    ] = "planner",
    lang: Language = "auto",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Run the evaluation suites in a workspace of their own; exit 3 when a case fails."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        # evals sit above the doors and go through the service; this command only starts them
        runner = importlib.import_module("evals.run")
        if workspace is not None:
            report = _run(runner, suite, brain, workspace, as_json=as_json)
        else:
            with tempfile.TemporaryDirectory(prefix="advisor-eval-") as folder:
                report = _run(runner, suite, brain, Path(folder), as_json=as_json)
        body = report.to_json()
        if as_json:
            print_json(body)
        else:
            for axis, counts in body["axes"].items():
                say(f"{axis}: {counts['passed']}/{counts['cases']}")
            say(f"{body['passed']}/{body['cases']} · {body['brain']}")
    if not report.passed:
        raise typer.Exit(3)


def _run(runner: Any, suite: list[str] | None, brain: str, workspace: Path, *, as_json: bool) -> Any:
    def on_case(result: Any) -> None:
        line = f"{'✓' if result.passed else '✗'} {result.case.id} ({result.ms} ms)"
        (note if as_json else say)(line + "".join(f"\n    {reason}" for reason in result.reasons))

    return runner.run_suites(suite, brain=brain, workspace=workspace, on_case=on_case)
