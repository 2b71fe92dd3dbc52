"""The English of an establishment's pages; each sentence is found by its French."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "Mon espace": "My space",
    "Compte": "Account",
    "À propos": "About",
    "Où payer": "Where to pay",
    "Aide": "Help",
    "Conditions": "Terms",
    "Données personnelles": "Personal data",
    "Accessibilité": "Accessibility",
    "Établissement": "School",
    "À corriger :": "To put right:",
    "Continuer": "Continue",
    "Cartes": "Cards",
    "Carte": "Card",
    "carte": "card",
    "cartes": "cards",
    "Classe": "Class",
    "Classes": "Classes",
    "Classe {code}": "Class {code}",
    "Toutes": "All",
    "Élève": "Pupil",
    "Élèves": "Pupils",
    "élève": "pupil",
    "élèves": "pupils",
    "Tous les élèves": "All pupils",
    "Élèves suivants": "Next pupils",
    "Nom ou prénom": "Family or given name",
    "Chercher": "Search",
    "{number} sans carte": "{number} without a card",
    "carte à remettre": "card to hand over",
    "cartes à remettre": "cards to hand over",
    (
        "Aucun élève ne correspond. Essayez les premières lettres du nom, sans vous soucier des"
        " accents."
    ): "No pupil matches. Try the first letters of the name; accents do not matter.",
    (
        "Aucun élève n’est encore inscrit. Ils viennent des fichiers de l’établissement, que "
        "l’opérateur importe."
    ): ("No pupil is enrolled yet. They come from the school’s files, which the operator imports."),
    "Recevoir un colis": "Receive a parcel",
    "Scannez les cartes une à une": "Scan the cards one by one",
    "Remettre les cartes": "Hand the cards over",
    "carte attend son élève": "card waits for its pupil",
    "cartes attendent leurs élèves": "cards wait for their pupils",
    "Procédure à imprimer": "Procedure to print",
    "Dire aux familles comment avoir la carte": "Tell families how to get the card",
    "Commander": "Order",
    "élève n’a pas de carte.": "pupil has no card.",
    "élèves n’ont pas de carte.": "pupils have no card.",
    "Qui en a une, ou une en route, n’en reçoit pas d’autre.": (
        "Whoever has one, or one on its way, gets no other."
    ),
    "Commander pour tout l’établissement : {cards}": "Order for the whole school: {cards}",
    "Chaque élève a une carte, ou une en route.": "Each pupil has a card, or one on its way.",
    "Sans carte": "Without a card",
    "À remettre": "To hand over",
    "Sans classe": "No class",
    "{number} à remettre en {label}": "{number} to hand over in {label}",
    "Commander {cards} pour {label}": "Order {cards} for {label}",
    "Commander {number}": "Order {number}",
    "Colis": "Parcels",
    "Bordereau": "Delivery note",
    "Bordereau {number}": "Delivery note {number}",
    "Envoyé": "Sent",
    "Envoyé le {at}": "Sent on {at}",
    "reçue": "received",
    "reçues": "received",
    "Pas encore scannées": "Not scanned yet",
    "Aucun colis n’a encore été envoyé.": "No parcel was sent yet.",
    "Scannez-les à la réception.": "Scan them at reception.",
    (
        "Si elles ne sont pas dans le colis, ouvrez l’élève et déclarez sa carte perdue : une "
        "autre peut alors être commandée."
    ): (
        "If they are not in the parcel, open the pupil and report the card lost: another can "
        "then be ordered."
    ),
    "carte finissant par {digits}": "card ending in {digits}",
    "Carte finissant par {digits}": "Card ending in {digits}",
    "Toutes les cartes de ce colis sont arrivées.": "All cards of this parcel have arrived.",
    "… et {number} de plus": "… and {number} more",
    "Scannez le code-barres de la carte, ou tapez ses 16 chiffres": (
        "Scan the card’s barcode, or type its 16 digits"
    ),
    "carte est encore attendue.": "card is still expected.",
    "cartes sont encore attendues.": "cards are still expected.",
    "{missing} sur {cards}": "{missing} of {cards}",
    "Aucune carte n’est attendue.": "No card is expected.",
    "carte attend.": "card waits.",
    "cartes attendent.": "cards wait.",
    "Décochez les absents.": "Untick whoever is away.",
    "autre suivra.": "other will follow.",
    "autres suivront.": "others will follow.",
    (
        "Une carte remise à son élève sert tout de suite. Confiée à quelqu’un d’autre, elle "
        "attend que l’élève l’active sur son compte."
    ): (
        "A card handed to its pupil serves at once. Entrusted to somebody else, it waits "
        "until the pupil activates it in their account."
    ),
    "Remettre les cartes cochées": "Hand over the ticked cards",
    "Confier à quelqu’un d’autre": "Entrust to somebody else",
    "Aucune carte n’attend son élève dans cette classe.": (
        "No card waits for its pupil in this class."
    ),
    "Aucune carte n’attend son élève.": "No card waits for its pupil.",
    "{name} n’a pas de carte.": "{name} has no card.",
    "Faite ici au guichet, et remise tout de suite": (
        "Made here at the desk, and handed over at once"
    ),
    "Commander une carte": "Order a card",
    "depuis le {at}": "since {at}",
    "Remettre à {name}": "Hand over to {name}",
    "Annuler la commande": "Cancel the order",
    "Perdue ou volée": "Lost or stolen",
    (
        "Elle ne servira plus jamais, même retrouvée. Les avantages et les droits restent à {name}."
    ): "It will never serve again, even if found. Benefits and rights stay with {name}.",
    "Bloquer : perdue": "Block: lost",
    "Bloquer : volée": "Block: stolen",
    "Remplacer": "Replace",
    "L’ancienne carte cesse de servir tout de suite ; une autre est commandée.": (
        "The old card ceases to serve at once; another is ordered."
    ),
    "Prix : {amount}.": "Price: {amount}.",
    "Pourquoi": "Why",
    "Remplacer la carte": "Replace the card",
    "Retirer la carte": "Withdraw the card",
    "Elle ne servira plus jamais, et aucune autre n’est commandée.": (
        "It will never serve again, and no other is ordered."
    ),
    "L’élève est parti": "The pupil has left",
    "Carte bloquée, retrouvée": "Blocked card, found",
    "Abîmée": "Damaged",
    "Jamais réclamée": "Never collected",
    "Décision de l’établissement": "The school’s decision",
    "Historique": "History",
    "le {at}, par {name}": "on {at}, by {name}",
    "Rien n’est noté.": "Nothing is noted.",
    "Carte oubliée aujourd’hui": "Card forgotten today",
    "Donner un code pour aujourd’hui": "Give a code for today",
    (
        "Sans carte à son nom, demandez au surveillant du portique de laisser passer {name} par"
        " son nom."
    ): "With no card in their name, ask the gate’s supervisor to let {name} pass by name.",
    "Photo": "Photo",
    "Imprimée sur sa prochaine carte.": "Printed on the next card.",
    "Aucune photo n’est donnée.": "No photo is given.",
    "La famille a accepté qu’elle s’affiche aux portiques.": (
        "The family agreed that gates show it."
    ),
    "Elle ne s’affiche pas aux portiques : la famille n’a pas donné son accord.": (
        "Gates do not show it: the family has not agreed."
    ),
    "Prendre ou donner une autre photo": "Take or give another photo",
    "Prendre ou donner une photo": "Take or give a photo",
    "Retirer la photo": "Take the photo away",
    "Photo de {name}": "Photo of {name}",
    "Photo actuelle de {name}": "Present photo of {name}",
    "La famille accepte qu’elle s’affiche aux portiques": "The family agrees that gates show it",
    "Le visage seul, de face, tête nue, sur un fond clair, sans personne d’autre.": (
        "The face alone, from the front, bareheaded, before a light wall, nobody else."
    ),
    "Prendre la photo": "Take the photo",
    "Ce que voit l’appareil photo": "What the camera sees",
    "La photo prise": "The photo that was taken",
    (
        "L’appareil photo n’est pas autorisé. Autorisez-le dans le navigateur, ou choisissez un"
        " fichier plus bas."
    ): "The camera is not allowed. Allow it in the browser, or choose a file below.",
    "Aucun appareil photo n’est branché. Choisissez un fichier plus bas.": (
        "No camera is plugged in. Choose a file below."
    ),
    (
        "L’appareil photo ne répond pas : un autre programme s’en sert peut-être. Fermez-le, "
        "puis recommencez."
    ): (
        "The camera does not answer: perhaps another program uses it. Close that, then start again."
    ),
    "Ouvrir l’appareil photo": "Open the camera",
    "Recommencer": "Again",
    "Photo prise avec ce téléphone ou cette tablette": "Photo taken with this phone or tablet",
    "Enregistrer cette photo": "Keep this photo",
    "Choisir un fichier": "Choose a file",
    "Photo d’identité, JPEG ou PNG, 10 Mo au plus": "ID photo, JPEG or PNG, 10 MB at most",
    "Enregistrer la photo": "Keep the photo",
    "Procédure": "Procedure",
    "La procédure": "The procedure",
    "Modifier vos lignes": "Change your lines",
    "Imprimez cette page avec votre navigateur : menu, puis « Imprimer ».": (
        "Print this page with your browser: menu, then “Print”."
    ),
    "Vos lignes dans la procédure": "Your lines of the procedure",
    "Une ligne laissée vide n’est pas imprimée.": "What is left empty is not printed.",
    "Inscriptions : du": "Enrolment: from",
    "jour/mois/année": "day/month/year",
    "au": "to",
    "Demandes en ligne : jusqu’au": "Online: until",
    "Où et à quelles heures": "Where, and at which hours",
    "Par exemple : bureau de la vie scolaire, de 8 h à 12 h.": (
        "For example: school office, from 8 to 12."
    ),
    "Téléphone de l’établissement": "The school’s telephone",
    "Adresse électronique de l’établissement": "The school’s e-mail address",
    "Autre chose à dire aux familles": "Anything else to tell families",
    "N’écrivez jamais ici un mot de passe ni un code : chacun choisit le sien.": (
        "Never write a password or a code here: each chooses their own."
    ),
    "Enregistrer": "Save",
    "Code du jour": "Code of the day",
    "Codes du jour": "Codes of the day",
    "Code pour {name}": "Code for {name}",
    "Notez-le : il n’est plus montré ensuite. Le surveillant le tape au portique.": (
        "Write it down: it is not shown again. The supervisor types it at the gate."
    ),
    "Valable le {day}, {passages}.": "Valid on {day}, {passages}.",
    "passage": "passage",
    "passages": "passages",
    "Retour": "Back",
    "Portiques": "Gates",
    "Portiques et services": "Gates and services",
    "liste n° {number}": "list no. {number}",
    "en liaison": "connected",
    "silencieux": "silent",
    "absent": "absent",
    "Aucun portique n’est installé ici.": "No gate is installed here.",
    "Services": "Services",
    "Service": "Service",
    "Aucun service n’est défini.": "No service is defined.",
    (
        "Pour un invité ou un groupe : le surveillant tape le code au portique. Pour un élève "
        "sans carte, ouvrez sa fiche."
    ): (
        "For a guest or a group: the supervisor types the code at the gate. For a pupil "
        "without a card, open their page."
    ),
    "Pour qui": "For whom",
    "Classe de Turin": "Class from Turin",
    "Jour": "Day",
    "Passages": "Passages",
    "Donner un code": "Give a code",
    "par {name}": "by {name}",
    "Retirer": "Remove",
    "Retirer le code de {name}": "Remove the code of {name}",
    "Tourniquets, portes et lecteurs, ces 7 jours": "Turnstiles, doors and readers, these 7 days",
    "{gate} : {what}": "{gate}: {what}",
    "passage sans débit": "passage not charged",
    "passages sans débit": "passages not charged",
    "alerte": "alert",
    "Rien à signaler.": "Nothing to report.",
    "Les surveillants, ces 7 jours": "Supervisors, these 7 days",
    "Passage en trop": "One passage too many",
    "repris": "taken back",
    "Aucune intervention.": "No intervention.",
    "révoqué le {at}": "revoked on {at}",
    "ne s’est pas encore annoncé": "not heard yet",
    (
        "sans nouvelles depuis le {at} : il continue avec sa liste, ses passages attendent chez lui"
    ): "not heard since {at}: it goes on with its list, its passages wait there",
    "en liaison, entendu le {at}": "connected, heard on {at}",
    "Import": "Import",
    "Importer les élèves": "Import pupils",
    "L’import est enregistré.": "The import is recorded.",
    "carte commandée.": "card ordered.",
    "cartes commandées.": "cards ordered.",
    "Rien n’est encore enregistré. Voici ce que ce fichier changerait.": (
        "Nothing is recorded yet. This is what the file would change."
    ),
    (
        "Les exports de SIECLE (ElevesAvecAdresses et Structures, ensemble), une liste PRONOTE "
        "ou un CSV. Vous verrez d’abord ce qui changerait ; rien n’est enregistré avant votre "
        "accord, et les fichiers ne sont pas gardés."
    ): (
        "The SIECLE exports (ElevesAvecAdresses and Structures, together), a PRONOTE list or "
        "a CSV. You will first see what would change; nothing is recorded before you agree, "
        "and the files are not kept."
    ),
    "{what} : {number}": "{what}: {number}",
    "{what} : {told}": "{what}: {told}",
    "ligne {number}": "line {number}",
    "Ce fichier ne change rien : tout est déjà connu.": (
        "This file changes nothing: all is known already."
    ),
    "Sans changement : {number}": "Unchanged: {number}",
    "sans carte : {number}": "without a card: {number}",
    "personne n’est marqué parti : {why}": "nobody is marked as gone: {why}",
    "Choisissez de nouveau le même fichier : il n’a pas été gardé": (
        "Choose the same file again: it was not kept"
    ),
    "Fichiers": "Files",
    "Je confirme ces départs : {number}": "I confirm that so many have left: {number}",
    "Commander une carte à qui n’en a pas": "Order a card for whoever has none",
    "Enregistrer ces changements": "Record these changes",
    "Le fichier ne dit qu’une partie des élèves : personne ne part": (
        "The file tells of some pupils only: nobody leaves"
    ),
    "Voir ce qui changerait": "See what would change",
    "Rattachements": "Ties",
    (
        "Un parent, ou l’élève lui-même, demande à voir un compte. Accordez-le à qui vous "
        "connaissez : il verra les avantages, la carte et les passages."
    ): (
        "A parent, or the pupil, asks to see an account. Grant it to whom you know: they will"
        " see benefits, card and passages."
    ),
    "{email} demande à ouvrir son propre compte": "{email} asks to open an account of their own",
    "{email} demande à suivre son enfant": "{email} asks to look after their child",
    "le {at}": "on {at}",
    "Élève indiqué :": "Pupil named:",
    ", né le {day}": ", born on {day}",
    "Accorder pour {name}": "Grant for {name}",
    "Refuser": "Refuse",
    "Refuser à {name}": "Refuse {name}",
    "Aucune demande n’attend.": "No request waits.",
    "Référents": "Referents",
    (
        "Un référent est un adulte qui accompagne les jeunes. Il a sa propre carte, son code, et"
        " des droits à lui ; les avantages des jeunes ne sont pas les siens."
    ): (
        "A referent is a grown-up who goes with the young. They have a card, a code and rights of"
        " their own; what the young are entitled to is not theirs."
    ),
    "aucun passage": "passes nowhere",
    (
        "Plus aucun portique d’ici ne laissera passer {name}. Retirez aussi la carte sur sa fiche,"
        " si elle ne doit plus servir."
    ): (
        "No gate here will let {name} pass any more. Withdraw the card on their page too, if it is"
        " to serve no more."
    ),
    "Retirer {name} des référents": "Take {name} away from the referents",
    "Retirer des référents": "Take away from the referents",
    "Aucun référent pour l’instant.": "No referent for now.",
    "Ajouter un référent": "Add a referent",
    "Les champs marqués d’une étoile sont obligatoires.": "Fields with a star are required.",
    "Prénom": "Given name",
    "Nom": "Family name",
    "Date de naissance": "Birth date",
    "Jour, mois, année. Elle sera demandée si le code est oublié.": (
        "Day, month, year. It will be asked for if the code is forgotten."
    ),
    "Son adresse électronique": "Their e-mail address",
    "La sienne : il s’inscrit avec elle, et choisit seul son code.": (
        "Their own: they sign up with it, and alone choose their code."
    ),
    "Où il peut passer": "Where they may pass",
    "Commander sa carte, envoyée ici": "Order their card, sent here",
    "Ajouter ce référent": "Add this referent",
    "référent": "referent",
    (
        "Les messages à son adresse électronique reviennent depuis le {at} : demandez-lui une"
        " adresse qui marche."
    ): "Messages to their e-mail address have come back since {at}: ask them for one that works.",
}
