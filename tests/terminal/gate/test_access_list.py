"""A list serves only if the pinned key signed it, for this gate, and it is whole."""

import base64
import json
from datetime import date, time
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from passcard.secret import Secret
from terminal.gate.access_list import (
    LIST_BYTES_MAX,
    ListFault,
    ListRefused,
    read_access_list,
)
from terminal.gate.decision import Right
from tests.terminal.gate.signed_lists import GATE, Payload, Signer

LEA = bytes.fromhex("04AABBCCDDEE01")


def refusal(jws: str, key: Ed25519PublicKey, gate: str = GATE) -> ListFault:
    with pytest.raises(ListRefused) as caught:
        read_access_list(jws, key, gate)
    assert caught.value.__cause__ is None
    return caught.value.fault


def test_a_good_list_is_found_by_uid(signer: Signer, payload: Payload) -> None:
    found = read_access_list(signer.sign(payload()), signer.key, GATE)
    card = found.find(LEA)
    assert card is not None
    assert card.key == Secret(bytes(15) + b"\x01")
    assert (card.holder.display_name, card.holder.blocked) == ("Léa", False)
    assert found.hours.services[0].opens == time(11, 30)
    assert found.version == 7
    assert found.find(b"\x04" * 7) is None
    assert found.name_of(card.holder.card_id) == "Léa"
    assert found.name_of("nobody") is None


def test_keys_and_names_are_in_no_repr(signer: Signer, payload: Payload) -> None:
    found = read_access_list(signer.sign(payload()), signer.key, GATE)
    text = repr(found) + repr(found.find(LEA))
    assert "Léa" not in text
    assert "00000001" not in text.replace(GATE, "")


def test_another_key_is_refused(signer: Signer, payload: Payload) -> None:
    other = type(signer)()
    assert refusal(other.sign(payload()), signer.key) is ListFault.TAMPERED


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA", "crit": 1}])
def test_a_header_chooses_nothing(signer: Signer, payload: Payload, header: object) -> None:
    assert refusal(signer.sign(payload(), header), signer.key) is ListFault.TAMPERED


def test_the_list_of_another_gate_is_refused(signer: Signer, payload: Payload) -> None:
    jws = signer.sign(payload(gate="3f0c1df0-5a36-4b6e-9a3c-000000000002"))
    assert refusal(jws, signer.key) is ListFault.ANOTHER_GATE


def beside(signer: Signer, payload: dict[str, Any], cards: bytes, named: bytes) -> str:
    """Return a list whose cards lie beside what is signed; `named` are those it is signed for."""
    del payload["cards"]
    signed = signer.sign(payload | {"cards_sha256": sha256(named).hexdigest()})
    return f"{signed}~{base64.urlsafe_b64encode(cards).rstrip(b'=').decode()}"


def test_cards_beside_the_signature_are_those_it_names_and_no_others(
    signer: Signer, payload: Payload
) -> None:
    cards = json.dumps(payload()["cards"]).encode()
    found = read_access_list(beside(signer, payload(), cards, cards), signer.key, GATE)
    assert found == read_access_list(signer.sign(payload()), signer.key, GATE)
    others = cards.replace(b'"blocked"', b'"active" ')
    assert refusal(beside(signer, payload(), others, cards), signer.key) is ListFault.TAMPERED
    whole = beside(signer, payload(), cards, cards)
    assert refusal(whole.partition("~")[0], signer.key) is ListFault.MALFORMED
    assert refusal(f"{signer.sign(payload())}~W10", signer.key) is ListFault.MALFORMED
    assert refusal(f"{whole}*", signer.key) in {ListFault.MALFORMED, ListFault.TAMPERED}
    twice = payload() | {"cards_sha256": sha256(b"[]").hexdigest()}
    assert refusal(f"{signer.sign(twice)}~W10", signer.key) is ListFault.MALFORMED


def test_an_enormous_list_is_not_even_read(signer: Signer) -> None:
    assert refusal("a" * (LIST_BYTES_MAX + 1), signer.key) is ListFault.MALFORMED


