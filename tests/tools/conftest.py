"""The demo shops as tests of tools read them."""

import pytest

from tools.warehouse.access import Warehouse
from tools.warehouse.demo import create_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Both demo shops, made once: to read, never to write to."""
    folder = tmp_path_factory.mktemp("demo")
    create_demo(folder)
    return Warehouse(folder)
