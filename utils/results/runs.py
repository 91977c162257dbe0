"""Read recorded runs and summarise them over seeds.

Answers "what did we measure, how sure is it?". Every number on a page about our own runs
comes through here from ``results/``.
"""

from collections.abc import Collection

from utils.files.records import ResultError, parse_record, record_files


def load_runs(
    experiment: str,
    model: str | None = None,
    recipe: str | None = None,
    seeds: Collection[int] | None = None,
) -> list[dict]:
    """All records of an experiment, by model, recipe and seeds if given, in order of seed.

    Raises:
        ResultError: none is there; names the command that makes them.
    """
    names = f"{model or '*'}_{recipe or '*'}_seed*.json"
    records = [parse_record(path) for path in record_files(experiment, names)]
    chosen = [
        record
        for record in records
        if model in (None, record["model"])
        and recipe in (None, record["config"]["recipe"])
        and (seeds is None or record["seed"] in seeds)
    ]
    if not chosen:
        raise ResultError(
            f"no record of {model or 'any model'} with recipe {recipe or 'any'} in "
            f"{experiment!r}; make it with: python -m utils.record {experiment}"
        )
    return sorted(chosen, key=lambda record: record["seed"])
