"""Images with labels.

Answers "what do the networks see?". A name such as "digits" or "cifar10" comes in, or a folder of
somebody's own pictures; two splits of ``uint8`` images (N, 3, H, W) with their labels go out, and
augmented batches of them.
"""

from utils.data.cifar import DataError
from utils.data.folder import from_arrays, load_folder
from utils.data.report import DataReport
from utils.data.sets import Dataset, Split, load

__all__ = ["DataError", "DataReport", "Dataset", "Split", "from_arrays", "load", "load_folder"]
