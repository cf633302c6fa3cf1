"""What the browser remembers: the shop shown and the conversation of each shop. Only ids; whose they are is checked by the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Memory"]

_MOST = 50


@dataclass(frozen=True)
class Memory:
    shop: str = ""
    threads: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object) -> Memory:
        """Read what came from the browser; anything unexpected is nothing."""
        raw = value if isinstance(value, dict) else {}
        shop, threads = raw.get("shop"), raw.get("threads")
        kept = threads if isinstance(threads, dict) else {}
        pairs = {
            k: v for k, v in kept.items() if isinstance(k, str) and isinstance(v, str) and len(k) < 80 and len(v) < 80
        }
        return cls(shop if isinstance(shop, str) and len(shop) < 80 else "", dict(list(pairs.items())[-_MOST:]))

    def to_json(self) -> dict[str, Any]:
        return {"shop": self.shop, "threads": dict(self.threads)}

    def thread(self, shop: str) -> str | None:
        return self.threads.get(shop)

    def showing(self, shop: str) -> Memory:
        return Memory(shop, self.threads)

    def talking(self, shop: str, thread: str | None) -> Memory:
        others = {key: value for key, value in self.threads.items() if key != shop}
        return Memory(shop, others | ({shop: thread} if thread else {}))