SERVICE = {
    "service": "lunch",
    "label": "Déjeuner",
    "days": [1],
    "opens": "11:30",
    "closes": "13:30",
    "passages_max": 1,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 1},
        {"format": 3},
        {"format": "2"},
        {"version": 0},
        {"version": "7"},
        {"issued_at": "2026-11-17T10:00:00"},
        {"valid_until": "2026-11-16T10:00:00Z"},
        {"timezone": "Europe/Pari"},
        {"timezone": "../../etc/passwd"},
        {"services": [SERVICE, SERVICE]},
        {"services": [SERVICE | {"opens": "13:30"}]},
        {"services": [SERVICE | {"closes": "24:00"}]},
        {"services": [SERVICE | {"days": [0]}]},
        {"services": [SERVICE | {"days": []}]},
        {"services": [SERVICE | {"passages_max": 0}]},
        {"services": [SERVICE | {"week_max": 0}]},
        {"services": []},
        {"closed_days": ["2026-12-32"]},
        {"closed_days": None},
        {"counted": {"gate": -1}},
        {"counted": []},
        {"cards": None},
    ],
    ids=str,
)
def test_a_malformed_list_is_refused(
    signer: Signer, payload: Payload, changes: dict[str, Any]
) -> None:
    assert refusal(signer.sign(payload(**changes)), signer.key) is ListFault.MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"uid": "04aabbccddee01"},
        {"uid": "04AABBCC"},
        {"key": "00"},
        {"state": "lost"},
        {"rights": [{"service": "dinner"}]},
        {"rights": [{"service": "lunch"}, {"service": "lunch"}]},
        {"rights": [{"service": "lunch", "days": []}]},
        {"rights": [{"service": "lunch", "days": [8]}]},
        {"rights": [{"service": "lunch", "reserved_on": ["2026-02-30"]}]},
        {"rights": [{"service": "lunch", "reserved_on": [20_000]}]},
        {"rights": [{"service": "lunch", "meals_left": "3"}]},
        {"rights": [{"service": "lunch", "passages_max": 0}]},
        {"rights": [{"service": "lunch", "week_used": -1}]},
        {"card_id": "1"},
    ],
    ids=str,
)
def test_a_malformed_card_is_refused(
    signer: Signer, payload: Payload, card: Payload, changes: dict[str, Any]
) -> None:
    bad = card("04AABBCCDDEE01", "Léa", 1) | changes
    assert refusal(signer.sign(payload(cards=[bad])), signer.key) is ListFault.MALFORMED


def test_the_same_uid_twice_is_refused(signer: Signer, payload: Payload, card: Payload) -> None:
    twice = [card("04AABBCCDDEE01", "Léa", 1), card("04AABBCCDDEE01", "Noah", 2)]
    assert refusal(signer.sign(payload(cards=twice)), signer.key) is ListFault.MALFORMED


def test_a_refusal_quotes_nothing(signer: Signer, payload: Payload, card: Payload) -> None:
    bad = card("04AABBCCDDEE01", "Léa", 1, key="ABCDEF")
    with pytest.raises(ListRefused) as caught:
        read_access_list(signer.sign(payload(cards=[bad])), signer.key, GATE)
    assert "ABCDEF" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_what_a_right_depends_on_is_read(signer: Signer, payload: Payload, card: Payload) -> None:
    right = {
        "service": "lunch",
        "days": [1, 2],
        "reserved_on": ["2026-11-19"],
        "meals_left": -2,
        "passages_max": 3,
        "week_used": 1,
    }
    lea = card("04AABBCCDDEE01", "Léa", 1, rights=[right])
    whole = payload(cards=[lea], closed_days=["2026-12-25"], counted={GATE: 41})
    found = read_access_list(signer.sign(whole), signer.key, GATE)
    held = found.find(LEA)
    assert held is not None
    assert held.holder.rights == (
        Right("lunch", frozenset({1, 2}), frozenset({date(2026, 11, 19)}), -2, 3, 1),
    )
    assert found.hours.closed_days == frozenset({date(2026, 12, 25)})
    assert found.counted == {GATE: 41}


def test_a_field_of_a_later_version_is_ignored(signer: Signer, payload: Payload) -> None:
    assert read_access_list(signer.sign(payload(diets=["v"])), signer.key, GATE).version == 7


SMALL_LIST = {
    "format": 2,
    "gate": GATE,
    "establishment": "Lycée",
    "version": 1,
    "issued_at": "2026-11-17T10:00:00Z",
    "valid_until": "2026-11-19T10:00:00Z",
    "timezone": "Europe/Paris",
    "services": [],
    "closed_days": [],
    "counted": {},
    "cards": [],
}


class TestDamage:
    """Any byte changed anywhere: refused, never a crash, never accepted."""

    def test_undamaged_it_is_read(self) -> None:
        assert read_access_list(JWS, SIGNER_KEY, GATE).version == 1

    @given(st.data())
    def test_any_changed_character_is_refused(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(JWS) - 1))
        other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
        damaged = JWS[:position] + other + JWS[position + 1 :]
        if _bytes_of(damaged) == _bytes_of(JWS):
            return
        with pytest.raises(ListRefused):
            read_access_list(damaged, SIGNER_KEY, GATE)

    @given(st.text(max_size=200))
    def test_any_text_is_refused(self, text: str) -> None:
        with pytest.raises(ListRefused):
            read_access_list(text, SIGNER_KEY, GATE)


def _bytes_of(jws: str) -> list[bytes] | None:
    """Decode as leniently as anybody would: two spellings of the same bytes are the same list."""
    try:
        return [base64.urlsafe_b64decode(part + "==") for part in jws.split(".")]
    except ValueError:
        return None


def _make_jws() -> tuple[str, Ed25519PublicKey]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - only here
        Ed25519PrivateKey,
    )

    private = Ed25519PrivateKey.generate()
    parts = [{"alg": "EdDSA"}, SMALL_LIST]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    signed = ".".join(texts)
    signature = base64.urlsafe_b64encode(private.sign(signed.encode())).rstrip(b"=").decode()
    return f"{signed}.{signature}", private.public_key()


JWS, SIGNER_KEY = _make_jws()
