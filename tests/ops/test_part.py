"""Parts are processes that are found again, and stopped whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops import part, proc, record
from ops.part import Part
from ops.parts import all_parts
from ops.settings import load


def make_part(folder: Path, program: str, *, name: str = "api") -> Part:
    return Part(
        name=name,
        command=[sys.executable, "-c", program],
        log=folder / "logs" / f"{name}.log",
        run_dir=folder,
        cwd=folder,
        env=dict(os.environ),
    )


def deaf(word: str) -> str:
    """A program that ignores SIGTERM, and says so once it does."""
    ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    return f"{ignore}; print({word!r}, flush=True); time.sleep(600)"


def wait_for_text(path: Path, text: str) -> None:
    while not (path.exists() and text in path.read_text()):
        time.sleep(0.01)


def test_a_started_part_is_found_by_its_record(tmp_path: Path) -> None:
    """The record exists when start() returns, names the living process, and is gone after stop()."""
    item = make_part(tmp_path, "import time; time.sleep(600)")
    process = item.start()
    found = item.running()
    assert found is not None
    assert (found.pid, found.spec) == (process.pid, item.spec)
    assert part.stop([item.record_file]) == ["api"]
    assert item.running() is None
    assert not item.record_file.exists()
    assert process.wait() == -signal.SIGTERM


def test_a_reused_pid_is_never_signalled(tmp_path: Path) -> None:
    """A record whose number now belongs to another process stops nothing and forgets the number."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        living = proc.Proc.of(stranger.pid)
        assert living is not None
        stale = tmp_path / "api.pid"
        fields = {"part": "api", "pid": stranger.pid, "boot_id": proc.boot_id(), "spec": "", "url": ""}
        stale.write_text(json.dumps(fields | {"started_ticks": living.started_ticks - 1}))
        assert part.stop([stale]) == []
        stale.write_text(json.dumps(fields | {"started_ticks": living.started_ticks, "boot_id": "another boot"}))
        assert part.stop([stale]) == []
        assert stranger.poll() is None
        assert not stale.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_part_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    """SIGTERM first; what is still there after the wait gets SIGKILL."""
    item = make_part(tmp_path, deaf("deaf"))
    process = item.start()
    wait_for_text(item.log, "deaf")
    part.stop([item.record_file], within_seconds=0.3)
    assert process.wait() == -signal.SIGKILL


def test_what_a_part_started_ends_with_it(tmp_path: Path) -> None:
    """Children of a part are in its session and are gone after stop(), whatever they ignore."""
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {deaf('child')!r}])"
    item = make_part(tmp_path, program)
    process = item.start()
    wait_for_text(item.log, "child")
    assert len(proc.session_members(process.pid)) == 2
    part.stop([item.record_file])
    assert proc.session_members(process.pid) == []


def test_a_zombie_does_not_count_as_running(tmp_path: Path) -> None:
    """A part that ended is stopped, even before anybody has collected its status."""
    item = make_part(tmp_path, "raise SystemExit(3)")
    process = item.start()
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert item.running() is None
    process.wait()


def test_changed_settings_change_the_spec_and_other_variables_do_not(tmp_path: Path) -> None:
    """What decides on a restart is the command and Cloche's own settings."""
    base = make_part(tmp_path, "pass")
    env = dict(base.env)
    specs = [
        Part(
            **{field: getattr(base, field) for field in ("name", "command", "log", "run_dir", "cwd")}, env=changed
        ).spec
        for changed in (env, env | {"TERM": "other"}, env | {"CLOCHE_BLANKS": "3"})
    ]
    assert specs[0] == specs[1] != specs[2]


def test_what_changed_is_told_by_its_name(tmp_path: Path) -> None:
    """Code, settings or both; nothing while it is as it would be started, or while nothing runs."""
    item = replace(make_part(tmp_path, "import time; time.sleep(600)"), code="one")
    item = replace(item, env=item.env | {"CLOCHE_BLANKS": "1", "CLOCHE_LINK_SECRET": "hush"})
    assert item.outdated() is None
    process = item.start()
    try:
        other = replace(item, env=item.env | {"CLOCHE_BLANKS": "2"})
        assert item.outdated() is None
        assert replace(item, code="two").outdated() == "runs other code than what is here"
        assert other.outdated() == "has other settings (CLOCHE_BLANKS)"
        both = "has other settings (CLOCHE_BLANKS) and runs other code than what is here"
        assert replace(other, code="two").outdated() == both
        assert replace(item, command=["true"]).outdated() == "has other settings"
    finally:
        part.stop([item.record_file])
        process.wait()


