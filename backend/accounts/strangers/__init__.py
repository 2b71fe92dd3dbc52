"""Whoever is nobody yet and has us send a mail: how often unasked, and what is asked then."""
