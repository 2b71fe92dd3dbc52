"""The story that the API's examples tell: a card is made, pays, gives back, passes, is retired."""

from backend.commands.declared import id_of
from backend.events.tokens import give_token
from backend.ledger.sealing import seal
from scripts.docs.exchanges import CODE, NOW, UID, WRONG_CODE, Stage, dialogue, enrol

DAY = NOW.date().isoformat()


def tell(stage: Stage) -> None:
    """Have every exchange, in an order that a day may have."""
    begin(stage)
    make_a_card(stage)
    choose_a_code(stage)
    pay(stage)
    give_back(stage)
    look_and_add_up(stage)
    pass_a_gate(stage)
    tell_the_partner(stage)
    be_refused(stage)
    retire_the_card(stage)


def begin(stage: Stage) -> None:
    """Enrol the terminals."""
    stage.ask(None, "GET", "/v1/health", show="it answers")
    enrol(stage, "caisse", show=True)
    enrol(stage, "guichet")
    enrol(stage, "portillon")
    stage.ask("caisse", "GET", "/v1/terminals/me", show="a counter asks who it is")


def make_a_card(stage: Stage) -> None:
    """Personalise the card at the desk."""
    stage.ask("guichet", "GET", "/v1/card-orders?limit=2", show="cards still to be made")
    wish = {"uid": UID, "card_number": stage.card_number}
    stage.chip.power_on()
    begun = stage.ask(
        "guichet", "POST", "/v1/personalisations", wish, show="a blank is on the desk"
    )
    dialogue(stage, begun, "personalisations", "personalisation_id", "what the card answered")


def choose_a_code(stage: Stage) -> None:
    """Choose a code with the activation link."""
    token = stage.applied["beneficiaries"]["lea"]["activation_token"]
    weak = {"activation_token": token, "code": "1234"}
    stage.ask(None, "POST", "/v1/codes", weak, show="a code that is too easy")
    good = {"activation_token": token, "code": CODE}
    stage.ask(None, "POST", "/v1/codes", good, show="chosen")


def pay(stage: Stage) -> None:
    """Pay, rightly and wrongly."""
    stage.prove(show="the reader asks for the card")
    paid = stage.pay(1250, CODE, show="approved")
    stage.ids["payment"] = paid["payment_id"]
    stage.ids["authorisation"] = paid["authorisation_number"]
    stage.pay(800, WRONG_CODE, show="declined: the code is wrong")
    stage.pay(90_000, CODE, show="declined: too little is left")
    path = f"/v1/payments/{paid['payment_id']}"
    title = "how a payment ended, asked again"
    stage.ask("caisse", "GET", path, show=title, operation="/v1/payments/{payment_id}")


def give_back(stage: Stage) -> None:
    """Give money back: a part, all of it, and before it was known."""
    one = "/v1/payments/{payment_id}"
    path = f"/v1/payments/{stage.ids['payment']}"
    refund = {"refund_id": stage.new_id(), "amount_cents": 250}
    title = "a part comes back"
    stage.ask("caisse", "POST", f"{path}/refunds", refund, show=title, operation=f"{one}/refunds")
    title = "found by its receipt"
    query = f"authorisation_number={stage.ids['authorisation']}&day={DAY}"
    stage.ask("caisse", "GET", f"/v1/payments?{query}", show=title)
    other = stage.pay(600, CODE)["payment_id"]
    title, void = "all of it, on its day", {"void_id": stage.new_id()}
    path = f"/v1/payments/{other}/void"
    stage.ask("caisse", "POST", path, void, show=title, operation=f"{one}/void")
    path = f"/v1/payments/{stage.new_id()}/reversal"
    title = "nobody knows whether it arrived: it counts nowhere now"
    stage.ask("caisse", "POST", path, {}, show=title, operation=f"{one}/reversal")


