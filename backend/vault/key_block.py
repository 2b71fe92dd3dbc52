"""Writing a key block for conveyance: ASC X9 TR-31:2018 (ANSI X9.143), version D (AES).

Promise: the key is encrypted and bound to its header (what it is for, whose it is) under a key
block protection key that two people carry apart. Not here: reading blocks; nobody sends us keys.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from passcard.secret import Secret

#: Key usage: initial DUKPT key; mode of use: derivation only; not exportable again.
USAGE_INITIAL_KEY = "B1"
MODE_DERIVE = "X"
ALGORITHM_AES = "A"
ALGORITHM_TDES = "T"
NOT_EXPORTABLE = "N"
PROTECTION_KEY_LENGTHS = (16, 24, 32)
_BLOCK = 16
_HEADER = 16
_PADDING_HEADER = 4
# Derivation of the two working keys (TR-31:2018 §5.3.2.3): usage, then algorithm of the key.
_ENCRYPTION = 0x0000
_AUTHENTICATION = 0x0001
_AES_ALGORITHM = {16: 0x0002, 24: 0x0003, 32: 0x0004}


def initial_key_block(
    protection_key: Secret,
    initial_key: Secret,
    initial_key_id: bytes,
    random: Callable[[int], bytes],
) -> str:
    """Return a pad's initial key as a block; its identifier (8 bytes, TDES: 10) is in the header.

    The protection key has 16, 24 or 32 bytes. Raises ValueError.
    """
    # Optional block: IK names an AES initial key, KS a TDES one by its KSN (TR-31:2018 table 10).
    aes = len(initial_key_id) == 8
    name = "IK" if aes else "KS"
    option = f"{name}{_PADDING_HEADER + 2 * len(initial_key_id):02X}{initial_key_id.hex().upper()}"
    algorithm = ALGORITHM_AES if aes else ALGORITHM_TDES
    attributes = USAGE_INITIAL_KEY + algorithm + MODE_DERIVE + "00" + NOT_EXPORTABLE
    return wrap(protection_key, initial_key, attributes, option, random)


def wrap(
    protection_key: Secret,
    key: Secret,
    attributes: str,
    option: str,
    random: Callable[[int], bytes],
) -> str:
    """Return a version D block: `attributes` are header bytes 5 to 12, `option` one or none."""
    kbpk, material = protection_key.reveal(), key.reveal()
    if len(kbpk) not in PROTECTION_KEY_LENGTHS:
        raise ValueError("a key block protection key has 16, 24 or 32 bytes")
    options = _padded(option)
    plain = (8 * len(material)).to_bytes(2, "big") + material
    plain += random(-len(plain) % _BLOCK)
    length = _HEADER + len(options) + 2 * len(plain) + 2 * _BLOCK
    count = 0 if not options else 1 if options == option else 2
    header = f"D{length:04d}{attributes}{count:02d}00{options}"
    mac = _cmac(_working_key(kbpk, _AUTHENTICATION), header.encode("ascii") + plain)
    encryptor = Cipher(algorithms.AES(_working_key(kbpk, _ENCRYPTION)), modes.CBC(mac)).encryptor()
    return header + (encryptor.update(plain) + encryptor.finalize() + mac).hex().upper()


def _padded(option: str) -> str:
    """Fill up to whole cipher blocks with a PB block, as version D asks (TR-31:2018 §A.5.4)."""
    missing = -len(option) % _BLOCK
    if missing == 0:
        return option
    if missing < _PADDING_HEADER:
        missing += _BLOCK
    return f"{option}PB{missing:02X}{'0' * (missing - _PADDING_HEADER)}"


def _working_key(kbpk: bytes, usage: int) -> bytes:
    length = len(kbpk)
    fixed = usage.to_bytes(2, "big") + b"\x00"
    fixed += _AES_ALGORITHM[length].to_bytes(2, "big") + (8 * length).to_bytes(2, "big")
    blocks = -(-length // _BLOCK)
    return b"".join(_cmac(kbpk, bytes((n,)) + fixed) for n in range(1, blocks + 1))[:length]


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()
