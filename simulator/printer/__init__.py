"""The twin of a ticket printer that speaks ESC/POS on a network port."""
