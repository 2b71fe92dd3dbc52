"""The English of an organisation's pages, and of suggestions; each sentence found by its French."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "À corriger :": "To put right:",
    "Mon organisme": "My organisation",
    "Invitation": "Invitation",
    "Invitations reçues": "Invitations",
    "{name} vous invite à gérer {organisation}.": (
        "{name} invites you to look after {organisation}."
    ),
    "{name} vous invite à gérer ensemble {organisation}.": (
        "{name} invites you to look after {organisation} together."
    ),
    "Accepter": "Accept",
    "Accepter l’invitation": "Accept the invitation",
    "Accepter l’invitation à gérer {organisation}": (
        "Accept the invitation to look after {organisation}"
    ),
    (
        "Vous êtes connecté avec une autre adresse que celle qui a été invitée. Déconnectez-vous,"
        " puis revenez avec l’adresse invitée."
    ): (
        "You are signed in with another address than the one that was invited. Sign out, then "
        "come back with that one."
    ),
    "Créer un organisme": "Make an organisation",
    (
        "Association, lieu ou commerce : décrivez-le, puis demandez à devenir partenaire du Pass."
        " Quelqu’un le gère déjà ? Demandez-lui de vous inviter."
    ): (
        "Describe an association, a place or a shop, then ask to be a partner of the Pass. "
        "Somebody looks after it already? Ask them to invite you."
    ),
    "Les champs marqués d’une étoile sont obligatoires.": "Fields with a star must be filled in.",
    (
        "Les champs marqués d’une étoile sont obligatoires. Rien n’est gardé avant « Enregistrer »."
    ): "Fields with a star must be filled in. Nothing is kept before “Save”.",
    "Nom de l’organisme": "Name of the organisation",
    "Propriétaire du lieu": "Owner of the place",
    "Propriétaire du lieu : {name}": "Owner of the place: {name}",
    "La commune, le département ou la région à qui il appartient.": (
        "The commune, department or region that it belongs to."
    ),
    "Adresse": "Address",
    "Complément d’adresse": "Address, second line",
    "Code postal": "Postcode",
    "Commune": "Commune",
    "commune {code}": "commune {code}",
    "Son nom, ou son code INSEE.": "Its name, or its INSEE code.",
    "Téléphone": "Telephone",
    "Téléphone : {number}": "Telephone: {number}",
    "Téléphone : à compléter": "Telephone: to be filled in",
    "Pour vous joindre au sujet de votre demande.": "To reach you about your request.",
    "Enregistrer": "Save",
    "Votre demande a été refusée : {reason}": "Your request was refused: {reason}",
    "Corrigez la fiche si besoin, puis demandez de nouveau.": (
        "Put the details right if needed, then ask again."
    ),
    "Voir les caisses et les ventes": "See tills and sales",
    "{what} : {said}": "{what}: {said}",
    "{what} : {reason}": "{what}: {reason}",
    "Corriger la fiche": "Put the details right",
    "Pièces justificatives": "Supporting documents",
    (
        "Elles montrent ce que dit la fiche : statuts, avis SIRENE ou RNA, RIB, agrément. Seul le "
        "service Pass les lit ; elles sont oubliées un an après sa réponse."
    ): (
        "They show what the details say: statutes, an entry in SIRENE or RNA, bank details, an "
        "approval. Nobody but those who run the Pass reads them; they are forgotten a year after "
        "the answer."
    ),
    "{form}, {length}, le {at}": "{form}, {length}, on {at}",
    "Retirer": "Remove",
    "Retirer {name}": "Remove {name}",
    "Retirer la pièce : {what}": "Remove the document: {what}",
    "Aucune pièce pour l’instant.": "None yet.",
    "Ajouter une pièce": "Add a document",
    "Ce que c’est": "What it is",
    "Le fichier : PDF, JPEG ou PNG, 10 Mo au plus": "The file: PDF, JPEG or PNG, 10 MB at most",
    "Envoyer la pièce": "Send the document",
    "Devenir partenaire": "Become a partner",
    (
        "Le service Pass regarde votre fiche et vous recevrez un message. La fiche et les pièces "
        "ne changent plus tant que la demande attend."
    ): (
        "Those who run the Pass look at your details, and you will get a message. Details and "
        "documents do not change while the request waits."
    ),
    "Demander à devenir partenaire": "Ask to become a partner",
    "Demander à devenir partenaire pour {name}": "Ask to become a partner for {name}",
    "Le service Pass regarde votre demande et vous recevrez un message.": (
        "Those who run the Pass look at your request, and you will get a message."
    ),
    "Retirer la demande": "Take the request back",
    "Retirer la demande de {name}": "Take the request of {name} back",
    "Les gestionnaires": "Who looks after it",
    "(vous)": "(you)",
    "invitation envoyée": "invitation sent",
    "Annuler": "Cancel",
    "Annuler l’invitation de {email}": "Cancel the invitation of {email}",
    "Inviter un autre gestionnaire": "Invite somebody",
    "Cette personne pourra tout faire ici comme vous. Vous pourrez la retirer.": (
        "They will be able to do everything here as you do. You may remove them."
    ),
    "Son adresse électronique": "Their e-mail address",
    "Envoyer l’invitation": "Send the invitation",
    "Ne plus gérer cet organisme": "Look after this organisation no more",
    "Ne plus gérer {name}": "Look after {name} no more",
    "Vous ne verrez plus cet organisme.": "You will see this organisation no more.",
    "Vous ne verrez plus cet organisme, ni ses caisses.": (
        "You will see neither this organisation nor its tills any more."
    ),
    "Vous êtes seul à le gérer : votre demande, s’il y en a une, prend fin.": (
        "Nobody else looks after it: your request, if there is one, ends."
    ),
    "Proposer un partenaire": "Suggest a partner",
    "Une librairie, un club, un cinéma où vous aimeriez payer avec le Pass ?": (
        "A bookshop, a club, a cinema where you would like to pay with the Pass?"
    ),
    "Cherchez-le d’abord dans l’annuaire": "Look for it in the directory first",
    (
        ", puis proposez-le ici. Le service Pass vérifie s’il peut devenir partenaire et lui "
        "demande son accord."
    ): (
        ", then suggest it here. Those who run the Pass check whether it can be a partner, and "
        "ask whether it agrees."
    ),
    "Vos propositions": "Your suggestions",
    "proposé le {at}": "suggested on {at}",
    "Retirer la proposition : {name}": "Take the suggestion back: {name}",
    (
        "Vous avez proposé autant de lieux qu’il est permis. Retirez-en un pour en proposer un "
        "autre."
    ): "You suggested as many places as you may. Take one back to suggest another.",
    "Nom du lieu": "Name of the place",
    "Adresse : numéro et rue": "Address: number and street",
    "Numéro RNA, SIRET ou d’affiliation": "RNA, SIRET or affiliation number",
    "Si vous le connaissez : il est souvent sur le site du lieu.": (
        "If you know it: it is often on the place’s own website."
    ),
    "Proposer ce lieu": "Suggest this place",
}
