"""The parts that all listings have, in JavaScript and in Python: texts of templates, see listings."""

from typing import Final

#: Numbers the calls, and logs them with the exceptions that they throw.
JAVASCRIPT_CALLS: Final = """\
let made = 0;
function call(what, make) {
  const number = ++made;
  try { make(number); log(number, what); } catch (error) { log(number, what, "throws", error.name); }
}
"""

#: Logs what happens, and makes the calls of the program's callbacks.
JAVASCRIPT_CALLBACKS: Final = """\
const callbacks = {
$callbacks
};
function happened(place, ...what) {
  log(place, ...what);
  (callbacks[place].shift() || (() => {}))();
}
"""

#: Runs the scripts one after the other.
JAVASCRIPT_SCRIPTS: Final = """\
// Milliseconds before each script. Events are waited for generously.
const scripts = [
$scripts
];
(function next() {
  if (scripts.length === 0) return;
  const [delay, script] = scripts.shift();
  setTimeout(() => { script(); next(); }, delay);
})();
"""

#: Numbers the calls, and logs them with the exceptions that they raise.
PYTHON_CALLS: Final = """\
def call(what, make):
    global made
    made += 1
    number = made
    try:
        make(number)
        log(number, what)
    except Exception as error:
        log(number, what, "throws", getattr(error, "name", type(error).__name__))
"""

#: Logs what happens, and makes the calls of the program's callbacks.
PYTHON_CALLBACKS: Final = """\
callbacks = {
$callbacks
}

def happened(place, *what):
    log(place, *what)
    for each in callbacks[place].pop(0) if callbacks[place] else ():
        each()
"""

#: Runs the scripts one after the other, within main().
PYTHON_SCRIPTS: Final = """\
    # Seconds before each script. Events are waited for generously.
    for delay, script in [
$scripts
    ]:
        await asyncio.sleep(delay)
        for each in script:
            each()
    await asyncio.sleep(1)
"""
