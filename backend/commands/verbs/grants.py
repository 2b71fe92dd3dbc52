"""`grants …`, `campaigns …`: who is given what, from a campaign's first day to its last."""

import argparse
import sys
from datetime import date
from pathlib import Path

from backend.benefits.changing import NewDays
from backend.benefits.expiry import Returned
from backend.benefits.tables import Purse
from backend.commands import campaigns, grants
from backend.commands.verbs.invocation import Family, Invocation, cents_of
from backend.operators.watching import note_run

DRY = "only look: say what would be done (this is what happens without --commit)"
CAMPAIGN = "the campaign's code, or its key in the declared file"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("grants", "who is given what")
    one = family.verb("import", _import, "take people and grants from a CSV file")
    one.add_argument("file", type=Path, help="CSV, UTF-8 or ISO-8859-15, ; or , between cells")
    one.add_argument("--report", type=Path, help="where refused lines go; FILE-rejets.csv if not")
    _for_campaign(one)
    _dry_or_not(one)
    one.add_argument("--json", action="store_true")
    one = family.verb("run", _run, "apply a campaign's rules to everybody known")
    _for_campaign(one)
    _dry_or_not(one)
    one.add_argument("--json", action="store_true")
    one = family.verb("give", _give, "give one person an amount, for a reason they will read")
    _for_campaign(one)
    one.add_argument("--benefit", required=True, help="the benefit's code, such as culture")
    one.add_argument("--reference", required=True, help="the person's reference in the files")
    one.add_argument("--amount-cents", required=True, type=cents_of, metavar="CENTS")
    one.add_argument("--reason", required=True, help="on the holder's statement")
    one.add_argument("--payment", default="1", help="tells two of one benefit apart; 1 if not")
    _dry_or_not(one)
    one = family.verb("report", _report, "count and sum a campaign's decisions, as CSV")
    _for_campaign(one)
    one.add_argument("--json", action="store_true")
    one = family.verb("explain", _explain, "say what a campaign's rules give one person, and why")
    _for_campaign(one)
    one.add_argument("--reference", required=True, help="the person's reference in the files")
    _add_campaigns(root)


def _add_campaigns(root: Family) -> None:
    family = root.family("campaigns", "campaigns")
    one = family.verb("list", _list, "print every campaign, its days and its state")
    one.add_argument("--json", action="store_true")
    one = family.verb("show", _show, "print a campaign and how its days were moved")
    _for_campaign(one)
    _add_create(family)
    one = family.verb("extend", _extend, "move a campaign's last days later")
    _for_campaign(one)
    _by(one)
    one.add_argument("--closes-on", type=date.fromisoformat, help="last day of grants")
    one.add_argument("--spend-until", type=date.fromisoformat, help="holders' last day")
    one.add_argument("--partners-until", type=date.fromisoformat, help="partners' last day")
    one = family.verb("close", _close, "make today the last day of grants")
    _for_campaign(one)
    _by(one)
    one = family.verb("expire", _expire, "take back what is left once a campaign is over")
    one.add_argument("--campaign", help="one campaign; every one that is over if not")
    _dry_or_not(one)


def _add_create(family: Family) -> None:
    one = family.verb("create", _create, "record a campaign; its benefits and rules come after")
    one.add_argument("--campaign", required=True, help="its code, such as annee-2026")
    one.add_argument("--name", required=True)
    one.add_argument("--scheme", help="the programme's code, or its key in the declared file")
    one.add_argument("--opens-on", type=date.fromisoformat, required=True, help="as 2026-09-01")
    one.add_argument("--closes-on", type=date.fromisoformat, required=True, help="of grants")
    one.add_argument("--spend-until", type=date.fromisoformat, help="holders' last day")
    one.add_argument("--partners-until", type=date.fromisoformat, help="partners' last day")
    kinds = [purse.value for purse in Purse]
    one.add_argument("--purse", choices=kinds, default=Purse.SEPARATE.value)


def _for_campaign(one: argparse.ArgumentParser) -> None:
    one.add_argument("--campaign", required=True, help=CAMPAIGN)


def _by(one: argparse.ArgumentParser) -> None:
    one.add_argument("--by", required=True, help="who decided it; kept with the date")


def _dry_or_not(one: argparse.ArgumentParser) -> None:
    either = one.add_mutually_exclusive_group()
    either.add_argument("--commit", action="store_true", help="do it, and keep it")
    either.add_argument("--dry-run", action="store_true", help=DRY)


def _progress() -> grants.Progress:
    return grants.Progress(lambda words: sys.stderr.write(f"{words}\n"))


def _import(asked: Invocation) -> int:
    options = asked.options
    outcome = grants.import_file(
        asked.services(),
        options.file,
        options.campaign,
        commit=options.commit,
        refusals=options.report,
        progress=_progress(),
    )
    asked.say(outcome.as_json() if options.json else outcome.as_text())
    return 1 if outcome.refusals is not None else 0


def _run(asked: Invocation) -> None:
    options = asked.options
    outcome = grants.run(
        asked.services(), options.campaign, commit=options.commit, progress=_progress()
    )
    asked.say(outcome.as_json() if options.json else outcome.as_text())


def _give(asked: Invocation) -> None:
    options = asked.options
    wish = grants.Wish(
        options.benefit,
        options.reference,
        options.amount_cents,
        options.reason,
        options.payment,
    )
    asked.say(grants.give(asked.services(), options.campaign, wish, commit=options.commit))


def _report(asked: Invocation) -> None:
    found = grants.report(asked.reports(), asked.options.campaign)
    asked.say(grants.report_as_json(found) if asked.options.json else grants.report_as_csv(found))


def _explain(asked: Invocation) -> None:
    options = asked.options
    for sentence in grants.explain_to(asked.services(), options.campaign, options.reference):
        asked.say(sentence)


def _list(asked: Invocation) -> None:
    found = campaigns.list_campaigns(asked.reports())
    if asked.options.json:
        asked.say(campaigns.as_json(found))
        return
    for line in found:
        asked.say(line.as_text())


def _show(asked: Invocation) -> None:
    for sentence in campaigns.history(asked.reports(), asked.options.campaign):
        asked.say(sentence)


def _create(asked: Invocation) -> None:
    options = asked.options
    new = campaigns.NewCampaign(
        code=options.campaign,
        name=options.name,
        opens_on=options.opens_on,
        closes_on=options.closes_on,
        spend_until=options.spend_until,
        partners_until=options.partners_until,
        purse=Purse(options.purse),
        scheme=options.scheme,
    )
    asked.say(campaigns.create(asked.services(), new))


def _extend(asked: Invocation) -> None:
    options = asked.options
    new = NewDays(options.closes_on, options.spend_until, options.partners_until)
    asked.say(campaigns.extend(asked.services(), options.campaign, new, options.by))


def _close(asked: Invocation) -> None:
    options = asked.options
    asked.say(campaigns.close(asked.services(), options.campaign, options.by))


def _expire(asked: Invocation) -> None:
    progress = _progress()

    def tell(returned: Returned) -> None:
        progress.tell(returned.wallets, "porte-monnaie")

    options, services = asked.options, asked.services()
    said = campaigns.expire(services, options.campaign, commit=options.commit, progress=tell)
    for sentence in said:
        asked.say(sentence)
    if options.commit:
        with services.database.unit_of_work() as session:
            note_run(session, "campaigns expire", " ".join(said), services.now())
