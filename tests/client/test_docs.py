"""docs/sdk.md says what the SDK does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import cloche
from cloche import _errors
from cloche.pytorch import upload_model

PAGE = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text()


def test_every_error_is_in_the_page() -> None:
    """The tree of errors in the page is the one in the code: each name, in the same order."""
    names = re.compile(r"[A-Z][A-Za-z]+")
    drawn = [line for line in (_errors.__doc__ or "").splitlines() if line.startswith(("├", "└", "│", " ", "Cloche"))]
    tree = [names.search(line) for line in drawn]
    in_page = PAGE.partition("```\nClocheError\n")[2].partition("```")[0]
    assert [found.group() for found in tree if found][1:] == [
        found.group() for line in in_page.splitlines() if (found := names.search(line))
    ]


def test_every_argument_is_in_the_page() -> None:
    """Every argument of upload_model, predict and submit is explained."""
    for function in (upload_model, cloche.predict, cloche.submit):
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                assert f"`{name}`" in PAGE or f"{name}=" in PAGE, name


def test_every_method_of_a_client_and_a_job_is_in_the_page() -> None:
    """What a client and a job can do is shown."""
    for kind, variable in ((cloche.Client, "client"), (cloche.Job, "job")):
        public = {name for name in vars(kind) if not name.startswith("_")}
        # Not in quotes: job.succeeded is an event's name.
        shown = set(re.findall(rf"(?<![\"`])\b{variable}\.(\w+)", PAGE)) | set(
            re.findall(rf"{kind.__name__}\.(\w+)", PAGE)
        )
        assert public - shown <= {"url", "close", "wait_checked", "model", "version", "ended", "refresh", "to_dict"}
        assert shown <= public


def test_the_code_of_the_page_is_python() -> None:
    """Every example compiles."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        compile(block, "docs/sdk.md", "exec")
