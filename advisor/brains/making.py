"""Makes the ModelBrain of a turn from the settings. What an endpoint refused, and a model server of our own, outlive the turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.settings import Settings

if TYPE_CHECKING:  # the openai SDK loads when a turn first asks for a model
    from advisor.brains.base import Ledger
    from advisor.brains.dialects import Dialect
    from advisor.brains.model import ModelBrain

__all__ = ["ModelMaker"]


class ModelMaker:
    """One per process. Call it with the ledger of a turn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._dialect: Dialect | None = None

    def __call__(self, ledger: Ledger | None = None) -> ModelBrain:
        from advisor.brains.dialects import Dialect
        from advisor.brains.model import ModelBrain

        settings = self._settings
        if self._dialect is None:
            self._dialect = Dialect.of(
                settings.openai_base_url,
                answer_tokens=settings.model_answer_tokens,
                strict=settings.model_strict,
                extra=settings.extra_body,
            )
        return ModelBrain(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
            model=settings.openai_model,
            deadline_s=settings.model_deadline_s,
            context_tokens=settings.model_context_tokens,
            answer_tokens=settings.model_answer_tokens,
            dialect=self._dialect,
            ledger=ledger,
        )
