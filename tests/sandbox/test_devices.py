"""Devices: who may have which, how many at once, and what is no device."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import devices
from sandbox.devices import Claims, Devices
from sandbox.errors import DevicesBusy, GpuTaken, GpuUnknown

ROOT = Path(__file__).parents[2]


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 4), st.integers(1, 3), st.lists(st.integers(0, 10**6), max_size=60))
def test_no_device_is_ever_given_beyond_its_share(count: int, share: int, moves: list[int]) -> None:
    """Whatever is taken and given back in whatever order, and the emptiest device is given first."""
    owned = Devices([str(number) for number in range(count)], share=share)
    held: list[str] = []
    for move in moves:
        if held and move % 2:
            owned.give_back(held.pop(move % len(held)))
        elif len(held) < owned.places:
            before = Counter(dict.fromkeys(owned.names, 0) | Counter(held))
            held.append(owned.take())
            assert before[held[-1]] == min(before.values())
        assert max(Counter(held).values(), default=0) <= share


def test_who_comes_too_early_waits_for_a_place() -> None:
    """A place that is being given back is worth waiting for: removing a container takes a moment."""
    owned = Devices(["0"])
    first = owned.take()
    taken: list[str] = []
    waiting = threading.Thread(target=lambda: taken.append(owned.take()))
    waiting.start()
    assert not taken
    owned.give_back(first)
    waiting.join(10)
    assert taken == ["0"]


def test_no_place_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the devices and the share, and comes after a while, not never."""
    monkeypatch.setattr(devices, "_WAIT_SECONDS", 0.05)
    owned = Devices(["0", "GPU-1"], share=2)
    for _ in range(owned.places):
        owned.take()
    started = time.monotonic()
    with pytest.raises(DevicesBusy, match=r"0, GPU-1.*2 sandboxes"):
        owned.take()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("given_names", "resolved"),
    [
        ([""], ()),
        ([], ()),
        (["0"], ("0",)),
        (["0, 1"], ("0", "1")),
        (["0", "GPU-3a8b0b9c-1f2e-4d5c-8f6a-0123456789ab"], ("0", "GPU-3a8b0b9c-1f2e-4d5c-8f6a-0123456789ab")),
        (["MIG-GPU-3a8b/1/0"], ("MIG-GPU-3a8b/1/0",)),
    ],
)
def test_indices_and_uuids_are_devices(given_names: list[str], resolved: tuple[str, ...]) -> None:
    """As the engine takes them, from the command line one by one or from the environment in one string."""
    assert devices.resolve(given_names) == resolved


@pytest.mark.parametrize("name", ["x", "-1", "0x0", "cuda:0", "GPU", "all,0", "0,0", "--privileged", "\u0661"])
def test_everything_else_is_refused(name: str) -> None:
    """Before any container is asked for, with the name in the sentence."""
    with pytest.raises(GpuUnknown):
        devices.resolve([name])


def test_all_is_what_nvidia_smi_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its UUIDs; where it is missing, fails or lists nothing, a sentence that says what to do instead."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        '#!/bin/sh\n[ "$*" = "--query-gpu=uuid --format=csv,noheader" ] && printf "GPU-a1\\nGPU-b2\\n"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert devices.resolve(["all"]) == ("GPU-a1", "GPU-b2")
    program.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(GpuUnknown, match="lists no GPU"):
        devices.resolve(["all"])
    program.write_text("#!/bin/sh\nexit 9\n")
    with pytest.raises(GpuUnknown, match="name the GPUs one by one"):
        devices.resolve(["all"])
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GpuUnknown, match="name the GPUs one by one"):
        devices.resolve(["all"])


def test_a_device_belongs_to_one_worker(tmp_path: Path) -> None:
    """A second one that names it is refused, with none of its other devices kept; the end of the first frees it."""
    first = Claims(["0", "MIG-GPU-1/2/0"], tmp_path / "gpus")
    with pytest.raises(GpuTaken, match="MIG-GPU-1/2/0"):
        Claims(["1", "MIG-GPU-1/2/0"], tmp_path / "gpus")
    Claims(["1"], tmp_path / "gpus").release()
    first.release()
    first.release()
    Claims(["0", "1", "MIG-GPU-1/2/0"], tmp_path / "gpus").release()


def test_a_worker_that_was_killed_owns_nothing(tmp_path: Path) -> None:
    """The kernel lets go of its devices however it ended."""
    code = "import sys,time; from pathlib import Path; from sandbox.devices import Claims; "
    code += "kept = Claims(['0'], Path(sys.argv[1])); print('mine', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert other.stdout is not None
    assert other.stdout.readline() == b"mine\n"
    with pytest.raises(GpuTaken):
        Claims(["0"], tmp_path)
    other.kill()
    other.wait()
    Claims(["0"], tmp_path).release()
