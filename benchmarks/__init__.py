"""Measurements: one command (`make bench`), each figure beside a floor taken in the same run."""
