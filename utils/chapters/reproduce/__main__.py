"""The command: ``python -m utils.chapters.reproduce CARD``."""

import sys

from utils.chapters.reproduce.command import main

if __name__ == "__main__":
    sys.exit(main())
