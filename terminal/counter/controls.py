"""What people at the counter may tell a running sale: cancel, and which benefit.

One object per sale, shared by the thread that runs it and the threads that serve the till. It does
not wait: the sale looks at it between two short waits of its own.
"""

import threading


class SaleControls:
    """Wishes for one sale, first come first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancel_asked = False
        self._by_holder = False
        self._settled = False
        self._benefit: str | None = None

    def cancel(self, *, by_holder: bool = False) -> bool:
        """Ask to cancel; return False when it is too late because the outcome is settled."""
        with self._lock:
            if self._settled:
                return False
            self._by_holder = by_holder and not self._cancel_asked
            self._cancel_asked = True
            return True

    def cancelled(self) -> bool:
        """Return whether a cancellation was asked for."""
        with self._lock:
            return self._cancel_asked

    def cancelled_by_holder(self) -> bool:
        """Return whether the holder asked first, on their own side of the counter."""
        with self._lock:
            return self._by_holder

    def settle(self) -> bool:
        """Close the door to cancellations; return False if one came before.

        Between an approval that was read and its line in the journal nobody may slip in a
        cancellation that would be answered "yes" and not be done.
        """
        with self._lock:
            self._settled = not self._cancel_asked
            return self._settled

    def choose_benefit(self, benefit: str) -> None:
        """Say which benefit to debit; the sale checks that it was offered."""
        with self._lock:
            self._benefit = benefit

    def chosen_benefit(self) -> str | None:
        """Return the choice, or None while there is none."""
        with self._lock:
            return self._benefit
