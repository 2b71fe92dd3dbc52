"""Personalising a card: the backend drives, the reader carries."""
