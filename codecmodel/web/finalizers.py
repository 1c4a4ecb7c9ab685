"""Finalizers that lose no KeyboardInterrupt. Not in the spec.

Python prints an exception that a ``__del__`` method raises, and goes on. If Ctrl-C comes at that time, the program does
not notice, and the rest of the method is left out. The method itself cannot prevent that, because the interrupt may
come before its first statement. So ``sys.unraisablehook``, which Python calls then, runs the method again, and has
the interrupt come again.

That is done for objects whose class has a true ``_can_finish_again``: their ``__del__`` may be run again after any part
of it. The owners of FFmpeg's memory have it, too, although ffbind does not know this module.
"""

import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeGuard

from codecmodel.web import threads

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

#: Seconds after which an interrupt comes again. The finalizer has returned by then, or else it is interrupted again.
_DELAY_SECONDS: Final = 0.01


class _CanFinishAgain(Protocol):
    def __del__(self) -> None: ...


def install_hook() -> None:
    """Have interrupted finalizers finished from now on. Any other exception is left to the hook that is there now.

    If that hook does so already, nothing happens. A program may put another hook in place, as pytest does.
    """
    hook = sys.unraisablehook
    if not (isinstance(hook, partial) and hook.func is _finish):
        sys.unraisablehook = partial(_finish, hook)


def _finish(hook_before: "Callable[[UnraisableHookArgs], object]", unraisable: "UnraisableHookArgs") -> None:
    owner = _owner_of_finalizer(unraisable)
    if not _can_finish_again(owner) or not issubclass(unraisable.exc_type, KeyboardInterrupt):
        hook_before(unraisable)
        return
    try:
        _finish_at_last(owner)
    finally:
        _interrupt_again()


def _owner_of_finalizer(unraisable: "UnraisableHookArgs") -> object:
    """The object whose ``__del__`` has raised the exception, or None."""
    traceback = unraisable.exc_traceback
    if traceback is None or traceback.tb_frame.f_code.co_name != "__del__":
        return None
    owner: object = traceback.tb_frame.f_locals.get("self")
    return owner


def _can_finish_again(owner: object) -> TypeGuard[_CanFinishAgain]:
    return getattr(type(owner), "_can_finish_again", False) is True


def _finish_at_last(owner: _CanFinishAgain) -> None:
    while True:
        try:
            owner.__del__()
        except KeyboardInterrupt:
            # The interrupts of a user who presses the keys twice are one.
            continue
        return


def _interrupt_again() -> None:
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
