"""docs/operations.md says everything an operator can set."""

from __future__ import annotations

import re

import pytest
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from store.settings import StoreSettings
from tests.ops.here import ROOT
from worker.courier import CourierSettings
from worker.pump import PumpSettings
from worker.settings import WorkerSettings

PAGE = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize("settings", [ApiSettings, StoreSettings, WorkerSettings, CourierSettings, PumpSettings])
def test_every_setting_is_documented(settings: type[BaseSettings]) -> None:
    """Each field of the services' settings is a variable that the page names."""
    page = PAGE.read_text()
    assert [name for name in settings.model_fields if f"`CLOCHE_{name.upper()}`" not in page] == []


def test_every_variable_of_the_compose_file_is_documented() -> None:
    """What compose.yaml reads from the environment is on the page."""
    used = set(re.findall(r"\$\{(CLOCHE_[A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert {name for name in used if f"`{name}`" not in PAGE.read_text()} == set()