def test_a_record_of_before_there_were_digests_of_code_is_other_code(tmp_path: Path) -> None:
    """An older release's process is replaced; a program that has no code of ours, Redis, stays."""
    item = make_part(tmp_path, "import time; time.sleep(600)", name="redis")
    process = item.start()
    try:
        fields = json.loads(item.record_file.read_text())
        item.record_file.write_text(json.dumps(fields | {"spec": item.spec.partition(".")[0]}))
        assert item.outdated() is None
        assert replace(item, code="one").outdated() == "runs other code than what is here"
    finally:
        part.stop([item.record_file])
        process.wait()


def test_a_record_with_more_than_is_known_is_read(tmp_path: Path) -> None:
    """What a newer release wrote is not taken for a part that doesn't run, after the older one is back."""
    path = tmp_path / "redis.pid"
    record.write_own(path, part="redis", spec="a.b", url="")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "blue"}))
    assert part.running(path) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "4711"])
def test_an_unreadable_record_is_no_record(tmp_path: Path, text: str) -> None:
    """Whatever a full disk or an older version left is treated as nothing."""
    path = tmp_path / "api.pid"
    path.write_text(text)
    assert record.read(path) is None


def test_a_long_log_is_put_aside_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log over the bound moves to NAME.log.1 when its part starts again, so that logs don't grow forever."""
    monkeypatch.setattr(part, "LOG_BYTES", 10)
    log = tmp_path / "api.log"
    log.write_text("a longer text than that")
    part.put_aside(log)
    assert not log.exists()
    assert (tmp_path / "api.log.1").read_text() == "a longer text than that"


def test_a_running_parts_log_can_be_cut(tmp_path: Path) -> None:
    """Parts append: what logrotate does with copytruncate leaves a log that begins anew, without a hole."""
    item = make_part(tmp_path, "import time\nwhile True:\n    print('a line', flush=True); time.sleep(0.01)")
    process = item.start()
    wait_for_text(item.log, "a line\n" * 20)
    os.truncate(item.log, 0)
    wait_for_text(item.log, "a line")
    assert item.log.read_bytes()[:6] == b"a line"
    part.stop([item.record_file])
    process.wait()


def allowed(act: Callable[[], object]) -> bool:
    """Whether this user may do it: tried in a child."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


def test_redis_comes_first_where_that_is_allowed(tmp_path: Path) -> None:
    """Real-time, which its children don't inherit: a rewrite of its file must not come before anybody."""
    forks = "import os, time; os.fork() and time.sleep(600); print(os.sched_getscheduler(0), flush=True)"
    item = replace(make_part(tmp_path, forks, name="redis"), precedence="first")
    process = item.start()
    may = allowed(lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)))
    policy = os.sched_getscheduler(process.pid) & ~os.SCHED_RESET_ON_FORK
    assert policy == (os.SCHED_RR if may else os.SCHED_OTHER)
    wait_for_text(item.log, "\n")
    assert item.log.read_text().split() == [str(os.SCHED_OTHER)]
    part.stop([item.record_file])
    process.wait()


def test_the_api_and_workers_come_before_others_where_that_is_allowed(tmp_path: Path) -> None:
    """And the part starts all the same where it isn't; what is ordinary stays so."""
    early, ordinary = (
        replace(make_part(tmp_path, SLEEPER, name=name), precedence=name) for name in ("early", "ordinary")
    )
    processes = [item.start() for item in (early, ordinary)]
    may = allowed(lambda: os.setpriority(os.PRIO_PROCESS, 0, -10))
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert [os.getpriority(os.PRIO_PROCESS, process.pid) for process in processes] == [-10 if may else own, own]
    part.stop([early.record_file, ordinary.record_file])
    for process in processes:
        process.wait()


def test_the_parts_that_every_job_passes_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis before the API and the workers, those before what can wait."""
    for name in [name for name in os.environ if name.startswith("CLOCHE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOCHE_DATA", str(tmp_path))
    monkeypatch.setenv("CLOCHE_WORKERS", "2")
    assert {item.name: item.precedence for item in all_parts(load())} == {
        "redis": "first",
        "api": "early",
        "worker-1": "early",
        "worker-2": "early",
        "courier": "ordinary",
        "pump": "ordinary",
    }
