"""Every word of the counter page, in French and in English. Pure.

The wires' own lines come in English from `wire/`, as the API and the command line have them.
"""

from typing import Literal

Language = Literal["fr", "en"]

# Each key has its French, then its English.
_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Comptoir", "Counter"),
    "live": ("en direct", "live"),
    "lost": (
        "Le simulateur ne répond plus. Relancez-le.",
        "The simulator is gone. Start it again.",
    ),
    "drawer": ("Tiroir", "Drawer"),
    "drawer_hint": (
        "Glissez une carte sur un lecteur, ou choisissez-la puis le lecteur.",
        "Drag a card onto a reader, or choose it and then the reader.",
    ),
    "empty_drawer": ("Le tiroir est vide.", "The drawer is empty."),
    "new_card": ("Nouvelle carte", "New card"),
    "name": ("Nom", "Name"),
    "kind": ("Sorte", "Kind"),
    "trace_file": ("Trace enregistrée (fichier .trace)", "Recorded trace (a .trace file)"),
    "make": ("Ajouter", "Add"),
    "close": ("Fermer", "Close"),
    "table": ("Table", "Table"),
    "reader": ("Lecteur", "Reader"),
    "reader_empty": ("Posez une carte", "Lay a card here"),
    "reader_out": ("Câble débranché", "Cable is out"),
    "lay": ("Poser {card}", "Lay {card}"),
    "take": ("Retirer {card}", "Take {card}"),
    "laid": ("{card} est sur {reader}.", "{card} lies on {reader}."),
    "taken": ("{card} est retirée.", "{card} is taken away."),
    "chosen": (
        "{card} est choisie. Choisissez un lecteur, ou Échap.",
        "{card} is chosen. Choose a reader, or Escape.",
    ),
    "on": ("sur {reader}", "on {reader}"),
    "lift": ("Lever après 2 s", "Lift after 2 s"),
    "pad": ("Clavier", "PIN pad"),
    "pad_asks": ("attend un code", "waits for a code"),
    "pad_rests": ("au repos", "at rest"),
    "pad_out": ("débranché", "unplugged"),
    "pad_display": ("Afficheur du clavier", "The pad's display"),
    "digit": ("touche", "key"),
    "key_c": ("Annuler", "Cancel"),
    "key_b": ("Corriger", "Clear"),
    "key_e": ("Valider", "Validate"),
    "printer": ("Imprimante", "Printer"),
    "no_trace_refused": (
        "Ce fichier n’est pas la trace d’une carte : « pass-terminal trace check » dit où.",
        "This file is no trace of one card: `pass-terminal trace check` says where.",
    ),
    "no_ticket": ("Aucun ticket", "No ticket"),
    "ticket": ("Ticket {number}", "Ticket {number}"),
    "paper": ("Papier", "Paper"),
    "tear_off": ("Jeter", "Throw away"),
    "paper_waits": ("{count} lignes attendent du papier", "{count} rows wait for paper"),
    "screens": ("Écrans", "Screens"),
    "open": ("Ouvrir {name} dans un onglet", "Open {name} in a tab"),
    "no_screens": (
        "Aucun écran n’est déclaré : voyez pass-simulator counter --help.",
        "No screen is declared: see pass-simulator counter --help.",
    ),
    "turnstile": ("Tourniquet", "Turnstile"),
    "turnstile_free": ("libre", "free"),
    "turnstile_locked": ("verrouillé", "locked"),
    "turnstile_out": ("débranché", "unplugged"),
    "turnstile_through": ("Passés : {count}", "Through: {count}"),
    "push": ("Pousser", "Push"),
    "force": ("Forcer", "Force"),
    "door_open": ("Ouvrir le battant", "Open the leaf"),
    "panel": ("Alarme incendie", "Fire panel"),
    "door_close": ("Fermer le battant", "Close the leaf"),
    "switch_turnstile": ("Tourniquet débranché", "Turnstile unplugged"),
    "switch_arm": ("Bras coincé", "Arm stuck"),
    "no_turnstile_locked": (
        "Le tourniquet est verrouillé. Présentez une carte au portillon, ou forcez.",
        "The turnstile is locked. Present a card at the gate, or force it.",
    ),
    "breakdowns": ("Pannes", "Breakdowns"),
    "all_well": ("Tout réparer", "Repair all"),
    "is_well": ("en ordre", "in order"),
    "is_broken": ("en panne", "broken"),
    "switch_reader": ("{name} débranché", "{name} unplugged"),
    "switch_pad": ("Clavier débranché", "Pad unplugged"),
    "switch_pad_silent": ("Clavier muet", "Pad mute"),
    "switch_down": ("Backend coupé", "Backend down"),
    "switch_slow": ("Réseau lent", "Slow network"),
    "switch_lost": ("Réponse perdue", "Answer lost"),
    "switch_clock": ("Backend +2 h", "Backend +2 h"),
    "switch_paper": ("Plus de papier", "No paper"),
    "card_of": ("Carte {card}", "Card {card}"),
    "card_none": (
        "Choisissez une carte pour l’abîmer.",
        "Choose a card to break it.",
    ),
    "fault_tear": ("Arrachée après", "Torn after"),
    "fault_slow": ("Lente (0,8 s par réponse)", "Slow (0.8 s an answer)"),
    "fault_mute": ("Muette après", "Mute after"),
    "fault_corrupt": ("Abîme la réponse n°", "Spoils answer no."),
    "fault_random": ("Numéro au hasard", "Another UID each time"),
    "count": ("nombre de commandes", "number of commands"),
    "heal": ("Réparer", "Heal"),
    "throw": ("Jeter", "Throw away"),
    "wires": ("Sur les fils", "On the wires"),
    "lane_card": ("Carte", "Card"),
    "lane_device": ("Appareils", "Devices"),
    "lane_http": ("HTTP", "HTTP"),
    "hour": ("Heure", "Time"),
    "search": ("Chercher dans les fils", "Search the wires"),
    "routine": ("Routine", "Routine"),
    "pause": ("Suspendre", "Pause"),
    "go_on": ("Reprendre", "Go on"),
    "wipe": ("Effacer", "Clear"),
    "export_text": ("Texte", "Text"),
    "export_lines": ("Lignes JSON", "JSON lines"),
    "fold": ("Replier", "Fold"),
    "unfold": ("Déplier", "Unfold"),
    "wire_empty": (
        "Rien encore. Posez une carte : chaque échange s’écrit ici, sans les secrets.",
        "Nothing yet. Lay a card: each exchange is written here, without the secrets.",
    ),
    "dropped": ("{count} lignes perdues ici", "{count} lines lost here"),
    "language": ("English", "Français"),
    "noscript": ("Cette page a besoin de JavaScript.", "This page needs JavaScript."),
    "refused": ("Cela n’a pas pu être fait.", "That could not be done."),
    # Refusals of the API, by their code.
    "no_card_unknown": (
        "Cette carte n’est plus dans le tiroir.",
        "That card is not in the drawer.",
    ),
    "no_card_elsewhere": (
        "La carte est sur un autre lecteur. Retirez-la d’abord.",
        "The card lies on another reader. Take it away first.",
    ),
    "no_card_on_reader": (
        "La carte est sur un lecteur. Retirez-la d’abord.",
        "The card lies on a reader. Take it away first.",
    ),
    "no_card_name_taken": ("Ce nom est pris.", "That name is taken."),
    "no_card_name_refused": (
        "Un nom commence par une lettre ou un chiffre et a 60 signes au plus.",
        "A name begins with a letter or a digit and has 60 signs at most.",
    ),
    "no_drawer_full": ("Le tiroir est plein.", "The drawer is full."),
    "no_original_missing": ("Un clone a besoin d’un modèle.", "A clone needs a card to copy."),
    "no_reader_unplugged": (
        "Le lecteur est débranché. Rebranchez-le d’abord.",
        "The reader has no cable. Plug it in first.",
    ),
    "no_reader_unreachable": (
        "Le lecteur ne répond pas. Recommencez dans un instant.",
        "The reader does not answer. Try again in a moment.",
    ),
    "no_readers_stay": (
        "Ces lecteurs sont ceux de la machine : leur câble reste.",
        "These readers are the machine's own: their cable stays.",
    ),
    "no_pad_unplugged": (
        "Le clavier est débranché. Rebranchez-le d’abord.",
        "The pad has no cable. Plug it in first.",
    ),
    "no_too_many_listeners": (
        "Trop de pages suivent déjà les fils. Fermez-en une.",
        "Too many pages follow the wires. Close one.",
    ),
}

_KINDS: dict[str, tuple[str, str]] = {
    "blank": ("DESFire EV2 vierge", "blank DESFire EV2"),
    "ev1": ("DESFire EV1 vierge", "blank DESFire EV1"),
    "ev3": ("DESFire EV3 vierge", "blank DESFire EV3"),
    "random-uid": ("DESFire au numéro caché", "DESFire that hides its UID"),
    "foreign": ("d’un autre émetteur", "another issuer's"),
    "bank": ("carte bancaire", "bank card"),
    "phone": ("téléphone", "phone"),
    "iso7816": ("carte ISO 7816", "ISO 7816 card"),
    "trace": ("carte rejouée", "played-back card"),
    "clone": ("numéro copié", "copied UID"),
}


def words_in(language: Language) -> dict[str, str]:
    """Return every word of the page."""
    place = 0 if language == "fr" else 1
    return {key: both[place] for key, both in _WORDS.items()}


def kinds_in(language: Language) -> dict[str, str]:
    """Return the name of each kind of card."""
    place = 0 if language == "fr" else 1
    return {key: both[place] for key, both in _KINDS.items()}
