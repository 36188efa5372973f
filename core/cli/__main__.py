"""`python -m core.cli` is `dare`."""

from core.cli.main import main

main()
