"""Fixtures for pytest: a reader, cards, a pad, and the programs that a till stands on."""
