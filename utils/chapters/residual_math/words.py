"""Numbers in the text of the chapter on residual mathematics, from the second paper's table.

Answers "what does this sentence say today?"; :mod:`utils.notebook.filled` asks.
"""

from functools import cache

from utils.facts.files import book_data


@cache
def scaled() -> dict[str, str]:
    """Test errors of ResNet-110 with scaled shortcuts (He et al. 2016b, Table 1)."""
    rows = book_data("identity_mappings")["rows"]
    errors = {(row["shortcut"], row["branch"]): row["error"] for row in rows}
    return {"identity": f"{errors[1, 1]} %", "both_halved": f"{errors[0.5, 0.5]} %"}
