"""The recorder: ``python -m utils.record EXPERIMENT``."""

import sys

from utils.record.command import main

if __name__ == "__main__":
    sys.exit(main())
