"""Settings as a typed value. Read once, in `advisor.app`; everybody else receives what it needs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from advisor.errors import SettingsInvalid
from tools.text import Text

__all__ = ["BrainChoice", "Settings", "load_settings"]

BrainChoice = Literal["auto", "planner", "model"]


class Settings(BaseSettings):
    """`OPENAI_*` as everybody names them; everything else `ADVISOR_*`, from the environment or `.env`."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True)

    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    openai_model: str = Field(default="gpt-4o-mini", validation_alias="OPENAI_MODEL")
    openai_embedding_model: str | None = Field(default=None, validation_alias="OPENAI_EMBEDDING_MODEL")

    workspace: Path = Field(default=Path("~/.merchant-advisor"), validation_alias="ADVISOR_WORKSPACE")
    # Where conversations and memory are kept; without it a SQLite file of the workspace.
    store_url: SecretStr | None = Field(default=None, validation_alias="ADVISOR_STORE_URL")
    # A Chroma server for the shipped cases; without one the index is a folder of the workspace.
    chroma_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+/?$", validation_alias="ADVISOR_CHROMA_URL")
    brain: BrainChoice = Field(default="auto", validation_alias="ADVISOR_BRAIN")
    turn_deadline_s: float = Field(default=60.0, ge=1, le=600, validation_alias="ADVISOR_TURN_DEADLINE_S")
    model_deadline_s: float = Field(default=40.0, ge=0.5, le=590, validation_alias="ADVISOR_MODEL_DEADLINE_S")
    # A small local model needs both far lower; the defaults suit hosted models.
    model_context_tokens: int = Field(default=12000, ge=500, validation_alias="ADVISOR_MODEL_CONTEXT_TOKENS")
    model_answer_tokens: int = Field(default=1200, ge=50, validation_alias="ADVISOR_MODEL_ANSWER_TOKENS")
    # Strict JSON schemas for tools: auto sends them to hosts known to keep them, and drops them when refused.
    model_strict: Literal["auto", "on", "off"] = Field(default="auto", validation_alias="ADVISOR_MODEL_STRICT")
    # More fields of the request body, as JSON, such as {"enable_thinking": false} for Qwen.
    extra_body: dict[str, Any] = Field(default_factory=dict, validation_alias="ADVISOR_MODEL_EXTRA")
    # A GGUF file that the advisor serves itself (extra `local-model`); it stands before OPENAI_BASE_URL.
    local_model: Path | None = Field(default=None, validation_alias="ADVISOR_LOCAL_MODEL")
    local_model_start_s: float = Field(default=60.0, ge=1, le=600, validation_alias="ADVISOR_LOCAL_MODEL_START_S")
    # What a model may use a day and merchant; a price is of a million tokens, in the currency of the price list.
    price_in: Decimal | None = Field(default=None, ge=0, validation_alias="ADVISOR_PRICE_IN")
    price_out: Decimal | None = Field(default=None, ge=0, validation_alias="ADVISOR_PRICE_OUT")
    daily_tokens: int | None = Field(default=None, ge=1, validation_alias="ADVISOR_DAILY_TOKENS")
    daily_cost: Decimal | None = Field(default=None, gt=0, validation_alias="ADVISOR_DAILY_COST")
    tool_workers: int = Field(default=4, ge=1, le=32, validation_alias="ADVISOR_TOOL_WORKERS")
    max_rounds: int = Field(default=4, ge=1, le=12, validation_alias="ADVISOR_MAX_ROUNDS")
    # Questions of one shop that are answered at the same time; more wait their turn.
    turns_per_merchant: int = Field(default=4, ge=1, le=64, validation_alias="ADVISOR_TURNS_PER_MERCHANT")
    # One JSON line per turn, tool call, model request, import and decision; `file` is the workspace's `logs/`.
    log: Literal["off", "stderr", "file"] = Field(default="off", validation_alias="ADVISOR_LOG")
    # Spans: auto sends them when a collector is named below; the words of messages only on the last one's say-so.
    otel: Literal["auto", "on", "off"] = Field(default="auto", validation_alias="ADVISOR_OTEL")
    otlp_endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otlp_traces_endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    otel_content: str = Field(default="", validation_alias="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT")
    host: str = Field(default="127.0.0.1", validation_alias="ADVISOR_HOST")
    port: int = Field(default=7860, ge=1, le=65535, validation_alias="ADVISOR_PORT")

    @field_validator("daily_cost")
    @classmethod
    def _needs_prices(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if value is not None and None in (info.data.get("price_in"), info.data.get("price_out")):
            raise ValueError("needs ADVISOR_PRICE_IN and ADVISOR_PRICE_OUT")
        return value

    @property
    def has_model(self) -> bool:
        """A model is offered when a key, an endpoint of one's own or a model file is set."""
        return any(given is not None for given in (self.openai_api_key, self.openai_base_url, self.local_model))

    @property
    def root(self) -> Path:
        return self.workspace.expanduser().resolve()


def load_settings(*, workspace: Path | None = None) -> Settings:
    """Read the environment and `.env`. Raises SettingsInvalid naming the first bad field; never prints a value."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsInvalid(
            Text(f"设置 {name} 不对：{first['msg']}。", f"Setting {name} is not valid: {first['msg']}.")
        ) from error
    return settings if workspace is None else settings.model_copy(update={"workspace": workspace})
