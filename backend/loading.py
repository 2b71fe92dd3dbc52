"""Load the parts of this program without looking for garbage among what they make.

Promise: the collector rests while the block runs, and never looks at what was made in it: modules
stay to the end. That look is a sixth of a start.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let the collector rest until the block ends."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
