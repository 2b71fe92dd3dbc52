"""Practising at the counter: the real dialogue over a backend that is only played."""
