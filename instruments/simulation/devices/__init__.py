"""One file an instrument: its model and its command table."""
