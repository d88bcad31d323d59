"""docs/operations.md says everything an operator can set."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
from pydantic_settings import BaseSettings

from admin.main import app
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


def commands() -> list[list[str]]:
    """Each `cloche-admin …` of the page as words; a second one after a comma goes on with the first's noun."""
    text = re.sub(r"(?m)\s+#.*$", "", PAGE.read_text())
    spans = re.findall(r"`(?:\.venv/bin/)?cloche-admin ([^`\n]+)`", text)
    lines = re.findall(r"(?m)^(?:\.venv/bin/)?cloche-admin (.+)$", text)
    return [shlex.split(found.partition(" && ")[0]) for found in (*spans, *lines)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_page_exists(words: list[str]) -> None:
    """Its name, and each option it is shown with: what an operator copies at night has to work."""
    command: Any = typer.main.get_command(app)
    while nouns := getattr(command, "commands", None):
        assert words and words[0] in nouns, f"{words[:1]} is none of {sorted(nouns)}"
        command, words = nouns[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    asked = {word.strip("[]") for word in words if word.strip("[").startswith("--")}
    assert asked <= known, f"{sorted(known)}"
