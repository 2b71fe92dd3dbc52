"""A form that carries a document: what it is, and the file, looked at before it is anybody's."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from backend.partners.organisations.papers import Misfit, Paper, PaperRefused, draw_paper
from backend.partners.organisations.tables import DocumentKind
from backend.pictures import UPLOAD_BYTES_MAX, Unfit
from backend.web.file_form import GivenFile, read_given_file
from backend.web.photo_form import UNFIT
from backend.web.signed_in import Token
from backend.web.words import Text

#: Why a document is refused; what is wrong with a picture has its words already.
UNFIT_PAPER: Final[dict[str, Text]] = {
    **UNFIT,
    Misfit.NOT_A_PAPER: Text(
        "Ce fichier n’est ni un PDF, ni une photo JPEG ou PNG.",
        "This file is neither a PDF, nor a JPEG or PNG photo.",
    ),
    Misfit.LOCKED: Text(
        "Ce PDF est protégé par un mot de passe. Enregistrez-le sans protection.",
        "This PDF is protected by a password. Save it without.",
    ),
    Misfit.TOO_MANY_PAGES: Text(
        "Ce PDF a plus de 60 pages. N’envoyez que celles qui servent.",
        "This PDF has more than 60 pages. Send only those that matter.",
    ),
    Misfit.WRITTEN_OVER: Text(
        "Ce PDF est un formulaire, ou on a écrit par-dessus : cela ne se verrait plus. Imprimez-le "
        "en PDF, puis envoyez ce PDF.",
        "This PDF is a form, or has been written over: that would not be seen. Print it to a PDF, "
        "and send that.",
    ),
    Unfit.TOO_LARGE: Text(
        "Ce fichier dépasse 10 Mo. Prenez-en un plus léger.",
        "This file is larger than 10 MB. Take a lighter one.",
    ),
    Unfit.LIES: Text(
        "Ce fichier n’est pas ce que son nom annonce. Enregistrez-le à nouveau, en PDF.",
        "This file is not what it is called. Save it again, as a PDF.",
    ),
    Unfit.MORE_THAN_AN_IMAGE: Text(
        "Ce fichier contient autre chose qu’un document. Imprimez-le en PDF, puis envoyez ce PDF.",
        "This file holds more than a document. Print it to a PDF, and send that.",
    ),
    Unfit.DAMAGED: Text(
        "Ce fichier est abîmé et ne s’ouvre pas. Enregistrez-le à nouveau.",
        "This file is damaged and does not open. Save it again.",
    ),
}


@dataclass(frozen=True, slots=True)
class PaperForm:
    """What a form carried: what kind of document, and the file if one was chosen."""

    given: GivenFile

    @property
    def kind(self) -> DocumentKind:
        """What it is said to be; what is no kind is another document."""
        said = self.given.fields.get("kind", "")
        return DocumentKind(said) if said in tuple(DocumentKind) else DocumentKind.OTHER

    def draw(self) -> Paper:
        """Return what may be kept; raise PaperRefused."""
        if self.given.too_long:
            raise PaperRefused(why=Unfit.TOO_LARGE.value)
        if self.given.unreadable:
            raise PaperRefused(why=Unfit.DAMAGED.value)
        if self.given.content is None:
            raise PaperRefused(why=Misfit.NOT_A_PAPER.value)
        return draw_paper(self.given.content, self.given.said_type)


async def read_paper_form(request: Request, token: Token) -> PaperForm:
    """Read a form of `multipart/form-data`; raise FormForged."""
    return PaperForm(await read_given_file(request, token, bytes_max=UPLOAD_BYTES_MAX))


OwnPaperForm = Annotated[PaperForm, Depends(read_paper_form)]
