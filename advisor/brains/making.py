"""Makes the ModelBrain of a turn from the settings. What an endpoint refused, and a model server of our own, outlive the turn."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from advisor.settings import Settings
from tools.text import Text

if TYPE_CHECKING:  # the openai SDK loads when a turn first asks for a model
    from advisor.brains.base import Ledger
    from advisor.brains.dialects import Dialect
    from advisor.brains.local import LocalModel
    from advisor.brains.model import ModelBrain

__all__ = ["ModelMaker"]


_BESIDES = 512  # tokens of the local context kept free: its tokenizer does not count as ours does


class ModelMaker:
    """One per process. Call it with the ledger of a turn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._dialect: Dialect | None = None
        self._local: LocalModel | None = None

    def __call__(self, ledger: Ledger | None = None) -> ModelBrain:
        from advisor.brains.dialects import Dialect
        from advisor.brains.model import ModelBrain

        settings = self._settings
        if self._dialect is None:
            self._dialect = Dialect.of(
                "http://127.0.0.1" if settings.local_model is not None else settings.openai_base_url,
                answer_tokens=settings.model_answer_tokens,
                strict=settings.model_strict,
                extra=settings.extra_body,
            )
        return ModelBrain(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
            locator=self.local(),
            model=settings.local_model.name if settings.local_model is not None else settings.openai_model,
            deadline_s=settings.model_deadline_s,
            context_tokens=settings.model_context_tokens,
            answer_tokens=settings.model_answer_tokens,
            dialect=self._dialect,
            ledger=ledger,
        )

    def local(self) -> LocalModel | None:
        """The server of our own, when a model file is set; it starts at the first question."""
        if self._local is None and self._settings.local_model is not None:
            from advisor.brains.local import LocalModel, LocalSpec

            context = self._settings.model_context_tokens + _BESIDES
            spec = LocalSpec(self._settings.local_model, context, self._settings.local_model_start_s)
            self._local = LocalModel(spec, say=_say)
        return self._local


def _say(text: Text) -> None:
    """Progress of the server beside whatever a door prints; no door's language is known here."""
    sys.stderr.write(f"{text.zh} / {text.en}\n")
    sys.stderr.flush()
