"""The misbehaving endpoint of `evals.faults`, writing over the hand-made evidence of the brain's tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from evals.faults import GOOD_CALLS, GOOD_TEXT, MISBEHAVIOURS, Endpoint, dead_url
from evals.faults import serve as serve_any

__all__ = ["GOOD_CALLS", "GOOD_TEXT", "MISBEHAVIOURS", "Endpoint", "dead_url", "serve"]


@contextlib.contextmanager
def serve(mode: str = "good") -> Iterator[Endpoint]:
    """Run the server on a free loopback port; stops when the block ends."""
    with serve_any(mode=mode) as endpoint:
        endpoint.text = GOOD_TEXT
        yield endpoint
