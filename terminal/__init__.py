"""The daemons that stand beside a reader."""
