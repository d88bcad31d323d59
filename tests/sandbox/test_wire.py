"""The host's end of the wire against whatever may arrive, without a container."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.channel import Channel
from sandbox.messages import Answer, Closed, Hello, Violated, check_json, decode
from sandbox.runner import frames


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """The host's channel and the sandbox's end."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    yield channel, theirs
    channel.close()
    theirs.close()


def receive(channel: Channel, seconds: float = 2.0):  # type: ignore[no-untyped-def]  # whatever receive says
    """One frame."""
    return channel.receive(deadline=time.monotonic() + seconds, body_max_bytes=1000)


def test_a_frame_arrives_in_any_pieces(pair: tuple[Channel, socket.socket]) -> None:
    """Byte by byte or two at once: the same frames."""
    channel, theirs = pair
    data = frames.encode({"op": "answer", "id": "a", "kind": "succeeded"}, 3) + b"123"
    theirs.sendall(data + data[:5])
    assert receive(channel) == (Answer(id="a", kind="succeeded"), b"123")
    for byte in data[5:]:
        theirs.sendall(bytes([byte]))
    assert receive(channel) == (Answer(id="a", kind="succeeded"), b"123")


def test_nothing_in_time_is_none(pair: tuple[Channel, socket.socket]) -> None:
    """Half a frame is nothing, too."""
    channel, theirs = pair
    theirs.sendall(frames.encode({"op": "hello", "protocol": 1})[:6])
    assert receive(channel, 0.05) is None


def test_the_end_is_closed(pair: tuple[Channel, socket.socket]) -> None:
    """What was said before the end is still heard."""
    channel, theirs = pair
    theirs.sendall(frames.encode({"op": "hello", "protocol": 1}))
    theirs.close()
    assert receive(channel) == (Hello(protocol=1), b"")
    with pytest.raises(Closed):
        receive(channel)


def test_wake_ends_a_wait(pair: tuple[Channel, socket.socket]) -> None:
    """And every later one."""
    channel, _ = pair
    channel.wake()
    assert receive(channel, 60) is None
    assert receive(channel, 60) is None


def test_sending_more_than_fits_never_blocks(pair: tuple[Channel, socket.socket]) -> None:
    """What doesn't fit goes out while answers are awaited, in order and complete."""
    channel, theirs = pair
    payload = bytes(range(256)) * 20_000
    channel.send(b"head", payload)
    channel.send(b"tail")
    theirs.setblocking(False)
    got = b""
    while len(got) < len(payload) + 8:
        assert receive(channel, 0.001) is None
        try:
            got += theirs.recv(1 << 20)
        except BlockingIOError:
            continue
    assert got == b"head" + payload + b"tail"


def test_silence(pair: tuple[Channel, socket.socket]) -> None:
    """Kept, broken by one byte, or gone."""
    channel, theirs = pair
    assert channel.silence() == "kept"
    theirs.sendall(b"x")
    assert channel.silence() == "broken"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_never_an_answer(data: bytes) -> None:
    """Anything ends as violated, closed or nothing; nothing else is raised."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    theirs.sendall(data)
    theirs.close()
    try:
        with pytest.raises((Violated, Closed)):
            receive(channel, 0.05)
    finally:
        channel.close()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=50,
)


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_what_a_runner_writes_is_accepted(value: object) -> None:
    """Every JSON value in the runner's form passes."""
    check_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


@settings(max_examples=300, deadline=None)
@given(_JSON, st.sampled_from(["", " ", "\n\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_the_short_way_to_parse_is_the_long_one(value: object, around: str, encoding: str) -> None:
    """Whatever json.loads makes of a text, ``parse`` does."""
    data = f"{around}{json.dumps(value, ensure_ascii=False)}{around}".encode(encoding, "replace")
    assert frames.parse(data) == json.loads(data)


@pytest.mark.parametrize("data", [b"", b"nope", b"[1,]", b"1 2", b" ", b'"\xff"', b'{"a":1}x'])
def test_what_is_no_json_is_not_parsed(data: bytes) -> None:
    """Neither way takes it."""
    with pytest.raises(ValueError, match="e") as wrong:
        json.loads(data)
    with pytest.raises(type(wrong.value)):
        frames.parse(data)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=())), st.sampled_from(["json", "bytes"]), st.integers(0, 9999))
def test_the_short_way_to_answer_is_the_long_one(call_id: str, out: str, length: int) -> None:
    """The header that is put together by hand is what ``json`` would have written, quotes in the id included."""
    long = frames.encode({"op": "answer", "id": call_id, "kind": "succeeded", "out": out}, length)
    assert frames.answered(call_id, out, length) == long


def test_an_answer_after_the_first_wait_arrives(pair: tuple[Channel, socket.socket]) -> None:
    """The first wait blocks for a moment only; what comes later is heard as well."""
    channel, theirs = pair
    timer = threading.Timer(0.15, theirs.sendall, [frames.encode({"op": "hello", "protocol": 1})])
    timer.start()
    assert receive(channel, 10) == (Hello(protocol=1), b"")
    timer.join()


@pytest.mark.parametrize("seconds", [0.01, 0.2])
def test_a_wait_is_ended_from_another_thread(pair: tuple[Channel, socket.socket], seconds: float) -> None:
    """In the first wait and in the later one."""
    channel, _ = pair
    timer = threading.Timer(seconds, channel.wake)
    timer.start()
    assert receive(channel, 60) is None
    timer.join()


