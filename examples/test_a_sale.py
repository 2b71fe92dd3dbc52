"""A till that sells through the counter's HTTP, with a card, a code and a backend behind it."""

import pytest


def test_a_sale_is_approved(pass_counter, pass_card, pass_pinpad):
    sale = pass_counter.start_sale(1250)
    with pass_counter.reader.holding(pass_card):
        pass_pinpad.type_code(pass_card.code)
        ended = pass_counter.wait_until_ended(sale)
    assert ended["state"] == "approved"
    assert pass_pinpad.lines[0].strip() == "PAIEMENT"


@pytest.mark.pass_line_faults(lost_answers=0, slow_milliseconds=50)
def test_a_wrong_code_leaves_two_tries(pass_counter, pass_card, pass_pinpad):
    sale = pass_counter.start_sale(300)
    with pass_counter.reader.holding(pass_card):
        pass_pinpad.type_code("6048")
        pass_pinpad.type_code(pass_card.code)
        ended = pass_counter.wait_until_ended(sale)
    assert ended["state"] == "approved"
