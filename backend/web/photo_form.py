"""A form that carries a photo: counted while it comes, read once its sender is known.

Promise: what is longer than a photo may be is thrown away as it arrives, never kept; a form that is
not of the session's own page is refused; what the photo holds is looked at before it is anybody's.
Put it after whoever is asked for in a route's parameters: those come first, and need no body.
"""

import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from backend.accounts.signin.tokens import form_token
from backend.cards.errors import ImageRefused
from backend.cards.images import UPLOAD_BYTES_MAX, Unfit, draw_anew
from backend.web.signed_in import FormForged, Token
from backend.web.words import Text

#: Besides the photo: its fields, and what stands between them.
FIELDS_BYTES_MAX: Final = 32 * 1024
FIELDS_MAX: Final = 12
UNFIT: Final[dict[str, Text]] = {
    Unfit.TOO_LARGE: Text(
        "Cette photo dépasse 10 Mo. Prenez-en une plus légère.",
        "This photo is larger than 10 MB. Take a lighter one.",
    ),
    Unfit.NOT_AN_IMAGE: Text(
        "Ce fichier n’est pas une photo JPEG ou PNG.", "This file is no JPEG or PNG photo."
    ),
    Unfit.LIES: Text(
        "Ce fichier n’est pas ce que son nom annonce. Enregistrez la photo à nouveau, en JPEG.",
        "This file is not what it is called. Save the photo again, as a JPEG.",
    ),
    Unfit.MORE_THAN_AN_IMAGE: Text(
        "Ce fichier contient autre chose qu’une photo (une vidéo, par exemple). Prenez une photo "
        "simple, ou une capture de celle-ci.",
        "This file holds more than a photo (a film, perhaps). Take a plain photo, or a screenshot.",
    ),
    Unfit.TOO_MANY_PIXELS: Text(
        "Cette image est trop grande. Prenez une photo ordinaire.",
        "This image is too large. Take an ordinary photo.",
    ),
    Unfit.TOO_SMALL: Text(
        "Cette photo est trop petite : au moins 120 points de côté.",
        "This photo is too small: at least 120 pixels a side.",
    ),
    Unfit.DAMAGED: Text(
        "Cette photo est abîmée et ne s’ouvre pas. Choisissez-en une autre.",
        "This photo is damaged and does not open. Choose another.",
    ),
}


@dataclass(frozen=True, slots=True)
class PhotoForm:
    """What a form carried: its fields, and its photo if one was chosen."""

    fields: Mapping[str, str] = field(repr=False)
    image: bytes | None = field(repr=False)
    said_type: str | None
    #: What made it unreadable: then nothing is known of it, not even whose page it is from.
    unfit: Unfit | None = None

    def draw(self) -> bytes:
        """Return the photo drawn anew; raise ImageRefused."""
        if self.unfit is not None:
            raise ImageRefused(why=self.unfit.value)
        if self.image is None:
            raise ImageRefused(why=Unfit.NOT_AN_IMAGE.value)
        return draw_anew(self.image, self.said_type)


async def read_photo_form(request: Request, token: Token) -> PhotoForm:
    """Read a form of `multipart/form-data`; raise FormForged.

    What is too long or no such form has neither fields nor photo, and says so when it is drawn.
    """
    coming = _Counted(request.stream())
    parser = MultiPartParser(
        request.headers,
        coming.kept(),
        max_files=1,
        max_fields=FIELDS_MAX,
        max_part_size=FIELDS_BYTES_MAX,
    )
    try:
        parsed = await parser.parse()
    except (MultiPartException, KeyError):
        return PhotoForm({}, None, None, coming.unfit or Unfit.DAMAGED)
    try:
        fields = {name: said for name, said in parsed.items() if isinstance(said, str)}
        photo = next((one for one in parsed.values() if isinstance(one, UploadFile)), None)
        image = None if photo is None or not photo.filename else await photo.read()
    finally:
        await parsed.close()
    if coming.unfit is not None:
        return PhotoForm({}, None, None, coming.unfit)
    if not hmac.compare_digest(fields.get("form", "").encode(), form_token(token).encode()):
        raise FormForged
    return PhotoForm(fields, image or None, photo.content_type if photo is not None else None)


OwnPhotoForm = Annotated[PhotoForm, Depends(read_photo_form)]


class _Counted:
    """A body that is cut off where it is too long; the rest is read and thrown away."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self.unfit: Unfit | None = None

    async def kept(self) -> AsyncGenerator[bytes, None]:
        left = UPLOAD_BYTES_MAX + FIELDS_BYTES_MAX
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                # Read to its end, so that the browser comes to read the answer.
                self.unfit = Unfit.TOO_LARGE
            else:
                yield chunk