def test_a_large_answer_among_small_ones_arrives(pair: tuple[Channel, socket.socket]) -> None:
    """Frames that take many receives, and several in one, come out whole and in order."""
    channel, theirs = pair
    sizes = [3, 1_000_000, 0, 70_000, 5]
    data = [frames.encode({"op": "answer", "id": str(size), "kind": "succeeded"}, size) + b"x" * size for size in sizes]
    sender = threading.Thread(target=theirs.sendall, args=[b"".join(data)])
    sender.start()
    for size in sizes:
        frame = channel.receive(deadline=time.monotonic() + 10, body_max_bytes=1 << 20)
        assert frame == (Answer(id=str(size), kind="succeeded"), b"x" * size)
    sender.join()


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"NaN", b"[1,]", b"1 2", b'"\xff"', b'{"a":Infinity}', b"[" * 100_000, b"[" * 129 + b"]" * 129,
     b"7" * 4301, b'{"a\\\\":[1e' + b"7" * 4301 + b"]}"],
)  # fmt: skip
def test_what_is_no_json_is_violated(body: bytes) -> None:
    """Damaged, too deep, or Python's own dialect."""
    with pytest.raises(Violated):
        check_json(body)


def test_depth_is_counted_outside_of_strings() -> None:
    """Brackets in text are text; the depth of what is wide is small."""
    assert not frames.too_deep(json.dumps(["[{" * 500, '"[' * 500, "\\"] * 100).encode())
    assert not frames.too_deep(json.dumps([[[1]]] * 1000).encode())
    assert not frames.too_deep(b"[" * 128 + b"]" * 128)
    assert frames.too_deep(b"[" * 129 + b"]" * 129)


def depth_of(value: object) -> int:
    """How deep lists and dicts are nested."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(
    st.recursive(
        st.text(alphabet='[]{}"\\\\/nu0 é'),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[]"\\\\{'), inner, max_size=3),
        max_leaves=30,
    ),
    st.integers(1, 9),
    st.integers(0, 6),
)
@settings(max_examples=300, deadline=None)
def test_depth_is_the_same_in_any_pieces(value: object, piece_bytes: int, most: int) -> None:
    """Wherever the pieces end, in a string, in an escape, between brackets: the verdict is the true depth's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_PIECE_BYTES", piece_bytes)
        patch.setattr(frames, "JSON_MAX_DEPTH", most)
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
            assert frames.too_deep(text.encode()) == (depth_of(value) > most)


@pytest.mark.parametrize(
    "value", [10**4299, "7" * 9000, ['\\"' + "7" * 9000, '"\\' + "7" * 9000, "\\7" * 3000], [1.5] * 4000]
)
def test_digits_are_counted_in_numbers_only(value: object) -> None:
    """A long text of digits is text, whatever escapes are in front of it; numbers that Python parses pass."""
    text = json.dumps(value).encode()
    check_json(text)
    assert json.loads(text) == value


@given(
    st.lists(st.sampled_from(['"', "\\", "7" * 30, "7" * 5, "x", "é"]), max_size=8), st.integers(1, 40), st.booleans()
)
@settings(max_examples=300, deadline=None)
def test_a_long_number_is_found_behind_any_text(parts: list[str], digits: int, numeric: bool) -> None:
    """The verdict is that of the number alone."""
    text = json.dumps(["".join(parts), "7" * 50, int("7" * digits) if numeric else "7" * digits], ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "NUMBER_MAX_DIGITS", 20)
        assert frames.number_too_long(text.encode()) == (numeric and digits > 20)


FAILED = {"op": "load_failed", "kind": "weights_mismatch", "message": "x"}
ANSWER = {"op": "answer", "id": "a", "kind": "model_error"}


@pytest.mark.parametrize(
    ("header", "key", "most"),
    [
        (ANSWER, "message", "x" * frames.MESSAGE_MAX_CHARS),
        (ANSWER, "traceback", "x" * frames.TRACEBACK_MAX_CHARS),
        (FAILED, "message", "x" * frames.MESSAGE_MAX_CHARS),
        (FAILED, "traceback", "x" * frames.TRACEBACK_MAX_CHARS),
    ],
)
def test_no_text_is_longer_than_a_runner_makes_it(header: dict[str, str], key: str, most: str) -> None:
    """A character more is no runner's."""
    decode(json.dumps(header | {key: most}).encode())
    with pytest.raises(Violated):
        decode(json.dumps(header | {key: most + "x"}).encode())


@pytest.mark.parametrize(
    "detail",
    [
        {"missing": [""] * 51},
        {"unexpected": ["x" * 201]},
        {"mismatched": [{"name": "w", "expected": [1], "found": [1]}] * 51},
        {"mismatched": [{"name": "w", "expected": [1] * 65, "found": []}]},
        {"mismatched": [{"name": "w", "expected": [10**100], "found": []}]},
        {"mismatched": [{"name": "w", "expected": [-1], "found": []}]},
    ],
)
def test_no_list_of_misfits_is_longer_than_a_runner_makes_it(detail: dict[str, object]) -> None:
    """Neither in names, nor in sizes, nor in their digits."""
    with pytest.raises(Violated):
        decode(json.dumps(FAILED | {"detail": detail}).encode())
