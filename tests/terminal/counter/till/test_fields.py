"""The TLV text: what comes out does not depend on how the bytes came in, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.counter.tills.fields import FieldReader, encode

BYTES_MAX, FIELDS_MAX = 2048, 40
SALE = b"CZ0040300CJ012247300123456CA00201CB0042500CD0010CE003978"

tags = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2).filter(lambda tag: tag != "CZ")
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
messages = st.dictionaries(tags, values, max_size=12).map(lambda more: {"CZ": "0300", **more})


def read(*pieces: bytes) -> FieldReader:
    reader = FieldReader(BYTES_MAX, FIELDS_MAX)
    for piece in pieces:
        reader.receive_data(piece)
    return reader


@given(messages, st.data())
def test_split_anywhere_it_reads_the_same(message: dict[str, str], data: st.DataObject) -> None:
    raw = encode(message)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    reader = read(*pieces)
    assert (dict(reader.fields), list(reader.fields)) == (message, list(message))
    assert (reader.fault, reader.between_fields) == (None, True)


@given(messages, st.data())
def test_cut_short_it_is_never_taken_for_whole(
    message: dict[str, str], data: st.DataObject
) -> None:
    raw = encode(message)
    reader = read(raw[: data.draw(st.integers(0, len(raw) - 1))])
    assert reader.fault is None
    whole = encode(reader.fields) if reader.fields else b""
    assert raw.startswith(whole)
    assert reader.between_fields == (
        whole == raw[: len(whole)] and len(whole) == reader._bytes_seen
    )


@given(messages, messages)
def test_two_glued_together_are_a_fault(first: dict[str, str], second: dict[str, str]) -> None:
    assert read(encode(first) + encode(second)).fault is not None


@given(st.binary(max_size=300), st.data())
def test_any_bytes_end_in_fields_or_in_a_fault(raw: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(raw)))
    reader = read(raw[:cut], raw[cut:])
    if reader.fault is None and reader.between_fields and raw.strip(b"\r\n"):
        assert encode(reader.fields) == bytes(byte for byte in raw if byte not in b"\r\n")
    again = read(raw)
    assert (again.fault is None) == (reader.fault is None)


@pytest.mark.parametrize("between", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_line_ends_between_fields_are_dropped(between: bytes) -> None:
    reader = read(between + SALE[:9] + between + SALE[9:] + between)
    assert reader.between_fields
    assert encode(reader.fields) == SALE


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"CA00201", "begins with CZ"),
        (b"D", "begins with CZ"),
        (b"cz0040300", "two capital letters"),
        (b"CZ00A", "three digits"),
        (b"CZ000", "never empty"),
        (b"CZ0040300CZ0040300", "comes twice"),
        (b"CZ004\x1b300", "not printable ASCII"),
        (b"CZ0040\xe900", "not printable ASCII"),
        (b"CZ004030\n", "not printable ASCII"),
        (b"GET / HTTP/1.1\r\n", "begins with CZ"),
    ],
)
def test_what_is_wrong_is_said_at_once(raw: bytes, why: str) -> None:
    fault = read(raw).fault
    assert fault is not None
    assert why in str(fault)


def test_limits_on_bytes_and_on_fields() -> None:
    many = {"CZ": "0300"} | {chr(65 + n // 26) + chr(65 + n % 26): "1" for n in range(FIELDS_MAX)}
    assert "fields" in str(read(encode(many)).fault)
    assert "bytes" in str(read(b"CZ0040300" + b"\n" * BYTES_MAX).fault)


def test_after_a_fault_nothing_more_is_kept() -> None:
    reader = read(b"CZ0040300!")
    reader.receive_data(b"CA00201" * 10_000)
    assert list(reader.fields) == ["CZ"]
    assert not reader._waiting
