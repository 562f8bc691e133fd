"""``python -m fluxoid``: the command line."""

from fluxoid.cli import main

main()
