"""From numbers to what a page shows: figures and tables with alt text and caption.

Answers "how does it look?". Matplotlib figures and rows of text come in; markup goes out that needs
no script and follows the light or dark page.
"""

from utils.display.figures import COLOURS, figure, finish
from utils.display.published import Published, publish
from utils.display.tables import table

__all__ = ["COLOURS", "Published", "figure", "finish", "publish", "table"]
