"""What must not be written down is taken out of a text: keys, tokens, phone numbers, ids, amounts, names in quotes. Standard library only."""

from __future__ import annotations

import hashlib
import re
import secrets
import traceback
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Pseudonyms", "Redactor"]

_KEY_BYTES = 32
_SHORTEST_SECRET = 4  # a shorter "secret" would take ordinary words with it

_KEY_LIKE = re.compile(r"(?<![a-z0-9])(?:sk|pk|rk|gh[a-z]|xox[a-z]|akia|ltai|aiza|eyj)[-_.a-z0-9]{8,}", re.I)

# The order counts: what names a secret goes first, then what looks like one, then numbers, then words.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), put)
    for pattern, put in (
        (r"-----BEGIN[^-]*-----(?s:.*?)(?:-----END[^-]*-----|\Z)", "[secret]"),
        (r"\b(?:bearer|basic)\s+[^\s'\",;]+", "[secret]"),
        (
            r"\b((?:[\w-]*[_-])?(?:authorization|api[ _-]?key|apikey|access[ _-]?key|token|secret|passw(?:or)?d|pwd|cookie|credentials?))"
            r"((?:\s+(?:provided|given|used))?['\"]?\s*(?:[:=]|\bis\b)\s*)['\"]?(?!\[secret\])[^\s'\",;&]+",
            r"\1\2[secret]",
        ),
        (r"\b([a-z][a-z0-9+.-]*://)[^\s/@]*@", r"\1[secret]@"),
        (r"(\w/?)\?[\w.%~-]+=[^\s'\"]*", r"\1?[query]"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[email]"),
        (r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,}", "[token]"),
        (r"[¥￥$€£]\s*\d[\d,.]*(?:\s*[万亿])?", "[amount]"),
        (r"\d[\d,.]*\s*(?:元|万|亿|块|(?:cny|rmb|usd|yuan)\b)", "[amount]"),
        (r"\d{2,}\*+\d{2,}", "[number]"),
        (r"\+?\(?\d(?:[\s\-.,()/]{0,2}\d){5,}[xX]?", "[number]"),
    )
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|《[^》]*》")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff10-\uff5a]+")


class Redactor:
    """`known` are secrets in force (API keys, passwords): they go wherever they stand, whatever they look like."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({one for one in known if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def keys(self, text: str) -> str:
        """Without the known secrets and what looks like a key: for names that a setting gives, such as that of a model."""
        for known in self._known:
            text = text.replace(known, "[secret]")
        return _KEY_LIKE.sub("[secret]", text)

    def secrets(self, text: str) -> str:
        """Without keys, tokens, passwords, addresses with a password, phone numbers, long numbers, amounts, e-mail addresses."""
        text = self.keys(text)
        for pattern, put in _RULES:
            text = pattern.sub(put, text)
        return text

    def words(self, text: str) -> str:
        """As `secrets`, and without anything in quotes or in Chinese, Japanese or Korean: names and questions live there."""
        text = self.keys(text)  # before the quotes go: a key may hold one
        return self.secrets(_CJK.sub("[text]", _QUOTED.sub("[quoted]", text)))

    def traceback(self, error: BaseException) -> str:
        """The whole chain of an exception: places and lines of code as they are, what the exceptions say as `words`."""
        parts = []
        seen: set[int] = set()
        current: BaseException | None = error
        while current is not None and id(current) not in seen:
            seen.add(id(current))
            stack = "".join(traceback.format_tb(current.__traceback__))
            parts.append(f"{stack}{type(current).__qualname__}: {self.words(str(current))}\n")
            current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        return "\n(raised from)\n".join(parts)


class Pseudonyms:
    """Stands for an id in logs and spans: the same id in one workspace gives the same 12 hexadecimal digits, and tells no more."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, path: Path) -> Pseudonyms:
        """With the key of the file, made on first use with mode 600. A damaged one is replaced: only the names in logs change."""
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            key = b""
        if len(key) != _KEY_BYTES:
            key = secrets.token_bytes(_KEY_BYTES)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(key.hex(), encoding="ascii")
        return cls(key)

    def __call__(self, name: str) -> str:
        return hashlib.blake2b(name.encode(), key=self._key, digest_size=6).hexdigest()
