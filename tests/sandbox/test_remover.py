"""Removing containers: several at a time, each of them once, and none forgotten."""

from __future__ import annotations

import threading
from collections import Counter
from typing import cast

from sandbox.engine import Engine
from sandbox.errors import EngineUnreachable
from sandbox.remover import Remover
from tests.sandbox.pools import eventually


class Slow:
    """An engine that is in no hurry with some containers, and away for others."""

    def __init__(self) -> None:
        self.slow: dict[str, threading.Event] = {}
        self.away: set[str] = set()
        self.removed: Counter[str] = Counter()

    def remove(self, container_id: str) -> None:
        """As Engine.remove."""
        if container_id in self.slow:
            self.slow[container_id].wait(60)
        if container_id in self.away:
            raise EngineUnreachable("test")
        self.removed[container_id] += 1


def made() -> tuple[Slow, Remover]:
    """A remover at such an engine."""
    engine = Slow()
    return engine, Remover(cast("Engine", engine))


def test_those_behind_one_that_is_slow_to_die_are_removed() -> None:
    """Three that take their time, and a hundred that don't."""
    engine, remover = made()
    done: Counter[str] = Counter()
    for number in range(3):
        engine.slow[f"slow{number}"] = threading.Event()
        remover.submit(f"slow{number}", lambda: done.update(["slow"]))
    for number in range(100):
        remover.submit(f"quick{number}", lambda: done.update(["quick"]))
    eventually(lambda: done["quick"] == 100)
    assert done["slow"] == 0
    for event in engine.slow.values():
        event.set()
    remover.close()
    assert done["slow"] == 3
    assert set(engine.removed.values()) == {1} and len(engine.removed) == 103


def test_what_the_engine_refused_is_tried_again() -> None:
    """It is kept until somebody says so; then it is removed and told, once."""
    engine, remover = made()
    engine.away = {"a", "b"}
    done: list[str] = []
    for name in ("a", "b", "c"):
        remover.submit(name, lambda name=name: done.append(name))  # type: ignore[misc]
    remover.close()
    assert done == ["c"]
    engine.away = set()
    remover.retry()
    remover.retry()
    remover.close()
    assert sorted(done) == ["a", "b", "c"]
    assert engine.removed == Counter("abc")


def test_what_comes_while_it_is_closed_is_removed_too() -> None:
    """Closing waits for what was there; it takes nothing from who submits meanwhile."""
    engine, remover = made()
    engine.slow["first"] = threading.Event()
    remover.submit("first", lambda: None)
    closing = threading.Thread(target=remover.close)
    closing.start()
    eventually(lambda: not remover._threads)
    remover.submit("second", lambda: None)
    eventually(lambda: engine.removed["second"] == 1)
    assert closing.is_alive()
    engine.slow["first"].set()
    closing.join(20)
    assert not closing.is_alive()
    remover.close()
    assert engine.removed == Counter(["first", "second"])
