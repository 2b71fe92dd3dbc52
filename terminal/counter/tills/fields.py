"""The text of Caisse-AP: tag (2 letters), length (3 digits), value, one after the other.

Sans-I/O: bytes come in as they dribble, fields come out; nothing marks the end of a message, so who
reads decides by silence when it is over. A message begins with CZ, repeats no tag and has no empty
value. What breaks these rules is a BadFrame for good: nothing is guessed. It knows no meaning of a
tag and no clock.
"""

from collections.abc import Mapping

FIRST_TAG = "CZ"
TAG_BYTES, LENGTH_BYTES = 2, 3
VALUE_BYTES_MAX = 999
_BETWEEN_FIELDS = frozenset(b"\r\n")


class BadFrame(Exception):
    """These bytes are no message; the text says why, and quotes nothing."""


class FieldReader:
    """Reads one message."""

    def __init__(self, bytes_max: int, fields_max: int) -> None:
        self._bytes_max = bytes_max
        self._fields_max = fields_max
        self._bytes_seen = 0
        self._waiting = bytearray()
        self._fields: dict[str, str] = {}
        self._fault: BadFrame | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """The whole fields so far, in order."""
        return self._fields

    @property
    def fault(self) -> BadFrame | None:
        """Why no more is read, once a rule is broken."""
        return self._fault

    @property
    def between_fields(self) -> bool:
        """True when all that came belongs to whole fields."""
        return not self._waiting

    def receive_data(self, piece: bytes) -> None:
        """Take bytes, in pieces of any size; after a fault they are dropped."""
        if self._fault is not None:
            return
        try:
            self._keep(piece)
            while self._take_field():
                pass
        except BadFrame as fault:
            self._fault = fault
            self._waiting.clear()

    def _keep(self, piece: bytes) -> None:
        self._bytes_seen += len(piece)
        if self._bytes_seen > self._bytes_max:
            raise BadFrame(f"more than {self._bytes_max} bytes")
        self._waiting += piece

    def _take_field(self) -> bool:
        """Move one whole field out of the waiting bytes; False if none is whole yet."""
        while self._waiting and self._waiting[0] in _BETWEEN_FIELDS:
            del self._waiting[0]
        head = TAG_BYTES + LENGTH_BYTES
        tag = self._tag()
        length = self._length()
        if length is None or len(self._waiting) < head + length:
            return False
        value = bytes(self._waiting[head : head + length])
        if not all(0x20 <= byte < 0x7F for byte in value):
            raise BadFrame(f"the value of {tag} is not printable ASCII")
        del self._waiting[: head + length]
        self._fields[tag] = value.decode("ascii")
        return True

    def _tag(self) -> str:
        """Return the letters of the next tag that have come, each checked as soon as it is here."""
        raw = bytes(self._waiting[:TAG_BYTES])
        if not all(0x41 <= byte <= 0x5A for byte in raw):
            raise BadFrame("a tag is two capital letters")
        tag = raw.decode("ascii")
        if not self._fields and not FIRST_TAG.startswith(tag):
            raise BadFrame(f"a message begins with {FIRST_TAG}")
        if len(raw) == TAG_BYTES:
            if tag in self._fields:
                raise BadFrame(f"{tag} comes twice")
            if len(self._fields) >= self._fields_max:
                raise BadFrame(f"more than {self._fields_max} fields")
        return tag

    def _length(self) -> int | None:
        """Return the length of the next value, or None while it is not all here."""
        raw = bytes(self._waiting[TAG_BYTES : TAG_BYTES + LENGTH_BYTES])
        if not all(0x30 <= byte <= 0x39 for byte in raw):
            raise BadFrame("a length is three digits")
        if len(raw) < LENGTH_BYTES:
            return None
        length = int(raw)
        if length == 0:
            raise BadFrame("a value is never empty")
        return length


def encode(fields: Mapping[str, str]) -> bytes:
    """Return the message of these fields, in their order; values are ASCII, 1 to 999 long."""
    return "".join(encode_field(tag, value) for tag, value in fields.items()).encode("ascii")


def encode_field(tag: str, value: str) -> str:
    """Return one field."""
    assert len(tag) == TAG_BYTES, "a tag is two letters"
    assert 1 <= len(value) <= VALUE_BYTES_MAX, "a value has 1 to 999 characters"
    return f"{tag}{len(value):03d}{value}"
