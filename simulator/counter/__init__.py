"""The counter in the browser: a drawer, a table, screens beside it, and what the wires carry."""
