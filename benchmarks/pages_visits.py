"""Which pages are opened, by whom, and what their addresses name.

Promise: each page that a browser can GET is here, or in LEFT_OUT with the reason; a test holds
that. Not here: the sessions they are opened in (pages_visitors), the world they show (pages_world),
and the measure (pages).
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

FLOOR: Final = "/plancher"


class Who(Enum):
    """Whose session a page is opened in."""

    NOBODY = "nobody"
    HOLDER = "holder"
    #: Of an establishment's staff; every tenth of them works at the largest.
    STAFF = "staff"
    #: Of a partner's people; the first of them works for a chain.
    PARTNER = "partner"
    OPERATOR = "operator"
    #: Somebody between the password and the second factor, or the new terms.
    AT_FACTOR = "at the second factor"
    AT_TERMS = "at the new terms"


@dataclass(frozen=True, slots=True)
class Visit:
    """A page: its name here, the route, what of it is asked, and who opens it."""

    name: str
    #: As the route has it; each part in braces is a name of the visitor.
    route: str
    who: Who = Who.NOBODY
    query: str = ""
    #: What an operator has looked for before.
    searched: str | None = None
    #: What the link in the address is for.
    link: str = ""
    #: Whether the address names somebody who is not theirs.
    stranger: bool = False
    #: What the page rightly answers.
    answers: int = 200


_OWN = "/espace/pass/{beneficiary_id}"
_SCHOOL = "/espace/etablissement/{establishment_id}"
_PARTNER = "/espace/partenaire/{partner_id}"
_ORGANISATION = "/espace/organisme"
_OP = "/exploitation"


def _of_nobody() -> tuple[Visit, ...]:
    return (
        Visit("floor: one SELECT", FLOOR),
        Visit("home", "/"),
        Visit("sign-in form", "/connexion"),
        Visit("sign-in with a passkey", "/connexion/cle"),
        Visit("at the second factor", "/connexion/verification", Who.AT_FACTOR),
        Visit("at the new terms", "/connexion/conditions", Who.AT_TERMS),
        Visit("sign-up form", "/inscription"),
        Visit("sign-up, another link", "/inscription/nouveau-lien"),
        Visit("sign-up, its link", "/inscription/{link}", link="sign_up"),
        Visit("password forgotten", "/mot-de-passe"),
        Visit("password, its link", "/mot-de-passe/{link}", link="password"),
        Visit("identifier forgotten", "/identifiant-oublie"),
        Visit("another address", "/adresse/{link}", link="change"),
        Visit("invited to a family", "/invitation/{link}", link="family"),
        Visit("invited to look after", "/invitation/organisme/{link}", link="organisation"),
        Visit("code forgotten", "/code-oublie"),
        Visit("a card's link", "/activation/{token}", link="activation"),
        Visit("terms", "/conditions"),
        Visit("terms of a number", "/conditions/{version}"),
        Visit("personal data", "/donnees-personnelles"),
        Visit("help", "/aide"),
        Visit("accessibility", "/accessibilite"),
        Visit("problems", "/problems"),
        Visit("a problem", "/problems/{code}"),
        Visit("directory, all", "/annuaire"),
        Visit("directory, a name", "/annuaire", query="nom=librairie+12"),
        Visit("directory, a part", "/annuaire", query="nom=centre"),
        Visit("directory, no such", "/annuaire", query="nom=zzz"),
        Visit("directory, a later page", "/annuaire", query="apres={outlet}"),
        Visit("directory, near", "/annuaire", query="commune={commune}&autour=20"),
        Visit("directory, an activity", "/annuaire", query="activite=cinema&nom=librairie"),
        Visit("directory, a benefit", "/annuaire", query="avantage=culture&commune={commune}"),
        Visit("kitchen", "/cuisine/{token}", Who.STAFF),
        Visit("kitchen, its numbers", "/cuisine/{token}/comptes", Who.STAFF),
    )


def _of_holder() -> tuple[Visit, ...]:
    own = "{organisation_id}"
    parts = (
        Visit("my space", "/espace"),
        Visit("my account", "/espace/compte"),
        Visit("my passkeys", "/espace/cles"),
        Visit("a new passkey", "/espace/cles/nouvelle"),
        Visit("my second factor", "/espace/verification"),
        Visit("my families", "/espace/famille"),
        Visit("my card to tie", "/espace/ma-carte"),
        Visit("my organisations", _ORGANISATION),
        Visit("a new organisation", f"{_ORGANISATION}/nouveau/{{kind}}"),
        Visit("suggestions", "/espace/propositions"),
        Visit("an organisation", f"{_ORGANISATION}/{own}"),
        Visit("an organisation's form", f"{_ORGANISATION}/{own}/fiche"),
        Visit("pass: home", _OWN),
        Visit("pass: history", f"{_OWN}/historique"),
        Visit("pass: history, a year", f"{_OWN}/historique", query="annee={year}"),
        Visit("pass: paper", f"{_OWN}/historique", query="annee={year}&imprimer=oui"),
        Visit("pass: card", f"{_OWN}/carte"),
        Visit("pass: order a card", f"{_OWN}/carte/commande"),
        Visit("pass: photo", f"{_OWN}/carte/photo"),
        Visit("pass: a lost card", f"{_OWN}/carte/{{card_id}}/perte"),
        Visit("pass: code", f"{_OWN}/code"),
        Visit("pass: agreements", f"{_OWN}/accords"),
        Visit("pass: data", f"{_OWN}/donnees"),
        Visit("somebody else's pass", _OWN, stranger=True, answers=404),
    )
    return tuple(_by(Who.HOLDER, one) for one in parts)


def _of_staff() -> tuple[Visit, ...]:
    parts = (
        Visit("school: pupils", _SCHOOL),
        Visit("school: a name", _SCHOOL, query="nom=mart"),
        Visit("school: a class", _SCHOOL, query="classe=C7"),
        Visit("school: a later page", _SCHOOL, query="apres={enrolment_id}"),
        Visit("school: a pupil", f"{_SCHOOL}/eleves/{{enrolment_id}}"),
        Visit("school: a pupil's photo", f"{_SCHOOL}/eleves/{{enrolment_id}}/photo"),
        Visit("school: referents", f"{_SCHOOL}/referents"),
        Visit("school: cards", f"{_SCHOOL}/cartes"),
        Visit("school: a parcel", f"{_SCHOOL}/cartes/colis/{{lot_id}}"),
        Visit("school: reception", f"{_SCHOOL}/cartes/reception"),
        Visit("school: handing over", f"{_SCHOOL}/cartes/remise"),
        Visit("school: a class's cards", f"{_SCHOOL}/cartes/remise", query="classe=C3"),
        Visit("school: procedure", f"{_SCHOOL}/procedure"),
        Visit("school: its lines", f"{_SCHOOL}/procedure/lignes"),
        Visit("school: import", f"{_SCHOOL}/import"),
        Visit("school: gates", f"{_SCHOOL}/portiques"),
        Visit("school: ties", f"{_SCHOOL}/rattachements"),
    )
    return tuple(_by(Who.STAFF, one) for one in parts)


def _of_operator() -> tuple[Visit, ...]:
    parts = (
        Visit("operator: morning", _OP),
        Visit("operator: a name", f"{_OP}/recherche", searched="martin"),
        Visit("operator: two names", f"{_OP}/recherche", searched="léa garcia"),
        Visit("operator: the other way", f"{_OP}/recherche", searched="camille mercier 2009"),
        Visit("operator: nobody", f"{_OP}/recherche", searched="zzz yyy xxx"),
        Visit(
            "operator: later people",
            f"{_OP}/recherche",
            query="suite=0.{person_id}",
            searched="martin",
        ),
        Visit("operator: a card", f"{_OP}/recherche", searched="00000000 0012"),
        Visit("operator: an address", f"{_OP}/recherche", searched="p1234@"),
        Visit("operator: a partner", f"{_OP}/recherche", searched="librairie 12"),
        Visit("operator: a receipt", f"{_OP}/recherche", searched="A1B2C3"),
        Visit("operator: a person", f"{_OP}/personnes/{{person_id}}"),
        Visit("operator: an account", f"{_OP}/comptes/{{account_id}}"),
        Visit("operator: a payment", f"{_OP}/paiements/{{payment_id}}"),
        Visit("operator: a partner's", f"{_OP}/partenaires/{{partner_id}}"),
        Visit("operator: a school", f"{_OP}/etablissements/{{establishment_id}}"),
        Visit("operator: terminals", f"{_OP}/terminaux"),
        Visit("operator: later ones", f"{_OP}/terminaux", query="suite={terminal_id}"),
        Visit("operator: a terminal", f"{_OP}/terminaux/{{terminal_id}}"),
        Visit("operator: trail", f"{_OP}/journal"),
        Visit("operator: a kind's", f"{_OP}/journal", query="acte=session_ended"),
        Visit("operator: a rare kind's", f"{_OP}/journal", query="acte=terminal_revoked"),
        Visit("operator: a person's", f"{_OP}/journal", query="personne={person_id}"),
        Visit("operator: both", f"{_OP}/journal", query="qui={operator_id}&acte=session_ended"),
        Visit("operator: keys", f"{_OP}/cles"),
        Visit("operator: mails", f"{_OP}/courriels"),
        Visit("operator: campaigns", f"{_OP}/campagnes"),
        Visit("operator: a campaign", f"{_OP}/campagnes/{{campaign_id}}"),
        Visit("operator: its report", f"{_OP}/campagnes/{{campaign_id}}/bilan"),
        Visit("operator: organisations", f"{_OP}/organismes"),
        Visit("operator: suggestions", f"{_OP}/organismes/propositions"),
        Visit("operator: ties", f"{_OP}/rattachements"),
        Visit("operator: requests", f"{_OP}/demandes"),
        Visit("operator: operators", f"{_OP}/exploitants"),
        Visit("operator: factor again", f"{_OP}/verification"),
    )
    return tuple(_by(Who.OPERATOR, one) for one in parts)


def _by(who: Who, visit: Visit) -> Visit:
    return replace(visit, who=who)


#: Every page that shows something. The first is the floor.
VISITS: Final = (
    *_of_nobody(),
    *_of_holder(),
    *_of_staff(),
    Visit("partner: counters", _PARTNER, Who.PARTNER),
    Visit("partner: events", f"{_PARTNER}/evenements", Who.PARTNER),
    *_of_operator(),
)
_PROVIDER = "leads to FranceConnect or comes back from it, whose time it is; read alone, a form"
#: Pages that are not opened here, and why.
LEFT_OUT: Final = {
    "/static/{name}": "a file, cached by browsers",
    "/static/api.css": "a file, cached by browsers",
    "/exploitation/organismes/pieces/{document_id}": "a file that somebody gave",
    "/connexion/verification/cle": "part of signing in",
    "/connexion/franceconnect": _PROVIDER,
    "/connexion/franceconnect/retour": _PROVIDER,
    "/connexion/franceconnect/nouveau": _PROVIDER,
    "/connexion/franceconnect/fin": _PROVIDER,
    "/connexion/franceconnect/au-revoir": _PROVIDER,
    "/espace/franceconnect": _PROVIDER,
    "/espace/pass": "leads to the one Pass there is, or lists a few as the space does",
    "/exploitation/journal.csv": "a file of up to 100,000 lines, streamed a thousand at a time",
}
