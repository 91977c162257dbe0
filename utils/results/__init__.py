"""Read what was recorded, and summarise it over seeds.

Answers "what came out, and how sure is it?". Names of experiments and networks come in; runs,
means with their standard deviation, and the words for them go out.
"""

from utils.files.records import ResultError, load_measurement
from utils.results.labels import device_label, network_label
from utils.results.runs import load_runs
from utils.results.settings import difference_in_words
from utils.results.spread import Spread, accuracy, curves, median, spread
from utils.results.verdict import Difference, compare, compare_runs

__all__ = [
    "Difference",
    "ResultError",
    "Spread",
    "accuracy",
    "compare",
    "compare_runs",
    "curves",
    "device_label",
    "difference_in_words",
    "load_measurement",
    "load_runs",
    "median",
    "network_label",
    "spread",
]
