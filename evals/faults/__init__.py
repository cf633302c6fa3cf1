"""An OpenAI-protocol server on loopback that misbehaves on purpose, one named way at a time."""

from evals.faults.modes import GOOD_CALLS, GOOD_TEXT, MISBEHAVIOURS
from evals.faults.server import Endpoint, dead_url, serve

__all__ = ["GOOD_CALLS", "GOOD_TEXT", "MISBEHAVIOURS", "Endpoint", "dead_url", "serve"]
