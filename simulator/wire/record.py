"""News of the wires as text: one line each, in the order they were heard, for people to read.

Promise: nothing is added to what was published, which is redacted. Pure.
"""

from simulator.wire.feed import Json

_LANES = {"card": "card   ", "pad": "pad    ", "http": "http   ", "printer": "printer"}


def as_text(news: list[Json]) -> str:
    """Write each of the news on a line of its own."""
    return "".join(f"{line_of(one)}\n" for one in news)


def line_of(one: Json) -> str:
    """Write one: hour, wire, place, what was said, what was answered, how long it took."""
    hour = str(one["at"])[11:23]
    lane = _LANES.get(one["wire"], str(one["wire"]).ljust(7))
    place = str(one["place"]) + (f" · {one['card']}" if one.get("card") else "")
    said = str(one["words"])
    if one.get("command_hex"):
        said += f" [{one['command_hex']}]"
    if one.get("path"):
        said += f" [{one['path']}]"
    if one.get("answer"):
        status = f" ({one['status']})" if one.get("status") else ""
        said += f" → {one['answer']}{status}"
    if one.get("answer_hex"):
        said += f" [{one['answer_hex']}]"
    took = one.get("microseconds")
    return f"{hour}  {lane}  {place}: {said}" + ("" if took is None else f"  {took / 1000:.1f} ms")
