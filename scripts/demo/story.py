"""The story: each step does something, looks at what happened, and fails unless it was as told.

Nothing here reaches into a program: a step sees what a person would see, or what an
operator's command prints.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from scripts.demo.hands import Hands, see
from scripts.demo.loopback import ask
from scripts.demo.processes import DemonstrationError
from scripts.demo.world import BIN, COUNTER_READER, World, ask_backend

# Codes the people of the story choose; any that are not refused as weak would do.
FIRST_PEOPLE = ("lea", "hugo", "noe")
CODES = {"lea": "7391", "noe": "5827"}
WRONG_CODE = "6048"

Step = Callable[["Story"], list[str]]


def expect(condition: bool, seen: object) -> None:
    """Fail the step, saying what was seen, unless the condition holds."""
    if not condition:
        msg = f"not as expected; saw {seen}"
        raise DemonstrationError(msg)


@dataclass(frozen=True, slots=True)
class Story:
    """The stage, and the hands that act on it."""

    world: World
    hands: Hands

    def number(self, name: str) -> str:
        """Return the card number of a person of the scheme."""
        return self.world.people[name].card_number

    def sell(self, card: str, amount_cents: int, *codes: str) -> dict[str, object]:
        """Ring up an amount, hold the card, type each code in turn; return the sale's end."""
        sale_id = self.hands.start_sale(amount_cents)
        with self.hands.at_counter(card):
            for code in codes:
                self.hands.type_code(code)
            return self.hands.sale_ended(sale_id)


def personalise_cards(story: Story) -> list[str]:
    """Turn factory-new cards into Pass cards at the desk."""
    return make_cards(story, FIRST_PEOPLE)


def make_cards(story: Story, names: Sequence[str]) -> list[str]:
    """Make these people's cards, one after the other; say which each is."""
    told = []
    for name in names:
        story.hands.make_card(name.upper())
        number = story.number(name)
        command = [str(BIN / "pass-terminal"), "desk", "personalise", "--json"]
        command += ["--config", story.world.config("guichet"), "--card-number", number]
        with story.hands.holding(name.upper(), COUNTER_READER):
            printed = story.world.programs.run("desk", command)
        expect(json.loads(printed)["card_number"] == number, printed)
        told.append(f"{name.upper()} is now card {number}")
    return told


def choose_codes(story: Story) -> list[str]:
    """Léa and Noé choose a code on their activation page; Hugo never does."""
    for name, code in CODES.items():
        token = story.world.people[name].activation_token
        weak = activate(story, token, "1234")
        expect(weak.status_code == 422 and "1234" not in weak.text, weak.status_code)
        chosen = activate(story, token, code)
        expect(chosen.status_code == 200 and "enregistré" in chosen.text, chosen.status_code)
    return ["1234 is refused with its reason; Léa and Noé chose another code", "Hugo has none"]


def activate(story: Story, token: str, code: str) -> httpx.Response:
    """Choose a code on the activation page of this token."""
    typed = {"code": code, "code_again": code}
    return ask("POST", f"{story.world.backend}/activation/{token}", data=typed)


def pay_with_right_code(story: Story) -> list[str]:
    """A sale of 12,50 € on the culture wallet, with the right code."""
    sale = story.sell("LEA", 1250, CODES["lea"])
    expect(sale["state"] == "approved" and sale["remaining_cents"] == 8750, sale)
    return [f"till: « {sale['message']} », authorisation {sale['authorisation_number']}"]


def pay_with_wrong_code(story: Story) -> list[str]:
    """A wrong code: the pad says how many tries are left, and the right one then pays."""
    sale_id = story.hands.start_sale(800)
    with story.hands.at_counter("LEA"):
        story.hands.type_code(WRONG_CODE)
        pad = _pad_showing(story, "CODE FAUX")
        expect(pad[1] == "RESTE 2 ESSAIS", pad)
        told = f"pad: « {pad[0]} / {pad[1]} »"
        story.hands.type_code(CODES["lea"])
        sale = story.hands.sale_ended(sale_id)
    expect(sale["state"] == "approved" and sale["remaining_cents"] == 7950, sale)
    return [told, f"till, after the right code: « {sale['message']} »"]


