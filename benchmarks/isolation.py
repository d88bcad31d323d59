"""What the wall costs: binding, calling, killing and keeping sandboxes, beside the same without them.

    .venv/bin/python benchmarks/isolation.py            # about two minutes; writes benchmarks/README.md
    .venv/bin/python benchmarks/isolation.py --quick    # fewer samples, and nothing is written

As root: what memory other users' processes share is told to nobody else. Both sides of a comparison are
measured in the same run, in turns; medians are shown.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from processors import awake
from sandbox_memory import average_mib, naive
from sandbox_versions import BIG, BUSY, SMALL, asked_here, asked_there, loaded_here, neighbour, timed, version
from tables import table, write

import sandbox.image
from policies.limits import GIB
from sandbox.contract import Bound, Bundle
from sandbox.docker_driver import DockerDriver
from sandbox.docker_sandbox import DockerSandbox
from sandbox.errors import SandboxError
from sandbox.pool import Pool

ROOT = Path(__file__).resolve().parents[1]
TOGETHER = 4  # sandboxes of one version
COMPUTE_SECONDS = 0.005


@dataclass
class Plan:
    """Where things are, and how many samples of each."""

    folder: Path
    image: str
    quick: bool
    rows: list[list[str]] = field(default_factory=list)

    def samples(self, count: int) -> int:
        """Fewer when quick."""
        return max(2, count // 4) if self.quick else count

    def add(self, what: str, measured: str, beside: str = "", ratio: str = "", target: str = "") -> None:
        """One line of the table."""
        self.rows.append([what, measured, beside, ratio, target])
        print(" | ".join(self.rows[-1]), file=sys.stderr, flush=True)


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]  # there is one
    arguments.add_argument("--quick", action="store_true", help="fewer samples; nothing is written")
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="cl-") as folder, torch.inference_mode():
        plan = Plan(Path(folder), sandbox.image.tag(), quick=arguments.parse_args().quick)
        small, big, busy = (version(plan.folder, *each) for each in (("small", SMALL), ("big", BIG), ("busy", BUSY)))
        with _driver(plan, "runc") as driver:
            _binding(plan, driver, small, big)
            _calling(plan, driver, small, busy, where="runc")
            with awake() as held:
                if held:
                    where = "runc with idle processors kept awake"
                    _calling(plan, driver, small, busy, where=where, target=False)
            _killing(plan, driver, small)
            _keeping(plan, driver, small, big)
        _under_gvisor(plan, small, busy)
    text = _report(plan, load)
    print(text)
    if not plan.quick:
        write("sandbox", text)


@contextmanager
def _driver(plan: Plan, runtime: str) -> Iterator[DockerDriver]:
    (plan.folder / runtime).mkdir()
    driver = DockerDriver(
        run_dir=plan.folder / runtime, image=plan.image, owner=f"bench-{os.getpid()}", runtime=runtime
    )
    yield driver
    driver.close()


def _first_answer(blank: DockerSandbox, bundle: Bundle) -> float:
    """Seconds from blank to the first answer; the sandbox is bound afterwards."""

    def act() -> None:
        bound = blank.bind(bundle)
        if not isinstance(bound, Bound):
            raise SystemExit(f"It could not be bound: {bound}")
        asked_there(blank)(b'{"rounds":1}')

    return timed(act)


def _binding(plan: Plan, driver: DockerDriver, small: Bundle, big: Bundle) -> None:
    times = [_fresh(driver, small) for _ in range(plan.samples(8))]
    plan.add("blank to first answer, small model", _ms(_median(times)), target="≤ 60 ms")
    there, here = [], []
    for _ in range(plan.samples(4)):
        there.append(_fresh(driver, big))
        here.append(timed(lambda: asked_here(loaded_here(big))(b"0")))
    ratio = f"{_median(there) / _median(here):.2f} x"
    plan.add("the same, 500 MB of weights, beside building and loading in process", _ms(_median(there)),
             _ms(_median(here)), ratio, "≤ 0.4 x")  # fmt: skip
    cold, plain = [], []
    command = ["docker", "run", "--rm", "--network=none", "--entrypoint=python3", plan.image, "-c", "import torch"]
    for _ in range(plan.samples(5)):
        cold.append(timed(lambda: _cold(driver, small)))
        plain.append(timed(lambda: subprocess.run(command, check=True)))
    ratio = f"{_median(cold) / _median(plain):.2f} x"
    plan.add("no blank one: to first answer, beside `docker run` + `import torch`", _ms(_median(cold)),
             _ms(_median(plain)), ratio, "≤ 1.3 x")  # fmt: skip


def _fresh(driver: DockerDriver, bundle: Bundle) -> float:
    blank = driver.start()
    try:
        return _first_answer(blank, bundle)
    finally:
        blank.destroy()


def _cold(driver: DockerDriver, bundle: Bundle) -> None:
    blank = driver.start()
    _first_answer(blank, bundle)
    blank.destroy()


def _calling(plan: Plan, driver: DockerDriver, small: Bundle, busy: Bundle, *, where: str, target: bool = True) -> None:
    echo = driver.start()
    _first_answer(echo, small)
    there, here = _alternately(asked_there(echo), asked_here(loaded_here(small)), b'{"a":[1,2,3]}', plan.samples(2000))
    with neighbour() as bare:
        floor, _ = _alternately(bare, asked_here(loaded_here(small)), b'{"a":[1,2,3]}', plan.samples(2000))
    plan.add(f"a bare process that echoes over a unix socket, beside {where} (p50)", _us(floor))
    echo.destroy()
    more, most = f"+ {_us(there - here)}", "≤ 60 µs more" if target else ""
    plan.add(f"a call with small JSON, {where}, beside in process (p50)", _us(there), _us(here), more, most)
    bound = driver.start()
    _first_answer(bound, busy)
    local = asked_here(loaded_here(busy))
    payload = f'{{"rounds":{_rounds(local)}}}'.encode()
    there, here = _alternately(asked_there(bound), local, payload, plan.samples(400))
    bound.destroy()
    plan.add(f"a call that computes 5 ms, {where}, beside in process (p50)", _ms(there), _ms(here),
             f"{there / here:.3f} x", "≤ 1.02 x" if target else "")  # fmt: skip


def _rounds(local: Callable[[bytes], bytes]) -> int:
    """How often the layer is applied in five milliseconds."""
    local(b'{"rounds":20}')
    each = _median([timed(lambda: local(b'{"rounds":20}')) for _ in range(20)]) / 20
    return max(1, round(COMPUTE_SECONDS / each))


def _alternately(
    there: Callable[[bytes], bytes], here: Callable[[bytes], bytes], payload: bytes, count: int
) -> tuple[float, float]:
    """The medians of both, in turns of twenty, so that what else the machine does meets both."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * count // 20):
        side = number % 2 == 0
        act = there if side else here
        act(payload)
        times[side] += [timed(lambda: act(payload)) for _ in range(20)]  # noqa: B023 - run before the next round
    return _median(times[True]), _median(times[False])


