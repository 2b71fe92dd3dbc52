"""What our mails to people who sign in say, in the language of each.

Pure. Not here: who is written to, and when.
"""

from typing import Final

from backend.accounts.letters import Occasion, Words, moment_in_words
from backend.accounts.tables import SignInNoticeKind
from backend.accounts.written import Part, Written

PASSWORD_PATH: Final = "/mot-de-passe"  # noqa: S105
SIGN_IN_PATH: Final = "/connexion"
FAMILY_PATH: Final = "/espace/famille"
EMAIL_CHANGE_PATH: Final = "/adresse"
NOT_YOU: Final = {
    "fr": "Ce n’était pas vous ? Choisissez tout de suite un autre mot de passe :\n{page}",
    "en": "Not you? Choose another password at once:\n{page}",
}
NEVER_TELL: Final = {
    "fr": "Ne donnez jamais votre mot de passe : personne ne vous le demandera, pas même nous.",
    "en": "Never give your password to anybody: nobody will ask you for it, not even us.",
}
LETTERS: Final[dict[SignInNoticeKind, Words]] = {
    SignInNoticeKind.INVITATION: Words(
        "Votre accès à l’espace Pass",
        "Un accès à l’espace Pass vous est ouvert. Ce lien sert une fois, pendant un jour, à "
        "choisir votre mot de passe :\n{link}\n"
        "Le lien est trop ancien ? Demandez-en un autre :\n{page}",
        "You may now sign in. This link serves once, for a day, to choose your password:\n{link}\n"
        "Is the link too old? Ask for another:\n{page}",
        "Your access to the Pass",
    ),
    SignInNoticeKind.PASSWORD_LINK: Words(
        "Choisissez un nouveau mot de passe",
        "Vous avez demandé un nouveau mot de passe. Ce lien sert une fois, pendant une heure :\n"
        "{link}\nVous n’avez rien demandé ? Ignorez ce message : rien n’a changé.",
        "You asked for a new password. This link serves once, for an hour:\n{link}\n"
        "You did not ask? Ignore this message: nothing has changed.",
        "Choose a new password",
    ),
    SignInNoticeKind.PASSWORD_SET: Words(
        "Votre mot de passe a été choisi",
        "Le mot de passe de votre espace Pass a été choisi le {when}. Les connexions ouvertes "
        "ailleurs ont été fermées.",
        "The password of your Pass account was chosen on {when}. Sessions that were open elsewhere "
        "were ended.",
        "Your password was chosen",
    ),
    SignInNoticeKind.FACTOR_SET: Words(
        "La double vérification est en place",
        "Depuis le {when}, un mot de passe à usage unique vous est demandé à chaque connexion.",
        "Since {when} a one-time password is asked whenever you sign in.",
        "The second factor is in place",
    ),
    SignInNoticeKind.FACTOR_REMOVED: Words(
        "La double vérification a été retirée",
        "La double vérification de votre espace Pass a été retirée le {when}. Votre mot de passe "
        "suffit maintenant pour entrer. Remettez-la en place dans « Mon compte ».",
        "The second factor of your Pass account was taken away on {when}. Your password is now "
        "enough to enter. Put it in place again in “My account”.",
        "The second factor was taken away",
    ),
    SignInNoticeKind.NEW_BROWSER: Words(
        "Connexion depuis un nouvel appareil",
        "Quelqu’un s’est connecté à votre espace Pass le {when}, depuis un navigateur qui ne "
        "l’avait pas encore fait : {about}. Si c’est vous, il n’y a rien à faire.",
        "Somebody signed in to your Pass account on {when}, from a browser that had not done so "
        "before: {about}. If this was you, there is nothing to do.",
        "Sign-in from a new device",
    ),
    SignInNoticeKind.IDENTIFIER: Words(
        "Votre adresse de connexion",
        "Vous avez demandé avec quelle adresse vous vous connectez à l’espace Pass : c’est celle à "
        "laquelle ce message arrive.\n{sign_in}\nLe mot de passe est oublié aussi ? Demandez un "
        "lien :\n{page}\nVous n’avez rien demandé ? Ignorez ce message.",
        "You asked with which address you sign in to the Pass: it is the one that gets this "
        "message.\n{sign_in}\nForgotten the password too? Ask for a link:\n{page}\n"
        "You did not ask? Ignore this message.",
        "The address you sign in with",
    ),
    SignInNoticeKind.EMAIL_CHANGE_ASKED: Words(
        "Votre adresse de connexion doit changer",
        "Il a été demandé le {when} que votre espace Pass s’ouvre à l’avenir avec l’adresse "
        "{about}. Dites ici si vous êtes d’accord, ou si vous vous y opposez :\n{link}",
        "It was asked on {when} that your Pass account be opened with the address {about} from "
        "now on. Say here whether you agree or object:\n{link}",
        "The address you sign in with is to change",
    ),
    SignInNoticeKind.EMAIL_CHANGED: Words(
        "Votre adresse de connexion a changé",
        "Depuis le {when}, votre espace Pass s’ouvre avec l’adresse à laquelle ce message arrive. "
        "Toutes les connexions ouvertes ont été fermées.\n{sign_in}",
        "Since {when} your Pass account opens with the address that gets this message. Every open "
        "session was ended.\n{sign_in}",
        "The address you sign in with has changed",
    ),
    SignInNoticeKind.FAMILY_CHANGED: Words(
        "Votre famille a changé",
        "Votre famille dans l’espace Pass a changé le {when} : {about}.\n{family}",
        "Your family in the Pass changed on {when}: {about}.\n{family}",
        "Your family has changed",
    ),
    SignInNoticeKind.PASS_ACT: Words(
        "Une action sur votre Pass",
        "Le {when}, depuis l’espace Pass, sur votre Pass ou celui d’un enfant : {about}.",
        "On {when}, in the Pass space, on your Pass or a child’s: {about}.",
        "Something was done to your Pass",
    ),
    SignInNoticeKind.TIE_DECIDED: Words(
        "Votre demande de rattachement",
        "Votre demande a été examinée le {when} : {about}.\n{family}",
        "Your request was looked at on {when}: {about}.\n{family}",
        "Your request",
    ),
    SignInNoticeKind.OPERATOR_CHANGED: Words(
        "Vos droits à l’exploitation du Pass ont changé",
        "Ce que vous pouvez faire dans les pages d’exploitation du Pass a changé le {when}. Pour "
        "en savoir plus, adressez-vous à un autre exploitant.",
        "What you may do in the pages of those who run the Pass has changed on {when}. Ask "
        "another operator for more.",
    ),
    SignInNoticeKind.PASSKEY_ADDED: Words(
        "Une clé d’accès a été ajoutée",
        "Depuis le {when}, une nouvelle clé d’accès ouvre votre espace Pass, et une clé d’accès "
        "est demandée après votre mot de passe. Vous les retrouvez dans votre espace, à la page "
        "« Mes clés d’accès ».",
        "Since {when} another passkey opens your account, and one is asked after your password. "
        "You find them in your space.",
    ),
    SignInNoticeKind.PASSKEY_REMOVED: Words(
        "Une clé d’accès a été retirée",
        "Une clé d’accès a été retirée de votre espace Pass le {when}. Elle n’ouvre plus rien.",
        "A passkey was removed from your account on {when}. It opens nothing any more.",
    ),
    SignInNoticeKind.PASSKEY_COPIED: Words(
        "Une de vos clés d’accès existe peut-être en double",
        "Le {when}, une clé d’accès a servi dont le compteur est revenu en arrière : elle a "
        "peut-être été copiée. Retirez-la dans votre espace, à la page « Mes clés d’accès », puis "
        "ajoutez-en une autre.",
        "A passkey was used on {when} whose counter has gone backwards: there may be a copy. "
        "Remove it in your space and add another.",
    ),
    SignInNoticeKind.IDENTITY_LINKED: Words(
        "FranceConnect ouvre maintenant votre espace",
        "Depuis le {when}, vous pouvez entrer dans votre espace Pass avec FranceConnect.",
        "Since {when} you may sign in with FranceConnect.",
    ),
    SignInNoticeKind.EVENTS_STOPPED: Words(
        "Vos événements ne sont plus envoyés",
        "Votre serveur {about} ne prend plus les événements de vos paiements : leur envoi est "
        "arrêté depuis le {when}. Aucun n’est perdu. Quand votre serveur répond de nouveau, "
        "reprenez l’envoi dans votre espace :\n{sign_in}",
        "Your server {about} no longer takes the events of your payments: they are not sent any "
        "more since {when}. None is lost. When your server answers again, resume in your space:\n"
        "{sign_in}",
        "Your events are no longer sent",
    ),
    SignInNoticeKind.SESSIONS_ENDED: Words(
        "Vos connexions ont été fermées",
        "Le service Pass a fermé toutes vos connexions le {when}. Vous pouvez vous connecter de "
        "nouveau :\n{sign_in}",
        "Those who run the Pass ended all your sessions on {when}. You may sign in again:\n"
        "{sign_in}",
        "Your sessions were ended",
    ),
    SignInNoticeKind.ACCOUNT_CLOSED: Words(
        "Votre compte Pass est fermé",
        "Le service Pass a fermé votre compte le {when} : il ne permet plus d’entrer. La carte et "
        "les avantages n’en dépendent pas. Si vous pensez que c’est une erreur, adressez-vous à "
        "votre établissement.",
        "Those who run the Pass closed your account on {when}: you sign in with it no more. Cards "
        "and benefits do not depend on it. If you think it is a mistake, ask your school.",
        "Your Pass account is closed",
    ),
    SignInNoticeKind.ERASURE_ANSWERED: Words(
        "Votre demande d’effacement",
        "Votre demande d’effacement a reçu une réponse le {when} : {about}.",
        "Your request for erasure was answered on {when}: {about}.",
        "Your request for erasure",
    ),
    SignInNoticeKind.IDENTITY_UNLINKED: Words(
        "FranceConnect n’ouvre plus votre espace",
        "Depuis le {when}, FranceConnect n’ouvre plus votre espace Pass.",
        "Since {when} FranceConnect no longer opens your account.",
    ),
}
#: What says that something was done, and so may have been done by somebody else.
_ALERTS: Final = frozenset(
    {
        SignInNoticeKind.PASSWORD_SET,
        SignInNoticeKind.FACTOR_SET,
        SignInNoticeKind.FACTOR_REMOVED,
        SignInNoticeKind.NEW_BROWSER,
        SignInNoticeKind.OPERATOR_CHANGED,
        SignInNoticeKind.PASSKEY_ADDED,
        SignInNoticeKind.PASSKEY_REMOVED,
        SignInNoticeKind.PASSKEY_COPIED,
        SignInNoticeKind.IDENTITY_LINKED,
        SignInNoticeKind.IDENTITY_UNLINKED,
        SignInNoticeKind.PASS_ACT,
        SignInNoticeKind.SESSIONS_ENDED,
    }
)


