"""The people who sign in: Léa by the mail she is sent, three others by a link handed over.

A mail server of the demonstration's own takes what the service sends; nothing leaves the machine.
Whoever looks after others is asked for a second factor at the first sign-in, as in life.
"""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

import httpx
from aiosmtpd.controller import Controller

from backend.accounts.strangers.puzzles import solve
from scripts.demo.hands import see
from scripts.demo.loopback import SECONDS_MAX
from scripts.demo.processes import free_ports
from scripts.demo.story import Story, expect
from scripts.demo.world import BIN, ask_backend

PASSWORD: Final = "quatre volcans sous la pluie"  # noqa: S105 - of people who are made up
LEA: Final = "lea@exemple.example"
#: Whose space it is, the verb that lets them in, and what is said of where they belong.
OTHERS: Final = (
    ("libraire@exemple.example", "members", ("--partner", "librairie")),
    ("vie.scolaire@exemple.example", "staff", ("--establishment", "lycee")),
    ("exploitation@exemple.example", "operators", ()),
)
_LINK: Final = re.compile(r"https?://[^/\s]+(/\S+)")
_FORM: Final = re.compile(r'name="form" value="([^"]+)"')


@dataclass
class Mailbox:
    """What the service sent, as text, by the address it went to."""

    letters: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail, as aiosmtpd gives it."""
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        body = letter.get_body(("plain",))
        self.letters.append((envelope.rcpt_tos[0], "" if body is None else body.get_content()))
        return "250 OK"

    def link(self, address: str, place: str) -> str | None:
        """Return the first link to a place that was mailed to an address."""
        texts = "\n".join(text for to, text in self.letters if to == address)
        found = [path for path in _LINK.findall(texts) if path.startswith(place)]
        return found[0] if found else None


def let_people_in(story: Story) -> list[str]:
    """Léa signs up by mail, shows which card is hers and sees what is left; others are let in."""
    mailbox = Mailbox()
    (port,) = free_ports([0])
    post = Controller(mailbox, hostname="127.0.0.1", port=port)
    post.start()
    try:
        _send_mails(story, port)
        with _browser(story) as browser:
            _sign_up(browser, mailbox)
            left = _find_card(story, browser)
    finally:
        post.stop()
    told = [f"{LEA}: {left}"]
    for (email, _, _), link in zip(OTHERS, _invite_others(story), strict=True):
        with _browser(story) as browser:
            _press(browser, link, password=PASSWORD, password_again=PASSWORD)
            page = _sign_in(browser, email)
            expect("Mon espace" in page.text, (email, page.status_code))
        told.append(f"{email}: signed in")
    return told


def accounts_told() -> str:
    """Say who can sign in, and how: these people are made up."""
    emails = ", ".join([LEA, *(email for email, _, _ in OTHERS)])
    return f"{emails}; password of each: {PASSWORD}"


def _browser(story: Story) -> httpx.Client:
    return httpx.Client(
        base_url=story.world.backend, timeout=SECONDS_MAX, trust_env=False, follow_redirects=False
    )


def _send_mails(story: Story, port: int) -> None:
    """Start the job that sends what is owed, to our own mail server."""
    folder = story.world.folder
    config = folder / "courriels.toml"
    config.write_text(
        (folder / "backend.toml").read_text()
        + f'smtp_host = "127.0.0.1"\nsmtp_port = {port}\nsmtp_security = "none"\n'
        'mail_sender = "pass@exemple.example"\n'
    )
    command = [str(BIN / "pass-backend"), "--config", str(config), "notices", "send"]
    story.world.programs.start("courriels", command)


def _sign_up(browser: httpx.Client, mailbox: Mailbox) -> None:
    page = browser.get("/inscription").text
    version = re.search(r'name="terms" value="(\d+)"', page)
    puzzle = re.search(r'name="robot_puzzle" value="([^"]+)"', page)
    expect(puzzle is not None, page[:300])
    robot = puzzle[1] if puzzle else ""
    person = {"given_name": "Léa", "family_name": "Exemple", "birth_date": "14/03/2010"}
    terms = "" if version is None else version[1]
    typed = {**person, "email": LEA, "email_again": LEA, "language": "fr", "terms": terms}
    _press(browser, "/inscription", **typed, robot_puzzle=robot, robot_number=str(solve(robot)))
    link = see("Léa's mail", lambda: mailbox.link(LEA, "/inscription/"), bool)
    _press(browser, link, password=PASSWORD, password_again=PASSWORD)
    _sign_in(browser, LEA)


def _find_card(story: Story, browser: httpx.Client) -> str:
    """Show which card is hers by its number, and read what is left."""
    page = _get(browser, "/espace/ma-carte")
    number = story.number("lea")
    typed = {"card_number": number, "birth_date": "14/03/2010", "form": _form_of(page)}
    _press(browser, "/espace/ma-carte/numero", **typed)
    space = _get(browser, "/espace").text
    own = re.search(r'href="(/espace/pass/[^"]+)"', space)
    expect(own is not None, space[:300])
    wallets = _get(browser, own[1] if own else "").text
    expect("Culture" in wallets and "Sport" in wallets, wallets[:300])
    return "her own Pass, with what is left of culture and sport"


def _invite_others(story: Story) -> list[str]:
    """Invite each as the operator does; return the link each is handed."""
    name = ("--given-name", "Nadia", "--family-name", "Exemple")
    asked = [(family, "invite", "--email", email, *name, *place) for email, family, place in OTHERS]
    found = [_LINK.search(said) for said in ask_backend(story.world, "invitations", *asked)]
    expect(None not in found, found)
    return [link[1] for link in found if link is not None]


def _sign_in(browser: httpx.Client, email: str) -> httpx.Response:
    entered = _press(browser, "/connexion", email=email, password=PASSWORD)
    # The cookie is kept over HTTPS only; a browser takes this machine for as safe, httpx does not.
    held = [text.partition(";")[0] for text in entered.headers.get_list("set-cookie")]
    browser.headers["Cookie"] = "; ".join(held)
    return _get(browser, "/espace")


def _get(browser: httpx.Client, path: str) -> httpx.Response:
    answer = browser.get(path)
    expect(answer.status_code == 200, (path, answer.status_code))
    return answer


def _press(browser: httpx.Client, path: str, **typed: str) -> httpx.Response:
    answer = browser.post(path, data=typed)
    expect(answer.status_code in {200, 303}, (path, answer.status_code))
    return answer


def _form_of(page: httpx.Response) -> str:
    found = _FORM.search(page.text)
    return "" if found is None else found[1]
