"""Run every notebook and store its outputs: ``python -m utils.notebook``."""

import sys

from utils.notebook.run import main

if __name__ == "__main__":
    sys.exit(main())
