"""Run what is defined as an experiment, and write down everything about it.

Answers "what was computed, with which settings, on what machine?". A name of
:data:`~utils.record.experiments.EXPERIMENTS` comes in; JSON files under ``results/`` and weights
go out. Nothing else writes there. ``python -m utils.record EXPERIMENT`` trains what is missing.
"""
