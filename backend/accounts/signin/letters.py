"""What our mails to people who sign in say: French first, English second.

Pure. Not here: who is written to, and when.
"""

from typing import Final

from backend.accounts.letters import Occasion, Words, moment_in_words
from backend.accounts.tables import SignInNoticeKind

PASSWORD_PATH: Final = "/mot-de-passe"  # noqa: S105
NOT_YOU: Final = (
    "Ce n’était pas vous ? Choisissez tout de suite un autre mot de passe :\n"
    "Not you? Choose another password at once:\n{page}"
)
LETTERS: Final[dict[SignInNoticeKind, Words]] = {
    SignInNoticeKind.INVITATION: Words(
        "Votre accès à l’espace Pass",
        "Un accès à l’espace Pass vous est ouvert. Ce lien sert une fois, pendant un jour, à "
        "choisir votre mot de passe :\n{link}\n"
        "Le lien est trop ancien ? Demandez-en un autre :\n{page}",
        "You may now sign in. The first link above serves once, for a day, to choose your "
        "password; the second asks for another.",
    ),
    SignInNoticeKind.PASSWORD_LINK: Words(
        "Choisissez un nouveau mot de passe",
        "Vous avez demandé un nouveau mot de passe. Ce lien sert une fois, pendant un jour :\n"
        "{link}\nVous n’avez rien demandé ? Ignorez ce message : rien n’a changé.",
        "You asked for a new password. The link above serves once, for a day. You did not ask? "
        "Ignore this message: nothing has changed.",
    ),
    SignInNoticeKind.PASSWORD_SET: Words(
        "Votre mot de passe a été choisi",
        "Le mot de passe de votre accès à l’espace Pass a été choisi le {when}. Toutes les "
        "connexions ouvertes ont été fermées.",
        "The password of your account was chosen on that day. Every open session was ended.",
    ),
    SignInNoticeKind.FACTOR_SET: Words(
        "La double vérification est en place",
        "Depuis le {when}, un mot de passe à usage unique vous est demandé à chaque connexion.",
        "Since that day a one-time password is asked whenever you sign in.",
    ),
    SignInNoticeKind.OPERATOR_CHANGED: Words(
        "Vos droits à l’exploitation du Pass ont changé",
        "Ce que vous pouvez faire dans les pages d’exploitation du Pass a changé le {when}. Pour en "
        "savoir plus, adressez-vous à un autre exploitant.",
        "What you may do in the pages of those who run the Pass has changed on that day. Ask "
        "another operator for more.",
    ),
    SignInNoticeKind.PASSKEY_ADDED: Words(
        "Une clé d’accès a été ajoutée",
        "Depuis le {when}, une nouvelle clé d’accès ouvre votre espace Pass, et une clé d’accès "
        "est demandée après votre mot de passe. Vous les retrouvez dans votre espace, à la page "
        "« Mes clés d’accès ».",
        "Since that day another passkey opens your account, and one is asked after your password. "
        "You find them in your space.",
    ),
    SignInNoticeKind.PASSKEY_REMOVED: Words(
        "Une clé d’accès a été retirée",
        "Une clé d’accès a été retirée de votre espace Pass le {when}. Elle n’ouvre plus rien.",
        "A passkey was removed from your account on that day. It opens nothing any more.",
    ),
    SignInNoticeKind.PASSKEY_COPIED: Words(
        "Une de vos clés d’accès existe peut-être en double",
        "Le {when}, une clé d’accès a servi dont le compteur est revenu en arrière : elle a "
        "peut-être été copiée. Retirez-la dans votre espace, à la page « Mes clés d’accès », puis "
        "ajoutez-en une autre.",
        "A passkey was used on that day whose counter has gone backwards: there may be a copy. "
        "Remove it in your space and add another.",
    ),
}
#: What says that something was done, and so may have been done by somebody else.
_ALERTS: Final = frozenset(
    {
        SignInNoticeKind.PASSWORD_SET,
        SignInNoticeKind.FACTOR_SET,
        SignInNoticeKind.OPERATOR_CHANGED,
        SignInNoticeKind.PASSKEY_ADDED,
        SignInNoticeKind.PASSKEY_REMOVED,
        SignInNoticeKind.PASSKEY_COPIED,
    }
)


def write_sign_in_letter(kind: SignInNoticeKind, occasion: Occasion) -> tuple[str, str]:
    """Return the subject and the text of a mail."""
    words = LETTERS[kind]
    page = occasion.public_url + PASSWORD_PATH
    told = {"when": moment_in_words(occasion), "link": occasion.link, "page": page}
    parts = [f"Bonjour {occasion.given_name},", words.fr.format_map(told), words.en]
    if kind in _ALERTS:
        parts.append(NOT_YOU.format_map(told))
    return words.subject, "\n\n".join(parts) + "\n"
