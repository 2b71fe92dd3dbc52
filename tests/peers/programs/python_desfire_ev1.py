"""Stories of python-desfire (MIT, EV1, native frames) with the card in the reader.

Run as `python -m tests.peers.programs.python_desfire_ev1 STORY`; the last line out is JSON.
Its own bugs are stepped around where README.md says so.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from desfire import DESFire, DESFireKey  # type: ignore[import-not-found]
from desfire.devices.pcsc import PCSCDevice  # type: ignore[import-not-found]
from desfire.enums import (  # type: ignore[import-not-found]
    DESFireCommunicationMode,
    DESFireFileType,
    DESFireKeySettings,
    DESFireKeyType,
)
from desfire.exceptions import DESFireCommunicationError  # type: ignore[import-not-found]
from desfire.schemas import (  # type: ignore[import-not-found]
    FilePermissions,
    FileSettings,
    KeySettings,
)

from tests.peers.programs.reader import connection

AID = [0xF5, 0x92, 0x50]
NEW_KEY = bytes(range(16))
OTHER_KEY = bytes(range(16, 32))
RECORD = list(range(32))


def des_key(material: bytes = bytes(8)) -> Any:
    """Return a DES key, fresh: the peer turns it into the session key."""
    return DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_2K3DES), material)


def aes_key(material: bytes = bytes(16)) -> Any:
    """Return an AES key, fresh."""
    return DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), material)


def look(card: Any) -> Any:
    """Read what anybody may, without a key."""
    version = card.get_card_version()
    settings = card.get_key_setting()
    told = 0
    for setting in settings.settings:  # the peer's own sum counts the bits of 0F twice
        told |= setting.value
    return {
        "uid": bytes(version.uid).hex(),
        "settings": told,
        "key_type": settings.key_type.name,
        "applications": card.get_application_ids(),
        "key_version": card.get_key_version(0),
    }


def personalise(card: Any) -> Any:
    """Go from the factory's DES key to an AES application with two keys changed."""
    card.authenticate(0, des_key())
    uid_under_des = bytes(card.get_real_uid()).hex()
    card.change_key(0, des_key(), aes_key(NEW_KEY), 7)
    card.authenticate(0, aes_key(NEW_KEY))
    wanted = [DESFireKeySettings.KS_FACTORY_DEFAULT, DESFireKeySettings.KS_CHANGE_KEY_WITH_MK]
    settings = KeySettings(key_type=DESFireKeyType.DF_KEY_AES, settings=wanted)
    card.create_application(AID, settings, 2)
    applications = card.get_application_ids()
    card.select_application(AID)
    card.authenticate(0, aes_key())
    card.change_key(1, aes_key(), aes_key(OTHER_KEY), 3)
    versions = [card.get_key_version(0), card.get_key_version(1)]
    card.change_key(0, aes_key(), aes_key(NEW_KEY), 5)
    card.authenticate(1, aes_key(OTHER_KEY))
    uid_under_aes = bytes(card.get_real_uid()).hex()
    return {
        "uids": [uid_under_des, uid_under_aes],
        "applications": applications,
        "versions": [*versions, card.get_key_version(0)],
    }


def refuse(card: Any) -> Any:
    """Be refused with a wrong key, then without any."""
    refusals = []
    attempts: list[Callable[[], object]] = [
        lambda: card.authenticate(0, des_key(bytes(range(8)))),
        lambda: card.select_application([1, 2, 3]),
        lambda: card.authenticate(1, des_key()),
        lambda: card.get_key_version(9),
    ]
    for attempt in attempts:
        try:
            attempt()
        except DESFireCommunicationError as refusal:
            refusals.append(refusal.args[0])
    return refusals


def settle(card: Any) -> Any:
    """Change the PICC key's settings, create an application and delete it again."""
    card.authenticate(0, des_key())
    card.change_key_settings([DESFireKeySettings.KS_FACTORY_DEFAULT])
    settings = KeySettings(
        key_type=DESFireKeyType.DF_KEY_AES, settings=[DESFireKeySettings.KS_FACTORY_DEFAULT]
    )
    card.create_application(AID, settings, 1)
    before = card.get_application_ids()
    card.delete_application(AID)
    return {"before": before, "after": card.get_application_ids()}


def files(card: Any) -> Any:
    """Create a standard file in each mode, write and read it."""
    card.select_application(AID)
    read = {}
    modes = (DESFireCommunicationMode.PLAIN, DESFireCommunicationMode.ENCRYPTED)
    for number, mode in enumerate(modes, start=1):
        card.authenticate(0, aes_key())
        settings = FileSettings(
            encryption=mode,
            file_type=DESFireFileType.MDFT_STANDARD_DATA_FILE,
            permissions=FilePermissions(0, 0, 0, 0),
            file_size=len(RECORD),
        )
        card.create_standard_file(number, settings)
        card.write_file_data(number, 0, mode, list(RECORD))
        told = card.get_file_settings(number)
        assert (told.file_size, told.encryption) == (len(RECORD), mode)
        if mode is DESFireCommunicationMode.PLAIN:
            # The peer takes the 8 bytes of MAC for data: tell it that the answer has a MAC.
            told.encryption = DESFireCommunicationMode.CMAC
        read[mode.name] = card.read_file_data(number, told)
    return {"read": read, "files": sorted(card.get_file_ids())}


def wrong_macs(card: Any) -> Any:
    """Write in MAC mode, then delete a file: both times the peer's MAC is wrong."""
    refusals = []
    mode = DESFireCommunicationMode.CMAC
    settings = FileSettings(encryption=mode, permissions=FilePermissions(0, 0, 0, 0), file_size=32)
    card.select_application(AID)
    card.authenticate(0, aes_key())
    card.create_standard_file(1, settings)
    attempts: list[Callable[[], object]] = [
        lambda: card.write_file_data(1, 0, mode, list(RECORD)),
        lambda: card.delete_file(1),
    ]
    for attempt in attempts:
        try:
            attempt()
        except DESFireCommunicationError as refusal:
            refusals.append(refusal.args[0])
        card.authenticate(0, aes_key())
    return refusals


STORIES: dict[str, Callable[[Any], Any]] = {
    "look": look,
    "personalise": personalise,
    "refuse": refuse,
    "settle": settle,
    "files": files,
    "wrong_macs": wrong_macs,
}


def main() -> None:
    """Tell one story."""
    with connection() as card:
        told = STORIES[sys.argv[1]](DESFire(PCSCDevice(card)))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
