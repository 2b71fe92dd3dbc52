"""Everything the drawer refuses: a branch of the simulator's refusals."""

from simulator.refusals import Refusal


class CardError(Refusal):
    """Root of the tree."""

    code = "card_error"
    message = "The drawer cannot do that."


class CardUnknown(CardError):
    """Nobody put a card of that name into the drawer."""

    code = "card_unknown"
    message = "There is no card of that name: `pass-simulator card list` names them."


class CardNameTaken(CardError):
    """Another card has the name, if only in other letters' case."""

    code = "card_name_taken"
    message = "That name is taken."


class CardNameRefused(CardError):
    """The name cannot be a card's, nor a file's."""

    code = "card_name_refused"
    message = (
        "A card's name has 1 to 60 letters, digits, spaces and - _ . ' and begins with a letter or "
        "a digit."
    )


class DrawerFull(CardError):
    """No more cards."""

    code = "drawer_full"
    message = "The drawer is full."


class OriginalMissing(CardError):
    """A clone of nothing."""

    code = "original_missing"
    message = "Name the card to clone in of."


class OriginalNotDesfire(CardError):
    """A clone of a card that has no applications to copy."""

    code = "original_not_desfire"
    message = "Only a DESFire can be cloned."


class UidRefused(CardError):
    """A UID for a card that makes its own."""

    code = "uid_refused"
    message = "This kind of card makes its own UID."


class TraceMissing(CardError):
    """A played-back card of nothing, or a trace for another kind."""

    code = "trace_missing"
    message = "A card of kind trace needs a trace, and no other kind takes one."


class TraceRefused(CardError):
    """A text is no trace of one card; the message says where."""

    code = "trace_refused"


class FolderError(CardError):
    """The folder of cards does not serve; the message says which file and what to do."""

    code = "cards_dir_unusable"


class FolderBusy(FolderError):
    """A running simulator has the folder."""

    code = "cards_dir_busy"
    message = "A simulator that runs uses this folder: talk to it instead (leave out --cards-dir)."


class CardFileBroken(FolderError):
    """A file in the folder is not a card."""

    code = "card_file_broken"
