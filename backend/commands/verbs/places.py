"""`place-outlet` and `communes`: what the directory knows of where things are."""

from pathlib import Path

from backend.commands import places
from backend.commands.verbs.invocation import Family, Invocation
from backend.partners.directory import Place, Point


def add(root: Family) -> None:
    """Add the verbs of this family."""
    text = "say where an outlet is, for the directory; what is not given is forgotten"
    one = root.verb("place-outlet", _place, text)
    one.add_argument("--outlet", required=True, help="its id, or its key in the declared file")
    one.add_argument("--commune", metavar="CODE", help="INSEE's code, such as 92019")
    one.add_argument("--address", action="append", default=[], metavar="LINE", help="at most twice")
    one.add_argument("--postcode")
    one.add_argument(
        "--point",
        nargs=2,
        metavar=("LATITUDE", "LONGITUDE"),
        help="decimal degrees, such as 48.7539 2.2975",
    )
    text = "record the communes of a table (columns for code, name, and latitude and longitude)"
    one = root.verb("communes", _communes, text)
    one.add_argument("file", type=Path)


def _place(asked: Invocation) -> None:
    options = asked.options
    point = Point.of_degrees(*options.point) if options.point else None
    where = Place(options.commune, tuple(options.address), options.postcode, point)
    places.place(asked.services(), options.outlet, where)
    asked.say("outlet placed")


def _communes(asked: Invocation) -> None:
    read = places.read_communes(asked.services(), asked.options.file)
    asked.say(f"communes: {read.communes}; lines left out: {read.left_out}")
