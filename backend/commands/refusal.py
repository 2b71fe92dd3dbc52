"""A command that cannot be done, with a sentence for the person who typed it."""


class CommandRefused(Exception):
    """The text is one English sentence, without anything secret."""
