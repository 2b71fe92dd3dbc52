"""Establishments, services, rights, access lists, passages."""
