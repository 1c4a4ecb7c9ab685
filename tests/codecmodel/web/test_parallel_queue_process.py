"""Parallel queues when the interpreter exits, and when the process forks."""

import os

import pytest

from tests.codecmodel.web.scripts import run_program

#: The beginning of every program. The tests count ``begin`` and ``end`` in the output.
PRELUDE = """
import asyncio, importlib.util, os, sys, threading, time, types

# Infra alone, without the rest of the package, is imported faster.
package = types.ModuleType("codecmodel")
package.__path__ = importlib.util.find_spec("codecmodel").submodule_search_locations
sys.modules["codecmodel"] = package

from codecmodel.web import threads
from codecmodel.web.event_loop import EventLoopClosed, TaskSource, current_event_loop
from codecmodel.web.parallel_queue import ThreadParallelQueue

def new_queue():
    return ThreadParallelQueue(lambda steps: None)

def say(what):
    os.write(1, what + b"\\n")

started = threading.Event()

# With more busy threads, the main thread seldom gets the interpreter on a loaded machine.
QUEUES = 4
"""

BUSY_QUEUES = """
def work(queue):
    say(b"begin")
    sum(range(10_000))
    say(b"end")
    started.set()
    queue.enqueue(lambda: work(queue))

for _ in range(QUEUES):
    queue = new_queue()
    queue.enqueue(lambda queue=queue: work(queue))
started.wait()
"""

SLEEPING_STEPS = """
def work():
    say(b"begin")
    started.set()
    time.sleep(0.05)
    say(b"end")

for _ in range(3):
    queue = new_queue()
    for _ in range(100):
        queue.enqueue(work)
started.wait()
"""

CLOSED_LOOP = """
async def main():
    event_loop = current_event_loop()
    source = TaskSource("codec")

    def work(queue):
        say(b"begin")
        try:
            event_loop.queue_task(source, started.set)
        finally:
            say(b"end")
        queue.enqueue(lambda: work(queue))

    for _ in range(QUEUES):
        queue = event_loop.start_parallel_queue()
        queue.enqueue(lambda queue=queue: work(queue))
    while not started.is_set():
        await asyncio.sleep(0.0005)

asyncio.run(main())
"""

RESTING_THREADS = """
for _ in range(10):
    queue = new_queue()
    queue.enqueue(lambda: (say(b"begin"), time.sleep(0.001), say(b"end"), started.set()))
started.wait()
"""

#: The threads of the queues are there before the main thread ends: Python 3.12.0 and 3.12.1 start none after that.
LOOP_IN_ANOTHER_THREAD = CLOSED_LOOP.replace(
    "while not started.is_set():", "while not started.is_set() or threading.main_thread().is_alive():"
).replace("asyncio.run(main())", "threading.Thread(target=asyncio.run, args=(main(),)).start()\nstarted.wait()")

WORK_ENQUEUED_WHILE_EXITING = """
import atexit

class Late:
    def __del__(self):
        new_queue().enqueue(lambda: say(b"begin"))

late = Late()
queue = new_queue()
atexit.register(lambda: queue.enqueue(lambda: say(b"begin")))
# Registered before the module's own, so called after it.
atexit.unregister(threads._stop)
atexit.register(threads._stop)
queue.enqueue(started.set)
started.wait()
"""


@pytest.mark.parametrize("repetition", range(10))
@pytest.mark.parametrize(
    "program", [BUSY_QUEUES, SLEEPING_STEPS, CLOSED_LOOP], ids=["busy queues", "sleeping steps", "closed loop"]
)
def test_the_interpreter_exits_in_silence_and_cuts_no_step(program: str, repetition: int) -> None:
    lines = run_program(PRELUDE + program).splitlines()
    assert lines.count("begin") > 0
    assert lines.count("begin") == lines.count("end")


@pytest.mark.parametrize("program", [RESTING_THREADS, LOOP_IN_ANOTHER_THREAD], ids=["resting threads", "other thread"])
def test_the_interpreter_exits_in_silence_too_with(program: str) -> None:
    lines = run_program(PRELUDE + program).splitlines()
    assert lines.count("begin") > 0
    assert lines.count("begin") == lines.count("end")


def test_work_enqueued_while_the_interpreter_exits_is_dropped() -> None:
    assert run_program(PRELUDE + WORK_ENQUEUED_WHILE_EXITING) == ""


def test_the_interpreter_waits_no_longer_than_its_bound_for_a_step() -> None:
    program = """
threads.EXIT_SECONDS = 0.01
never = threading.Event()
queue = new_queue()
queue.enqueue(lambda: (say(b"begin"), started.set(), never.wait(), say(b"end")))
started.wait()
"""
    assert run_program(PRELUDE + program) == "begin\n"


FORK = """
busy = new_queue()
def work():
    started.set()
    time.sleep(0.001)
    busy.enqueue(work)
busy.enqueue(work)
resting = new_queue()
rested = threading.Event()
resting.enqueue(rested.set)
started.wait()
rested.wait()

def use_queues():
    log = []
    queues = [new_queue() for _ in range(3)]
    done = threading.Semaphore(0)
    for number in range(5):
        for queue in queues:
            queue.enqueue(lambda number=number: (log.append(number), done.release()))
    for _ in range(15):
        done.acquire()
    assert sorted(log) == sorted([*range(5)] * 3)

async def use_event_loop():
    event_loop = current_event_loop()
    promise = event_loop.new_promise()
    source = TaskSource("codec")
    queue = event_loop.start_parallel_queue()
    queue.enqueue(lambda: event_loop.queue_task(source, lambda: promise.set_result("settled")))
    assert await promise == "settled"

child = os.fork()
if child == 0:
    for parents_queue in (busy, resting):
        parents_queue.enqueue(lambda: say(b"steps of the parent's queue"))
    use_queues()
    asyncio.run(use_event_loop())
    say(b"child")
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
use_queues()
say(b"parent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_uses_queues_of_its_own() -> None:
    # From Python 3.12 on, a fork with threads causes a warning. The test shows that it works all the same.
    assert run_program(PRELUDE + FORK, "-W", "ignore::DeprecationWarning") == "child\nparent\n"
