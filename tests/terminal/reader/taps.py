"""Taps at the real reader: what its tests share."""

from terminal.reader.pcsc import CardConnection, PcscReader

GET_VERSION = bytes.fromhex("9060000000")
NOT_READY_SECONDS = 0.05
ARRIVAL_SECONDS_MAX = 5.0


def next_card(reader: PcscReader) -> CardConnection:
    connection = reader.wait_for_card(ARRIVAL_SECONDS_MAX)
    assert connection is not None
    return connection
