"""The examples do what their pages say."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file

from policies.isolated import check_isolated

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *arguments: str) -> str:
    """What a script of the examples printed."""
    command = [sys.executable, str(EXAMPLES / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def load(example: str, class_name: str) -> Any:
    """The class of an example's model.py, under a module name of its own."""
    spec = importlib.util.spec_from_file_location(f"example_{example}", EXAMPLES / example / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, class_name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What train.py printed, and where the weights are."""
    weights = tmp_path_factory.mktemp("digits") / "digits.safetensors"
    return run("digits/train.py", str(weights)), weights


@pytest.fixture(scope="module")
def classifier(trained: tuple[str, Path]) -> Any:
    model = load("digits", "DigitClassifier")()
    model.load_state_dict(load_file(trained[1]))
    return model.eval()


@pytest.fixture(scope="module")
def held_out() -> list[tuple[Image.Image, int]]:
    """Digits the model never saw, as pictures of 8 x 8, with their labels."""
    probe = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from dataset import splits; s = splits()[1];"
        "print(json.dumps([(s.images * 255).round().int().reshape(-1, 64).tolist(), s.labels.tolist()]))"
    )
    command = [sys.executable, "-c", probe, str(EXAMPLES / "digits")]
    images, labels = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [(Image.frombytes("L", (8, 8), bytes(image)), label) for image, label in zip(images, labels, strict=True)]


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def test_training_reaches_what_the_page_promises(trained: tuple[str, Path]) -> None:
    """The classifier reads at least 97 % of 360 digits it never saw."""
    found = re.search(r"held-out accuracy: ([\d.]+)% of 360 digits", trained[0])
    assert found is not None
    assert float(found.group(1)) >= 97.0


def test_training_is_repeatable(trained: tuple[str, Path], tmp_path: Path) -> None:
    """A second training gives a model of the same accuracy: the seed is fixed."""
    again = run("digits/train.py", str(tmp_path / "again.safetensors"))
    assert re.findall(r"[\d.]+%", again) == re.findall(r"[\d.]+%", trained[0])


@pytest.mark.parametrize(
    "drawn",
    [
        lambda p: p,
        lambda p: p.resize((64, 64), Image.Resampling.NEAREST),
        lambda p: p.resize((300, 300), Image.Resampling.BICUBIC),
        lambda p: ImageOps.invert(p.resize((64, 64), Image.Resampling.NEAREST)),
        lambda p: p.resize((64, 64), Image.Resampling.NEAREST).convert("RGB"),
        lambda p: p.resize((64, 64), Image.Resampling.NEAREST).convert("P"),
    ],
    ids=["8x8", "64x64", "smooth", "dark-on-bright", "colour", "palette"],
)
def test_pngs_of_any_make_are_read(
    drawn: Callable[[Image.Image], Image.Image], classifier: Any, held_out: list[tuple[Image.Image, int]]
) -> None:
    """Any size, gray or colour, bright or dark: at least 95 of 100 held-out digits are read from their PNG."""
    answers = [(classifier.predict_single(png(drawn(picture))), label) for picture, label in held_out[:100]]
    assert sum(answer["digit"] == label for answer, label in answers) >= 95
    for answer, _ in answers:
        assert len(answer["probabilities"]) == 10
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=0.001)
        json.dumps(answer)


def test_languages_are_told_apart() -> None:
    """The guesser tells the language of at least 85 % of the sentences it never saw."""
    found = re.search(r"held-out accuracy: (\d+)% of 16 sentences", run("text/train.py"))
    assert found is not None
    assert int(found.group(1)) >= 85


@pytest.mark.parametrize("value", [None, b"\x00", "text", {"a": [1, 2.5]}])
def test_echo_returns_its_input(value: object) -> None:
    """Echo answers with what it was asked, and has a weight to load."""
    echo = load("echo", "Echo")()
    assert echo.predict_single(value) is value
    assert list(echo.state_dict()) == ["nothing"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/model.py")), ids=lambda path: path.parent.name)
def test_every_model_is_accepted(path: Path) -> None:
    """What the examples upload passes the policy."""
    verdict = check_isolated(path.read_bytes())
    assert verdict.accepted, verdict.violations


def test_the_refused_model_is_refused_more_than_once() -> None:
    """refused_model.py breaks several rules, each named with its line."""
    verdict = check_isolated((EXAMPLES / "digits" / "refused_model.py").read_bytes())
    assert len({violation.line for violation in verdict.violations}) >= 2
    assert {"os", "subprocess"} <= {word for v in verdict.violations for word in v.message.replace("`", "").split()}


def test_models_build_on_the_meta_device() -> None:
    """Every example can be built without memory for its weights, which is how the engine loads it fastest."""
    for example, name in (("digits", "DigitClassifier"), ("text", "LanguageGuesser"), ("echo", "Echo")):
        with torch.device("meta"):
            model = load(example, name)()
        assert all(tensor.is_meta for tensor in model.state_dict().values())
