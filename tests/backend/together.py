"""Several hands that begin at one moment, each with its own connection."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def at_once(works: Sequence[Callable[[], object]], threads: int = 4) -> list[object]:
    """Do all of it, from several threads that start together; return results or refusals."""
    gate = threading.Barrier(min(threads, len(works)))

    def begin(work: Callable[[], object]) -> object:
        if works.index(work) < gate.parties:
            gate.wait(30)
        try:
            return work()
        except Exception as refusal:  # noqa: BLE001 - every one is looked at
            return refusal

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, works))


def kinds(results: list[object]) -> list[str]:
    """Name what became of each, in the order of the alphabet."""
    return sorted(type(one).__name__ for one in results)
