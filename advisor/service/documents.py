"""The documents desk: a merchant's own files in, listed, shared and removed. The scope decides whose; staff only look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.scope import Scope
from tools.errors import NotPermitted
from tools.text import Text
from tools.warehouse.access import PRIVATE_TABLES, Shop, Warehouse

if TYPE_CHECKING:
    from tools.cases.documents import Added, Document, DocumentStore

__all__ = ["DocumentDesk"]


class DocumentDesk:
    """Built by `advisor.app`; synchronous, for a thread of the door. The store loads when a document is first needed."""

    def __init__(
        self, *, warehouse: Warehouse, store: Callable[[], DocumentStore], today: Callable[[str], date]
    ) -> None:
        self._warehouse = warehouse
        self._make = store
        self._today = today
        self._made: DocumentStore | None = None

    @property
    def _store(self) -> DocumentStore:
        if self._made is None:
            self._made = self._make()
        return self._made

    def add(
        self,
        scope: Scope,
        path: Path,
        *,
        name: str | None = None,
        update: bool = False,
        on_progress: Callable[[float], None] | None = None,
    ) -> Added:
        """Keep one file as the merchant's own material. Raises ToolError with what to do; then nothing was kept."""
        with self._own_shop(scope) as shop:
            today = self._today(shop.timezone)
            return self._store.add(
                shop.merchant_id, path, today=today, name=name, update=update, on_progress=on_progress
            )

    def documents(self, scope: Scope) -> list[Document]:
        """What this person may see. Raises NotPermitted for staff with whom nothing was shared."""
        with self._shop(scope) as shop:
            return self._store.documents(shop)

    def remove(self, scope: Scope, wanted: str) -> Document:
        """Remove one document by its id or file name. Raises NotFound."""
        with self._own_shop(scope) as shop:
            return self._store.remove(shop.merchant_id, wanted)

    def share(self, scope: Scope, wanted: str, *, shared: bool) -> Document:
        """Let staff see one document, or no longer. Raises NotFound."""
        with self._own_shop(scope) as shop:
            return self._store.share(shop.merchant_id, wanted, shared=shared)

    def purge(self, merchant_id: str) -> bool:
        """Everything of a merchant that is being deleted."""
        return self._store.purge(merchant_id)

    @contextmanager
    def _shop(self, scope: Scope) -> Iterator[Shop]:
        hidden: frozenset[str] = frozenset() if scope.role == "merchant" else PRIVATE_TABLES
        shop = self._warehouse.for_merchant(scope.merchant_id, hidden=hidden)
        try:
            yield shop
        finally:
            shop.close()

    @contextmanager
    def _own_shop(self, scope: Scope) -> Iterator[Shop]:
        if scope.role != "merchant":
            raise NotPermitted(
                Text(
                    "只有商家自己能添加、分享或删除自有资料。",
                    "Only the merchant can add, share or remove their own documents.",
                )
            )
        with self._shop(scope) as shop:
            yield shop
