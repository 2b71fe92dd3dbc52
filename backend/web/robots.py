"""The check against robots on the pages of strangers: what a form carries, and what it brings back.

Promise: a page's own script answers for whoever has one; who has none reads a question in words,
and only where many ask. Not here: who is asked (accounts/strangers/asking.py).
"""

from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse

from backend.accounts.strangers.asking import Brought, may_go_on
from backend.accounts.strangers.keys import key_of_today
from backend.accounts.strangers.puzzles import WORK_MAX, make_puzzle
from backend.accounts.strangers.questions import Question, pick_question, seal_question
from backend.accounts.strangers.seals import Door
from backend.http import ServicesDependency
from backend.services import Services
from backend.web.pages import let_script, page
from backend.web.signed_in import network_of_request
from backend.web.words import Text

ASKED: Final = Text(
    "Beaucoup de demandes arrivent en ce moment : répondez à cette question.",
    "Many requests are arriving now: answer this question.",
)
WRONG: Final = Text(
    "Ce n’est pas la bonne réponse. Voici une autre question.",
    "This is not the right answer. Here is another question.",
)
Carried = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True, slots=True)
class RobotCheck:
    """What a form carries."""

    work_max: int = WORK_MAX
    #: Empty where no machine's work would do.
    puzzle: str = ""
    question: Question | None = None
    sealed_question: str = field(default="", repr=False)
    problem: Text = ASKED


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who sends a form and is nobody yet."""

    services: Services
    network: str
    brought: Brought

    def is_let_through(self, door: Door) -> bool:
        """Say whether the form may be taken; raise TooManyRequests."""
        return may_go_on(self.services, door, self.network, self.brought)

    def asked(self, door: Door) -> RobotCheck:
        """Return what the form carries that comes back with a question."""
        key, now = key_of_today(self.services), self.services.now()
        question = pick_question()
        return RobotCheck(
            puzzle="" if self.brought.trap else make_puzzle(key, door, now),
            question=question,
            sealed_question=seal_question(key, door, question, now),
            problem=WRONG if self.brought.answer else ASKED,
        )


def _stranger(  # noqa: PLR0917
    request: Request,
    services: ServicesDependency,
    robot_puzzle: Carried = "",
    robot_number: Carried = "",
    robot_question: Carried = "",
    robot_answer: Carried = "",
    web_page: Carried = "",
) -> Stranger:
    brought = Brought(robot_puzzle, robot_number, robot_question, robot_answer, web_page)
    return Stranger(services, network_of_request(request), brought)


#: Whoever sends a form that makes us write to an address they typed.
FromStranger = Annotated[Stranger, Depends(_stranger)]


def open_check(services: Services, door: Door) -> RobotCheck:
    """Return what a form carries that asks nothing of people."""
    return RobotCheck(puzzle=make_puzzle(key_of_today(services), door, services.now()))


def strangers_page(
    template: str, robot: RobotCheck, status: int = 200, **values: object
) -> HTMLResponse:
    """Render a form of strangers, whose script may run."""
    return let_script(page(template, 422 if robot.question else status, robot=robot, **values))
