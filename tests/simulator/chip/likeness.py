"""Whether a file of the chip is what the model says."""

from typing import Any

from tests.simulator.chip.cards import MODES
from tests.simulator.chip.model import Model, ModelFile


def same_file(held: Any, file: ModelFile, model: Model) -> None:
    """Hold what the chip keeps against the model."""
    assert held.head.rights.value == file.rights
    assert held.head.communication == MODES[file.mode] | 0x80 * bool(file.more)
    assert [rights.value for rights in held.head.additional] == file.more
    match file.kind:
        case "standard" | "backup":
            assert held.content == file.content
        case "value":
            assert (held.value, held.limited_credit) == (file.value, file.limited)
        case "linear" | "cyclic":
            assert list(held.records) == file.records
        case "mac":
            assert held.counter == model.counter
