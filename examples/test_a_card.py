"""A card on a reader, as any PC/SC program sees it."""

import pytest


def test_a_blank_card_says_what_it_is(pass_reader, pass_card):
    from smartcard.System import readers  # after the fixture: it reads where the daemon is

    with pass_reader.holding(pass_card):
        reader = next(each for each in readers() if str(each).startswith(pass_reader.name))
        connection = reader.createConnection()
        connection.connect()
        answer, *status = connection.transmit([0x90, 0x60, 0, 0, 0])
        connection.disconnect()
    assert answer[:3] == [0x04, 0x01, 0x01]
    assert status == [0x91, 0xAF]


@pytest.mark.pass_card_faults(mute_after=0)
def test_a_mute_card_still_has_its_number(pass_reader, pass_card):
    with pass_reader.holding(pass_card):
        assert len(pass_card.uid) == 14
