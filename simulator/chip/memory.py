"""What survives without power. Frozen: a write replaces the whole, so nothing is ever half done."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from simulator.chip.keys import Key, KeyKind, KeySettings, zero_key

PICC_AID = bytes(3)
PICC_NAME = bytes.fromhex("D2760000850100")
FACTORY_KEY_SETTINGS = KeySettings(0x0F)
FACTORY_FREE_BYTES = 7936
# Rounded from what cards show; only that it shrinks, and never grows again, is a fact.
APPLICATION_BYTES = 64
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Application:
    """One application: its settings and its keys, key 0 being the master."""

    settings: KeySettings
    kind: KeyKind
    keys: tuple[Key, ...]
    iso_file_ids: bool = False
    name: bytes = b""

    @property
    def key_settings_2(self) -> int:
        """Return KS2: kind, ISO file ids, number of keys."""
        return self.kind << 6 | self.iso_file_ids << 5 | len(self.keys)

    def with_key(self, number: int, key: Key) -> Self:
        """Return it with one key replaced; only the PICC's single key may change its kind."""
        return replace(
            self, kind=key.kind, keys=(*self.keys[:number], key, *self.keys[number + 1 :])
        )


def factory_picc() -> Application:
    """Return the PICC level as delivered: one key, two-key DES, all zeros."""
    key = zero_key(KeyKind.TWO_KEY_DES)
    return Application(FACTORY_KEY_SETTINGS, key.kind, (key,), name=PICC_NAME)


def _factory_applications() -> Mapping[bytes, Application]:
    return MappingProxyType({PICC_AID: factory_picc()})


@dataclass(frozen=True, slots=True)
class Memory:
    """The applications by AID as on the wire, the PICC level being AID 000000."""

    applications: Mapping[bytes, Application] = field(default_factory=_factory_applications)
    free_bytes: int = FACTORY_FREE_BYTES

    def with_application(self, aid: bytes, application: Application, cost: int = 0) -> Self:
        """Return it with one application added or replaced."""
        changed = MappingProxyType({**self.applications, aid: application})
        return replace(self, applications=changed, free_bytes=self.free_bytes - cost)

    def without_application(self, aid: bytes) -> Self:
        """Return it without one; its room is not given back, as on real cards."""
        kept = {other: app for other, app in self.applications.items() if other != aid}
        return replace(self, applications=MappingProxyType(kept))


def application_cost(key_count: int) -> int:
    """Return the bytes a new application takes."""
    return APPLICATION_BYTES + key_count * KEY_BYTES
