"""Organisations: who looks after one, what it says of itself, and how it becomes a partner."""
