"""What the README shows works as it is written: its model, its Python, its curl, its commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Engine

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of that language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def block_with(text: str) -> str:
    """The one block that holds the text."""
    found = [b for b in re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) if text in b]
    assert len(found) == 1, f"{len(found)} blocks hold {text!r}"
    return found[0]


@pytest.fixture(scope="module")
def tour(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with the README's model.py in it, and an environment with a key."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / "model.py").write_text(next(b for b in blocks("python") if "class Doubler" in b))
    key = engine.tenant("reader")
    environment = {**os.environ, "CLOCHE_URL": engine.url, "CLOCHE_API_KEY": key, "PYTHONPATH": str(folder)}
    return folder, environment


def test_the_tour_in_python_and_curl(tour: tuple[Path, dict[str, str]], engine: Engine) -> None:
    """The blocks run as they stand and print what their comments promise."""
    folder, environment = tour
    script = next(b for b in blocks("python") if "cloche.submit" in b)
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[2.0, 4.0, 6.0]" in done.stdout and "[8.0]" in done.stdout
    curl = block_with("curl -s").replace("http://127.0.0.1:8000", engine.url)
    answer = subprocess.run(["bash", "-c", curl], env=environment, capture_output=True, text=True)
    assert '"output":[2.0,4.0,6.0]' in answer.stdout, answer.stdout + answer.stderr
    job_id = json.loads(answer.stdout)["id"]
    listening = block_with("curl -N").replace("http://127.0.0.1:8000", engine.url)
    heard = subprocess.run(
        ["bash", "-c", listening], env={**environment, "JOB_ID": job_id}, capture_output=True, text=True
    )
    assert "event: status" in heard.stdout and "event: result" in heard.stdout, heard.stdout + heard.stderr


def test_the_operators_commands(tour: tuple[Path, dict[str, str]], engine: Engine) -> None:
    """Every cloche-admin line of the README does what it says."""
    environment = {**engine.environment, "PATH": os.environ["PATH"]}
    lines = [line.split("#")[0] for line in re.findall(r"^(?:\$ )?(\.venv/bin/cloche-admin .*)$", README, re.MULTILINE)]
    assert len(lines) >= 5
    expected = {"check": 1}  # the file it names is one that is refused
    for line in lines:
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == expected.get(line.split()[1], 0), line + done.stdout + done.stderr


def test_every_place_the_readme_links_to_is_there() -> None:
    """No dead links within the project."""
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []
