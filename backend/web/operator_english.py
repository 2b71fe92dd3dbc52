"""The English of what the operator's templates say; each sentence is found by its French."""

from collections.abc import Mapping
from typing import Final

from backend.web.operator_labels import LABELS
from backend.web.operator_structure_english import STRUCTURES

ENGLISH: Final[Mapping[str, str]] = {
    **LABELS,
    **STRUCTURES,
    "Activités de partenaire qui le prennent, séparées par des virgules": (
        "Activities of the partners that take it, with commas between"
    ),
    "Aucun compte : la personne n’a pas encore d’espace.": (
        "No account: the person has no space yet."
    ),
    "Aucune adresse connue : faites donner le lien par l’établissement.": (
        "No address is known: let the establishment give the link."
    ),
    "Aucune règle : rien n’est accordé qu’à la main ou par fichier.": (
        "No rule: nothing is granted but by hand or by file."
    ),
    "Aucune vente ni aucun remboursement n’y est plus accepté, tout de suite.": (
        "No sale and no refund is accepted there any more, at once."
    ),
    "Cette personne est déjà connue : ses avantages et son historique seront vus.": (
        "This person is known already: their benefits and history will be seen."
    ),
    (
        "Chacune attend une réponse dans le mois. Ce qui reste d’argent de la famille à la "
        "cantine est d’abord rendu."
    ): (
        "Each waits for an answer within a month. What is left of the family’s money at the "
        "canteen is given back first."
    ),
    "Chaque jour peut seulement être repoussé. Un jour laissé vide suit les autres.": (
        "Each day can only move later. A day left empty follows the others."
    ),
    "Chercher un nom, une carte, une adresse, un reçu, un identifiant": (
        "Search for a name, a card, an address, a receipt, an id"
    ),
    (
        "Il part à l’adresse de la personne, sert une fois, pendant une heure, et demande la date"
        " de naissance."
    ): (
        "It leaves for the person’s address, serves once within an hour, and asks for the birth "
        "date."
    ),
    "La caisse compare elle-même sa journée à celle-ci et montre les écarts, ligne par ligne.": (
        "The till itself compares its day with this one and shows what differs, line by line."
    ),
    (
        "La carte ne paie plus tant qu’un autre code n’est pas choisi. Elle ouvre toujours "
        "l’entrée."
    ): ("The card pays no more until another code is chosen. It still opens the gate."),
    "Le lien « Ce qui a été fait » de chaque fiche remplit ces cases.": (
        "The link “What was done” of each page fills these in."
    ),
    (
        "Le nom, le code, les photos et le compte disparaissent, la carte s’arrête. Les paiements"
        " restent, sans nom. Rien ne revient en arrière."
    ): (
        "Name, code, photos and account disappear, the card stops. The payments stay, without a "
        "name. Nothing comes back."
    ),
    "Les gestionnaires lisent cette raison et la reçoivent par courriel.": (
        "Its keepers read this reason and get it by mail."
    ),
    "L’exploitation demande un mot de passe à usage unique dans chaque connexion.": (
        "The operator’s pages ask for a one-time password in each session."
    ),
    "L’organisme devient partenaire, avec l’activité « {activity} ».": (
        "The organisation becomes a partner, with the activity “{activity}”."
    ),
    "Personne de ce nom et de cette date n’est connu. Elle sera créée et rattachée.": (
        "Nobody of this name and birth date is known. They will be recorded and tied."
    ),
    (
        "Plus rien n’est accordé après ce jour. Ce qui est accordé se dépense jusqu’au jour "
        "annoncé."
    ): (
        "Nothing more is granted after this day. What is granted may be spent until the day that "
        "was announced."
    ),
    (
        "Pour des appareils perdus, une fois sûr de parler à la personne. Ses connexions sont "
        "fermées."
    ): ("For lost devices, once you are sure to speak to the person. Their sessions are ended."),
    "Quinze minutes, en lecture seule. Le début, chaque page et la fin sont notés.": (
        "A quarter of an hour, read only. The beginning, each page and the end are written down."
    ),
    "Raison, que la personne lira sur son relevé": (
        "Reason, which the person will read on their statement"
    ),
    (
        "Rien ne correspond. Essayez le nom seul, le début du nom suivi du prénom, ou ajoutez la "
        "date de naissance (14/03/2010). D’une carte, les huit premiers chiffres suffisent."
    ): (
        "Nothing fits. Try the family name alone, its beginning followed by the given name, or "
        "add the birth date (14/03/2010). Of a card the first eight digits are enough."
    ),
    "Ses caisses n’encaissent plus. Ce qui y fut payé peut encore être rendu.": (
        "Its tills take no more payments. What was paid there can still be given back."
    ),
    "Si un terminal était suspendu, il vérifie de nouveau les codes.": (
        "If a terminal was suspended, it checks codes again."
    ),
    "Tous les jours sont compris. Les avantages et leurs règles s’ajoutent ensuite.": (
        "All days are included. Benefits and their rules are added afterwards."
    ),
    (
        "Tout de suite et pour toujours : elle ne paie plus et n’ouvre plus. La personne garde "
        "ses avantages."
    ): (
        "At once and for good: it pays no more and opens nothing. The person keeps their benefits."
    ),
    "Tout de suite et pour toujours. Il faudra enrôler un autre terminal.": (
        "At once and for good. Another terminal will have to enrol."
    ),
    (
        "Un deuxième exploitant doit confirmer, et la nouvelle adresse répondre. L’ancienne est "
        "prévenue."
    ): ("A second operator has to confirm, and the new address to answer. The old one is told."),
    (
        "Un lien est envoyé à qui n’a pas encore de compte. La double vérification est obligatoire."
    ): ("Whoever has no account yet is sent a link. A second factor is required."),
    (
        "Un parent, ou un jeune, demande à voir un Pass. D’ordinaire son établissement répond. "
        "Assurez-vous de qui demande avant d’accorder."
    ): (
        "A parent, or a young person, asks to see a Pass. Usually their establishment answers. Be"
        " sure of who asks before you grant it."
    ),
    (
        "Une valeur de contrôle nomme une clé et n’aide pas à la trouver. Aucune clé ne sort du "
        "coffre. Les fabriquer et les renouveler se fait à deux, à la console :"
    ): (
        "A check value names a key and does not help to find it. No key leaves the vault. Making "
        "and renewing them is done by two, at the console:"
    ),
    (
        "Votre connexion a plus de cinq minutes. Déconnectez-vous, puis reconnectez-vous avec "
        "votre clé d’accès."
    ): ("Your session is older than five minutes. Sign out, then sign in again with your passkey."),
    "Vous utilisez une clé d’accès ? Déconnectez-vous, puis reconnectez-vous avec elle.": (
        "Do you use a passkey? Sign out, then sign in again with it."
    ),
    (
        "Vérifiez le numéro dans son registre et que la personne représente l’organisme. Accepter"
        " crée le partenaire et son lieu, le montre dans l’annuaire et ouvre son espace à ses "
        "gestionnaires."
    ): (
        "Check the number in its register, and that the person speaks for the organisation. "
        "Accepting makes the partner and its place, shows it in the directory and opens its space"
        " to its keepers."
    ),
    "tous les porte-monnaie sont additionnés : quelques secondes": (
        "every wallet is added up: a few seconds"
    ),
    "un partenaire porte ce numéro : invitez ces personnes à le rejoindre.": (
        "a partner has this number: invite these people to join it."
    ),
    "{who}, {email}, demande à ouvrir son propre compte": (
        "{who}, {email}, asks to open their own account"
    ),
}
