"""Cards, readers and the pad's display as people read them on a terminal."""

from simulator.commands.outcome import Json

DISPLAY_CHARACTERS = 16
_COLUMNS = ("name", "kind", "uid", "reader", "faults", "note")


def card_table(cards: list[Json]) -> str:
    """Return one line a card, below a heading."""
    if not cards:
        return "The drawer is empty: `pass-simulator card new LEA` makes a card."
    rows = [[column.upper() for column in _COLUMNS], *(_row(card) for card in cards)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(card: Json) -> list[str]:
    told = {**card, "reader": card["reader"] or "-", "faults": fault_words(card["faults"])}
    return [str(told[column]) for column in _COLUMNS]


def card_lines(card: Json) -> str:
    """Return everything of one card, a line each."""
    told = {**card, "reader": card["reader"] or "-", "faults": fault_words(card["faults"])}
    shown = {key: value for key, value in told.items() if value not in {None, ""}}
    width = max(map(len, shown))
    return "\n".join(f"{key.ljust(width)}  {value}" for key, value in shown.items())


def fault_words(faults: Json) -> str:
    """Say what is wrong with a card."""
    said = []
    if faults["tear_after"] is not None:
        said.append(f"torn after {faults['tear_after']} (loses the {faults['tear_loses']})")
    if faults["slow_milliseconds"]:
        said.append(f"slow by {faults['slow_milliseconds']} ms")
    if faults["mute_after"] is not None:
        said.append(f"mute after {faults['mute_after']}")
    if faults["corrupt_answer"] is not None:
        said.append(f"answer {faults['corrupt_answer']} corrupt")
    if faults["random_uid"]:
        said.append("random UID")
    return ", ".join(said) or "-"


def pad_words(pad: Json) -> str:
    """Draw the pad's display, and say what it does."""
    lines = [str(line).ljust(DISPLAY_CHARACTERS) for line in pad["lines"]]
    frame = "─" * DISPLAY_CHARACTERS
    state = "waits for a code" if pad["entering"] else "at rest"
    if not pad["plugged"]:
        state = "without its cable"
    drawn = "\n".join((f"┌{frame}┐", *(f"│{line}│" for line in lines), f"└{frame}┘"))
    return f"{drawn}\n{state}; codes entered so far: {pad['entry_count']}"
