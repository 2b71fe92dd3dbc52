"""What our mails to addresses say that are nobody's account yet, or no more.

What somebody typed is in none of them: whoever types another's address sends them no words of
theirs. Pure. Not here: who is written to, and when.
"""

from enum import StrEnum
from typing import Final

from backend.accounts.letters import Occasion, Words, moment_in_words
from backend.accounts.signin.letters import PASSWORD_PATH, SIGN_IN_PATH
from backend.accounts.written import Part, Written

SIGN_UP_PATH: Final = "/inscription"
INVITATION_PATH: Final = "/invitation"
ORGANISATION_PATH: Final = "/espace/organisme"


class AddressLetter(StrEnum):
    """Which letter goes to an address; who is written to learns it there, and nobody else."""

    SIGN_UP = "sign_up"
    ACCOUNT_EXISTS = "account_exists"
    ACCOUNT_CLOSED = "account_closed"
    NEW_ADDRESS = "new_address"
    ADDRESS_LEFT = "address_left"
    JOIN_FAMILY = "join_family"
    OWN_ACCOUNT = "own_account"
    DOOR_ALARM = "door_alarm"
    JOIN_ORGANISATION = "join_organisation"
    ORGANISATION_ACCEPTED = "organisation_accepted"
    ORGANISATION_REFUSED = "organisation_refused"
    ORGANISATION_PEOPLE = "organisation_people"
    STRUCTURE_SUGGESTED = "structure_suggested"


