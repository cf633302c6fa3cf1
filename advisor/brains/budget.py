"""Token counting and trimming by rule: whole facts and whole messages, never the middle of one.

The encoding table is shipped (tiktoken would download it at first use) and is checked against tiktoken's own SHA-256.
cl100k counts Chinese generously, so for other vendors' tokenizers the count errs on the safe side.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tiktoken

__all__ = ["count_tokens", "fit", "fit_latest", "message_tokens"]

_TABLE = Path(__file__).with_name("data") / "cl100k_base.tiktoken.gz"
# The hash and the pattern that tiktoken_ext.openai_public declares for cl100k_base.
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|"""
    r"""\s+(?!\S)|\s"""
)
_AROUND = 4  # tokens of the markup around one message; OpenAI's cookbook counts three and the role
_LONG = 20_000  # characters; tiktoken's time grows faster than the text on unbroken runs


@cache
def _encoding() -> tiktoken.Encoding:
    import base64

    import tiktoken

    data = gzip.decompress(_TABLE.read_bytes())
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise ValueError(f"{_TABLE.name} is damaged; reinstall the package")
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines() if line)}
    return tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def count_tokens(text: str) -> int:
    """Tokens of a text. A very long one is counted by its bytes, which never understates it."""
    if len(text) > _LONG:
        return len(text.encode())
    return len(_encoding().encode(text, disallowed_special=()))


def message_tokens(messages: Iterable[Mapping[str, Any]]) -> int:
    """Tokens of chat messages with what the protocol puts around each of them."""
    return sum(
        _AROUND
        + sum(count_tokens(value if isinstance(value, str) else json.dumps(value)) for value in message.values())
        for message in messages
    )


def fit(items: Iterable[str], limit: int) -> list[str]:
    """The first items, whole, that fit in `limit` tokens; an item too long for what is left is skipped."""
    kept: list[str] = []
    for item in items:
        size = count_tokens(item) + 1
        if size <= limit:
            kept.append(item)
            limit -= size
    return kept


def fit_latest(items: Iterable[str], limit: int) -> list[str]:
    """The latest items, whole and in order, that fit; stops at the first that does not, so that no gap opens."""
    kept: list[str] = []
    for item in reversed(list(items)):
        limit -= count_tokens(item) + 1
        if limit < 0:
            break
        kept.append(item)
    return kept[::-1]
