"""DESFire status codes, and the refusal that carries one to the answer."""

import enum


class Status(enum.IntEnum):
    """The last byte of an answer (91 xx)."""

    OK = 0x00
    PROXIMITY_CHECK_BUSY = 0x0B
    NO_CHANGES = 0x0C
    OUT_OF_EEPROM = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY_ERROR = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH_ERROR = 0x7E
    PROXIMITY_CHECK_OK = 0x90
    PERMISSION_DENIED = 0x9D
    PARAMETER_ERROR = 0x9E
    APPLICATION_NOT_FOUND = 0xA0
    APPLICATION_INTEGRITY_ERROR = 0xA1
    AUTHENTICATION_ERROR = 0xAE
    ADDITIONAL_FRAME = 0xAF
    BOUNDARY_ERROR = 0xBE
    PICC_INTEGRITY_ERROR = 0xC1
    COMMAND_ABORTED = 0xCA
    PICC_DISABLED = 0xCD
    TOO_MANY_APPLICATIONS = 0xCE
    DUPLICATE = 0xDE
    EEPROM_ERROR = 0xEE
    FILE_NOT_FOUND = 0xF0
    FILE_INTEGRITY_ERROR = 0xF1


class RefusalError(Exception):
    """The chip refuses; answering it ends the session."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


def require(condition: bool, status: Status) -> None:
    """Refuse with this status unless the condition holds."""
    if not condition:
        raise RefusalError(status)
