"""Frames on a socket: whatever the pieces they arrive in."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.vault.framing import FRAME_BYTES_MAX, FrameRefused, receive_frame, send_frame

SECONDS_MAX = 10.0


def soon() -> float:
    return time.monotonic() + SECONDS_MAX


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        yield ours, theirs


@given(body=st.binary(max_size=200), pieces=st.lists(st.integers(1, 40), max_size=20))
def test_a_frame_arrives_whole_from_any_pieces(body: bytes, pieces: list[int]) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    raw = len(body).to_bytes(4, "big") + body
    with ours, theirs:
        for size in pieces:
            theirs.sendall(raw[:size])
            raw = raw[size:]
        theirs.sendall(raw)
        assert receive_frame(ours, soon()) == body


@given(body=st.binary(min_size=1, max_size=50), cut=st.integers(1, 53))
def test_a_frame_cut_short_is_refused(body: bytes, cut: int) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    raw = len(body).to_bytes(4, "big") + body
    with ours:
        with theirs:
            theirs.sendall(raw[: max(0, len(raw) - cut)])
        with pytest.raises(FrameRefused):
            receive_frame(ours, soon())


def test_a_large_frame_passes_and_a_larger_one_does_not(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    large = bytes(FRAME_BYTES_MAX)
    sender = threading.Thread(target=send_frame, args=(theirs, large, soon()))
    sender.start()
    assert receive_frame(ours, soon()) == large
    sender.join()
    with pytest.raises(FrameRefused, match="too long"):
        send_frame(theirs, large + b"x", soon())


def test_a_length_beyond_the_limit_is_refused_before_it_is_read(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.sendall((FRAME_BYTES_MAX + 1).to_bytes(4, "big"))
    with pytest.raises(FrameRefused, match="too long"):
        receive_frame(ours, soon())


def test_nobody_is_waited_for_beyond_the_deadline(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    with pytest.raises(FrameRefused, match="in time"):
        receive_frame(ours, time.monotonic() + 0.05)
    with pytest.raises(FrameRefused, match="in time"):
        receive_frame(ours, time.monotonic() - 1)
    # A trickle does not move the deadline.
    theirs.sendall(b"\x00")
    with pytest.raises(FrameRefused, match="in time"):
        receive_frame(ours, time.monotonic() + 0.05)
    # Nobody reads: the kernel's buffer is full at some point.
    with pytest.raises(FrameRefused, match="could not be sent"):
        send_frame(theirs, bytes(FRAME_BYTES_MAX), time.monotonic() + 0.05)