LETTERS: Final[dict[AddressLetter, Words]] = {
    AddressLetter.SIGN_UP: Words(
        "Activez votre compte Pass",
        "Un compte Pass a été demandé avec cette adresse. Pour l’activer et choisir votre mot de "
        "passe, ouvrez ce lien ; il sert une fois, pendant un jour :\n{link}\n"
        "Le lien est trop ancien ? Demandez-en un autre :\n{sign_up}\n"
        "Vous n’avez rien demandé ? Ignorez ce message : aucun compte n’est ouvert.",
        "A Pass account was asked for with this address. To activate it and choose your password, "
        "open this link; it serves once, for a day:\n{link}\n"
        "Is the link too old? Ask for another:\n{sign_up}\n"
        "You did not ask? Ignore this message: no account is opened.",
        "Activate your Pass account",
    ),
    AddressLetter.ACCOUNT_EXISTS: Words(
        "Vous avez déjà un compte Pass",
        "Quelqu’un, peut-être vous, a voulu ouvrir un compte Pass avec cette adresse le {when}. Il "
        "y en a déjà un : connectez-vous.\n{sign_in}\n"
        "Le mot de passe est oublié ? Demandez un lien :\n{page}\n"
        "Ce n’était pas vous ? Il n’y a rien à faire : rien n’a changé.",
        "Somebody, perhaps you, wanted to open a Pass account with this address on {when}. There "
        "is one already: sign in.\n{sign_in}\nForgotten the password? Ask for a link:\n{page}\n"
        "Not you? There is nothing to do: nothing has changed.",
        "You have a Pass account already",
    ),
    AddressLetter.ACCOUNT_CLOSED: Words(
        "Votre compte Pass est fermé",
        "Quelqu’un, peut-être vous, a voulu ouvrir un compte Pass avec cette adresse le {when}. Un "
        "compte fermé la porte déjà : pour le rouvrir, adressez-vous à qui exploite le Pass.",
        "Somebody, perhaps you, wanted to open a Pass account with this address on {when}. A "
        "closed account has it already: to open it again, ask those who run the Pass.",
        "Your Pass account is closed",
    ),
    AddressLetter.NEW_ADDRESS: Words(
        "Confirmez votre nouvelle adresse",
        "Un espace Pass doit s’ouvrir à l’avenir avec cette adresse. Si c’est le vôtre, "
        "confirmez-le ici ; le lien sert une fois, pendant un jour :\n{link}\n"
        "Vous n’avez rien demandé ? Ignorez ce message : rien ne change.",
        "A Pass account is to open with this address from now on. If it is yours, confirm it here; "
        "the link serves once, for a day:\n{link}\n"
        "You did not ask? Ignore this message: nothing changes.",
        "Confirm your new address",
    ),
    AddressLetter.ADDRESS_LEFT: Words(
        "Cette adresse n’ouvre plus votre espace Pass",
        "Depuis le {when}, votre espace Pass s’ouvre avec une autre adresse que celle-ci. Ce "
        "n’était pas voulu ? Prévenez tout de suite qui exploite le Pass.",
        "Since {when} your Pass account opens with another address than this one. Was this not "
        "meant? Tell those who run the Pass at once.",
        "This address no longer opens your Pass account",
    ),
    AddressLetter.JOIN_FAMILY: Words(
        "Invitation à rejoindre une famille",
        "{about} vous invite à suivre ensemble les cartes Pass de vos enfants. Connectez-vous, ou "
        "ouvrez un compte avec cette adresse, puis acceptez ici. Le lien sert une fois, pendant "
        "sept jours :\n{link}\nVous ne connaissez pas cette personne ? Ignorez ce message.",
        "{about} invites you to look after your children’s Pass cards together. Sign in, or open "
        "an account with this address, then accept here. The link serves once, for seven "
        "days:\n{link}\nYou do not know them? Ignore this message.",
        "Invitation to join a family",
    ),
    AddressLetter.OWN_ACCOUNT: Words(
        "Votre propre compte Pass",
        "{about} vous invite à ouvrir votre propre compte Pass. Connectez-vous, ou ouvrez un "
        "compte avec cette adresse, puis acceptez ici : vous seul choisirez alors le code de "
        "votre carte. Le lien sert une fois, pendant sept jours :\n{link}\n"
        "Vous ne connaissez pas cette personne ? Ignorez ce message.",
        "{about} invites you to have a Pass account of your own. Sign in, or open an account with "
        "this address, then accept here: you alone then choose the code of your card. The link "
        "serves once, for seven days:\n{link}\nYou do not know them? Ignore this message.",
        "A Pass account of your own",
    ),
    AddressLetter.DOOR_ALARM: Words(
        "Alerte à un accès de votre établissement",
        "{about}.\nD’autres alertes du même accès dans le quart d’heure ne font pas d’autre "
        "courrier : elles sont sur la page de votre établissement.",
        "{about}.\nFurther alarms of the same gate within a quarter of an hour make no other "
        "mail: they are on the page of your school.",
        "Alarm at a gate of your school",
    ),
    AddressLetter.JOIN_ORGANISATION: Words(
        "Invitation à gérer un organisme",
        "{about} vous invite à gérer ensemble un organisme dans l’espace Pass. Connectez-vous, ou "
        "ouvrez un compte avec cette adresse, puis acceptez ici. Le lien sert une fois, pendant "
        "sept jours :\n{link}\nVous ne connaissez pas cette personne ? Ignorez ce message.",
        "{about} invites you to look after an organisation together in the Pass. Sign in, or open "
        "an account with this address, then accept here. The link serves once, for seven "
        "days:\n{link}\nYou do not know them? Ignore this message.",
        "Invitation to look after an organisation",
    ),
    AddressLetter.ORGANISATION_ACCEPTED: Words(
        "Votre organisme est partenaire du Pass",
        "Votre demande a été acceptée : votre organisme est partenaire du Pass et votre espace "
        "montre désormais ses caisses.\n{link}",
        "Your request was accepted: your organisation is a partner of the Pass, and your space "
        "now shows its counters.\n{link}",
        "Your organisation is a partner of the Pass",
    ),
    AddressLetter.ORGANISATION_REFUSED: Words(
        "Votre organisme n’est pas devenu partenaire du Pass",
        "Votre demande a été refusée, pour cette raison : {about}\n"
        "Vous pouvez corriger la fiche de votre organisme et demander de nouveau :\n{link}",
        "Your request was refused, for this reason: {about}\n"
        "You may put your organisation’s details right and ask again:\n{link}",
        "Your organisation has not become a partner of the Pass",
    ),
    AddressLetter.ORGANISATION_PEOPLE: Words(
        "Les gestionnaires de votre organisme ont changé",
        "Le {when}, une personne a rejoint ou quitté les gestionnaires de votre organisme. Ce "
        "n’était pas voulu ? Regardez qui en fait partie :\n{link}",
        "On {when} somebody joined or left those who look after your organisation. Was this not "
        "meant? See who belongs to it:\n{link}",
        "Those who look after your organisation have changed",
    ),
    AddressLetter.STRUCTURE_SUGGESTED: Words(
        "Des jeunes aimeraient payer chez vous avec leur Pass",
        "Des titulaires du Pass ont proposé votre structure. Vous êtes d’accord pour devenir "
        "partenaire ? Ouvrez un compte avec l’adresse de votre choix :\n{link}\n"
        "Décrivez ensuite votre structure dans « Mon organisme », puis demandez à devenir "
        "partenaire. Rien n’est publié sans cette demande.\n"
        "Cela ne vous intéresse pas ? Ignorez ce message.",
        "Holders of the Pass suggested your organisation. You agree to become a partner? Open an "
        "account with any address of yours:\n{link}\n"
        "Then describe your organisation under “Mon organisme”, and ask to be a partner. Nothing "
        "is published without that request.\n"
        "Not interested? Ignore this message.",
        "Young people would like to pay at your place with their Pass",
    ),
}


def compose_address_letter(letter: AddressLetter, occasion: Occasion) -> Written:
    """Write a mail in the language that goes with the address."""
    words, language = LETTERS[letter], occasion.language
    told = {
        "when": moment_in_words(occasion),
        "link": occasion.link,
        "page": occasion.public_url + PASSWORD_PATH,
        "sign_in": occasion.public_url + SIGN_IN_PATH,
        "sign_up": f"{occasion.public_url}{SIGN_UP_PATH}/nouveau-lien",
        "about": occasion.about,
    }
    english = language == "en"
    hello, body = ("Hello,", words.en) if english else ("Bonjour,", words.fr)
    subject = words.subject_en if english else words.subject
    return Written(subject, (Part(language, hello), Part(language, body.format_map(told))))
