"""A form that carries a photo: counted while it comes, read once its sender is known.

Promise: what is longer than a photo may be is thrown away as it arrives, never kept; a form that is
not of the session's own page is refused; what the photo holds is looked at before it is anybody's.
Put it after whoever is asked for in a route's parameters: those come first, and need no body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from backend.pictures import UPLOAD_BYTES_MAX, ImageRefused, Unfit, draw_anew
from backend.web.file_form import GivenFile, read_given_file
from backend.web.signed_in import Token
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

    given: GivenFile

    @property
    def fields(self) -> Mapping[str, str]:
        """What was typed and ticked."""
        return self.given.fields

    def draw(self) -> bytes:
        """Return the photo drawn anew; raise ImageRefused."""
        if self.given.too_long:
            raise ImageRefused(why=Unfit.TOO_LARGE.value)
        if self.given.unreadable:
            raise ImageRefused(why=Unfit.DAMAGED.value)
        if self.given.content is None:
            raise ImageRefused(why=Unfit.NOT_AN_IMAGE.value)
        return draw_anew(self.given.content, self.given.said_type)


async def read_photo_form(request: Request, token: Token) -> PhotoForm:
    """Read a form of `multipart/form-data`; raise FormForged.

    What is too long or no such form has neither fields nor photo, and says so when it is drawn.
    """
    return PhotoForm(await read_given_file(request, token, bytes_max=UPLOAD_BYTES_MAX))


OwnPhotoForm = Annotated[PhotoForm, Depends(read_photo_form)]
