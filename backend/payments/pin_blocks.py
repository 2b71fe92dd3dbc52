"""What a pad sent, in the words of the pins' room; nobody here looks inside."""

from backend.pins.checking import EncryptedPinBlock  # type: ignore[attr-defined]
from backend.pins.pads import PinProfile  # type: ignore[attr-defined]

__all__ = ["EncryptedPinBlock", "PinProfile", "read_pin_block"]


def read_pin_block(*, profile: str, ksn: str, block: str) -> EncryptedPinBlock:
    """Read a block as it came in JSON; both numbers are hex already checked."""
    return EncryptedPinBlock(
        profile=PinProfile(profile),
        key_serial_number=bytes.fromhex(ksn),
        block=bytes.fromhex(block),
    )
