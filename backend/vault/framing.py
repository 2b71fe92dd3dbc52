"""Messages on a Unix socket: four bytes of length, big endian, then JSON.

Promise: a frame beyond the limit is refused before it is read, and no wait is without an end.
"""

import socket
import time

LENGTH_BYTES = 4
#: An access list of the largest school, in hexadecimal, is far below.
FRAME_BYTES_MAX = 8 * 1024 * 1024
_CHUNK = 65_536


class FrameRefused(Exception):
    """The other side went away, is too slow, or sends what is no frame."""


def send_frame(connection: socket.socket, body: bytes, deadline: float) -> None:
    """Send one frame before `deadline` (monotonic seconds); raise FrameRefused."""
    if len(body) > FRAME_BYTES_MAX:
        raise FrameRefused("too long a message")
    try:
        connection.settimeout(_left(deadline))
        connection.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    except OSError as cause:
        raise FrameRefused("the message could not be sent") from cause


def receive_frame(connection: socket.socket, deadline: float) -> bytes:
    """Receive one frame before `deadline` (monotonic seconds); raise FrameRefused."""
    length = int.from_bytes(_receive(connection, LENGTH_BYTES, deadline), "big")
    if length > FRAME_BYTES_MAX:
        raise FrameRefused("too long a message")
    return _receive(connection, length, deadline)


def _receive(connection: socket.socket, length: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        try:
            connection.settimeout(_left(deadline))
            chunk = connection.recv(min(length - len(received), _CHUNK))
        except OSError as cause:
            raise FrameRefused("no message in time") from cause
        if not chunk:
            raise FrameRefused("the other side went away")
        received += chunk
    return bytes(received)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FrameRefused("no message in time")
    return left
