"""The demonstration: everything on one machine, a sale, a gate, told as a story."""
