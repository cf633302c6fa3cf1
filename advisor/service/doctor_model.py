"""What `advisor doctor` says of a model: what goes to it, and what its endpoint can do, found out with a made-up question."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr

from advisor.brains.probe import Probed, probe
from advisor.service.doctor_check import Check, Verdict
from advisor.settings import Settings
from tools.text import Text

__all__ = ["examine_model"]

_DEADLINE_S = 10.0
_PLANNER = Text("由内置规划器作答", "the built-in planner answers")


def examine_model(settings: Settings, *, deadline_s: float = _DEADLINE_S) -> Iterator[Check]:
    """Where facts go, then each ability in a sentence. A failure is broken only where no planner may stand in."""
    yield _where(settings)
    found = asyncio.run(_probe(settings, deadline_s))
    failed: Verdict = "broken" if settings.brain == "model" else "note"
    if found.failure is not None:
        said = found.failure
        yield Check(
            "model",
            failed,
            Text(
                f"{said.zh.rstrip('。')}；目前{_PLANNER.zh}。" if failed == "note" else f"{said.zh.rstrip('。')}。",
                f"{said.en.rstrip('.')}; for now {_PLANNER.en}." if failed == "note" else f"{said.en.rstrip('.')}.",
            ),
        )
    yield from _listed(settings, found)
    if found.answered:
        yield from _abilities(settings, found)


async def _probe(settings: Settings, deadline_s: float) -> Probed:
    from advisor.brains.dialects import Dialect
    from advisor.brains.endpoint import Address, Fixed
    from advisor.brains.local import problem_of
    from advisor.brains.making import ModelMaker

    local = ModelMaker(settings).local()
    dialect = Dialect.of(settings.openai_base_url, answer_tokens=200, extra=settings.extra_body)
    if local is None:
        address = Address(settings.openai_base_url, settings.openai_api_key or SecretStr("none"))
        return await probe(Fixed(address), settings.openai_model, deadline_s=deadline_s, dialect=dialect)
    try:
        if (problem := problem_of(local.spec)) is not None:
            return Probed(failure=problem)
        return await probe(local, local.spec.name, deadline_s=deadline_s, dialect=dialect)
    finally:
        local.close()


def _where(settings: Settings) -> Check:
    """What leaves this machine, in words; the host without a password that its address may carry."""
    if settings.local_model is not None:
        name = settings.local_model.name
        text = Text(
            f"模型 {name} 在本机运行，没有任何数据离开本机。",
            f"The model {name} runs on this machine; nothing leaves it.",
        )
        return Check("model", "ok", text)
    host = urlsplit(settings.openai_base_url or "https://api.openai.com/v1").netloc.rpartition("@")[2]
    text = Text(
        f"模型 {settings.openai_model}，地址 {host}。提问时会发给它：问题和同一对话里较早的消息、店铺名称、平台、类目、数据起止日期，"
        "以及为回答查到的事实（数字、商品名、案例和打法摘要）。订单明细、买家和你上传的文件不会整份发出。下面只发一个与店铺无关的试探问题。",
        f"Model {settings.openai_model} at {host}. With a question it is sent: the question and earlier messages of the conversation, "
        "the shop's name, platform, category and the days its data covers, and the facts found for the answer (figures, product "
        "names, passages of cases and playbooks). Order rows, buyers and whole files are not sent. The test below sends only a "
        "made-up question.",
    )
    return Check("model", "ok", text)


def _listed(settings: Settings, found: Probed) -> Iterator[Check]:
    if found.listed is False and settings.local_model is None:
        near = "、".join(found.others[:5]), ", ".join(found.others[:5])
        text = Text(
            f"服务的模型列表里没有 {settings.openai_model}（列表里有：{near[0]}），请检查 OPENAI_MODEL。",
            f"The endpoint does not list {settings.openai_model} (it lists: {near[1]}); check OPENAI_MODEL.",
        )
        yield Check("model", "note", text)
    needed = settings.model_context_tokens
    if found.context is None:
        return
    if found.context < needed:
        text = Text(
            f"模型的上下文是 {found.context:,}，少于设置的 {needed:,}；请把 ADVISOR_MODEL_CONTEXT_TOKENS 调到 {found.context} 以下。",
            f"The model's context is {found.context:,} tokens, less than the {needed:,} set; lower ADVISOR_MODEL_CONTEXT_TOKENS "
            f"to below {found.context}.",
        )
        yield Check("model", "note", text)
    else:
        text = Text(
            f"模型的上下文是 {found.context:,}，够用。",
            f"The model's context is {found.context:,} tokens, which is enough.",
        )
        yield Check("model", "ok", text)


def _abilities(settings: Settings, found: Probed) -> Iterator[Check]:
    if found.streams:
        first = f"{found.first_ms / 1000:.1f}" if found.first_ms is not None else ""
        yield _ok(
            f"会边想边答{f'（{first} 秒出首字）' if first else ''}。",
            f"It streams{f' (first words after {first} s)' if first else ''}.",
        )
    else:
        yield _note("不支持流式输出：整段回答好才出现。", "It does not stream: an answer appears when it is whole.")
    yield from _of_tools(settings, found)
    if found.usage:
        yield _ok("会报告用量，费用按它的数字算。", "It reports usage; tokens and cost are its own figures.")
    else:
        yield _note(
            "不报告用量：token 由本机估算，可能略多。",
            "It reports no usage: tokens are counted here and may come out a little high.",
        )


def _of_tools(settings: Settings, found: Probed) -> Iterator[Check]:
    match found.tools:
        case "native":
            yield _ok("会调用工具。", "It calls tools.")
        case "spoken":
            yield _note(
                "把工具调用写成了文字：能识别，但不如原生稳；vLLM 请加 --enable-auto-tool-choice 和对应的 --tool-call-parser。",
                "It writes tool calls as text: they are understood, if less surely; with vLLM set --enable-auto-tool-choice and the "
                "parser of the model.",
            )
        case "refused":
            yield _note(
                "这个服务不收工具：由内置规划器选数据，模型只负责写。vLLM 需要 --enable-auto-tool-choice，旧版 llama.cpp 需要 --jinja。",
                "This endpoint takes no tools: the planner chooses the data and the model only writes. vLLM needs "
                "--enable-auto-tool-choice, an older llama.cpp --jinja.",
            )
        case _:
            yield _note(
                "没有调用工具就直接作答了：由内置规划器选数据，模型只负责写。",
                "It answered without calling the tool: the planner chooses the data and the model only writes.",
            )
    if found.parallel is not None:
        yield (
            _ok("能一次调用多个工具。", "It calls several tools at once.")
            if found.parallel
            else _note(
                "一次只调用一个工具：多查几轮，会慢一些。", "It calls one tool at a time: more rounds, a little slower."
            )
        )
    if found.strict is False:
        yield _note("不收严格的参数格式：参数由本机检查。", "It refuses strict schemas: arguments are checked here.")
    elif found.strict:
        asked = settings.model_strict
        yield _ok(
            "接受严格的参数格式。" + ("可设 ADVISOR_MODEL_STRICT=on 一直使用。" if asked == "auto" else ""),
            "It accepts strict schemas." + (" ADVISOR_MODEL_STRICT=on uses them always." if asked == "auto" else ""),
        )


def _ok(zh: str, en: str) -> Check:
    return Check("model", "ok", Text(zh, en))


def _note(zh: str, en: str) -> Check:
    return Check("model", "note", Text(zh, en))
