"""A sale, from amount to receipt, and its journal."""
