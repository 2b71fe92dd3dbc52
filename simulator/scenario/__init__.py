"""Scenarios: what many people do at a table, declared, played with a seed, or recorded."""
