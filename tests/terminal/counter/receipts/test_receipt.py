"""What a receipt says, in each of its forms, and what it never says."""

import dataclasses
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
import reportlab
from escpos.capabilities import pickle_dir
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from terminal.api_enquiries import Balance
from terminal.counter.receipts.bar_code import bar_code_of, read_bar_code
from terminal.counter.receipts.paper import knows_profile, receipt_bytes
from terminal.counter.receipts.pdf import receipt_pdf
from terminal.counter.receipts.receipt import (
    NoReceipt,
    Receipt,
    ReceiptKind,
    ReceiptPlace,
    receipt_lines,
    receipt_number,
    receipt_of,
    receipt_of_balances,
)
from terminal.counter.receipts.text import receipt_latin_1, receipt_text, rows_of
from terminal.counter.record import SaleRecord
from terminal.counter.states import FINAL, State
from tests.terminal.counter.receipts.roll import Roll, print_on_roll

VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"  # it has the signs of French
PLACE = ReceiptPlace(
    "Librairie du Parc", "caisse 1", ("12 rue de l’Église, 57000 Metz", "SIRET 123 456 789 00012")
)
SALE = SaleRecord(
    sale_id="8f3a21c4-0000-4000-8000-000000000000",
    amount_cents=123_450,
    started_at=datetime(2026, 11, 21, 11, 3, tzinfo=UTC),
    updated_at=datetime(2026, 11, 21, 11, 4, 7, tzinfo=UTC),
    state=State.APPROVED,
    benefit="culture",
    benefit_label="Culture et œuvres",
    authorisation_number="A1B2C3",
    remaining_cents=8_750,
    masked_card_number="9250 •••• •••• 0042",
)
PAYMENT = """\
                CARTE PASS
            Librairie du Parc
      12 rue de l’Église, 57000 Metz
         SIRET 123 456 789 00012

Le 21/11/2026                   à 12:04:07
Caisse                            caisse 1
Carte                  9250 •••• •••• 0042
Avantage                 Culture et œuvres
Vente n°                         8F3A 21C4
Autorisation n°                     A1B2C3

                  DÉBIT
MONTANT                         1\u202f234,50\u00a0€

           92261121033695577938

        TICKET CLIENT À CONSERVER
      Ce reçu n’est pas une facture.
    Ne communiquez jamais votre code.
"""


def with_(**changed: object) -> SaleRecord:
    return dataclasses.replace(SALE, **changed)  # type: ignore[arg-type]


def test_a_payment_on_the_screen() -> None:
    assert receipt_text(receipt_of(SALE, PLACE)) == PAYMENT


def test_the_balance_only_if_the_holder_asked() -> None:
    assert "87,50" not in receipt_text(receipt_of(SALE, PLACE))
    assert "Solde restant                      87,50\u00a0€" in receipt_text(
        receipt_of(SALE, PLACE, with_balance=True)
    )


def test_given_again_it_says_so() -> None:
    again = receipt_text(receipt_of(SALE, PLACE, duplicate=True))
    assert "\n                DUPLICATA\n" in again
    assert "DUPLICATA" not in PAYMENT


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.DECLINED, "insufficient_funds", "PAIEMENT REFUSÉ"),
        (State.CANCELLED, "cancelled_by_holder", "PAIEMENT ABANDONNÉ"),
        (State.REVERSED, "answer_lost", "PAIEMENT ABANDONNÉ"),
        (State.FAILED, "card_blocked", "PAIEMENT ABANDONNÉ"),
    ],
)
def test_a_refusal_names_no_benefit_no_balance_and_says_why(
    state: State, reason: str, words: str
) -> None:
    sale = with_(state=state, reason=reason)
    text = receipt_text(receipt_of(sale, PLACE, with_balance=True))
    for never in ("Culture", "A1B2C3", "87,50", "MONTANT", "CONSERVER"):
        assert never not in text
    assert words in text
    assert "Montant demandé                 1\u202f234,50\u00a0€" in text
    assert "RIEN N’EST DÉBITÉ" in text


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_a_sale_that_is_not_at_rest_has_none(state: State) -> None:
    with pytest.raises(NoReceipt):
        receipt_of(with_(state=state), PLACE)


@pytest.mark.parametrize(
    ("kind", "words"), [(ReceiptKind.REFUND, "REMBOURSEMENT"), (ReceiptKind.VOID, "ANNULATION")]
)
def test_money_that_comes_back(kind: ReceiptKind, words: str) -> None:
    receipt = Receipt(
        kind, PLACE, "8F3A 21C4", SALE.updated_at, 500, payment_number="A1B2C3", training=True
    )
    text = receipt_text(receipt)
    assert words in text
    assert "Paiement d’origine n°               A1B2C3" in text
    assert "FORMATION — SANS VALEUR" in text


def test_the_hour_is_that_of_paris_in_winter_and_in_summer() -> None:
    summer = with_(updated_at=datetime(2026, 7, 31, 22, 30, tzinfo=UTC))
    assert "Le 01/08/2026                   à 00:30:00" in receipt_text(receipt_of(summer, PLACE))


def test_the_number_is_easy_to_say() -> None:
    assert receipt_number(SALE.sale_id) == "8F3A 21C4"


@given(
    st.text(st.characters(codec="latin-1", categories=("L", "N", "P")), min_size=1, max_size=60),
    st.integers(20, 64),
)
def test_no_row_is_wider_than_the_roll_and_nothing_is_lost(name: str, columns: int) -> None:
    place = ReceiptPlace(name, "caisse 1")
    for line in receipt_lines(receipt_of(SALE, place)):
        rows = rows_of(line, columns)
        assert all(len(row) <= columns for row in rows)
        wanted = (line.words + line.value).replace(" ", "")
        assert "".join(rows).replace(" ", "") == wanted


