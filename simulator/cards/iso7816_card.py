"""A bare ISO 7816-4 card: a master file and EF.DIR to read, no application of anybody's."""

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
NO_FILE_SELECTED = b"\x69\x86"
FILE_NOT_FOUND = b"\x6a\x82"
WRONG_PARAMETERS = b"\x6a\x86"
WRONG_OFFSET = b"\x6b\x00"
INS_NOT_SUPPORTED = b"\x6d\x00"
CLASS_NOT_SUPPORTED = b"\x6e\x00"

SELECT, READ_BINARY = 0xA4, 0xB0
HEADER_LENGTH = 5
MASTER_FILE, DIRECTORY_FILE = bytes.fromhex("3F00"), bytes.fromhex("2F00")
# ISO 7816-4 §8.2.1.1: an application template (61) with an identifier (4F) and a label (50).
DIRECTORY = bytes.fromhex("610F 4F05 F000000001 5006 534F4C4F3031")


class Iso7816Card:
    """A card whose whole content anybody may read."""

    # T0 80: no historical bytes; TD1 80, TD2 01, TCK (PC/SC part 3 §3.1.3.2.3).
    atr = bytes.fromhex("3B80800101")

    def __init__(self, uid: bytes) -> None:
        self.uid = uid
        self._selected: bytes | None = None

    def power_on(self) -> bytes:
        """Enter the field; return the ATR."""
        self._selected = None
        return self.atr

    def power_off(self) -> None:
        """Leave the field."""

    def reset(self) -> bytes:
        """Forget what was selected; return the ATR."""
        return self.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Answer SELECT by file identifier and READ BINARY."""
        if len(command) < HEADER_LENGTH - 1:
            return WRONG_LENGTH
        if command[0] != 0x00:
            return CLASS_NOT_SUPPORTED
        if command[1] == SELECT:
            return self._select(command)
        return self._read(command) if command[1] == READ_BINARY else INS_NOT_SUPPORTED

    def _select(self, command: bytes) -> bytes:
        if command[2] == 0x04:  # by name: there is none
            return FILE_NOT_FOUND
        if command[2] != 0x00:
            return WRONG_PARAMETERS
        length = command[4] if len(command) > HEADER_LENGTH else 0
        wanted = command[HEADER_LENGTH : HEADER_LENGTH + length] or MASTER_FILE
        if len(wanted) != length and length:
            return WRONG_LENGTH
        if wanted not in {MASTER_FILE, DIRECTORY_FILE}:
            return FILE_NOT_FOUND
        self._selected = wanted
        return OK

    def _read(self, command: bytes) -> bytes:
        if self._selected != DIRECTORY_FILE:
            return NO_FILE_SELECTED
        offset = int.from_bytes(command[2:4], "big")
        if offset >= len(DIRECTORY):
            return WRONG_OFFSET
        asked = command[4] if len(command) == HEADER_LENGTH else 0
        found = DIRECTORY[offset:]
        if asked > len(found):
            return bytes((0x6C, len(found)))
        return found[: asked or None] + OK
