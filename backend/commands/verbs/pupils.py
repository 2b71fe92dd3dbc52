"""`pupils …`: an establishment's pupils, from its own files."""

import argparse
import getpass
import json
import sys
from pathlib import Path

from backend.commands import pupils
from backend.commands.grants import Progress
from backend.commands.verbs.canteen import PLACE
from backend.commands.verbs.invocation import Family, Invocation
from backend.pupils.importing import Order
from backend.pupils.matching import Decisions
from backend.pupils.tables import NAME_CHARACTERS_MAX

DRY = "only look: show the difference (this is what happens without --apply)"


def add(root: Family) -> None:
    """Add the verbs of this family."""
    family = root.family("pupils", "an establishment's pupils, from its own files")
    _add_import(family)
    one = family.verb("regime", _regime, "say what a regime gives, from the next import on")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--name", required=True, help="as files say it: 2, demi-pensionnaire, …")
    text = "a service's code, and its terms: lunch, lunch:days=1245,reservation,prepaid"
    one.add_argument("--service", action="append", default=[], type=pupils.right_given, help=text)
    one = family.verb("regimes", _regimes, "print what every regime gives")
    one.add_argument("--establishment", required=True, help=PLACE)
    one.add_argument("--json", action="store_true")
    one = family.verb("imports", _imports, "print the latest imports, and who made them")
    one.add_argument("--establishment", required=True, help=PLACE)


def _add_import(family: Family) -> None:
    text = "compare SIECLE's exports, a PRONOTE list or a CSV with what is recorded"
    one = family.verb("import", _import, text)
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="XML, ZIP or CSV")
    one.add_argument("--establishment", required=True, help=PLACE)
    either = one.add_mutually_exclusive_group()
    either.add_argument("--apply", action="store_true", help="do it, and keep it")
    either.add_argument("--dry-run", action="store_true", help=DRY)
    one.add_argument("--partial", action="store_true", help="the file names some pupils only")
    one.add_argument("--departures", type=int, help="how many leave, if many do: a confirmation")
    _add_decisions(one)
    text = "by which header a table says what: date_naissance='Né(e) le'"
    one.add_argument(
        "--column", action="append", default=[], type=pupils.column_given, help=text, metavar="C=H"
    )
    text = "give everybody what their regime gives now"
    one.add_argument("--renew-rights", action="store_true", help=text)
    one.add_argument("--order-cards", action="store_true", help="for pupils who have none")
    one.add_argument("--by", type=_name, default=None, help="who imports (your login name)")
    one.add_argument("--all", action="store_true", help="show every line")
    one.add_argument("--json", action="store_true")


def _add_decisions(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--same",
        action="append",
        default=[],
        type=pupils.same_person,
        metavar="LINE=PERSON",
        help="a doubtful line is this known person",
    )
    text = "a doubtful line is a new person"
    one.add_argument("--new", action="append", default=[], type=int, metavar="LINE", help=text)


def _name(text: str) -> str:
    words = " ".join(text.split())
    if not 1 <= len(words) <= NAME_CHARACTERS_MAX:
        raise ValueError(words)
    return words


def _import(asked: Invocation) -> int:
    options = asked.options
    order = Order(
        by=options.by or getpass.getuser(),
        digest=pupils.digest_of(options.files),
        apply=options.apply,
        partial=options.partial,
        departures=options.departures,
        decisions=Decisions(dict(options.same), frozenset(options.new)),
        renew_rights=options.renew_rights,
        order_cards=options.order_cards,
    )
    wanted = pupils.Asked(options.establishment, options.files, dict(options.column))
    try:
        report = pupils.import_files(asked.services(), wanted, order, _progress())
    except pupils.PupilsRefused as why:
        if not options.json:
            raise
        asked.say(json.dumps({"code": why.code, "message": why.words}, ensure_ascii=False))
        return 1
    asked.say(report.as_json() if options.json else report.as_text(everything=options.all))
    return int(report.asks_for_a_person)


def _progress() -> Progress:
    return Progress(lambda words: sys.stderr.write(f"{words}\n"))


def _regime(asked: Invocation) -> None:
    options = asked.options
    rights = dict(options.service)
    name = pupils.define_regime(asked.services(), options.establishment, options.name, rights)
    asked.say(f"{name}: {len(rights)} rights")


def _regimes(asked: Invocation) -> None:
    options = asked.options
    asked.say(pupils.list_regimes(asked.services(), options.establishment, as_json=options.json))


def _imports(asked: Invocation) -> None:
    asked.say(pupils.list_imports(asked.services(), asked.options.establishment))
