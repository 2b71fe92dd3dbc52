"""Why a campaign, a benefit or a grant cannot be as asked."""

from backend.errors import ConflictError, InvalidInputError, NotFoundError


class CampaignUnknown(NotFoundError):
    """No such campaign."""

    code = "campaign_not_found"
    message = "There is no such campaign."


class CampaignDatesUnacceptable(InvalidInputError):
    """A campaign opens, closes, ends for holders, ends for partners: in this order."""

    code = "campaign_dates_unacceptable"
    message = "A campaign's days must be in order: opens, closes, spend until, partners until."


class CampaignCodeTaken(ConflictError):
    """Two campaigns cannot be called the same."""

    code = "campaign_code_taken"
    message = "Another campaign has this code."


class CampaignNeedsCode(InvalidInputError):
    """The wallet of a single purse is known by its campaign's code."""

    code = "campaign_needs_code"
    message = "A campaign with a single purse needs a code."


class CampaignClosed(ConflictError):
    """The campaign is over: nothing is granted in it any more."""

    code = "campaign_closed"
    message = "The campaign is closed."


class BenefitUnknown(NotFoundError):
    """No open campaign has a benefit of this code."""

    code = "benefit_not_found"
    message = "No open campaign has this benefit."


class BenefitCodeTaken(ConflictError):
    """Two benefits of a campaign cannot have one code."""

    code = "benefit_code_taken"
    message = "The campaign has a benefit of this code already."


class BenefitOverlaps(ConflictError):
    """Two campaigns open on the same day would both answer to this code."""

    code = "benefit_overlaps"
    message = "Another campaign of these dates already has a benefit of this code."


class WalletUnknown(NotFoundError):
    """This person was granted nothing of this benefit."""

    code = "wallet_not_found"
    message = "There is no such wallet."


class PartnerNotContracted(NotFoundError):
    """This partner was never allowed any benefit, so it has no account."""

    code = "partner_not_contracted"
    message = "This partner takes no benefit."


class CampaignNotOver(ConflictError):
    """Payments or refunds of this campaign may still come: its wallets are not emptied."""

    code = "campaign_not_over"
    message = "The campaign's last day for partners is not over."


class CampaignExpired(ConflictError):
    """Some wallets are empty already: others must not be spent longer than they were."""

    code = "campaign_expired"
    message = "What was left is already going back: the campaign's days cannot change."


class RuleUnacceptable(InvalidInputError):
    """A rule's conditions contradict themselves."""

    code = "rule_unacceptable"
    message = "The rule's conditions cannot be met by anybody."


class RuleCodeTaken(ConflictError):
    """Two rules of a benefit cannot have one code."""

    code = "rule_code_taken"
    message = "The benefit has a rule of this code already."


class RuleUnknown(NotFoundError):
    """This benefit has no such rule."""

    code = "rule_not_found"
    message = "There is no such rule."
