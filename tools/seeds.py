"""Where the shipped data files live: `seeds/` beside the packages, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["load_yaml", "seed_path"]

_ROOT = Path(__file__).resolve().parents[1] / "seeds"


def seed_path(*parts: str) -> Path:
    """The path of a shipped data file or folder. Raises FileNotFoundError when the installation is incomplete."""
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"shipped data file missing: seeds/{'/'.join(parts)}; reinstall the package")
    return path


@cache
def load_yaml(*parts: str) -> Any:
    """Parse one shipped YAML file (cached; treat the result as read-only)."""
    return yaml.load(seed_path(*parts).read_text(encoding="utf-8"), Loader=_Loader)


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
