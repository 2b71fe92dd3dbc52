"""Who is among the operator's pages, and what a refusal looks like there.

Promise: each route of these pages names one of four: whoever may look; who acts; who acts and has
just typed the second factor; and, for the page that asks for it, whoever has a role at all. The
factor may be typed with the act itself. Whoever has no role sees what is at no address.
"""

from typing import Annotated, Final

from fastapi import Depends, Form, Request, Response

from backend.accounts.errors import EmailInvalid, TooManyLinks
from backend.accounts.signin.errors import (
    AccountExists,
    EmailChangeOver,
    SameOperator,
    SignInRefused,
)
from backend.benefits.errors import (
    BenefitCodeTaken,
    BenefitOverlaps,
    CampaignClosed,
    CampaignCodeTaken,
    CampaignDatesUnacceptable,
    CampaignExpired,
    CampaignNeedsCode,
    CampaignUnknown,
)
from backend.cards.errors import CardStateRefused
from backend.errors import BackendError, ConflictError, NotFoundError
from backend.http import ServicesDependency, status_of
from backend.operators.entering import enter, prove_again, require_proof
from backend.operators.errors import (
    AmountUnacceptable,
    FactorStale,
    LastOperator,
    OperatorAccount,
    OperatorAlready,
    OperatorOnly,
    ReasonMissing,
)
from backend.operators.search import Thing
from backend.partners.organisations.errors import OrganisationTwice
from backend.pins.errors import CodeNotSet
from backend.privacy.errors import MoneyLeft
from backend.web import operator_words as words
from backend.web import organisation_words, sign_in_words
from backend.web.operator_pages import Frame
from backend.web.pages import notice
from backend.web.signed_in import OPERATION, FormForged, PageRoute, Token, go
from backend.web.words import Notice

PROOF: Final = f"{OPERATION}/verification"
DIGITS_CHARACTERS_MAX: Final = 16
#: Whose things have a page each, and what is one page for all.
THINGS: Final = frozenset(thing.value for thing in Thing)
LISTS: Final = frozenset(
    {"courriels", "demandes", "exploitants", "organismes", "rattachements", "recherche"}
)
#: Why something is done, as it is typed.
Reason = Annotated[str, Form(max_length=400)]
SAID: Final[dict[type[BackendError], Notice]] = {
    OperatorOnly: words.OPERATOR_ONLY,
    SignInRefused: words.FACTOR_WRONG,
    ReasonMissing: words.REASON_MISSING,
    LastOperator: words.LAST_OPERATOR,
    OperatorAlready: words.OPERATOR_ALREADY,
    SameOperator: words.NOT_THEMSELVES,
    EmailChangeOver: words.EMAIL_CHANGE,
    AccountExists: words.ACCOUNT_EXISTS,
    OperatorAccount: words.OPERATOR_ACCOUNT,
    AmountUnacceptable: words.AMOUNT,
    EmailInvalid: words.EMAIL,
    TooManyLinks: words.TOO_MANY_LINKS,
    CardStateRefused: words.CARD_STATE,
    CodeNotSet: words.CODE_NOT_SET,
    CampaignClosed: words.CAMPAIGN_CLOSED,
    CampaignExpired: words.CAMPAIGN_CLOSED,
    CampaignDatesUnacceptable: words.CAMPAIGN_DATES,
    CampaignNeedsCode: words.CAMPAIGN_CODE,
    CampaignCodeTaken: words.CAMPAIGN_CODE,
    BenefitCodeTaken: words.CAMPAIGN_CODE,
    BenefitOverlaps: words.BENEFIT_OVERLAPS,
    MoneyLeft: words.MONEY_LEFT,
    OrganisationTwice: organisation_words.TWICE,
    CampaignUnknown: words.NOTHING_HERE,
}


class OperatorRoute(PageRoute):
    """A route of the operator's pages: its refusals lead back to the page they come from."""

    def page_of(self, refusal: BackendError, request: Request) -> Response:
        """Return the page that says what was refused; raise it where no page does."""
        if isinstance(refusal, FormForged):
            # A page from before, or of another session: it is opened again, and nothing was done.
            way = page_behind(request.url.path)
            return notice("stop", sign_in_words.FORM_FORGED, status_of(refusal), way=way)
        try:
            return super().page_of(refusal, request)
        except BackendError:
            return _page_of(refusal, request)


def _page_of(refusal: BackendError, request: Request) -> Response:
    language = getattr(request.state, "operator_language", "")
    if isinstance(refusal, FactorStale):
        if request.method == "GET":
            return go(PROOF)
        said: Notice | None = words.FACTOR_STALE
    else:
        said = SAID.get(type(refusal))
    if said is None and isinstance(refusal, ConflictError):
        said = words.CONFLICT
    if said is None and isinstance(refusal, NotFoundError):
        said = words.NOTHING_HERE
    if said is None:
        raise refusal
    way, status = page_behind(request.url.path), status_of(refusal)
    return notice("stop", said, status, way=way, language=language)


def page_behind(path: str) -> str:
    """Return the page that an act of an address is done from: a thing's own, a list, the first."""
    parts = path.split("/")
    folder = parts[2] if len(parts) > 2 else ""
    if folder in THINGS:
        return "/".join(parts[:4])
    return "/".join(parts[:3]) if folder in LISTS else OPERATION


def _entered(request: Request, services: ServicesDependency, token: Token) -> Frame:
    acting = enter(services, token)
    request.state.operator_language = acting.language
    return Frame(services, token, acting, request.url.path, request.query_params.get("fait", ""))


#: Whoever has a role, even where this session never saw the second factor.
Entered = Annotated[Frame, Depends(_entered)]


async def _looking(entered: Entered) -> Frame:
    require_proof(entered.acting)
    return entered


#: Whoever may look: an operator or an auditor.
Looking = Annotated[Frame, Depends(_looking)]


async def _operator(looking: Looking) -> Frame:
    if not looking.acting.acts:
        raise OperatorOnly
    return looking


#: Who may act.
Operating = Annotated[Frame, Depends(_operator)]


def _proving(
    frame: Operating, digits: Annotated[str, Form(max_length=DIGITS_CHARACTERS_MAX)] = ""
) -> Frame:
    if not frame.acting.fresh:
        if not digits.strip():
            raise FactorStale
        prove_again(frame.services, frame.acting, digits)
    return frame


#: Who may act and typed the second factor within the last minutes, or with this very form.
Proving = Annotated[Frame, Depends(_proving)]
