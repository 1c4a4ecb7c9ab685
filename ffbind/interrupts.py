"""KeyboardInterrupt in finalizers. Python prints an exception that ``__del__`` raises, and drops it."""

import signal
import threading
import time
from _thread import interrupt_main
from typing import Final

#: Seconds after which the interrupt comes again. The finalizer has returned by then.
_DELAY_SECONDS: Final = 0.01


def interrupt_again() -> None:
    """Interrupt the main thread, soon, as a finalizer has to do that an interrupt has ended."""
    try:
        threading.Thread(target=_interrupt, name="ffbind interrupt", daemon=True).start()
    except RuntimeError:
        # The system has no more threads.
        interrupt_main()


def _interrupt() -> None:
    time.sleep(_DELAY_SECONDS)
    main_thread = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        # A signal also ends the main thread's sleep, if it sleeps.
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        interrupt_main()
