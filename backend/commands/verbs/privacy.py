"""`privacy …`: what is forgotten, who is erased, and the register of processing."""

from pathlib import Path

from backend.commands import privacy
from backend.commands.refusal import CommandRefused
from backend.commands.verbs.invocation import Family, Invocation
from backend.privacy.restoring import list_erased


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("privacy", "forget what is too old, erase people, print the register")
    text = "remove what the retention no longer allows, and write down the proof"
    one = family.verb("forget", _forget, text)
    one.add_argument("--only-look", action="store_true", help="say how much would go")
    one.add_argument("--json", action="store_true")
    family.verb("requests", _requests, "print who asked to be erased and waits for an answer")
    one = family.verb("erase", _erase, "erase a person; their payments stay, under nobody's name")
    who = one.add_mutually_exclusive_group(required=True)
    who.add_argument("--card-number")
    who.add_argument("--person", help="their id, as `privacy requests` prints it")
    one.add_argument("--by", required=True, help="who does it")
    family.verb("erased", _erased, "print who was erased; keep it beside each backup")
    one = family.verb("again", _again, "after a restore: erase again everybody of that list")
    one.add_argument("file", type=Path)
    family.verb("register", _register, "print the register of processing (GDPR art. 30), as JSON")


def _forget(asked: Invocation) -> None:
    only_look = asked.options.only_look
    found, departed = privacy.run_forgetting(asked.services(), only_look=only_look)
    if asked.options.json:
        asked.say(privacy.as_json(found, departed))
    else:
        done = "would go" if only_look else "removed"
        for one in found:
            asked.say(f"{one.rule}: {one.removed} {done}, older than {one.before:%Y-%m-%d}")
        asked.say(f"people: {departed.erased} {'due' if only_look else 'erased'}")
        if departed.with_money:
            asked.say(f"people with money left in a meal account: {departed.with_money}")
    left = {one.rule: one.left_over for one in found if one.left_over}
    if left:
        raise CommandRefused(f"still there, and should not be: {left}")


def _requests(asked: Invocation) -> None:
    for line in privacy.requests_as_lines(asked.services()):
        asked.say(line)


def _erase(asked: Invocation) -> None:
    options = asked.options
    done = privacy.erase(asked.services(), options.card_number, options.person, options.by)
    asked.say("erased" if done else "was erased before")


def _erased(asked: Invocation) -> None:
    for line in list_erased(asked.services()).splitlines():
        asked.say(line)


def _again(asked: Invocation) -> None:
    erased, others = privacy.restore(asked.services(), asked.options.file)
    asked.say(f"erased again: {erased}; nothing to do for: {others}")


def _register(asked: Invocation) -> None:
    asked.say(privacy.register_as_json())
