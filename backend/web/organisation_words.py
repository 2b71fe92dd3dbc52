"""What the pages of organisations call things, and what they say was done or refused."""

from collections.abc import Mapping
from typing import Final

from backend.errors import BackendError
from backend.partners.organisations.errors import (
    OrganisationFixed,
    OrganisationTwice,
    TooManyOfOrganisation,
    TooManySuggestions,
)
from backend.partners.organisations.kinds import Kind, Numbering
from backend.partners.organisations.tables import (
    DocumentKind,
    OrganisationState,
    SuggestionState,
)
from backend.web.words import Notice, Text

SAID: Final[dict[type[BackendError], Notice]] = {
    OrganisationFixed: Notice(
        "Fiche fermée pour l’instant",
        Text(
            "Une demande attend sa réponse, ou l’organisme est déjà partenaire. Retirez d’abord la "
            "demande ; pour un partenaire, adressez-vous à qui exploite le Pass.",
            "A request waits for its answer, or the organisation is a partner already. Take the "
            "request back first; for a partner, ask those who run the Pass.",
        ),
        "Details closed for now",
    ),
    TooManyOfOrganisation: Notice(
        "Nombre permis atteint",
        Text(
            "Il y a autant d’organismes, de gestionnaires ou de pièces qu’il peut y en avoir.",
            "There are as many organisations, people or documents in one, as there may be.",
        ),
        "As many as there may be",
    ),
    TooManySuggestions: Notice(
        "Nombre permis atteint",
        Text(
            "Vous avez proposé autant de lieux qu’il est permis. Retirez-en un d’abord.",
            "You suggested as many places as you may. Take one back first.",
        ),
        "As many as you may",
    ),
}
TWICE: Final = Notice(
    "Déjà partenaire",
    Text(
        "Rien n’a été fait : un partenaire porte déjà ce numéro.",
        "Nothing was done: a partner has this number already.",
    ),
    "A partner already",
)
OPERATOR_SAID: Final[dict[type[BackendError], Notice]] = {OrganisationTwice: TWICE}
#: What is wrong with a field.
PROBLEMS: Final[Mapping[str, Text]] = {
    "name": Text("Écrivez le nom de l’organisme.", "Write the name of the organisation."),
    "rna": Text(
        "Ce n’est pas un numéro RNA : la lettre W, puis neuf chiffres.",
        "This is no RNA number: the letter W, then nine digits.",
    ),
    "siret": Text(
        "Ce n’est pas un SIRET : quatorze chiffres. Vérifiez-les un par un.",
        "This is no SIRET: fourteen digits. Check them one by one.",
    ),
    "owner_name": Text(
        "Écrivez à qui appartient le lieu : une commune, un département.",
        "Write who owns the place: a commune, a department.",
    ),
    "address_1": Text("Écrivez le numéro et la rue.", "Write number and street."),
    "address_2": Text("Cette ligne n’est pas lisible.", "This line cannot be read."),
    "postcode": Text(
        "Écrivez les cinq chiffres du code postal.", "Write the five digits of the postcode."
    ),
    "commune": Text(
        "Choisissez une commune de la liste, par son nom ou son code INSEE.",
        "Choose a commune of the list, by its name or its INSEE code.",
    ),
    "phone": Text(
        "Écrivez un numéro de téléphone, par exemple 01 46 00 00 00.",
        "Write a telephone number, such as 01 46 00 00 00.",
    ),
    "affiliation": Text(
        "Ce numéro n’est pas lisible : 30 signes au plus.",
        "This number cannot be read: 30 characters at most.",
    ),
    "email": Text(
        "Ce n’est pas une adresse électronique. Vérifiez-la.",
        "This is not an e-mail address. Check it.",
    ),
}
LISTED_ALREADY: Final = Notice(
    "Déjà partenaire",
    Text(
        "Ce lieu est déjà dans l’annuaire : vous pouvez y utiliser le Pass.",
        "This place is in the directory already: the Pass can be used there.",
    ),
    "A partner already",
)
#: What became of a suggestion.
SUGGESTED: Final[Mapping[SuggestionState, Text]] = {
    SuggestionState.WAITING: Text("attend une réponse", "waits for an answer"),
    SuggestionState.INVITED: Text(
        "on lui a demandé si elle veut devenir partenaire", "it was asked whether it agrees"
    ),
    SuggestionState.LISTED: Text("partenaire du Pass", "partner of the Pass"),
    SuggestionState.SET_ASIDE: Text("écartée", "set aside"),
}
#: What a supporting document is called, in the order of the list.
DOCUMENTS: Final[Mapping[DocumentKind, Text]] = {
    DocumentKind.STATUTES: Text("Statuts", "Statutes"),
    DocumentKind.REGISTER: Text("Avis SIRENE, RNA ou Kbis", "Entry in a register"),
    DocumentKind.BANK: Text("RIB", "Bank details"),
    DocumentKind.APPROVAL: Text("Agrément ou affiliation", "Approval or affiliation"),
    DocumentKind.OTHER: Text("Autre pièce", "Another document"),
}
STATES: Final[Mapping[OrganisationState, Text]] = {
    OrganisationState.OWN: Text("pas encore partenaire", "not a partner yet"),
    OrganisationState.ASKED: Text("demande en attente", "request waiting"),
    OrganisationState.ACCEPTED: Text("partenaire du Pass", "partner of the Pass"),
    OrganisationState.REFUSED: Text("demande refusée", "request refused"),
}
_NUMBERS: Final[Mapping[Numbering, Text]] = {
    Numbering.RNA: Text("Numéro RNA", "RNA number"),
    Numbering.SIRET: Text("SIRET", "SIRET"),
}
_HINTS: Final[Mapping[Numbering, Text]] = {
    Numbering.RNA: Text("La lettre W, puis neuf chiffres.", "The letter W, then nine digits."),
    Numbering.SIRET: Text("Quatorze chiffres.", "Fourteen digits."),
}
INVITED: Final = Notice(
    "Invitation envoyée",
    Text(
        "Un message part vers cette adresse. Son lien sert une fois, pendant sept jours.",
        "A message is on its way to this address. Its link serves once, for seven days.",
    ),
    "Invitation sent",
)


def kind_words(kind: Kind) -> Text:
    """Say what an organisation is."""
    return Text(kind.label, kind.english)


def number_words(kind: Kind) -> Text:
    """Say what a kind's number is called."""
    return _NUMBERS[kind.numbering]


def number_hint(kind: Kind) -> Text:
    """Say how a kind's number looks."""
    return _HINTS[kind.numbering]


def length_in_words(bytes_long: int) -> Text:
    """Say how long a file is."""
    kilobytes = max(bytes_long // 1000, 1)
    if kilobytes < 1000:
        return Text(f"{kilobytes} Ko", f"{kilobytes} kB")
    megabytes = f"{kilobytes / 1000:.1f}"
    return Text(f"{megabytes} Mo".replace(".", ","), f"{megabytes} MB")