def test_in_latin_1_nothing_is_a_question_mark() -> None:
    raw = receipt_latin_1(receipt_of(SALE, PLACE), 24)
    assert b"?" not in raw
    text = raw.decode("latin-1")
    assert "9250 **** **** 0042" in text
    assert "1 234,50 EUR" in text
    assert max(map(len, text.splitlines())) <= 24


# --- paper -------------------------------------------------------------------------------------


def test_the_paper_says_what_the_screen_says() -> None:
    roll = print_on_roll(receipt_bytes(receipt_of(SALE, PLACE)))
    assert roll.text == PAYMENT.replace("\u202f", " ").replace("\u00a0", " ")
    assert (roll.reset, roll.cut) == (True, True)
    assert roll.bars == ["92261121033695577938"]
    assert [row.text.strip() for row in roll.rows if row.tall] == [
        "CARTE PASS",
        "DÉBIT",
        "MONTANT                         1 234,50 €",
    ]


def test_the_bars_name_the_payment_and_its_day() -> None:
    (digits,) = print_on_roll(receipt_bytes(receipt_of(SALE, PLACE))).bars
    assert read_bar_code(digits) == ("A1B2C3", date(2026, 11, 21))


@given(
    st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=6, max_size=6),
    st.dates(date(2000, 1, 1), date(2068, 12, 31)),
)
def test_a_bar_code_is_read_as_it_was_written(number: str, day: date) -> None:
    digits = bar_code_of(number, day)
    assert len(digits) == 20
    assert read_bar_code(digits) == (number, day)


@given(st.text("0123456789", min_size=1, max_size=24))
def test_other_digits_are_hardly_ever_taken_for_ours(digits: str) -> None:
    read = read_bar_code(digits)
    assert read is None or bar_code_of(*read) == digits


def test_one_wrong_digit_is_noticed() -> None:
    digits = bar_code_of("A1B2C3", date(2026, 11, 21))
    for place, digit in enumerate(digits):
        wrong = digits[:place] + str((int(digit) + 1) % 10) + digits[place + 1 :]
        assert read_bar_code(wrong) is None
    assert read_bar_code("3760123450016") is None  # a book's or a tin's EAN-13


def test_what_was_not_paid_and_what_was_practised_have_no_bars() -> None:
    declined = with_(state=State.DECLINED, reason="insufficient_funds")
    assert receipt_of(declined, PLACE).bar_code is None
    practised = receipt_of(SALE, PLACE, training=True)
    assert practised.bar_code is None
    text = receipt_text(practised)
    assert text.count("FORMATION — SANS VALEUR") == 2
    assert "A1B2C3" not in text


def test_balances_are_on_paper_for_who_asked() -> None:
    held = (Balance(benefit="culture", label="Culture", available_cents=3850),)
    at = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
    text = receipt_text(receipt_of_balances(held, PLACE, UUID(int=7), at=at))
    assert "Culture                            38,50" in text
    assert "RIEN N’EST DÉBITÉ" in text
    assert "MONTANT" not in text.upper().replace("MONTANT DEMANDÉ", "")


def test_a_narrow_roll_and_another_model() -> None:
    assert knows_profile("TM-T20II")
    assert not knows_profile("no-such-printer")
    roll = print_on_roll(receipt_bytes(receipt_of(SALE, PLACE), 32, "TM-T20II"))
    assert max(len(row.text) for row in roll.rows) <= 32


def test_the_library_leaves_no_folder_of_its_own_behind() -> None:
    assert not Path(pickle_dir).exists()


def test_the_paper_as_a_picture(tmp_path: Path) -> None:
    """Drawn from the captured bytes; left in the test's folder, to be looked at."""
    picture = drawn(print_on_roll(receipt_bytes(receipt_of(SALE, PLACE, with_balance=True))))
    picture.save(tmp_path / "receipt.png")
    dark = sum(picture.histogram()[:128])
    assert 2_000 < dark < picture.width * picture.height / 4


def drawn(roll: Roll) -> Image.Image:
    """Draw the roll as 80 mm paper looks, 576 dots wide."""
    font = ImageFont.truetype(str(VERA), size=19)
    height = sum(48 if row.tall else 26 for row in roll.rows) + 40
    paper = Image.new("L", (576, height), 255)
    pen, top = ImageDraw.Draw(paper), 20
    for row in roll.rows:
        band = Image.new("L", (576, 26), 255)
        for column, letter in enumerate(row.text):
            ImageDraw.Draw(band).text((18 + column * 12.8, 0), letter, fill=0, font=font)
        if row.tall:
            band = band.resize((576, 48))
        paper.paste(band, (0, top))
        top += band.height
    if roll.cut:
        pen.line([(0, height - 2), (576, height - 2)], fill=0)
    return paper


# --- PDF ---------------------------------------------------------------------------------------


def test_a_pdf_is_one_page_the_same_each_time_and_says_what_it_is() -> None:
    receipt = receipt_of(SALE, PLACE)
    raw = receipt_pdf(receipt)
    assert raw == receipt_pdf(receipt)
    assert raw.startswith(b"%PDF-")
    assert raw.count(b"/Type /Page\n") == 1
    assert b"/Lang (fr-FR)" in raw
    assert BytesIO(raw).read(5) == b"%PDF-"
