"""Simulated brand shops with planted causes: deterministic, behaviour first, every figure counted from what people did.

`create_demo` fills a warehouse folder; `simulate` runs any shop with any causes; `random_shop` and `random_cause` make many
small ones for evaluations; `truth` is the answer key; `write_exports` writes the files a merchant would download.
Each part loads when it is first used: finding the demo shops in place must not load the simulator.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.warehouse.demo.answer_key import PlantedCause, ground_truth, truth
    from tools.warehouse.demo.causes import CAUSE_TYPES
    from tools.warehouse.demo.counterfactual import Impact, impact
    from tools.warehouse.demo.exports import write_exports
    from tools.warehouse.demo.scenarios import possible_causes, random_cause, random_shop
    from tools.warehouse.demo.shops import create_demo, write_simulation
    from tools.warehouse.demo.simulation import Simulation, simulate
    from tools.warehouse.demo.spec import DEMO_SHOPS, CauseSpec, ShopSpec, demo_spec

__all__ = [
    "CAUSE_TYPES",
    "DEMO_SHOPS",
    "CauseSpec",
    "Impact",
    "PlantedCause",
    "ShopSpec",
    "Simulation",
    "create_demo",
    "demo_spec",
    "ground_truth",
    "impact",
    "possible_causes",
    "random_cause",
    "random_shop",
    "simulate",
    "truth",
    "write_exports",
    "write_simulation",
]

_HOME = {
    "CAUSE_TYPES": "causes",
    "CauseSpec": "spec",
    "DEMO_SHOPS": "spec",
    "Impact": "counterfactual",
    "PlantedCause": "answer_key",
    "ShopSpec": "spec",
    "Simulation": "simulation",
    "create_demo": "shops",
    "demo_spec": "spec",
    "ground_truth": "answer_key",
    "impact": "counterfactual",
    "possible_causes": "scenarios",
    "random_cause": "scenarios",
    "random_shop": "scenarios",
    "simulate": "simulation",
    "truth": "answer_key",
    "write_exports": "exports",
    "write_simulation": "shops",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