#: What a mail is about, in words; anything else is told as it stands.
ABOUT: Final[dict[str, tuple[str, str]]] = {
    "member_joined": ("une personne l’a rejointe", "somebody joined it"),
    "member_left": ("une personne l’a quittée", "somebody left it"),
    "member_removed": ("une personne en a été retirée", "somebody was removed from it"),
    "child_joined": ("un enfant y a été rattaché", "a child was added to it"),
    "child_removed": ("un enfant en a été retiré", "a child was removed from it"),
    "child_has_account": (
        "un enfant a maintenant son propre compte, et choisit seul le code de sa carte",
        "a child now has an account, and alone chooses the code of the card",
    ),
    "code_chosen": ("le code secret a été choisi", "the code was chosen"),
    "card_lost": ("la carte a été déclarée perdue", "the card was reported lost"),
    "card_stolen": ("la carte a été déclarée volée", "the card was reported stolen"),
    "card_ordered": ("une nouvelle carte a été commandée", "another card was ordered"),
    "card_activated": ("la carte a été mise en service", "the card was put in use"),
    "data_taken": ("les données ont été emportées", "the data were taken away"),
    "erasure_asked": ("l’effacement a été demandé", "erasure was asked"),
    "erased": ("le Pass et ce qui dit de qui il était sont effacés", "the Pass is erased"),
    "not_erased": (
        "elle n’est pas acceptée. La raison est dans votre espace, à la page « Données »",
        "it is not granted. The reason is in your space, on the page “Données”",
    ),
    "approved": ("elle est acceptée", "it is approved"),
    "refused": (
        "elle n’est pas acceptée. Adressez-vous à l’établissement",
        "it is not approved. Ask the school",
    ),
}


def compose_sign_in_letter(kind: SignInNoticeKind, occasion: Occasion) -> Written:
    """Write a mail in the language of the one who gets it."""
    words, language = LETTERS[kind], occasion.language
    french, english = ABOUT.get(occasion.about, (occasion.about, occasion.about))
    told = {
        "when": moment_in_words(occasion),
        "link": occasion.link,
        "page": occasion.public_url + PASSWORD_PATH,
        "sign_in": occasion.public_url + SIGN_IN_PATH,
        "family": occasion.public_url + FAMILY_PATH,
        "about": english if language == "en" else french,
    }
    hello = "Hello" if language == "en" else "Bonjour"
    body = words.en if language == "en" else words.fr
    said = [f"{hello} {occasion.given_name},", body.format_map(told)]
    if kind in _ALERTS:
        said.append(NOT_YOU[language].format_map(told))
    said.append(NEVER_TELL[language])
    subject = words.subject_en if language == "en" and words.subject_en else words.subject
    return Written(subject, tuple(Part(language, text) for text in said))
