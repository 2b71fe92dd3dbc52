"""Names and addresses as they are kept: nothing in them that a mail or a page would act on."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import EmailInvalid, NameInvalid
from backend.accounts.names import normal_name, plain_name
from backend.accounts.signin.browsers import browser_in_words
from backend.accounts.signin.quota import network_of
from backend.accounts.written import Part, Written


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Léa   Marie ", "Léa Marie"),
        ("Jean-Noël", "Jean-Noël"),
        ("D’Arc", "D’Arc"),
        ("O'Neil", "O'Neil"),
        ("J. R. Dupont", "J. R. Dupont"),
        ("Nguyễn", "Nguyễn"),
        ("李", "李"),
    ],
)
def test_a_name_is_letters(typed: str, kept: str) -> None:
    assert normal_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "-",
        "Léa\r\nBcc: x@y.fr"[:3] + "\x00",
        "Lea<b>",
        "=1+1",
        "@SUM",
        "R2D2",
        "gagnez.example",
        "http://x",
        "a" * 101,
        "Léa\u202e",
    ],
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(NameInvalid):
        normal_name(typed)


def test_two_spellings_are_one_name() -> None:
    assert plain_name("JEAN-NOËL") == plain_name("Jean Noel")
    assert plain_name("Lœtitia") == plain_name("Loetitia")
    assert plain_name("Léa") != plain_name("Léo")


@pytest.mark.parametrize(
    "typed",
    [
        "lea@exemple.fr\r\nBcc: x@y.fr",
        "lea@exemple.fr,x@y.fr",
        "a<b@exemple.fr",
        '"a b"@exemple.fr',
        "lea..x@exemple.fr",
        ".lea@exemple.fr",
        "lea@-exemple.fr",
        "lea@exemple",
        "léa@exemple.fr",
        "a" * 65 + "@exemple.fr",
        "lea@" + "a" * 250 + ".fr",
        "lea@exemple.fr\x00",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(EmailInvalid):
        normal_email(typed)


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF), max_size=30))
def test_every_address_that_is_kept_fits_a_header(local: str) -> None:
    try:
        kept = normal_email(f"{local}@exemple.fr")
    except EmailInvalid:
        return
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(addr_spec=kept)
    assert message.as_bytes().count(b"\r\n") == 2
    assert normal_email(kept.upper()) == kept


@given(st.text(max_size=60))
def test_a_mail_as_a_page_shows_its_words_and_nothing_else(words: str) -> None:
    html = Written("Sujet", (Part("fr", words),)).html
    body = html.partition("<body")[2].partition(">")[2]
    assert body.count("<") == body.count("<p") + body.count("<br>") + body.count("</") + body.count(
        "<a "
    )
    assert "<script" not in body
    assert "<img" not in body


def test_an_address_of_ours_is_a_link_and_a_quote_ends_it() -> None:
    html = Written("S", (Part("fr", 'Ici : https://pass.exemple.fr/x?a=1&b=2".'),)).html
    assert 'href="https://pass.exemple.fr/x?a=1&amp;b=2"' in html
    assert "&quot;." in html


def test_a_browser_is_named_in_our_words() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140"
    assert browser_in_words(firefox) == "Firefox, Linux"
    assert browser_in_words(edge) == "Edge, Windows"
    assert browser_in_words("http://evil.example visit") == "?"


def test_a_network_is_an_address_or_a_household() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9%eth0")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("testclient") == network_of(None) == ""
