"""Commands and answers of cards, in words, without what nobody may see.

Promise: bytes are shown only of the commands listed here as public, and only at the length they
have; of all others, known or not, the name, the status and the lengths. A key, a challenge, the
content of a file or digits for a card never come out. Nothing raises.
"""

from dataclasses import dataclass

from passcard.layout import ACCESS_AID, BENEFITS_AID

READER_CLASS, WRAPPED_CLASS, ISO_CLASS = 0xFF, 0x90, 0x00
ADDITIONAL_FRAME = 0xAF
AID_LENGTH = 3
SELECT_APPLICATION, GET_VERSION, GET_KEY_VERSION, GET_APPLICATION_IDS = 0x5A, 0x60, 0x64, 0x6A
ISO_SELECT = 0xA4
HEADER_LENGTH = 5
MAC_LENGTH = 8
ISO_NAME_LENGTH_MAX = 16

# Names as NXP writes them. AN12752 and the data sheet of DESFire EV2.
NAMES = {
    0x0A: "Authenticate",
    0x0C: "Credit",
    0x1A: "AuthenticateISO",
    0x1C: "LimitedCredit",
    0x3B: "WriteRecord",
    0x3C: "Read_Sig",
    0x3D: "WriteData",
    0x45: "GetKeySettings",
    0x51: "GetCardUID",
    0x54: "ChangeKeySettings",
    0x55: "RollKeySet",
    0x56: "InitializeKeySet",
    0x57: "FinalizeKeySet",
    0x5A: "SelectApplication",
    0x5C: "SetConfiguration",
    0x5F: "ChangeFileSettings",
    0x60: "GetVersion",
    0x61: "GetISOFileIDs",
    0x64: "GetKeyVersion",
    0x6A: "GetApplicationIDs",
    0x6C: "GetValue",
    0x6D: "GetDFNames",
    0x6E: "FreeMem",
    0x6F: "GetFileIDs",
    0x71: "AuthenticateEV2First",
    0x77: "AuthenticateEV2NonFirst",
    0x8B: "WriteRecord",
    0x8D: "WriteData",
    0xA7: "AbortTransaction",
    0xAA: "AuthenticateAES",
    0xAB: "ReadRecords",
    0xAD: "ReadData",
    0xBA: "UpdateRecord",
    0xBB: "ReadRecords",
    0xBD: "ReadData",
    0xC0: "CreateCyclicRecordFile",
    0xC1: "CreateLinearRecordFile",
    0xC4: "ChangeKey",
    0xC6: "ChangeKeyEV2",
    0xC7: "CommitTransaction",
    0xC8: "CommitReaderID",
    0xCA: "CreateApplication",
    0xCB: "CreateBackupDataFile",
    0xCC: "CreateValueFile",
    0xCD: "CreateStdDataFile",
    0xCE: "CreateTransactionMACFile",
    0xDA: "DeleteApplication",
    0xDB: "UpdateRecord",
    0xDC: "Debit",
    0xDF: "DeleteFile",
    0xEB: "ClearRecordFile",
    0xF5: "GetFileSettings",
    0xFC: "FormatPICC",
}
ISO_NAMES = {
    0x20: "VERIFY",
    0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    0xB2: "READ RECORD",
    0xC0: "GET RESPONSE",
    0xCA: "GET DATA",
    0xD6: "UPDATE BINARY",
}
# What anybody may ask, with the number of bytes it takes: the answer is public as well.
_PUBLIC = {0x45: 0, 0x5A: 3, 0x60: 0, 0x61: 0, 0x64: 1, 0x6A: 0, 0x6D: 0, 0x6E: 0, 0x6F: 0, 0xF5: 1}
_WITH_KEY_NUMBER = frozenset({0x0A, 0x1A, 0x64, 0x71, 0x77, 0xAA})
_AUTHENTICATIONS = frozenset({0x0A, 0x1A, 0x71, 0x77, 0xAA})
_APPLICATIONS = {
    bytes(3): "the card itself",
    BENEFITS_AID: "Pass benefits",
    ACCESS_AID: "Pass access",
}

