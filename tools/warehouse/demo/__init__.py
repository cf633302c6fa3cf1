"""Simulated brand shops with planted causes: deterministic, behaviour first, every figure counted from what people did.

`create_demo` fills a warehouse folder; `simulate` runs any shop with any causes; `random_shop` and `random_cause` make many
small ones for evaluations; `truth` is the answer key; `write_exports` writes the files a merchant would download.
"""

from tools.warehouse.demo.answer_key import PlantedCause, ground_truth, truth
from tools.warehouse.demo.causes import CAUSE_TYPES
from tools.warehouse.demo.exports import write_exports
from tools.warehouse.demo.impact import Impact, impact
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
