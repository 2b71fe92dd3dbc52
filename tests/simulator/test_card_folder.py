"""A drawer's folder: what is kept, when, and through a kill at any moment."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.cards.drawer import Drawer
from simulator.cards.errors import (
    CardFileBroken,
    FolderBusy,
    FolderError,
)
from simulator.cards.faults import CardFaults
from simulator.cards.folder import FILE_BYTES_MAX, CardFolder
from simulator.cards.record import (
    CardChange,
    read_record,
    write_record,
)
from tests.simulator.drawers import CREATE_APPLICATION, LIST, SELECT, ask, new, reopened

ROOT = Path(__file__).parents[2]
TORN = CardFaults(tear_after=3, slow_milliseconds=5)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[CardFolder]:
    with CardFolder(tmp_path / "cards") as opened:
        yield opened.hold()


def test_what_a_chip_commits_is_in_its_file_before_it_answers(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    one = drawer.add(new("LEA"))
    one.card.power_on()
    for aid in ("010203", "040506"):
        assert ask(one, CREATE_APPLICATION.format(aid)) == "9100"
        again = reopened(folder).card("LEA")
        again.card.power_on()
        assert ask(again, SELECT.format(aid)) == "9100"
    assert reopened(folder).card("LEA").record == drawer.card("LEA").record


def test_files_are_private_and_nothing_else_lies_there(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    drawer.add(new("LEA"))
    drawer.change("LEA", CardChange(note="x"))
    file = folder.path / "LEA.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert sorted(each.name for each in folder.path.iterdir()) == [".lock", "LEA.json"]
    drawer.delete("LEA")
    assert [each.name for each in folder.path.iterdir()] == [".lock"]


def test_a_change_changes_what_it_names(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    drawer.add(new("LEA", colour="#ff8800", note="perdue"))
    drawer.change("lea", CardChange(faults=TORN))
    drawer.change("lea", CardChange(note="retrouvée"))
    kept = reopened(folder).card("LEA").record
    assert (kept.faults, kept.colour, kept.note) == (TORN, "#ff8800", "retrouvée")
    drawer.change("lea", CardChange(colour=None, faults=CardFaults()))
    kept = reopened(folder).card("LEA").record
    assert (kept.faults, kept.colour, kept.note) == (CardFaults(), None, "retrouvée")


def test_a_fault_is_switched_in_the_middle_of_a_tap() -> None:
    drawer = Drawer()
    one = drawer.add(new("LEA"))
    one.card.power_on()
    assert ask(one, LIST) == "9100"
    drawer.change("LEA", CardChange(faults=CardFaults(tear_after=0)))
    assert ask(one, LIST) == ""


def test_one_program_writes_others_may_read(folder: CardFolder) -> None:
    Drawer(folder).add(new("LEA"))
    with pytest.raises(FolderBusy):
        CardFolder(folder.path).hold()
    assert [one.name for one in reopened(folder).cards()] == ["LEA"]
    folder.close()
    CardFolder(folder.path).hold().close()


def test_drafts_of_a_kill_are_swept_up(folder: CardFolder) -> None:
    Drawer(folder).add(new("LEA"))
    (folder.path / ".LEA.draft").write_text("half of a ca")
    folder.close()
    with CardFolder(folder.path) as again:
        again.hold()
        assert [one.name for one in Drawer(again).cards()] == ["LEA"]
        assert not (folder.path / ".LEA.draft").exists()


def _edit(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.write_text(""), "not a card file"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "not a card file"),
        (lambda file: file.write_bytes(b" " * FILE_BYTES_MAX + file.read_bytes()), "not a card"),
        (lambda file: _edit(file, format=2), r"not a card file \(format\)"),
        (lambda file: _edit(file, kind="dragon"), r"not a card file \(kind\)"),
        (lambda file: _edit(file, wings=2), r"not a card file \(wings\)"),
        (lambda file: _edit(file, faults={"tear_after": -1}), r"\(faults.tear_after\)"),
        (lambda file: _edit(file, name="TOM"), "another name"),
        (lambda file: _edit(file, memory=None), "a memory is for a DESFire"),
        (lambda file: _edit(file, kind="bank"), "a memory is for a DESFire"),
        (lambda file: _edit(file, memory={"keys": "00"}), "not a DESFire's"),
        (lambda file: _edit(file, uid=None), "a UID is for all cards"),
        (lambda file: file.rename(file.with_name("-x.json")), "1 to 60 letters"),
        (lambda file: file.with_name("lea.json").write_text(_as(file, "lea")), "only in case"),
    ],
)
def test_a_broken_file_is_one_sentence_with_its_name(
    folder: CardFolder, spoil: Any, said: str
) -> None:
    Drawer(folder).add(new("LEA"))
    spoil(folder.path / "LEA.json")
    with pytest.raises(FolderError, match=said) as caught:
        reopened(folder)
    assert "lea" in str(caught.value).lower() or "-x.json" in str(caught.value)


def _as(file: Path, name: str) -> str:
    return json.dumps({**json.loads(file.read_text()), "name": name})


def test_a_broken_memory_says_no_key(folder: CardFolder) -> None:
    Drawer(folder).add(new("LEA"))
    file = folder.path / "LEA.json"
    file.write_text(file.read_text().replace('"version": 2', '"version": "5EC12E75"'))
    with pytest.raises(CardFileBroken) as caught:
        reopened(folder)
    assert "5EC12E75" not in str(caught.value)
    assert "memory" not in repr(read_record(write_record(Drawer().add(new("L")).record), "L"))


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cards").write_text("")
    with pytest.raises(FolderError, match="cards"):
        CardFolder(tmp_path / "cards").hold()


def test_a_card_that_cannot_be_kept_leaves_and_has_not_changed(
    folder: CardFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drawer = Drawer(folder)
    one = drawer.add(new("LEA"))
    one.card.power_on()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        assert ask(one, CREATE_APPLICATION.format("010203")) == ""
        with pytest.raises(FolderError, match="No space left"):
            drawer.change("LEA", CardChange(note="x"))
        with pytest.raises(FolderError, match="No space left"):
            drawer.add(new("TOM"))
    assert "No space left" in caplog.text
    assert drawer.card("LEA").record.note == ""
    assert [each.name for each in drawer.cards()] == ["LEA"]
    one.card.power_on()
    assert ask(one, LIST) == "9100"


def test_a_card_thrown_away_while_it_writes_does_not_come_back(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    one = drawer.add(new("LEA"))
    one.card.power_on()
    drawer.delete("LEA")
    assert ask(one, CREATE_APPLICATION.format("010203")) == ""
    assert not (folder.path / "LEA.json").exists()


# --- a kill at any moment ---

DYING = """
import os, signal, sys
from pathlib import Path
from simulator.cards.drawer import Drawer
from simulator.cards.folder import CardFolder
from simulator.cards.record import CardChange

calls, step = 0, int(sys.argv[2])

def dying(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

drawer = Drawer(CardFolder(Path(sys.argv[1])).hold())
os.open, os.fsync, os.replace = dying(os.open), dying(os.fsync), dying(os.replace)
drawer.change("LEA", CardChange(note="after"))
"""
# In turn: open the draft, flush it, rename it, open the folder, flush it; the sixth never comes.
RENAME, ALL = 3, 5


@pytest.mark.parametrize("step", range(1, ALL + 2))
def test_a_kill_at_any_moment_leaves_old_or_new(folder: CardFolder, step: int) -> None:
    Drawer(folder).add(new("LEA", note="before"))
    folder.close()
    command = [sys.executable, "-c", DYING, str(folder.path), str(step)]
    died = subprocess.run(command, check=False, cwd=ROOT, timeout=30).returncode
    assert died == (-signal.SIGKILL if step <= ALL else 0)
    with CardFolder(folder.path) as again:
        notes = [one.record.note for one in Drawer(again.hold()).cards()]
    assert notes == (["before"] if step <= RENAME else ["after"])
