"""Run by every Python whose path holds this folder, before anything else."""

import shared_trainings

shared_trainings.begin()
