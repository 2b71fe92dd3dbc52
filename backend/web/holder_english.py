"""The English of a holder's pages, found by the French that stands in the templates.

What is not here is said in French: names of benefits, of places, and the register's own text.
"""

from typing import Final

from backend.web.holder_words import french

_FRAME: Final = {
    "À corriger :": "To correct:",
    "Compte": "Account",
    "Mon espace": "My space",
    "Connecté :": "Signed in:",
    ", pour": ", for",
    "Me déconnecter": "Sign out",
    "Pass de {name}": "Pass of {name}",
    "Avantages": "Benefits",
    "Historique": "History",
    "Carte": "Card",
    "Code": "Code",
    "Accords": "Consents",
    "Données": "Data",
    "À propos": "About",
    "Où payer": "Where to pay",
    "Aide": "Help",
    "Conditions": "Terms",
    "Données personnelles": "Personal data",
    "Accessibilité": "Accessibility",
}
_HOME: Final = {
    "Mes avantages": "My benefits",
    "Les avantages de {name}": "The benefits of {name}",
    "Code secret :": "Code:",
    "à dépenser à partir du {day}": "to spend from {day}",
    "à dépenser jusqu’au {day}": "to spend until {day}",
    "Reçu {given} · dépensé {spent}": "Received {given} · spent {spent}",
    "réservé {reserved}": "held {reserved}",
    "Sert à :": "Serves for:",
    "Où l’utiliser : {name}": "Where to use it: {name}",
    "Historique : {name}": "History: {name}",
    "Où l’utiliser": "Where to use it",
    "Aucun avantage pour le moment. Ils apparaissent ici dès qu’ils sont accordés.": (
        "No benefit for now. They are shown here as soon as they are granted."
    ),
    "Cantine": "Canteen",
    "sur le compte des repas": "on the meals account",
    "À part des avantages : cet argent ne paie que les repas.": (
        "Apart from the benefits: this money pays meals only."
    ),
    "Derniers repas": "Latest meals",
    "Seuls le service et le jour sont montrés, et gardés 90 jours.": (
        "Only the service and the day are shown, and kept for 90 days."
    ),
    "Carte et code": "Card and code",
    "Sa carte": "Their card",
    "Voir la carte": "See the card",
    "Son code secret": "Their code",
    "Avantages terminés ({count})": "Benefits that ended ({count})",
    "reçu {given}, dépensé {spent}": "received {given}, spent {spent}",
    "perdu {expired}": "lost {expired}",
    "terminé le {day}": "ended on {day}",
}
_CARD: Final = {
    "Ma carte": "My card",
    "La carte de {name}": "The card of {name}",
    "Carte {number}": "Card {number}",
    "depuis le {day}": "since {day}",
    "Livrée à :": "Delivered to:",
    "Livrée à domicile": "Delivered at home",
    "Frais de remplacement :": "Replacement fee:",
    "Carte perdue ou volée": "Card lost or stolen",
    "Vous avez la carte en main ?": "Do you have the card in hand?",
    "{name} a la carte en main ?": "Does {name} have the card in hand?",
    "Tapez les 4 derniers chiffres imprimés dessus.": "Type the last 4 digits printed on it.",
    "4 derniers chiffres de la carte": "Last 4 digits of the card",
    "Mettre la carte en service": "Put the card in use",
    "Commander une nouvelle carte": "Order a new card",
    "Photo de la carte": "Photo for the card",
    "Cartes d’avant ({count})": "Earlier cards ({count})",
    "La carte {number} s’arrête tout de suite, et pour toujours, même si vous la retrouvez : plus "
    "aucun paiement, plus aucune entrée.": (
        "The card {number} stops at once and for good, even if you find it: no payment and no "
        "entrance any more."
    ),
    "Les avantages restent.": "The benefits stay.",
    "Ils vous attendent sur la prochaine carte.": "They wait for you on the next card.",
    "Bloquer : carte perdue": "Block: card lost",
    "Bloquer : carte volée": "Block: card stolen",
    "Ne rien faire": "Do nothing",
    "Commandée": "Ordered",
    "Elle sera bientôt fabriquée. Rien à faire.": "It will soon be made. Nothing to do.",
    "Commande annulée": "Order cancelled",
    "Demandez-en une autre si besoin.": "Ask for another if you need one.",
    "Fabriquée": "Made",
    "Elle va partir. Rien à faire.": "It is about to leave. Nothing to do.",
    "Envoyée": "Sent",
    "Elle est en route.": "It is on its way.",
    "Arrivée": "Arrived",
    "Elle vous attend dans l’établissement : allez la chercher.": (
        "It waits for you at your school: go and fetch it."
    ),
    "Remise": "Handed over",
    "Dites ci-dessous que vous l’avez : elle servira aussitôt.": (
        "Say below that you have it: it serves at once."
    ),
    "En service": "In use",
    "Elle paie et elle ouvre l’entrée.": "It pays and opens the gate.",
    "Bloquée": "Blocked",
    "Elle ne sert plus, même si vous la retrouvez. Vos avantages vous restent : ils vous attendent "
    "sur la prochaine carte.": (
        "It is of no use any more, even if you find it. Your benefits stay yours: they wait on "
        "the next card."
    ),
    "Remplacée": "Replaced",
    "Servez-vous de la nouvelle.": "Use the new one.",
    "Périmée": "Expired",
    "Commandez-en une autre. Vos avantages vous restent : ils vous attendent sur la prochaine "
    "carte.": "Order another. Your benefits stay yours: they wait on the next card.",
    "Retirée": "Withdrawn",
    "Hors service": "Out of use",
    "Pas encore de carte": "No card yet",
    "Vous pouvez en commander une.": "You may order one.",
    "Quand vous l’aurez, dites-le ci-dessous : elle servira aussitôt.": (
        "Say so below when you have it: it serves at once."
    ),
    "déclarée perdue": "reported lost",
    "déclarée volée": "reported stolen",
}
_ORDER: Final = {
    "Commander une carte": "Order a card",
    "Où doit-elle arriver ?": "Where should it arrive?",
    "À la maison": "At home",
    "Adresse, si elle arrive à la maison": "Address, if it arrives at home",
    "Le nom, la rue, le code postal et la ville : une ligne chacun. L’adresse est effacée dès que "
    "la carte est arrivée.": (
        "Name, street, postcode and town: a line each. The address is erased as soon as the card "
        "has arrived."
    ),
    "La charte de la carte": "The charter of the card",
    "La carte est personnelle : elle ne se prête pas et ne se vend pas.": (
        "The card is personal: it is neither lent nor sold."
    ),
    "Le code secret ne se dit à personne et ne s’écrit pas sur la carte.": (
        "The code is told to nobody and not written on the card."
    ),
    "Une carte perdue ou volée se bloque tout de suite, ici ou auprès de l’établissement.": (
        "A card that is lost or stolen is blocked at once, here or at the school."
    ),
    "Les avantages servent à ce qu’ils annoncent ; ils ne s’échangent pas contre de l’argent.": (
        "Benefits serve for what they say; they are not exchanged for money."
    ),
    "À l’entrée et à la cantine, la carte ouvre sans code, même si le code est oublié ou bloqué.": (
        "At the gate and the canteen the card opens without a code, even with a forgotten or "
        "blocked one."
    ),
    "J’ai lu et j’accepte la charte": "I have read and accept the charter",
    "Continuer": "Continue",
    "Retour": "Back",
    "Étape {number} sur 2": "Step {number} of 2",
    "Commander": "Order",
    "Annuler": "Cancel",
    "La photo gardée pour votre carte": "The photo kept for your card",
    "La photo gardée pour la carte de {name}": "The photo kept for the card of {name}",
    "Retirer cette photo": "Remove this photo",
    "Aucune photo n’est gardée.": "No photo is kept.",
    "Une autre photo, JPEG ou PNG, 10 Mo au plus": "Another photo, JPEG or PNG, 10 MB at most",
    "Votre photo, JPEG ou PNG, 10 Mo au plus": "Your photo, JPEG or PNG, 10 MB at most",
    "Le visage seul, de face, sur un fond clair. Le lieu et l’appareil notés dans le fichier sont "
    "enlevés.": (
        "The face alone, from the front, on a light ground. Place and device noted in the file are "
        "removed."
    ),
    "Envoyer la photo": "Send the photo",
    "Elle sert à fabriquer la carte. Elle n’est montrée à la porte de la cantine qu’avec votre "
    "accord :": (
        "It serves to make the card. It is shown at the canteen’s gate only with your consent:"
    ),
    "Retour à la carte": "Back to the card",
}
_CODE: Final = {
    "Code secret": "Code",
    "Mon code secret": "My code",
    "Le code secret de {name}": "The code of {name}",
    "Ne communiquez jamais votre code : personne ne vous le demandera, ni nous, ni votre "
    "établissement, ni un commerçant.": (
        "Never tell your code: nobody will ask you for it, neither we, nor your school, nor a shop."
    ),
    "Votre mot de passe": "Your password",
    "Celui de votre compte ({name}), pour être sûr que c’est vous.": (
        "That of your account ({name}), to be sure that it is you."
    ),
    "Nouveau code, {digits} chiffres": "New code, {digits} digits",
    "Encore une fois": "Once more",
    "Un code facile à deviner est refusé : date de naissance, 1234, 0000, une année.": (
        "A code easy to guess is refused: birth date, 1234, 0000, a year."
    ),
    "Pas de mot de passe, ou oublié ?": "No password, or forgotten?",
    "Recevez un lien pour choisir le code": "Get a link to choose the code",
    "{name} a son propre compte et choisit seul son code : personne d’autre ne le peut.": (
        "{name} has an account and alone chooses the code: nobody else may."
    ),
    "Pas encore choisi": "Not chosen yet",
    "Choisissez-le pour payer chez les partenaires.": "Choose it to pay at the partners’.",
    "Prêt": "Ready",
    "Il sert à payer, jamais à l’entrée.": "It serves to pay, never at the gate.",
    "À changer": "To be changed",
    "Choisissez-en un autre pour payer de nouveau.": "Choose another to pay again.",
    "Bloqué": "Blocked",
    "Trois codes faux ont été composés. Choisissez-en un autre : il sert aussitôt.": (
        "Three wrong codes were typed. Choose another: it serves at once."
    ),
    "Choisir le code": "Choose the code",
    "Changer le code": "Change the code",
    "Choisir un autre code": "Choose another code",
    "Débloquer : choisir un autre code": "Unblock: choose another code",
}
_HISTORY: Final = {
    "Avantage": "Benefit",
    "Tous": "All",
    "Année": "Year",
    "Toutes": "All",
    "Afficher": "Show",
    "{amount} rendus": "{amount} given back",
    "reçu n° {number}": "receipt no. {number}",
    "sur le reçu n° {number}": "on receipt no. {number}",
    "Aucun mouvement pour ce choix.": "No movement for this choice.",
    "Aucun mouvement.": "No movement.",
    "Les plus récents": "The latest",
    "Plus anciens": "Earlier",
    "Version à imprimer": "To print",
    "Relevé": "Statement",
    "Relevé de {name}": "Statement of {name}",
    "Imprimé le {day}": "Printed on {day}",
    "année {year}": "year {year}",
    "Imprimez cette page avec votre navigateur.": "Print this page with your browser.",
    "Retour à l’historique": "Back to the history",
    "Date": "Date",
    "Reçu": "Receipt",
    "Partenaire ou motif": "Partner or reason",
    "Montant": "Amount",
    "État": "State",
    "Ce relevé s’arrête à {count} lignes.": "This statement ends after {count} lines.",
    "La suite": "The rest",
    "Avantage reçu": "Benefit received",
    "Paiement": "Payment",
    "Paiement annulé à la caisse": "Payment cancelled at the till",
    "Remboursement": "Refund",
    "Paiement non abouti, rendu": "Payment that failed, given back",
    "Fin de la campagne": "End of the campaign",
    "Mouvement": "Movement",
    "payé": "paid",
    "annulé": "cancelled",
    "remboursé en partie": "refunded in part",
    "remboursé": "refunded",
}
_DATA: Final = {
    "Mes données": "My data",
    "Les données de {name}": "The data of {name}",
    "Les emporter": "Take them away",
    "Tout ce qui est gardé sur vous, dans un fichier.": (
        "Everything that is kept about you, in a file."
    ),
    "Tout ce qui est gardé sur {name}, dans un fichier.": (
        "Everything that is kept about {name}, in a file."
    ),
    "Des tableaux, à lire (CSV)": "Tables, to read (CSV)",
    "Pour un programme (JSON)": "For a program (JSON)",
    "Ce fichier contient tout : ne l’envoyez qu’à qui vous voulez.": (
        "This file has everything: send it only to whom you wish."
    ),
    "Les effacer": "Erase them",
    "Effacement demandé le {day}. Une réponse vient dans le mois.": (
        "Erasure asked on {day}. An answer comes within a month."
    ),
    "Retirer la demande": "Withdraw the request",
    "Demande du {asked}, réponse du {answered} :": "Asked on {asked}, answered on {answered}:",
    "Une fois effacé, le Pass ne sert plus : la carte s’arrête et ce qui reste des avantages est "
    "perdu. Les comptes restent, sans nom : la loi demande de les garder au moins 10 ans.": (
        "Once erased the Pass is of no use any more: the card stops and what is left of the "
        "benefits is lost. The accounts stay, without a name: the law wants them kept for 10 years "
        "at least."
    ),
    "Demander l’effacement": "Ask for erasure",
    "Quelqu’un lit la demande et répond dans le mois. Vous pouvez la retirer d’ici là.": (
        "Somebody reads the request and answers within a month. You may withdraw it until then."
    ),
    "Ce qui est gardé, et pourquoi": "What is kept, and why",
    "Cette liste est en français : c’est le texte du registre.": (
        "This list is in French: it is the register’s own text."
    ),
    "Aucun code, aucun mot de passe n’est gardé : seulement de quoi les vérifier. Rien n’est "
    "vendu, aucun traceur n’est posé.": (
        "No code and no password is kept: only what checks them. Nothing is sold, and nobody is "
        "tracked."
    ),
    "Mes accords": "My consents",
    "Les accords pour {name}": "The consents for {name}",
    "La photo à la porte de la cantine": "The photo at the canteen’s gate",
    "La personne qui surveille voit la photo de la carte quand la carte passe : une carte volée se "
    "remarque. La photo n’est montrée qu’aux portes de l’établissement et n’est envoyée nulle part "
    "ailleurs.": (
        "Whoever supervises sees the card’s photo when the card passes: a stolen card is noticed. "
        "The photo is shown at the school’s gates only, and sent nowhere else."
    ),
    "Accord donné": "Consent given",
    "le {day}.": "on {day}.",
    "Il n’y a pas encore de photo.": "There is no photo yet.",
    "Pas d’accord donné": "No consent given",
    " : aucune photo n’est montrée. La carte passe de la même façon.": (
        ": no photo is shown. The card passes just the same."
    ),
    "Retirer l’accord": "Withdraw the consent",
    "Un seul « non » suffit, celui de l’enfant ou celui d’un parent. La photo disparaît des portes "
    "aussitôt.": (
        "One “no” is enough, the child’s or a parent’s. The photo leaves the gates at once."
    ),
    "{name} est d’accord aussi : je le lui ai demandé.": "{name} agrees too: I have asked.",
    "Je suis d’accord": "I agree",
    "Avant 15 ans, c’est un parent qui donne l’accord, avec son compte.": (
        "Before 15 a parent gives consent, with their account."
    ),
    "À partir de 15 ans, {name} décide seul(e), avec son propre compte.": (
        "From 15 on {name} decides alone, with an account of their own."
    ),
    "Vous pouvez changer d’avis à tout moment, sans dire pourquoi.": (
        "You may change your mind at any time, without saying why."
    ),
}
_PLAIN: Final = {**_FRAME, **_HOME, **_CARD, **_ORDER, **_CODE, **_HISTORY, **_DATA}
#: Some words come with their punctuation kept on the line already.
ENGLISH: Final[dict[str, str]] = {**_PLAIN, **{french(said): en for said, en in _PLAIN.items()}}