_DESFIRE_STATUS = {
    0x00: "done",
    0x0B: "proximity check not finished",
    0x0C: "nothing to change",
    0x0E: "out of memory",
    0x1C: "illegal command",
    0x1E: "integrity error",
    0x40: "no such key",
    0x7E: "wrong length",
    0x90: "proximity check passed",
    0x9D: "permission denied",
    0x9E: "wrong parameter",
    0xA0: "application not found",
    0xA1: "application damaged",
    0xAE: "authentication error",
    0xAF: "more follows",
    0xBE: "outside the file",
    0xC1: "card damaged",
    0xCA: "another command was not finished",
    0xCD: "card disabled",
    0xCE: "too many applications",
    0xDE: "exists already",
    0xEE: "memory failed",
    0xF0: "file not found",
    0xF1: "file damaged",
}
_ISO_STATUS = {
    0x9000: "done",
    0x6281: "perhaps damaged",
    0x6282: "end of the file",
    0x6700: "wrong length",
    0x6982: "security status not satisfied",
    0x6983: "blocked",
    0x6985: "conditions not satisfied",
    0x6986: "no file selected",
    0x6A81: "not supported",
    0x6A82: "file not found",
    0x6A86: "wrong parameters",
    0x6A88: "no such key",
    0x6B00: "outside the file",
    0x6D00: "instruction not supported",
    0x6E00: "class not supported",
    0x6F00: "no more is said",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A command in words. `root` is the command that a further frame goes on with."""

    words: str
    is_public: bool = False
    is_native: bool = False
    root: int | None = None


def command_words(command: bytes, before: Said | None = None) -> Said:
    """Say a command; `before` is the one before it in this tap."""
    if command[0] == READER_CLASS:
        return _reader_words(command)
    if command[0] == ISO_CLASS and len(command) >= HEADER_LENGTH - 1:
        return _iso_words(command)
    if command[0] == WRAPPED_CLASS and len(command) >= HEADER_LENGTH:
        length = command[4] if len(command) > HEADER_LENGTH else 0
        body, rest = (
            command[HEADER_LENGTH : HEADER_LENGTH + length],
            command[HEADER_LENGTH + length :],
        )
        is_whole = len(body) == length and len(rest) <= 1 and not any(rest)
        return _desfire_words(command[1], body, before, is_whole=is_whole)
    return _native_words(command, before)


def _native_words(command: bytes, before: Said | None) -> Said:
    said = _desfire_words(command[0], command[1:], before, is_whole=True)
    return Said(f"{said.words}, native", said.is_public, True, said.root)


def _reader_words(command: bytes) -> Said:
    if command == bytes.fromhex("FFCA000000"):
        return Said("Get the UID (the reader answers)", is_public=True)
    return Said("Ask the reader")


def _iso_words(command: bytes) -> Said:
    name = ISO_NAMES.get(command[1])
    if name is None:
        return Said("Unknown ISO 7816 command")
    if command[1] != ISO_SELECT:
        return Said(name)
    length = command[4] if len(command) > HEADER_LENGTH else 0
    wanted = command[HEADER_LENGTH : HEADER_LENGTH + length]
    if length > ISO_NAME_LENGTH_MAX or len(command) > HEADER_LENGTH + length + 1:
        return Said(name)
    is_text = len(wanted) > 3 and all(0x20 <= octet < 0x7F for octet in wanted)
    shown = f'"{wanted.decode()}"' if is_text else wanted.hex().upper()
    return Said(f"{name} {shown}".rstrip(), is_public=True)


def _desfire_words(ins: int, body: bytes, before: Said | None, *, is_whole: bool) -> Said:
    if ins == ADDITIONAL_FRAME:
        return _continued(body, before)
    name = NAMES.get(ins)
    if name is None:
        return Said("Unknown DESFire command")
    expected = _PUBLIC.get(ins)
    is_public = is_whole and expected is not None and len(body) in {expected, expected + MAC_LENGTH}
    words = name
    if ins in _WITH_KEY_NUMBER and body:
        words += f" with key {body[0] & 0x3F}" if ins in _AUTHENTICATIONS else f" {body[0] & 0x3F}"
    if ins == SELECT_APPLICATION and is_whole and len(body) == 2 * AID_LENGTH:
        is_public = True
        words += f" {_application(body[:AID_LENGTH])} and {_application(body[AID_LENGTH:])}"
    elif ins == SELECT_APPLICATION and is_public:
        words += f" {_application(body[:AID_LENGTH])}"
    return Said(words, is_public, root=ins)


def _application(aid: bytes) -> str:
    known = _APPLICATIONS.get(aid)
    return aid.hex().upper() + (f" ({known})" if known else "")


def _continued(body: bytes, before: Said | None) -> Said:
    if before is None or before.root is None:
        return Said("Go on")
    name = NAMES[before.root]
    if before.root in _AUTHENTICATIONS:
        return Said(f"{name}: answer to the challenge", root=before.root)
    return Said(f"{name}: go on", before.is_public and not body, root=before.root)


def status_of(answer: bytes, *, is_native: bool) -> str:
    """Return the status in hex: two bytes, or one of a native answer."""
    return (answer[:1] if is_native else answer[-2:]).hex().upper()


def status_words(answer: bytes, *, is_native: bool) -> str:
    """Say how an answer ends."""
    if not answer:
        return "none: the card is mute"
    if is_native:
        return _DESFIRE_STATUS.get(answer[0], "unknown status")
    if len(answer) >= 2 and answer[-2] == 0x91:
        return _DESFIRE_STATUS.get(answer[-1], "unknown status")
    if answer[-2:-1] == b"\x6c":
        return f"wrong length, {answer[-1]} would be right"
    return _ISO_STATUS.get(int.from_bytes(answer[-2:], "big"), "unknown status")
