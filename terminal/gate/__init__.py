"""An access decision, offline; its list, its passages."""
