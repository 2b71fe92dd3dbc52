"""What goes over the card's wire and the pad's line, in words, redacted where it is heard."""
