"""What the operator's pages answer: what was refused and why, and what was done."""

from collections.abc import Mapping
from typing import Final

from backend.web.words import Notice, Text


def _said(heading: str, heading_en: str, fr: str, en: str) -> Notice:
    return Notice(heading, Text(fr, en), heading_en)


READ_ONLY: Final = _said(
    "Lecture seule",
    "Read only",
    "Vous regardez l’espace d’une autre personne : rien ne peut y être fait.",
    "You are looking at somebody else’s space: nothing can be done there.",
)
SEEING_OVER: Final = _said(
    "Consultation terminée",
    "Looking is over",
    "Vous ne regardez plus l’espace d’une autre personne : le temps est passé, ou vous y avez mis "
    "fin.",
    "You no longer look at somebody else’s space: time is up, or you ended it.",
)
NOT_SHOWN: Final = _said(
    "Page réservée à la personne",
    "A page for its owner alone",
    "Cette page ne se montre qu’à la personne elle-même.",
    "This page is shown to its owner alone.",
)
OPERATOR_ONLY: Final = _said(
    "Consultation seule",
    "Looking only",
    "Votre rôle permet de tout voir et de ne rien changer.",
    "Your role lets you see everything and change nothing.",
)
FACTOR_WRONG: Final = _said(
    "Mot de passe à usage unique refusé",
    "One-time password refused",
    "Rien n’a été fait. Attendez que votre application montre les chiffres suivants, puis "
    "recommencez.",
    "Nothing was done. Wait for the next digits of your application, then start again.",
)
FACTOR_STALE: Final = _said(
    "Double vérification à refaire",
    "Second factor to be shown again",
    "Rien n’a été fait : cet acte demande un mot de passe à usage unique de moins de cinq minutes. "
    "Rouvrez la page et tapez-le avec l’acte.",
    "Nothing was done: this asks for a one-time password of the last five minutes. Open the page "
    "again and type it with what you want to do.",
)
REASON_MISSING: Final = _said(
    "Raison manquante",
    "Reason missing",
    "Rien n’a été fait : dites pourquoi.",
    "Nothing was done: say why.",
)
LAST_OPERATOR: Final = _said(
    "Dernier exploitant",
    "Last operator",
    "Rien n’a été fait : il doit rester au moins un exploitant. Invitez-en un autre d’abord.",
    "Nothing was done: at least one operator must stay. Invite another first.",
)
OPERATOR_ALREADY: Final = _said(
    "Déjà fait",
    "Done already",
    "Cette personne a déjà ce rôle.",
    "This person has that role already.",
)
NOT_THEMSELVES: Final = _said(
    "Un autre exploitant doit le faire",
    "Another operator has to do it",
    "Rien n’a été fait : cela demande une deuxième personne.",
    "Nothing was done: this takes a second person.",
)
OPERATOR_ACCOUNT: Final = _said(
    "Compte d’exploitation",
    "An operator’s account",
    "Rien n’a été fait : cette personne exploite le service. Retirez-lui d’abord son rôle.",
    "Nothing was done: this person runs the service. Take their role away first.",
)
AMOUNT: Final = _said(
    "Montant refusé",
    "Amount refused",
    "Rien n’a été donné : écrivez un montant comme 12,50, de 500 euros au plus.",
    "Nothing was given: write an amount such as 12,50, of 500 euros at most.",
)
EMAIL: Final = _said(
    "Adresse refusée",
    "Address refused",
    "Rien n’a été fait : il n’y a pas d’adresse électronique, ou ce n’en est pas une.",
    "Nothing was done: there is no e-mail address, or it is none.",
)
TOO_MANY_LINKS: Final = _said(
    "Trop de liens",
    "Too many links",
    "Trois liens sont déjà partis dans l’heure. Attendez qu’elle soit passée.",
    "Three links left within the hour already. Wait for it to pass.",
)
CARD_STATE: Final = _said(
    "Carte inchangée",
    "Card unchanged",
    "Dans son état, cette carte ne peut pas être bloquée.",
    "In its state this card cannot be blocked.",
)
CODE_NOT_SET: Final = _said(
    "Pas de code",
    "No code",
    "Cette personne n’a pas encore choisi de code : il n’y a rien à changer.",
    "This person has not chosen a code yet: there is nothing to change.",
)
CAMPAIGN_CLOSED: Final = _said(
    "Campagne close",
    "Campaign closed",
    "La campagne n’accorde plus rien.",
    "The campaign grants no more.",
)
CAMPAIGN_DATES: Final = _said(
    "Dates refusées",
    "Days refused",
    "Rien n’a été fait : les dates doivent se suivre, et une prolongation ne raccourcit rien.",
    "Nothing was done: the days must be in order, and an extension shortens nothing.",
)
CAMPAIGN_CODE: Final = _said(
    "Code de campagne refusé",
    "Campaign’s code refused",
    "Rien n’a été fait : ce code manque ou est déjà pris.",
    "Nothing was done: this code is missing or taken.",
)
BENEFIT_OVERLAPS: Final = _said(
    "Avantage en double",
    "Benefit there already",
    "Rien n’a été fait : une autre campagne des mêmes jours a un avantage de ce code.",
    "Nothing was done: another campaign of these days has a benefit of this code.",
)
CONFLICT: Final = _said(
    "Déjà fait",
    "Done already",
    "Cet acte a déjà été fait, ou quelque chose a changé entre-temps. Rouvrez la page.",
    "This was done already, or something changed meanwhile. Open the page again.",
)
MONEY_LEFT: Final = _said(
    "De l’argent reste à la cantine",
    "Money is left at the canteen",
    "Rendez d’abord à la famille ce qui reste sur le compte de repas, ou réglez ce qui est dû.",
    "First give the family back what is left on the meal account, or settle what is owed.",
)
EMAIL_CHANGE: Final = _said(
    "Changement d’adresse refusé",
    "Change of address refused",
    "Rien n’a été fait. Rouvrez la page : la demande a pu expirer, être confirmée ou retirée.",
    "Nothing was done. Open the page again: the request may have expired, served or gone.",
)
ACCOUNT_EXISTS: Final = _said(
    "Adresse déjà prise",
    "Address taken",
    "Rien n’a été fait : un autre compte a déjà cette adresse.",
    "Nothing was done: another account has this address.",
)
NOTHING_HERE: Final = _said(
    "Rien ici",
    "Nothing here",
    "Cette page n’existe pas, ou plus.",
    "This page does not exist, or no longer does.",
)
SEARCH_SHORT: Final = Text(
    "Tapez au moins deux lettres d’un nom, ou un numéro entier.",
    "Type at least two letters of a name, or a whole number.",
)
DIGITS_WRONG: Final = Text(
    "Ce mot de passe à usage unique n’est pas le bon, ou il a déjà servi. Attendez le suivant.",
    "This one-time password is wrong, or has served. Wait for the next.",
)

