"""What the doctor says of one part: a verdict, a French sentence, and what to do.

Pure values. `part` and `code` are stable words for programs; `sentence` and `advice` are for the
person in front of the machine, or for whom they telephone. Nothing secret is ever in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How a part is, from good to bad."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Part(StrEnum):
    """What is looked at, in the order it is told."""

    IDENTITY = "identity"
    STATE_FOLDER = "state_folder"
    DISK = "disk"
    JOURNAL = "journal"
    ACCESS_LIST = "access_list"
    READER = "reader"
    PAD = "pad"
    DOOR = "door"
    PAGE = "page"
    TILL = "till"
    PRINTER = "printer"
    NETWORK = "network"
    BACKEND = "backend"
    CLOCK = "clock"


PART_WORDS: Final[dict[Part, str]] = {
    Part.IDENTITY: "Identité",
    Part.STATE_FOLDER: "Dossier",
    Part.DISK: "Disque",
    Part.JOURNAL: "Journal",
    Part.ACCESS_LIST: "Liste",
    Part.READER: "Lecteur",
    Part.PAD: "Clavier",
    Part.DOOR: "Passage",
    Part.PAGE: "Page",
    Part.TILL: "Caisse",
    Part.PRINTER: "Ticket",
    Part.NETWORK: "Réseau",
    Part.BACKEND: "Serveur",
    Part.CLOCK: "Horloge",
}
VERDICT_WORDS: Final[dict[Verdict, str]] = {
    Verdict.GOOD: "bon",
    Verdict.WARNING: "à voir",
    Verdict.BAD: "à réparer",
}
SIGNS: Final[dict[Verdict, str]] = {Verdict.GOOD: "✓", Verdict.WARNING: "!", Verdict.BAD: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part as it was found; `advice` is empty when there is nothing to do."""

    part: Part
    verdict: Verdict
    code: str
    sentence: str
    advice: str = ""


def good(part: Part, sentence: str) -> Finding:
    """Return a finding with nothing to do."""
    return Finding(part, Verdict.GOOD, "good", sentence)


def bad(part: Part, code: str, sentence: str, advice: str) -> Finding:
    """Return a finding that keeps the terminal from serving."""
    return Finding(part, Verdict.BAD, code, sentence, advice)


def warning(part: Part, code: str, sentence: str, advice: str) -> Finding:
    """Return a finding that the terminal can live with for now."""
    return Finding(part, Verdict.WARNING, code, sentence, advice)


def worst(findings: Sequence[Finding]) -> Verdict:
    """Return the worst verdict; good if nothing was looked at."""
    order = list(Verdict)
    return max((each.verdict for each in findings), key=order.index, default=Verdict.GOOD)


def in_words(findings: Sequence[Finding]) -> str:
    """Write the findings as a table of lines, the advice under its line."""
    lines = list[str]()
    for each in findings:
        lines.append(
            f"{SIGNS[each.verdict]} {PART_WORDS[each.part]:<9} "
            f"{VERDICT_WORDS[each.verdict]:<9}  {each.sentence}"
        )
        if each.advice:
            lines.append(f"{'':<22} → {each.advice}")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Return the findings for a program: `verdict` is the worst of them."""
    return {
        "verdict": worst(findings).value,
        "findings": [
            {
                "part": each.part.value,
                "verdict": each.verdict.value,
                "code": each.code,
                "sentence": each.sentence,
                "advice": each.advice,
            }
            for each in findings
        ],
    }
