"""``python -m codecmodel explain``: handed over to the suite, which knows the steps of the spec and where they are."""

import runpy
import sys
from collections.abc import Sequence


def explain(arguments: Sequence[str]) -> int:
    """Run ``python -m conformance explain`` in this process. Returns its exit status.

    The model may not import the suite, and does not: this starts a program by its name.
    """
    saved = sys.argv
    sys.argv = ["conformance", "explain", *arguments]
    try:
        runpy.run_module("conformance", run_name="__main__", alter_sys=True)
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else int(exit.code is not None)
    finally:
        sys.argv = saved
    return 0