#: What the page says after an act, by the word in its address.
DONE: Final[Mapping[str, Text]] = {
    "adresse": Text(
        "La demande est enregistrée. Un autre exploitant la confirme sous « Ce matin ».",
        "The request is recorded. Another operator confirms it under “This morning”.",
    ),
    "adresse-confirmee": Text(
        "Changement d’adresse confirmé. La nouvelle adresse doit répondre.",
        "Change of address confirmed. The new address has to answer.",
    ),
    "adresse-refusee": Text("Changement d’adresse refusé.", "Change of address refused."),
    "alerte": Text("Alerte marquée comme traitée.", "Alarm marked as dealt with."),
    "avantage": Text("Avantage ajouté à la campagne.", "Benefit added to the campaign."),
    "campagne": Text(
        "Campagne ouverte. Ajoutez ses avantages.", "Campaign opened. Add its benefits."
    ),
    "carte": Text(
        "Carte bloquée : elle ne paie plus. Chaque portillon le sait dès qu’il donne de ses "
        "nouvelles.",
        "Card blocked: it pays no more. Each gate knows as soon as it is heard of.",
    ),
    "changement": Text(
        "Le code ne paie plus tant que la personne n’en a pas choisi un autre.",
        "The code pays no more until the person has chosen another.",
    ),
    "close": Text(
        "Campagne close : plus rien n’est accordé.", "Campaign closed: nothing more is granted."
    ),
    "compte": Text(
        "Compte fermé : la personne ne se connecte plus.",
        "Account closed: the person signs in no more.",
    ),
    "connexions": Text("Toutes ses connexions sont fermées.", "All their sessions are ended."),
    "courriel": Text(
        "Le courriel repart au prochain envoi.", "The mail leaves with the next ones."
    ),
    "dotation": Text("Dotation accordée.", "Amount granted."),
    "effacement": Text(
        "Les données de la personne sont effacées.", "The person’s data are erased."
    ),
    "factor": Text(
        "Double vérification retirée, connexions fermées. La personne est prévenue.",
        "Second factor taken away, sessions ended. The person is told.",
    ),
    "fermeture": Text("Lieu fermé : il n’encaisse plus.", "Place closed: it takes no payment."),
    "invitation": Text(
        "C’est fait : la personne est prévenue par courriel.", "Done: the person is told by mail."
    ),
    "langue": Text("Vos pages sont en français.", "Your pages are in English."),
    "lien": Text(
        "Le lien part vers l’adresse de la personne. Il sert une fois, pendant une heure.",
        "The link leaves for the person’s address. It serves once, within an hour.",
    ),
    "structure-ecartee": Text(
        "Proposition écartée. Qui l’a faite lit la raison.",
        "Suggestion set aside. Whoever made it reads the reason.",
    ),
    "structure-invitee": Text(
        "La structure reçoit un courriel qui demande son accord.",
        "The organisation gets a mail that asks whether it agrees.",
    ),
    "organisme": Text("Organisme accepté comme partenaire.", "Organisation accepted as a partner."),
    "prolongation": Text("Campagne prolongée.", "Campaign extended."),
    "rattachement": Text("Rattachement accordé.", "Tie granted."),
    "refus": Text("Refus enregistré.", "Refusal recorded."),
    "reouverture": Text("Lieu rouvert.", "Place opened again."),
    "reprise": Text("Suspension levée.", "Suspension lifted."),
    "retrait": Text(
        "Rôle retiré, connexions fermées. La personne est prévenue.",
        "Role taken away, sessions ended. The person is told.",
    ),
    "revocation": Text(
        "Terminal révoqué, tout de suite et pour toujours.",
        "Terminal revoked, at once and for good.",
    ),
    "role": Text("Rôle changé. La personne est prévenue.", "Role changed. The person is told."),
    "suspension": Text(
        "Partenaire suspendu : rien n’y est plus accepté.",
        "Partner suspended: nothing is accepted there any more.",
    ),
}
#: The heads of the trail as a table.
COLUMNS: Final = (
    Text("moment", "moment"),
    Text("acte", "act"),
    Text("code", "code"),
    Text("par", "by"),
    Text("adresse", "address"),
    Text("personne", "person"),
    Text("personne_id", "person_id"),
    Text("objet_id", "subject_id"),
    Text("session_id", "session_id"),
    Text("raison", "reason"),
)