def _pad_showing(story: Story, first_line: str) -> list[str]:
    pad = see(first_line, story.hands.pad, lambda seen: seen["lines"][0].strip() == first_line)
    return [str(line).strip() for line in pad["lines"]]


def refuse_for_lack_of_balance(story: Story) -> list[str]:
    """A sale beyond the wallet is refused, and nothing moves."""
    sale = story.sell("LEA", 50_000, CODES["lea"])
    expect(sale["state"] == "declined" and sale["reason"] == "insufficient_funds", sale)
    return [f"till: « {sale['message']} »"]


def pass_without_code(story: Story) -> list[str]:
    """The gate opens for Léa; nobody asks for a code."""
    story.hands.wait_for_new_list()
    return [_admitted(story, "LEA")]


def pass_with_code_never_set(story: Story) -> list[str]:
    """The gate opens for Hugo, whose code was never set; the counter refuses him."""
    sale = story.sell("HUGO", 500, WRONG_CODE)
    expect(sale["state"] == "declined" and sale["reason"] == "pin_not_set", sale)
    return [f"till: « {sale['message']} »", _admitted(story, "HUGO")]


def pass_with_code_blocked(story: Story) -> list[str]:
    """Three wrong codes block Noé's code; the gate opens all the same."""
    sale = story.sell("NOE", 500, WRONG_CODE, WRONG_CODE, WRONG_CODE)
    expect(sale["state"] == "declined" and sale["reason"] in ("pin_blocked", "wrong_pin"), sale)
    expect(sale["tries_left"] == 0, sale)
    again = story.sell("NOE", 500, CODES["noe"])
    expect(again["reason"] == "pin_blocked", again)
    return [f"till, with the right code: « {again['message']} »", _admitted(story, "NOE")]


def _admitted(story: Story, card: str) -> str:
    answer = story.hands.pass_gate(card)
    expect(answer["answer"] == "OK", answer)
    milliseconds = float(answer["milliseconds"])
    return f"gate: « {answer['message']} », {milliseconds:.1f} ms from card arrival to decision"


def refuse_unknown_card(story: Story) -> list[str]:
    """A card of another issuer is refused."""
    story.hands.make_card("AUTRE", "foreign")
    return [_refused(story, "AUTRE")]


def refuse_cloned_uid(story: Story) -> list[str]:
    """A card with Léa's UID and none of her keys is refused, at the gate and at the counter."""
    story.hands.make_card("COPIE", "clone", of="LEA")
    told = [_refused(story, "COPIE")]
    sale = story.sell("COPIE", 500)
    expect(sale["state"] in ("declined", "failed", "cancelled"), sale)
    return [*told, f"till: « {sale['message']} »"]


def _refused(story: Story, card: str) -> str:
    answer = story.hands.pass_gate(card)
    expect(answer["answer"] == "CARTE_INCONNUE", answer)
    return f"gate: « {answer['message']} » ({answer['answer']})"


def read_statement(story: Story) -> list[str]:
    """The wallet's statement says what happened, and the ledger adds up."""
    wanted = ("statement", "--card-number", story.number("lea"), "--benefit", "culture")
    asked = ((*wanted, "--json"), wanted, ("ledger", "check"))
    as_json, told, checked = ask_backend(story.world, "statement", *asked)
    statement = json.loads(as_json)
    expect(statement["balance_cents"] == 7950, statement)
    expect([line["amount_cents"] for line in statement["lines"]] == [10000, -1250, -800], statement)
    return [*told.splitlines(), checked.strip().splitlines()[-1]]


STEPS: tuple[Step, ...] = (
    personalise_cards,
    choose_codes,
    pay_with_right_code,
    pay_with_wrong_code,
    refuse_for_lack_of_balance,
    pass_without_code,
    pass_with_code_never_set,
    pass_with_code_blocked,
    refuse_unknown_card,
    refuse_cloned_uid,
    read_statement,
)
