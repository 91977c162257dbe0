"""Write ``book/_static/fonts/stix-two-math.woff``, the letters and signs of the book's formulas.

Browsers set formulas themselves; they need a font that says how large signs are built. STIX Two
Math has 6,000 glyphs. The pages carry those that a textbook of this subject may ask for::

    npm install @fontsource/stix-two-math@5
    pip install fonttools brotli
    python book/tools/make_math_font.py node_modules/@fontsource/stix-two-math
"""

import sys
from pathlib import Path

from fontTools import subset

TARGET = Path(__file__).parents[1] / "_static" / "fonts" / "stix-two-math.woff"

RANGES = (
    (0x20, 0x7E),  # letters, digits, signs
    (0x391, 0x3C9),  # Greek
    (0x1D400, 0x1D49B),  # bold, italic, bold italic letters
    (0x1D6A4, 0x1D6A5),  # i and j without dots
    (0x1D6E2, 0x1D71B),  # italic Greek
    (0x2190, 0x2194),  # arrows
)
SINGLE = (
    "\N{NO-BREAK SPACE}¯±·×÷ˆ˙˜ϑϕϖϱϵ‖‗‘’“”…‾′″⁡⁢⁣⁤ℎℒℓℕℝℤ𝔼"
    "↦⇐⇒⇔∀∂∃∅∇∈∉∏∑−∓∗∘√∝∞∥∧∨∩∪∫∼≈≠≡≤≥≪≫⊂⊆⊕⊗⊙⋅⋮⋯⋱⌈⌉⌊⌋⟨⟩"
)
FEATURES = ["ssty", "dtls", "flac"]
"""Forms of letters in exponents, under accents, and of accents over capitals."""


def main(package: Path) -> None:
    """Write the font from an npm package's folder."""
    source = package / "files" / "stix-two-math-latin-400-normal.woff2"
    options = subset.Options(flavor="woff", hinting=False, desubroutinize=True)
    options.layout_features = FEATURES
    font = subset.load_font(str(source), options)
    cut = subset.Subsetter(options)
    kept = [ord(letter) for letter in SINGLE]
    cut.populate(unicodes=[*kept, *(code for a, b in RANGES for code in range(a, b + 1))])
    cut.subset(font)
    subset.save_font(font, str(TARGET), options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
