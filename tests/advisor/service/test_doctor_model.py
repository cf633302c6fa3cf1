"""`doctor` says in plain sentences what a model's endpoint can do, sends it nothing of a shop, and never prints a key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from advisor.service.doctor import model_host, settings_in_force
from advisor.service.doctor_model import examine_model
from advisor.settings import Settings
from evals.faults import MISBEHAVIOURS, Endpoint, dead_url, serve
from tests.fakes.dialects import DIALECTS

KEY = "sk-test-not-a-key"


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serve({**MISBEHAVIOURS, **DIALECTS}) as endpoint:
        yield endpoint


def settings(url: str, **given: Any) -> Settings:
    named: dict[str, Any] = {"openai_base_url": url, "openai_api_key": SecretStr(KEY), "openai_model": "fake"} | given
    return Settings(_env_file=None, **named)


def said(endpoint: Endpoint, mode: str, **given: Any) -> tuple[str, str]:
    endpoint.mode, endpoint.calls = mode, [("colour_of", '{"thing": "sky"}'), ("colour_of", '{"thing": "grass"}')]
    endpoint.requests.clear()
    checks = list(examine_model(settings(endpoint.url, **given)))
    assert KEY not in str(checks) and "SECRET" not in str(checks)
    assert all(check.text.zh and check.text.en and check.text.zh != check.text.en for check in checks)
    return " ".join(check.text.en for check in checks), ",".join(check.verdict for check in checks)


@pytest.mark.parametrize(
    ("mode", "sentences"),
    [
        (
            "openai",
            ("It streams", "It calls tools", "several tools at once", "accepts strict schemas", "reports usage"),
        ),
        ("dashscope", ("It streams", "It calls tools", "several tools at once", "reports usage")),
        ("deepseek_v4", ("It streams", "It calls tools", "reports usage")),
        ("vllm_no_parser", ("takes no tools", "--enable-auto-tool-choice", "It streams")),
        ("vllm_text_calls", ("writes tool calls as text", "several tools at once")),
        ("ollama", ("It calls tools", "several tools at once")),
        ("llamacpp_no_jinja", ("takes no tools", "--jinja")),
        ("llamacpp", ("It calls tools", "reports no usage")),
        ("json_not_stream", ("does not stream", "answered without calling the tool")),
    ],
)
def test_abilities_are_told(server: Endpoint, mode: str, sentences: tuple[str, ...]) -> None:
    text, verdicts = said(server, mode)
    assert "127.0.0.1" in text and "Order rows, buyers and whole files are not sent" in text
    for sentence in sentences:
        assert sentence in text
    assert "broken" not in verdicts


def test_only_a_made_up_question_is_sent(server: Endpoint) -> None:
    said(server, "openai")
    assert 1 <= len(server.requests) <= 3  # this one refuses two fields first
    for sent in server.requests:
        _, question = (message["content"] for message in sent["messages"])
        assert question == "Which colour is the sky, and which colour is grass?"
        assert [tool["function"]["name"] for tool in sent["tools"]] == ["colour_of"]


@pytest.mark.parametrize(
    ("mode", "words"), [("status_401", "OPENAI_API_KEY"), ("html_body", "no usable answer"), ("status_429", "429")]
)
def test_a_failure_is_a_note_while_the_planner_may_answer_and_broken_where_it_may_not(
    server: Endpoint, mode: str, words: str
) -> None:
    text, verdicts = said(server, mode)
    assert words in text and "the built-in planner answers" in text and "broken" not in verdicts
    text, verdicts = said(server, mode, brain="model")
    assert words in text and "planner" not in text and "broken" in verdicts


def test_a_hanging_or_absent_endpoint_ends_within_the_deadline(server: Endpoint) -> None:
    server.mode = "hang_before_first_byte"
    started = time.monotonic()
    text = " ".join(check.text.en for check in examine_model(settings(server.url), deadline_s=0.8))
    assert "did not finish" in text and time.monotonic() - started < 10
    assert "cannot be reached" in " ".join(check.text.en for check in examine_model(settings(dead_url())))


def test_a_model_that_is_not_there_and_a_context_too_small_are_told(server: Endpoint) -> None:
    text, _ = said(server, "openai", openai_model="gone")
    assert "does not list gone (it lists: fake" in text and "OPENAI_MODEL" in text
    text, _ = said(server, "vllm_text_calls", openai_model="small", model_context_tokens=12_000)
    assert "context is 4,096 tokens, less than the 12,000 set" in text and "ADVISOR_MODEL_CONTEXT_TOKENS" in text


def test_a_local_model_sends_nothing_away_and_its_problem_is_told(tmp_path: Path) -> None:
    one = Settings(_env_file=None, local_model=tmp_path / "gone.gguf")
    text = " ".join(check.text.en for check in examine_model(one))
    assert "nothing leaves it" in text and "no model file" in text and model_host(one) is None


def test_extra_fields_are_shown_by_name_only() -> None:
    shown = settings_in_force(
        settings("http://me:pw@host/v1", extra_body={"enable_thinking": False, "token": "SECRET"})
    )
    assert shown["ADVISOR_MODEL_EXTRA"] == "enable_thinking, token" and KEY not in str(shown) and "pw" not in str(shown)
