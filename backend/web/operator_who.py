"""Who is among the operator's pages, and what a refusal looks like there.

Promise: each route of these pages names one of four: whoever may look; who acts; who acts and has
just typed the second factor; and, for the page that asks for it, whoever has a role at all. The
factor may be typed with the act itself. Whoever has no role sees what is at no address.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

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
from backend.operators.entering import Acting, enter, prove_again, require_proof
from backend.operators.errors import (
    AmountUnacceptable,
    FactorStale,
    LastOperator,
    OperatorAccount,
    OperatorAlready,
    OperatorOnly,
    ReasonMissing,
)
from backend.pins.errors import CodeNotSet
from backend.privacy.errors import MoneyLeft
from backend.web import operator_words as words
from backend.web import organisation_words, sign_in_words
from backend.web.pages import notice
from backend.web.signed_in import OPERATION, PageRoute, Token, go
from backend.web.words import Notice

PROOF: Final = f"{OPERATION}/verification"
DIGITS_CHARACTERS_MAX: Final = 16
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
    **organisation_words.OPERATOR_SAID,
    CampaignUnknown: sign_in_words.NOTHING_HERE,
}


class OperatorRoute(PageRoute):
    """A route of the operator's pages: its refusals lead back to the page they come from."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except BackendError as refusal:
                return _page_of(refusal, request)

        return answer


def _page_of(refusal: BackendError, request: Request) -> Response:
    if isinstance(refusal, FactorStale):
        if request.method == "GET":
            return go(PROOF)
        return notice("stop", words.FACTOR_STALE, status_of(refusal), way=page_behind(request))
    said = SAID.get(type(refusal))
    if said is None and isinstance(refusal, ConflictError):
        said = words.CONFLICT
    if said is None and isinstance(refusal, NotFoundError):
        said = sign_in_words.NOTHING_HERE
    if said is None:
        raise refusal
    return notice("stop", said, status_of(refusal), way=page_behind(request))


def page_behind(request: Request) -> str:
    """Return the page that an act of an address belongs to: at most its folder and its id."""
    return "/".join(request.url.path.split("/")[:4])


def _entered(services: ServicesDependency, token: Token) -> Acting:
    return enter(services, token)


#: Whoever has a role, even where this session never saw the second factor.
Entered = Annotated[Acting, Depends(_entered)]


def _looking(entered: Entered) -> Acting:
    require_proof(entered)
    return entered


#: Whoever may look: an operator or an auditor.
Looking = Annotated[Acting, Depends(_looking)]


def _operator(looking: Looking) -> Acting:
    if not looking.acts:
        raise OperatorOnly
    return looking


#: Who may act.
Operating = Annotated[Acting, Depends(_operator)]


def _proving(
    services: ServicesDependency,
    acting: Operating,
    digits: Annotated[str, Form(max_length=DIGITS_CHARACTERS_MAX)] = "",
) -> Acting:
    if not acting.fresh:
        if not digits.strip():
            raise FactorStale
        prove_again(services, acting, digits)
    return acting


#: Who may act and typed the second factor within the last minutes, or with this very form.
Proving = Annotated[Acting, Depends(_proving)]