def _killing(plan: Plan, driver: DockerDriver, small: Bundle) -> None:
    pool = Pool(driver, blanks=2, memory_budget_bytes=64 * GIB)
    times = []
    for _ in range(plan.samples(5)):
        while pool.blanks_ready < 2:
            time.sleep(0.01)
        with pool.lease(small) as lease:
            begun = time.perf_counter()
            lease.sandbox.cancel()
        with pool.lease(small) as lease:
            asked_there(lease.sandbox)(b"1")
            times.append(time.perf_counter() - begun)
        pool.evict(small.version_id)
    pool.close()
    plan.add("killed to answering again, a blank one waiting", _ms(_median(times)), target="≤ 250 ms")


def _keeping(plan: Plan, driver: DockerDriver, small: Bundle, big: Bundle) -> None:
    blanks = [driver.start() for _ in range(TOGETHER)]
    ids = [blank.container_id for blank in blanks]
    plan.add(f"memory of a blank one ({TOGETHER} of them, PSS each)", _mib(average_mib(ids)))
    _first_answer(blanks[0], small)
    plan.add("memory of a bound one, small model, idle", _mib(average_mib(ids[:1])))
    blanks[0].destroy()
    alike = [driver.start(), *blanks[1:]]
    for each in alike:
        _first_answer(each, big)
    ours = average_mib([each.container_id for each in alike])
    for each in alike:
        each.destroy()
    with naive(big, image=plan.image, count=TOGETHER) as ids:
        theirs = average_mib(ids)
    plan.add(f"memory of {TOGETHER} of one version with 500 MB, each, beside `docker run` + torch + weights",
             _mib(ours), _mib(theirs), f"{ours / theirs:.2f} x")  # fmt: skip


def _under_gvisor(plan: Plan, small: Bundle, busy: Bundle) -> None:
    with _driver(plan, "runsc") as driver:
        try:
            driver.runtime()
        except SandboxError as exc:
            print(f"without gVisor: {exc}", file=sys.stderr)
            return
        begun = time.perf_counter()
        blank = driver.start()
        plan.add("gVisor: starting a blank one", _ms(time.perf_counter() - begun))
        plan.add("gVisor: blank to first answer, small model", _ms(_first_answer(blank, small)))
        blank.destroy()
        _calling(plan, driver, small, busy, where="gVisor", target=False)


def _report(plan: Plan, load: float) -> str:
    columns = ["", "sandbox", "beside it", "difference", "target"]
    cores = f"{os.cpu_count()} cores, load average before the run {load:.1f} and after it {os.getloadavg()[0]:.1f}"
    command = "`.venv/bin/python benchmarks/isolation.py`"
    facts = f"{command}, {time.strftime('%Y-%m-%d')}, {cores}, torch {torch.__version__}, one thread on both sides."
    return f"{facts}\n\n{table(columns, plan.rows)}"


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def _mib(value: float) -> str:
    return f"{value:.0f} MiB"


if __name__ == "__main__":
    main()
