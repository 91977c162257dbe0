"""A kernel is forked, and one that stands still while it starts is started once more.

It has happened once in some hundreds of starts that the process lives and never answers. That says
nothing of the notebook, and all of its cells would be errors. A kernel that dies is no such case.
"""

import warnings

from forked_kernels import popen
from jupyter_client import launcher
from nbval import kernel

once = kernel.start_new_kernel


def start_new_kernel(startup_timeout: float = 60, **settings: object):
    """nbval's function of that name, with a second try."""
    try:
        return once(startup_timeout=startup_timeout, **settings)
    except RuntimeError as error:
        if "didn't respond" not in str(error):
            raise
        warnings.warn(f"{error}; it is started once more", stacklevel=2)
        return once(startup_timeout=startup_timeout, **settings)


kernel.start_new_kernel = start_new_kernel
launcher.Popen = popen
