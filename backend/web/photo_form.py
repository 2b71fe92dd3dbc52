"""A form that carries a photo: counted while it comes, read once its sender is known.

Promise: what is longer than a photo may be is thrown away as it arrives, never kept; a form that is
not of the session's own page is refused; what the photo holds is looked at before it is anybody's.
Put it after whoever is asked for in a route's parameters: those come first, and need no body.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request

from backend.accounts.signin.tokens import form_token
from backend.pictures import UPLOAD_BYTES_MAX, ImageRefused, Unfit, draw_anew
from backend.web.file_form import read_file_form
from backend.web.signed_in import FormForged, Token
from backend.web.words import Text

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
    form = await read_file_form(request, bytes_max=UPLOAD_BYTES_MAX, files_max=1)
    if form.too_long or form.unreadable:
        return PhotoForm({}, None, None, Unfit.TOO_LARGE if form.too_long else Unfit.DAMAGED)
    try:
        photo = next(iter(form.files), None)
        image = None if photo is None else await photo.read()
    finally:
        await form.close()
    check_form(form.fields.get("form", ""), token)
    return PhotoForm(form.fields, image or None, photo.content_type if photo is not None else None)


def check_form(said: str, token: str) -> None:
    """Refuse a form that is not of a page of this session; raise FormForged."""
    if not hmac.compare_digest(said.encode(), form_token(token).encode()):
        raise FormForged


OwnPhotoForm = Annotated[PhotoForm, Depends(read_photo_form)]
