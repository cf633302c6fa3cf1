"""The small memory: recent results stay, old ones go, errors are not remembered."""

from __future__ import annotations

import pytest

from tools.memo import Memo


def test_recent_results_are_kept_and_the_oldest_goes() -> None:
    memo: Memo[int] = Memo(2)
    made: list[str] = []

    def make(key: str) -> int:
        made.append(key)
        return len(made)

    for key in ("a", "b", "a", "c", "a", "b"):
        memo.get(key, lambda key=key: make(key))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_errors_are_not_remembered() -> None:
    memo: Memo[int] = Memo(2)
    with pytest.raises(ZeroDivisionError):
        memo.get("x", lambda: 1 // 0)
    assert memo.get("x", lambda: 7) == 7
