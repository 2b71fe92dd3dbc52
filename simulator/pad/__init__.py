"""Twin of a serial PIN pad: keys and display in front, the VISA packet set behind."""
