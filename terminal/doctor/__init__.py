"""The doctor: what a terminal stands on, looked at part by part, and what to do about it."""
