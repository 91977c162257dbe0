"""What each folder of ``results/`` was recorded for, where its records do not say so themselves.

Answers "which question stands behind this folder, and which command repeats it?". Trainings have
their questions in :mod:`utils.record.experiments`.
"""

ABOUT: dict[str, tuple[str, str]] = {
    "bench-blocks": (
        "How fast does a device compute, copy data and run the blocks of the bottleneck chapter?",
        "python -m utils.record.roofline",
    ),
    "fine-tuning": (
        "What do given weights gain with 10, 50 and 200 images of each new class, and which layers "
        "should move?",
        "python -m utils.record.measure fine-tuning --replace",
    ),
    "gradient-norms": (
        "How large are the gradients of each layer, at the start and in the first steps?",
        "python -m utils.record.measure gradient-norms --replace",
    ),
    "lesions": (
        "What does a trained network lose if some of its blocks are removed or two of them are "
        "exchanged? Along which paths does its gradient flow?",
        "python -m utils.record.measure lesions --replace",
    ),
    "playground": (
        "What do the two small networks of the playground do in ten seeds, at every depth, start, "
        "normalisation and learning rate of its experiments?",
        "python -m utils.record.measure playground --threads 1 --replace",
    ),
    "slips": (
        "How much accuracy does a mistake cost that raises no exception?",
        "python -m utils.record.measure slips --replace",
    ),
    "surfaces": (
        "What does the loss look like around trained networks, with and without shortcuts?",
        "python -m utils.record.measure surfaces --threads 1 --replace",
    ),
}
"""Question and command of folders whose records, of a kind of their own, do not name them."""
