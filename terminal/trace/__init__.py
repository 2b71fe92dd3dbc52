"""What a card said, in a text that people read and tests replay: recorded, masked, checked."""