def look_and_add_up(stage: Stage) -> None:
    """Tell a balance, a card's payments, the day's totals."""
    enquiry = {"enquiry_id": stage.new_id(), "proof_id": stage.prove()}
    enquiry_body = enquiry | {"pin": stage.pad.type(CODE, stage.card_number)}
    stage.ask("caisse", "POST", "/v1/balance-enquiries", enquiry_body, show="with the code")
    path = f"/v1/card-proofs/{stage.prove()}/payments"
    operation = "/v1/card-proofs/{proof_id}/payments"
    title = "what may be given back on this card"
    stage.ask("caisse", "GET", path, show=title, operation=operation)
    stage.ask("caisse", "GET", f"/v1/totals?day={DAY}", show="the backend’s sum of a day")
    title = "a day whose journal has nothing: each difference is named"
    path, operation = f"/v1/totals/{DAY}", "/v1/totals/{day}"
    stage.ask("caisse", "POST", path, {"lines": []}, show=title, operation=operation)


def pass_a_gate(stage: Stage) -> None:
    """Fetch the list, tell passages, hear of siblings."""
    title = "its cards and terms, signed"
    had = stage.ask("portillon", "GET", "/v1/access-list", show=title)
    etag = had.headers["etag"]
    title, more = "still the one it holds", {"If-None-Match": etag}
    stage.ask("portillon", "GET", "/v1/access-list", show=title, more=more)
    passage = {
        "passage_id": stage.new_id(),
        "sequence": 1,
        "occurred_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "uid": UID,
        "card_id": None,
        "service": None,
        "answer": "CARTE_INCONNUE",
        "detail": None,
        "list_version": 1,
    }
    title = "handed over, and safe to be handed over again"
    stage.ask("portillon", "POST", "/v1/passages", {"passages": [passage]}, show=title)
    address = {"address": "192.168.10.4:47808"}
    stage.ask("portillon", "PUT", "/v1/gate-address", address, show="where it listens to siblings")
    stage.ask("portillon", "GET", "/v1/gate-news", show="what happened at other gates")
    forced = {
        "event_id": stage.new_id(),
        "sequence": 1,
        "occurred_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kind": "forced",
    }
    title = "what happened at its door, once however often it is sent"
    stage.ask("portillon", "POST", "/v1/gate-events", {"events": [forced]}, show=title)
    path, operation = f"/v1/gate-photos/{'0' * 64}", "/v1/gate-photos/{sha256}"
    title = "a photo that its list does not name"
    stage.ask("portillon", "GET", path, show=title, operation=operation)


def tell_the_partner(stage: Stage) -> None:
    """Seal the books, and let the partner's own system read what happened."""
    services = stage.services
    seal(services.database, services.now)
    with services.database.unit_of_work() as session:
        made = give_token(session, id_of("partner", "librairie"), "caisse du siège", NOW)
    stage.tokens["siège"] = {"Authorization": f"Bearer {made.token}"}
    title = "the first two; `cursor` is where to go on"
    stage.ask("siège", "GET", "/v1/events?limit=2", show=title)


def be_refused(stage: Stage) -> None:
    """Ask what is refused: no token, another kind of terminal, a wrong form, the same id twice."""
    title = "without a token"
    stage.ask(None, "GET", "/v1/terminals/me", show=title)
    stage.ask("portillon", "GET", f"/v1/totals?day={DAY}", show="of another kind of terminal")
    stage.pay(-5, CODE, show="not of the documented form; nothing of it is repeated")
    title = "an id that names another payment"
    stage.pay(100, CODE, show=title, payment_id=stage.ids["payment"])


def retire_the_card(stage: Stage) -> None:
    """Ask for a new code, and retire the card."""
    wish = {
        "card_number": stage.card_number,
        "agent": "Mme Martin",
        "reason": "code seen by others",
    }
    stage.ask("guichet", "POST", "/v1/code-changes", wish, show="the holder must choose anew")
    stage.chip.power_on()
    begun = stage.ask("guichet", "POST", "/v1/retirements", {"uid": UID}, show="its last dialogue")
    if begun.status == 201:
        dialogue(stage, begun, "retirements", "retirement_id", "what the card answered")
