"""`keys …`: the vault's keys."""

from backend.commands.keys import Components
from backend.commands.verbs.invocation import Family, Invocation
from backend.vault.key_seal import SealKind
from backend.vault.values import PinProfile


def add(root: Family) -> None:
    """Add the verbs of this family."""
    keys = root.family("keys", "the vault's keys")
    one = keys.verb("create", _create, "make the vault's key file, once")
    one.add_argument("--seal", type=SealKind, choices=list(SealKind), help="what opens the file")
    one.add_argument(
        "--components",
        type=Components,
        choices=list(Components),
        help="let the keys come of two components, each held by one person",
    )
    keys.verb("roll-cards", _roll_cards, "give the card masters a new version")
    keys.verb("roll-pin-reference", _roll_pin_reference, "give the PIN reference key a new version")
    one = keys.verb("add-bdk", _add_bdk, "give the pads of one identifier range a BDK of their own")
    one.add_argument("--prefix", type=bytes.fromhex, required=True, help="in hexadecimal")
    one.add_argument("--profile", type=PinProfile, choices=list(PinProfile), required=True)
    one.add_argument(
        "--components", type=Components, choices=list(Components), default=Components.NONE
    )
    one = keys.verb("pad-key-block", _pad_key_block, "print a pad's initial key as a TR-31 block")
    one.add_argument("--initial-key-id", type=bytes.fromhex, required=True, help="in hexadecimal")
    one.add_argument("--profile", type=PinProfile, choices=list(PinProfile), required=True)
    keys.verb("status", _status, "print versions and check values, never a key")


def _create(asked: Invocation) -> None:
    asked.say(asked.keys().create(asked.options.seal, asked.options.components))


def _roll_cards(asked: Invocation) -> None:
    asked.say(asked.keys().roll_cards())


def _roll_pin_reference(asked: Invocation) -> None:
    asked.say(asked.keys().roll_pin_reference())


def _add_bdk(asked: Invocation) -> None:
    chosen = asked.options.profile, asked.options.prefix, asked.options.components
    asked.say(asked.keys().add_bdk(*chosen))


def _pad_key_block(asked: Invocation) -> None:
    chosen = asked.options.profile, asked.options.initial_key_id
    asked.say(asked.keys().pad_key_block(asked.vault(), *chosen))


def _status(asked: Invocation) -> None:
    asked.say(asked.keys().status())
