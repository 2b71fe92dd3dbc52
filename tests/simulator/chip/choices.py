"""What a random life is drawn from, weighted so that most of what it does succeeds."""

import enum

from hypothesis import strategies as st

from simulator.chip.files import AccessRights, DataFile, File, Head, RecordFile, ValueFile
from simulator.chip.keys import KeySettings, aes_key
from simulator.chip.memory import Application
from tests.simulator.chip import model as world
from tests.simulator.chip.cards import MODES, key
from tests.simulator.chip.host import number
from tests.simulator.chip.model import Kind, ModelFile

sessions = st.sampled_from(
    ["ev2 0", "ev2 1", "aes 0", "aes 1", "ev2 0", "ev2 1", "ev2 129", "aes 128", None]
)
keys = st.sampled_from([0, 1, 2, 0, 1, 2, 0x80, 0x81])
rarely = st.sampled_from([False] * 5 + [True])
tears = st.sampled_from([None, None, None, False, True])

# A life begins with a file of each kind. Mostly the right kind is asked, rarely another.
FIRST: dict[Kind, int] = {"standard": 0, "backup": 1, "value": 2, "linear": 3, "cyclic": 4}
numbers = st.integers(0, 6)


def mostly(*files: int) -> st.SearchStrategy[int]:
    """Draw these files, less often those of the second application, rarely another."""
    second = [world.SECOND | at for at in files]
    return st.sampled_from([*files * 6, *second * 2, 0, 1, 2, 3, 4, 5, 6])


# Mostly rights that somebody has: three keys, free, never.
nibbles = st.sampled_from([*(0, 1) * 6, *(0xE,) * 4, 2, 0xF])
all_rights = st.tuples(nibbles, nibbles, nibbles, nibbles).map(
    lambda four: four[0] << 12 | four[1] << 8 | four[2] << 4 | four[3]
)
modes = st.sampled_from(["plain", "mac", "full"])
kinds: st.SearchStrategy[Kind] = st.sampled_from(
    ["standard", "backup", "value", "linear", "cyclic"]
)
more_rights = st.lists(all_rights, max_size=2)
SECOND_RIGHTS = 0x1E0E
offsets = st.sampled_from([0, 0, 1, 2, 3, 5, 8, 20, 30, world.SIZE, world.SIZE + 1])
contents = st.binary(min_size=1, max_size=world.SIZE)
amounts = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 150, -1])


def creation(at: int, file: ModelFile) -> tuple[int, bytes]:
    """Return the command and the body that make such a file."""
    head = bytes((at, MODES[file.mode])) + number(file.rights, 2)
    match file.kind:
        case "standard":
            return 0xCD, head + number(world.SIZE)
        case "backup":
            return 0xCB, head + number(world.SIZE)
        case "value":
            limits = number(world.LOWER, 4) + number(world.UPPER, 4) + bytes(4)
            return 0xCC, head + limits + b"\x01"
        case "linear":
            return 0xC1, head + number(world.RECORD) + number(world.RECORDS)
        case _:
            return 0xC0, head + number(world.RECORD) + number(world.RECORDS)


class Ending(enum.Enum):
    """What follows a change: nothing yet, a commit, or one that is torn before or after it."""

    LATER = enum.auto()
    COMMIT = enum.auto()
    OLD = enum.auto()
    NEW = enum.auto()


endings = st.sampled_from([Ending.LATER] * 5 + [Ending.COMMIT] * 6 + [Ending.OLD, Ending.NEW])

# The second application: made once, as only files of the first are made and deleted by commands.
OTHER = bytes.fromhex("F59251")


def second_application() -> Application:
    """Return the card's second application, with a file of each kind that anybody may change."""
    held = tuple(aes_key(material_of(world.SECOND | at)) for at in range(5))
    made = Application(KeySettings(0x0F), held[0].kind, held)
    head = Head(0, AccessRights(SECOND_RIGHTS))
    files: list[File] = [
        DataFile(head, bytes(world.SIZE), backup=False),
        DataFile(head, bytes(world.SIZE), backup=True),
        ValueFile(head, world.LOWER, world.UPPER, 0, 0, 1),
        RecordFile(head, world.RECORD, world.RECORDS, cyclic=False),
        RecordFile(head, world.RECORD, world.RECORDS, cyclic=True),
    ]
    for at, file in enumerate(files):
        made = made.with_file(at, file)
    return made


def second_files() -> dict[int, ModelFile]:
    """Return its files as the model has them."""
    return {
        world.SECOND | at: ModelFile(kind, "plain", SECOND_RIGHTS) for kind, at in FIRST.items()
    }


def material_of(number_: int) -> bytes:
    """Return the key of that number; those of the second application are others."""
    return key(number_ & ~world.SECOND) if number_ < world.SECOND else bytes((number_,)) * 16
