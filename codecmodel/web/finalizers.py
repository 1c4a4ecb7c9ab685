"""Finalizers that lose no KeyboardInterrupt. Not in the spec.

Python prints an exception that a ``__del__`` method or a weak reference's callback raises, and goes on. If Ctrl-C comes
at that time, the program would not notice, and the rest of the clean-up would be left out.
"""

import signal
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable
from typing import Final

from codecmodel.web import threads

#: Seconds after which an interrupt comes again. The finalizer has returned by then.
_DELAY_SECONDS: Final = 0.01


def clean_up(steps: Callable[[], None]) -> None:
    """Run the steps of a finalizer. If they have run already, they do nothing. Raises no KeyboardInterrupt.

    If one comes, the steps are run once more, and the main thread is interrupted again soon.
    """
    try:
        steps()
    except KeyboardInterrupt:
        interrupt_again()
        steps()


def interrupt_again() -> None:
    """Interrupt the main thread, soon."""
    if not threads.run(_interrupt):
        interrupt_main()


def _interrupt() -> None:
    time.sleep(_DELAY_SECONDS)
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        # A signal also ends the main thread's sleep, if it sleeps.
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        interrupt_main()
