"""The livestream tools of this installation, in the order a merchant meets them."""

from __future__ import annotations

from tools.base import ToolSpec

__all__ = ["TOOLS"]

TOOLS: tuple[ToolSpec, ...] = ()
