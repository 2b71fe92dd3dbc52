"""`benefits …`: what a campaign gives, which activities and partners take it, by which rules."""

import argparse
from datetime import date

from backend.accounts.holder_kinds import HolderKind
from backend.benefits.eligibility import Conditions, Rule, Track
from backend.commands import benefits
from backend.commands.verbs.invocation import Family, Invocation, cents_of

CAMPAIGN = "the campaign's code, or its key in the declared file"
PARTNER = "a partner's id, or its key in the declared file; again for another"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("benefits", "what a campaign gives, where and to whom")
    one = family.verb("list", _list, "print a campaign's benefits: who takes them, by which rules")
    one.add_argument("--campaign", required=True, help=CAMPAIGN)
    one.add_argument("--json", action="store_true")
    one = family.verb("create", _create, "add a benefit to a campaign")
    _of(one)
    one.add_argument("--label", required=True, help="what people read, such as Culture")
    _many(one, "--activity", "partners of this activity take it, such as librairie")
    one = family.verb("taken-by", _change, "change which activities and partners take a benefit")
    _of(one)
    _many(one, "--activity", "an activity that takes it from now on; again for another")
    _many(one, "--not-activity", "an activity that takes it no more")
    _many(one, "--partner", PARTNER)
    _many(one, "--not-partner", "a partner that takes it no more by name")
    rules = family.family("rule", "who is given how much")
    one = rules.verb("add", _add_rule, "add a rule after the others; `grants run` then applies it")
    _of(one)
    _add_rule_options(one)
    one = rules.verb("remove", _remove_rule, "ask a rule of nobody any more; what it gave stays")
    _of(one)
    one.add_argument("--rule", required=True, help="its code")


def _of(one: argparse.ArgumentParser) -> None:
    one.add_argument("--campaign", required=True, help=CAMPAIGN)
    one.add_argument("--benefit", required=True, help="the benefit's code, such as culture")


def _many(one: argparse.ArgumentParser, name: str, text: str) -> None:
    one.add_argument(name, action="append", default=[], metavar="NAME", help=text)


def _add_rule_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--rule", required=True, help="its code, kept with each decision")
    one.add_argument("--label", required=True, help="what people read on their statement")
    one.add_argument("--amount-cents", required=True, type=cents_of, metavar="CENTS")
    one.add_argument("--top-up", action="store_true", help="on top of what another rule gave")
    one.add_argument("--age-min", type=int)
    one.add_argument("--age-max", type=int)
    one.add_argument("--age-on", type=date.fromisoformat, help="the campaign's first day if not")
    _many(one, "--department", "any one of the places is enough")
    _many(one, "--postcode", "again for another")
    _many(one, "--commune", "its INSEE code")
    one.add_argument("--track", action="append", default=[], choices=[t.value for t in Track])
    _many(one, "--level", "such as 2nde")
    one.add_argument("--scholarship", choices=("yes", "no"))
    one.add_argument(
        "--holders",
        action="append",
        type=HolderKind,
        choices=list(HolderKind),
        help="for whom: young (unless said otherwise) or referent; again for both",
    )


def _list(asked: Invocation) -> None:
    found = benefits.list_benefits(asked.reports(), asked.options.campaign)
    if asked.options.json:
        asked.say(benefits.as_json(found))
        return
    for line in found:
        asked.say(line.as_text())


def _create(asked: Invocation) -> None:
    options = asked.options
    named = options.campaign, options.benefit, options.label, options.activity
    asked.say(benefits.create(asked.services(), *named))


def _change(asked: Invocation) -> None:
    options = asked.options
    line = benefits.change(
        asked.services(),
        options.campaign,
        options.benefit,
        taken=options.activity,
        not_taken=options.not_activity,
        partners=options.partner,
        not_partners=options.not_partner,
    )
    asked.say(line)


def _add_rule(asked: Invocation) -> None:
    options = asked.options
    rule = Rule(
        code=options.rule,
        label=options.label,
        amount=options.amount_cents,
        top_up=options.top_up,
        conditions=Conditions(
            age_min=options.age_min,
            age_max=options.age_max,
            age_on=options.age_on,
            departments=tuple(options.department),
            postcodes=tuple(options.postcode),
            communes=tuple(options.commune),
            tracks=tuple(Track(track) for track in options.track),
            levels=tuple(level.lower() for level in options.level),
            scholarship=None if options.scholarship is None else options.scholarship == "yes",
            holders=tuple(options.holders or (HolderKind.YOUNG,)),
        ),
    )
    asked.say(benefits.add_rule(asked.services(), options.campaign, options.benefit, rule))


def _remove_rule(asked: Invocation) -> None:
    options = asked.options
    named = options.campaign, options.benefit, options.rule
    asked.say(benefits.drop_rule(asked.services(), *named))
