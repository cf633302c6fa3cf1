"""Wiring only: frame -> decide <-> run_tools -> compose -> finish."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph

from advisor.agent.nodes import compose_node, decide_node, finish_node, frame_node, tools_node
from advisor.agent.state import Turn, TurnState

__all__ = ["build_graph"]


def _after_frame(state: TurnState) -> Literal["decide", "compose"]:
    return "compose" if state["kind"] in {"decline", "clarify"} else "decide"


def _after_decide(state: TurnState) -> Literal["run_tools", "compose"]:
    return "run_tools" if state["pending"] else "compose"


def build_graph() -> Any:
    """The compiled graph; its context is a `Turn`. No checkpointer: the turn log keeps what a cut-off turn needs to go on."""
    graph: Any = StateGraph(TurnState, context_schema=Turn)
    graph.add_node("frame", frame_node)
    graph.add_node("decide", decide_node)
    graph.add_node("run_tools", tools_node)
    graph.add_node("compose", compose_node)
    graph.add_node("finish", finish_node)
    graph.add_edge(START, "frame")
    graph.add_conditional_edges("frame", _after_frame)
    graph.add_conditional_edges("decide", _after_decide)
    graph.add_edge("run_tools", "decide")
    graph.add_edge("compose", "finish")
    graph.add_edge("finish", END)
    return graph.compile()
