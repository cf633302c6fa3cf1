"""The whole product on a real local model that invents figures: what reaches the reader has none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.app import build_service, load_settings
from advisor.events import Failed
from advisor.scope import Scope
from evals.reader import unsupported
from tests.fakes.local_model import local_model
from tools.warehouse.demo import create_demo


@pytest.mark.slow
@pytest.mark.service
async def test_a_model_that_invents_never_reaches_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_demo(tmp_path / "warehouse", only="demo-snacks")
    with local_model(context=8192) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "local")
        monkeypatch.setenv("OPENAI_MODEL", "smollm2")
        monkeypatch.setenv("ADVISOR_MODEL_CONTEXT_TOKENS", "1500")
        monkeypatch.setenv("ADVISOR_MODEL_ANSWER_TOKENS", "120")
        monkeypatch.setenv("ADVISOR_MODEL_DEADLINE_S", "45")
        monkeypatch.setenv("ADVISOR_TURN_DEADLINE_S", "90")
        service = build_service(load_settings(workspace=tmp_path))
        try:
            result = await service.answer(
                Scope("demo-snacks", "me"), "Why did sales change last month, and what should we do?"
            )
        finally:
            await service.aclose()
    assert not isinstance(result, Failed), result
    assert unsupported(result) == []
    assert result.answer.headline.cites
    assert result.usage.get("model_calls", 0) >= 1 or result.notice, "the model was asked, or the answer says why not"
