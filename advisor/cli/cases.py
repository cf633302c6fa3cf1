"""`advisor cases`: the base of real, sourced cases, and the merchant's own documents beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.cli.console import guarded, help_text, language, print_json, print_table, say
from advisor.cli.documents import add_documents, list_documents, remove_document, share_document
from advisor.cli.session import AsJson, Language, Merchant, Workspace, call_tool, result_json
from tools.text import Lang, Text

if TYPE_CHECKING:
    from tools.cases.check import CheckReport

__all__ = ["cases"]

_KIND_OF = {
    "category": "categories",
    "stage": "stages",
    "outcome": "outcomes",
    "merchant_type": "merchant_types",
    "confidence": "confidences",
    "market": "markets",
}

cases = typer.Typer(
    help=help_text(
        "案例库和自有资料：列出、搜索、添加、删除", "real cases and your own documents: list, search, add, remove"
    )
)
cases.command("add")(add_documents)
cases.command("documents")(list_documents)
cases.command("remove")(remove_document)
cases.command("share")(share_document)


@cases.command("list")
def list_cases(
    category: Annotated[
        str | None, typer.Option("--category", help=help_text("只看这个类目", "only this category"))
    ] = None,
    lang: Language = "auto",
    as_json: AsJson = False,
) -> None:
    """List the cases with what came of each."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from tools.cases import vocabulary
        from tools.cases.library import load_cases

        found = list(load_cases())
        if category is not None:
            wanted = vocabulary.resolve("categories", category)
            found = [case for case in found if case.category == wanted]
        if as_json:
            print_json([_brief(case, spoken) for case in found])
            return
        zh = spoken == "zh"
        columns = ("编号", "品牌", "类目", "结果", "时间") if zh else ("id", "brand", "category", "outcome", "period")
        rows = []
        for case in found:
            outcome = vocabulary.terms("outcomes")[case.outcome]
            label = vocabulary.category_label(case.category, case.subcategory, spoken)
            rows.append(
                (case.id, case.name if zh else case.name_en, label, outcome.zh if zh else outcome.en, case.period)
            )
        print_table(columns, rows)
        say(f"共 {len(rows)} 个案例。" if zh else f"{len(rows)} cases.")


def _brief(case: Any, lang: Lang) -> dict[str, Any]:
    body: dict[str, Any] = case.model_dump(
        mode="json",
        include={"id", "name", "name_en", "category", "subcategory", "outcome", "period", "levers", "confidence"},
    )
    body["summary"] = case.summary_zh if lang == "zh" else case.summary_en
    body["sources"] = [source.url for source in case.sources]
    return body


@cases.command("search")
def search_cases(
    query: Annotated[str, typer.Argument(help=help_text("问题或打算，例如 新客不复购", "a problem or a plan"))],
    k: Annotated[int, typer.Option("-k", min=1, max=8, help=help_text("几个案例", "how many"))] = 5,
    category: Annotated[
        str | None, typer.Option("--category", help=help_text("只看这个类目", "only this category"))
    ] = None,
    lever: Annotated[str | None, typer.Option("--lever", help=help_text("只看这种做法", "only this lever"))] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help=help_text("success、mixed 或 failure", "success, mixed or failure"))
    ] = None,
    lang: Language = "auto",
    merchant: Merchant = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Find cases close to a problem: what is alike, what differs, and where it was read."""
    spoken = language(lang, query)
    with guarded(spoken, as_json=as_json):
        arguments = {"query": query, "k": k, "category": category, "lever": lever, "outcome": outcome}
        result = call_tool("search_cases", arguments, workspace=workspace, merchant=merchant, lang=spoken)
        if as_json:
            print_json(result_json(result, spoken))
            return
        for number, fact in enumerate(result.facts, start=1):
            say(f"{number}. {fact.claim.get(spoken)}")
            for line in _details(fact.data, spoken):
                say(f"   {line}")
        for claim in result.notes:
            say(f"! {claim.get(spoken)}")


def _details(data: dict[str, Any], lang: Lang) -> list[str]:
    """The likeness, the difference and the sources of a case fact."""
    zh = lang == "zh"
    labels = {
        "likeness": "相似" if zh else "alike",
        "difference": "不同" if zh else "different",
        "limits": "适用" if zh else "limits",
    }
    lines = []
    for key, label in labels.items():
        value = data.get(key)
        text = value.get(lang) if isinstance(value, dict) else value
        if text:
            lines.append(f"{label}{'：' if zh else ': '}{text}")
    for source in data.get("sources", []):
        lines.append(
            f"{source.get('title', '')} — {source.get('url', '')}" if isinstance(source, dict) else str(source)
        )
    return lines


@cases.command("check")
def check(lang: Language = "auto", as_json: AsJson = False) -> None:
    """Check every case file: schema, figures, sources, vectors; exit 3 with what is wrong."""
    spoken = language(lang)
    with guarded(spoken, as_json=as_json):
        from tools.cases.check import check_cases

        report = check_cases()
        if as_json:
            coverage = [
                {"category": category, "lever": lever, "stage": stage, "cases": count}
                for (category, lever, stage), count in sorted(report.coverage.items())
            ]
            body = {"cases": report.cases, "ok": report.ok, "problems": list(report.problems), "by": report.by}
            print_json({**body, "coverage": coverage})
        else:
            _print_check(report, spoken)
    if not report.ok:
        raise typer.Exit(3)


def _print_check(report: CheckReport, lang: Lang) -> None:
    """The problems, how many cases of each kind, then the coverage table."""
    from tools.cases import vocabulary

    for problem in report.problems:
        say(f"✗ {problem}")
    found = len(report.problems)
    say(Text(f"{report.cases} 个案例，{found} 个问题。", f"{report.cases} cases, {found} problems.").get(lang))
    comma, colon = ("，", "：") if lang == "zh" else (", ", ": ")
    for name, counts in report.by.items():
        kind = _KIND_OF[name]
        ranked = sorted(counts.items(), key=lambda item: -item[1])
        listed = comma.join(f"{vocabulary.label(kind, key, lang)} {count}" for key, count in ranked)
        say(f"  {vocabulary.KINDS[kind].get(lang)}{colon}{listed}")
    _print_coverage(report, lang)


def _print_coverage(report: CheckReport, lang: Lang) -> None:
    """Category x lever in rows, stage in columns; a case with three levers counts in three rows."""
    from tools.cases import vocabulary

    stages = vocabulary.terms("stages")
    rows = []
    for category in sorted(report.by["category"], key=lambda key: -report.by["category"][key]):
        label = vocabulary.label("categories", category, lang)
        for lever in vocabulary.ids("levers"):
            counts = [report.coverage.get((category, lever, stage), 0) for stage in stages]
            if any(counts):
                shown = [count or "·" for count in counts]
                rows.append((label, vocabulary.label("levers", lever, lang), *shown, sum(counts)))
                label = ""
    spans = [Text(term.zh, term.en.lower()) for term in stages.values()]
    head = [Text("品类", "category"), Text("抓手", "lever"), *spans, Text("合计", "all")]
    title = Text("覆盖：品类 × 抓手 × 阶段（案例数）", "Coverage: category x lever x stage (cases)")
    print_table([text.get(lang) for text in head], rows, title=title.get(lang))
