"""The generations of the chip: what each calls itself, and what only the later ones know."""

from dataclasses import dataclass

# Vendor NXP, type DESFire, subtype; storage 8K, protocol 14443-4.
_VENDOR_TYPE_SUBTYPE = bytes.fromhex("040101")
_STORAGE_PROTOCOL = bytes.fromhex("1A05")


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation: versions of hardware and software, and its abilities."""

    name: str
    hardware: bytes
    software: bytes
    knows_ev2: bool
    applications_max: int | None

    @property
    def hardware_version(self) -> bytes:
        """Return the first frame of GetVersion."""
        return _VENDOR_TYPE_SUBTYPE + self.hardware + _STORAGE_PROTOCOL

    @property
    def software_version(self) -> bytes:
        """Return the second frame of GetVersion."""
        return _VENDOR_TYPE_SUBTYPE + self.software + _STORAGE_PROTOCOL


EV1 = Generation("EV1", b"\x01\x00", b"\x01\x04", knows_ev2=False, applications_max=28)
EV2 = Generation("EV2", b"\x12\x00", b"\x02\x01", knows_ev2=True, applications_max=None)
EV3 = Generation("EV3", b"\x33\x00", b"\x03\x00", knows_ev2=True, applications_max=None)
GENERATIONS = {generation.name: generation for generation in (EV1, EV2, EV3)}
