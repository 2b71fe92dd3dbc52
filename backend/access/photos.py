"""Photos for gates: small JPEGs, kept only with the family's agreement, shown only where allowed.

Promise: an image loses its metadata (place, camera, thumbnail) before it is stored; a gate is
given those of its own establishment only; whoever leaves has none any more. Not here: cutting and
scaling: what comes is as it is to be shown.
"""

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import EnrolmentUnknown, GateNotAssigned, PhotoInvalid, PhotoUnknown
from backend.access.office_tables import HolderPhoto
from backend.access.tables import Enrolment, Establishment, Gate

PHOTO_BYTES_MAX: Final = 60_000
SIDE_PIXELS_MAX: Final = 800
_BEGIN: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
#: Frames (but the tables C4, C8, CC among them), quantisation, Huffman, restart, JFIF, Adobe.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT: Final = _FRAMES | {0xC4, 0xDB, 0xDD, 0xE0, 0xEE, _SCAN}


def strip_photo(image: bytes) -> bytes:
    """Return a JPEG without comments and application segments; raise PhotoInvalid.

    ITU-T T.81, annex B: segments of marker and length up to the first scan.
    """
    if len(image) > PHOTO_BYTES_MAX or not image.startswith(_BEGIN) or not image.endswith(_END):
        raise PhotoInvalid
    kept, at, is_sized = bytearray(_BEGIN), len(_BEGIN), False
    while True:
        marker, length = _segment_at(image, at)
        if marker in _FRAMES:
            _check_sides(image[at : at + 2 + length])
            is_sized = True
        if marker == _SCAN:
            break
        if marker in _KEPT:
            kept += image[at : at + 2 + length]
        at += 2 + length
    if not is_sized:
        raise PhotoInvalid
    return bytes(kept) + image[at:]


def _segment_at(image: bytes, at: int) -> tuple[int, int]:
    head = image[at : at + 4]
    length = int.from_bytes(head[2:4])
    if len(head) < 4 or head[0] != 0xFF or length < 2 or at + 2 + length > len(image):
        raise PhotoInvalid
    return head[1], length


def _check_sides(frame: bytes) -> None:
    height, width = int.from_bytes(frame[5:7]), int.from_bytes(frame[7:9])
    if not (0 < height <= SIDE_PIXELS_MAX and 0 < width <= SIDE_PIXELS_MAX):
        raise PhotoInvalid


def keep_photo(
    session: Session, enrolment_id: UUID, image: bytes, *, noted_by: str, now: datetime
) -> HolderPhoto:
    """Keep a person's photo, in place of an older one: the family was told, and agreed.

    Raises EnrolmentUnknown, PhotoInvalid.
    """
    enrolment = session.get(Enrolment, enrolment_id, with_for_update=True)
    if enrolment is None or enrolment.ended_at is not None:
        raise EnrolmentUnknown
    stripped = strip_photo(image)
    photo = session.get(HolderPhoto, enrolment_id)
    if photo is None:
        photo = HolderPhoto(enrolment_id=enrolment_id)
        session.add(photo)
    photo.image, photo.sha256 = stripped, hashlib.sha256(stripped).digest()
    photo.agreed_at, photo.noted_by = now, noted_by
    session.flush()
    return photo


def drop_photo(session: Session, enrolment_id: UUID) -> None:
    """Forget a person's photo; without one nothing changes."""
    session.execute(delete(HolderPhoto).where(HolderPhoto.enrolment_id == enrolment_id))


def find_photo(session: Session, terminal_id: UUID, sha256: bytes) -> bytes:
    """Return a photo that this gate may show; raise GateNotAssigned, PhotoUnknown."""
    gate = session.get(Gate, terminal_id)
    if gate is None:
        raise GateNotAssigned
    image = session.scalar(
        select(HolderPhoto.image)
        .join(Enrolment, Enrolment.id == HolderPhoto.enrolment_id)
        .join(Establishment, Establishment.id == Enrolment.establishment_id)
        .where(
            HolderPhoto.sha256 == sha256,
            Enrolment.establishment_id == gate.establishment_id,
            Enrolment.ended_at.is_(None),
            Establishment.photos_on_gates,
        )
        .limit(1)
    )
    if image is None:
        raise PhotoUnknown
    return image
