"""A drawer of simulated cards: kinds, faults, and a file per card that outlives the program."""
