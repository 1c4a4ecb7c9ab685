"""Finalizers that lose no KeyboardInterrupt. Not in the spec.

Python prints an exception that a ``__del__`` method raises, and goes on. If Ctrl-C comes at that time, the program does
not notice, and the rest of the method is left out. The method itself cannot prevent that, because the interrupt may
come before its first statement. So ``sys.unraisablehook``, which Python calls then, runs the method again, and has
the interrupt come again.

That is done for objects whose class has a true ``_can_finish_again``: their ``__del__`` may be run again after any part
of it. The owners of FFmpeg's memory have it, too, although ffbind does not know this module.

Python does the same with an exception of a function that C calls. An interrupt before its first statement comes again
if the function is a method of a class with a true ``_interrupts_come_again``.
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

#: Seconds after which an interrupt comes again, if the finalizer has returned by then.
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
    if issubclass(unraisable.exc_type, KeyboardInterrupt) and _is_called_by_c(unraisable.object):
        _interrupt_again()
        return
    owner = _owner_of_finalizer(unraisable)
    if not _can_finish_again(owner) or not issubclass(unraisable.exc_type, KeyboardInterrupt):
        hook_before(unraisable)
        return
    try:
        _finish_at_last(owner)
    finally:
        _interrupt_again()


def _is_called_by_c(function: object) -> bool:
    """Whether an interrupt of this function has no other caller to go to."""
    return getattr(type(getattr(function, "__self__", None)), "_interrupts_come_again", False) is True


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
    while _is_in_hook(main_thread):
        # Python would drop the interrupt.
        time.sleep(_DELAY_SECONDS)
    if hasattr(signal, "pthread_kill") and main_thread is not None:
        # A signal also ends the main thread's sleep, if it sleeps.
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        interrupt_main()


def _is_in_hook(thread: int | None) -> bool:
    frame = None if thread is None else sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code is _finish.__code__:
            return True
        frame = frame.f_back
    return False
