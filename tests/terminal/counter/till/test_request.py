"""Which request may be carried out, which code refuses it, and what is answered."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.counter import words
from terminal.counter.reasons import Reason
from terminal.counter.record import SaleRecord
from terminal.counter.states import FINAL, UNFINISHED, State
from terminal.counter.tills.answer import TICKET_COLUMNS, answer_bytes
from terminal.counter.tills.fields import FieldReader, encode
from terminal.counter.tills.outcomes import FAILURES, failure_of
from terminal.counter.tills.request import Refused, TicketWish, read_request
from terminal.counter.tills.wish import Action, Failure, Result, failed
from tests.terminal.counter.fakes import START

SALE = {
    "CZ": "0300",
    "CJ": "247300123456",
    "CA": "01",
    "CB": "42500",
    "CD": "0",
    "CE": "978",
}
PAID = SaleRecord(
    sale_id="5f0c",
    amount_cents=42_500,
    started_at=START,
    updated_at=START,
    state=State.APPROVED,
    authorisation_number="A1B2C3",
    masked_card_number="9250 •••• •••• 0042",
)
DONE = Result(amount_cents=42_500, sale=PAID, authorisation_number="A1B2C3", exchange_id="x")


def read(**changed: str | None) -> object:
    fields = {tag: value for tag, value in {**SALE, **changed}.items() if value is not None}
    try:
        return read_request(fields, 100_000)
    except Refused as refusal:
        return refusal.failure


def test_a_payment() -> None:
    request = read_request({**SALE, "CF": "T-1", "BA": "1", "CK": "101"}, 100_000)
    assert (request.wish.action, request.wish.amount_cents) == (Action.DEBIT, 42_500)
    assert (request.wish.till, request.wish.reference) == ("caisse-ap 247300123456 01", "T-1")
    assert request.answer_now
    assert request.ticket == TicketWish("101", html=True)


@pytest.mark.parametrize("tag", sorted(SALE))
def test_every_tag_is_needed(tag: str) -> None:
    assert read(**{tag: None}) is Failure.BAD_FORMAT


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"CB": "0"}, Failure.BAD_FORMAT),
        ({"CB": "000"}, Failure.BAD_FORMAT),
        ({"CB": "12.5"}, Failure.BAD_FORMAT),
        ({"CB": "-5"}, Failure.BAD_FORMAT),
        ({"CB": "1" * 13}, Failure.BAD_FORMAT),
        ({"CB": "100001"}, Failure.REFUSED),
        ({"CJ": "short"}, Failure.BAD_FORMAT),
        ({"CZ": "3"}, Failure.BAD_FORMAT),
        ({"BA": "2"}, Failure.BAD_FORMAT),
        ({"CK": "900"}, Failure.BAD_FORMAT),
        ({"CF": "x" * 100}, Failure.BAD_FORMAT),
        ({"CE": "840"}, Failure.BAD_CURRENCY),
        ({"CC": "00C"}, Failure.BAD_SELECTION),
        ({"CC": "001"}, Failure.BAD_SELECTION),
        ({"CD": "9"}, Failure.UNKNOWN_ACTION),
        ({"CD": "B", "CB": None, "CE": None}, Failure.UNKNOWN_ACTION),
        ({"CD": "P"}, Failure.UNKNOWN_ACTION),
    ],
)
def test_what_is_refused(changed: dict[str, str | None], failure: Failure) -> None:
    assert read(**changed) is failure


@pytest.mark.parametrize(
    "changed",
    [
        {"CA": "1"},
        {"CB": "5"},
        {"CB": "000000000005"},
        {"CC": "000"},
        {"BB": "1", "BF": "1"},
        {"CZ": "0320"},
        {"ZZ": "of a later version"},
        {"CD": "I", "CB": None, "CE": None},
        {"CD": "3", "CB": None, "CE": None},
    ],
)
def test_what_is_let_through(changed: dict[str, str | None]) -> None:
    assert not isinstance(read(**changed), Failure)


def answered(raw: bytes) -> dict[str, str]:
    reader = FieldReader(2048, 40)
    reader.receive_data(raw)
    assert reader.fault is None
    assert reader.between_fields
    return dict(reader.fields)


def test_the_answers_of_the_published_examples() -> None:
    raw = answer_bytes(SALE, DONE)
    assert raw == (
        b"CZ0040300CJ012247300123456CA00201CB00542500CD0010CE003978"
        b"AE00210CC003000CI0012AC006A1B2C3AA0169250********0042AL0011"
    )
    assert answer_bytes(SALE, failed(Failure.REFUSED)).endswith(b"CE003978AE00201AF00204")
    probe = {"CZ": "0320", "CJ": "012345678901", "CA": "01", "CD": "I"}
    assert answer_bytes(probe, Result()) == b"CZ0040320CJ012012345678901CA00201CD001IAE00210"
    assert answer_bytes(SALE, Result(accepted=True)).endswith(b"AE00211")


def test_an_amount_is_echoed_as_it_was_written_and_told_where_it_was_not_asked() -> None:
    assert answered(answer_bytes({**SALE, "CB": "0042500"}, DONE))["CB"] == "0042500"
    duplicate = {"CZ": "0300", "CJ": SALE["CJ"], "CA": "01", "CD": "3"}
    assert answered(answer_bytes(duplicate, DONE))["CB"] == "42500"


def test_what_was_not_understood_is_not_echoed() -> None:
    raw = answer_bytes({"CZ": "x", "CA": "01", "CB": "12.5"}, failed(Failure.BAD_FORMAT))
    assert answered(raw) == {"CZ": "0300", "CA": "01", "AE": "01", "AF": "09"}


def ticket(_: int) -> bytes:
    return "Reçu <n°>\n".encode("latin-1") * 10


def inside(raw: bytes) -> dict[str, str]:
    """The fields in ZT, which begin with another tag than a message."""
    text = answered(raw)["ZT"]
    size = int(text[10:13])
    return {"CK": text[5:8], text[8:10]: text[13 : 13 + size]}


@pytest.mark.parametrize("html", [False, True])
def test_a_ticket_comes_only_when_wanted(html: bool) -> None:
    wanted = TicketWish("101" if html else "120", html)
    found = inside(answer_bytes(SALE, DONE, (wanted, ticket)))
    assert found["CK"] == ("101" if html else "100")
    plain = base64.b64decode(found["AK"]).decode("latin-1")
    assert plain.startswith("<pre>Reçu &lt;n°&gt;" if html else "Reçu <n°>\n")
    assert "ZT" not in answered(answer_bytes(SALE, DONE))
    assert "ZT" not in answered(answer_bytes(SALE, failed(Failure.REFUSED), (wanted, ticket)))


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=99),
    st.integers(1, 1500),
    st.booleans(),
)
def test_an_answer_fits_in_one_read(reference: str, length: int, html: bool) -> None:
    wish = TicketWish("100", html)
    raw = answer_bytes({**SALE, "CF": reference}, DONE, (wish, lambda _: b"<" * length))
    assert len(raw) <= 1024
    assert answered(raw)["CF"] == reference


def test_a_ticket_is_made_for_a_narrow_roll() -> None:
    asked: list[int] = []

    def note(columns: int) -> bytes:
        asked.append(columns)
        return b"x"

    answer_bytes(SALE, DONE, (TicketWish("100", html=False), note))
    assert asked == [TICKET_COLUMNS]


# --- how a sale's end is told ------------------------------------------------------------------


def ended(state: State, reason: str | None = None, tries_left: int | None = None) -> SaleRecord:
    return SaleRecord("s", 100, START, START, state, reason, tries_left=tries_left)


def test_every_reason_of_ours_has_its_code() -> None:
    missing = {reason.value for reason in Reason} - FAILURES.keys()
    assert not missing, "a reason added to the counter needs its code here"


def test_what_is_in_the_table_is_said_by_somebody() -> None:
    assert FAILURES.keys() <= words.REASON_SENTENCES.keys()


@pytest.mark.parametrize("state", sorted(FINAL - {State.APPROVED}))
def test_only_an_approval_is_done(state: State) -> None:
    assert failure_of(ended(state)) is not None
    assert failure_of(ended(State.APPROVED)) is None


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_what_is_left_to_the_background_is_not_completed(state: State) -> None:
    assert failure_of(ended(state)) is Failure.NOT_COMPLETED


@pytest.mark.parametrize(
    ("record", "failure"),
    [
        (ended(State.DECLINED, "insufficient_funds"), Failure.REFUSED),
        (ended(State.DECLINED, "a_reason_of_tomorrow"), Failure.REFUSED),
        (ended(State.DECLINED, "wrong_pin", 1), Failure.REFUSED),
        (ended(State.DECLINED, "wrong_pin", 0), Failure.FORBIDDEN),
        (ended(State.DECLINED, "pin_blocked"), Failure.FORBIDDEN),
        (ended(State.FAILED, "card_blocked"), Failure.FORBIDDEN),
        (ended(State.CANCELLED, "cancelled_by_holder"), Failure.GIVEN_UP_BY_HOLDER),
        (ended(State.CANCELLED, "cancelled_at_counter"), Failure.GIVEN_UP_AT_TILL),
        (ended(State.CANCELLED, "code_timeout"), Failure.TIMED_OUT),
        (ended(State.REVERSED, "answer_lost"), Failure.NOT_COMPLETED),
        (ended(State.FAILED, "backend_unavailable"), Failure.NOT_COMPLETED),
    ],
)
def test_how_an_end_is_told(record: SaleRecord, failure: Failure) -> None:
    assert failure_of(record) is failure


def test_the_parser_reads_what_the_encoder_wrote() -> None:
    assert answered(encode(SALE)) == SALE
