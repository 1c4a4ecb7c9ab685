"""Explained pages, walked in Chromium: what is shown is what is recorded anew."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast

import pytest

from conformance.explain.alignment import align
from conformance.explain.examples import EXAMPLES, record_example
from conformance.explain.page import page_of, page_of_two, write_page
from conformance.explain.recording import KINDS, Recording
from tests.browser.driver import Driver, Element, landmarks, least_contrast, nameless_controls
from tests.conformance.explain.recorded import Machine, Step, causes, machines, operations, stack, steps

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")

By = pytest.importorskip("selenium.webdriver.common.by", reason="selenium, which drives Chromium, is missing").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

PAGES = Path(__file__).parents[2] / "docs" / "explained"
#: The page, as it shows the present step.
_SHOWN = """
const text = selector => document.querySelector(selector)?.textContent ?? "";
const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);
const items = selector => all(`${selector} [data-item]`, box => +box.dataset.item);
const shown = () => [
  +document.querySelector("#number").value,
  text(".title h3"),
  all("li.now .no", step => step.textContent.replace(/\\.$/, "")).join(", "),
  all("ol.steps:not(.preview ol) li", step =>
    [step.querySelector(".no").textContent.replace(/\\.$/, ""), step.querySelector(".mark").textContent]),
  text("[data-part=lane]"),
  text(".pl.now i, .pl.led i"),
  all(".slot, .gates button", slot =>
    [slot.querySelector("small")?.textContent ?? slot.title, slot.querySelector("b").textContent]),
  all("[data-part=said] button", line => line.textContent),
  items(".zone:not(.work, .loop) .boxes"),
  items(".zone.work .boxes"),
  items(".zone.work .doing"),
  items(".zone.loop .boxes"),
  items(".zone.loop .doing"),
  all(".promise", promise => [+promise.dataset.promise, promise.querySelector("b").textContent]),
  all("[data-part=stack] button", caller => +caller.dataset.go),
  all("[data-part=why] button", cause => +cause.dataset.go),
];
"""
#: All steps that a key leads to, until it leads nowhere. Nothing is laid out meanwhile: that takes most of the time.
_WALK = f"""{_SHOWN}
document.querySelector("main").style.display = "none";
const walk = [];
do {{
  walk.push(shown());
  document.body.dispatchEvent(new KeyboardEvent("keydown", {{key: arguments[0], bubbles: true}}));
}} while (+document.querySelector("#number").value !== walk.at(-1)[0]);
document.querySelector("main").style.display = "";
return walk;
"""
_WORDS = {"blocked": "true", "not blocked": "false", "saturated": "true", "not saturated": "false"}
#: The page draws no more promises and no more causes, and shows the last lines that were printed.
_MOST_PROMISES, _MOST_CAUSES, _MOST_LINES = 4, 6, 6


class Shown(NamedTuple):
    """The page, as it is now. Items and events are numbers of the recording."""

    number: int
    title: str
    steps: str
    marks: list[list[str]]
    lane: str
    line: str
    slots: list[list[str]]
    said: list[str]
    messages: list[int]
    work: list[int]
    at_work: list[int]
    tasks: list[int]
    running: list[int]
    promises: list[list[object]]
    stack: list[int]
    why: list[int]


def shown_by(driver: Driver) -> Shown:
    return Shown(*cast("list[object]", driver.execute_script(f"{_SHOWN} return shown()")))  # type: ignore[arg-type]


def walk(driver: Driver, key: str) -> list[Shown]:
    """The page at each step, from the present one to the last that the key leads to."""
    return [Shown(*cast("list[object]", each)) for each in cast("list[object]", driver.execute_script(_WALK, key))]  # type: ignore[arg-type]


def open_page(driver: Driver, path: Path, page: str, step: int = 1) -> Element:
    """Write a page, open it from disk, and return what takes keys."""
    write_page(path, page)
    return open_written(driver, path, step)


def open_written(driver: Driver, path: Path, step: int = 1) -> Element:
    """Open a page at a step, and return what takes keys."""
    driver.get("about:blank")
    driver.get(f"{path.as_uri()}#step={step}")
    return driver.find_element(By.TAG_NAME, "body")


def expected_marks(recording: Recording) -> list[list[list[str]]]:
    """For each event: the steps of its algorithm, and the mark of each: ▶ now, ✓ done, – a condition that failed."""
    document = recording.document
    functions = cast("list[dict[str, list[list[str]]]]", document["functions"])
    places = cast("list[tuple[int, list[int]]]", document["places"])
    frames = cast("list[list[int]]", document["frames"])
    failed = {event for event, operation in operations(recording) if operation == ["b", 0]}
    done: dict[int, dict[int, str]] = {}
    marks: list[list[list[str]]] = []
    for event, (frame, place) in enumerate(
        zip(cast("list[int]", document["f"]), cast("list[int]", document["p"]), strict=True)
    ):
        if KINDS[frames[frame][0]] != "algorithm":
            marks.append([])
            continue
        function, now = places[place]
        before = done.setdefault(frame, {})
        marks.append(
            [
                [number, "▶" if row in now else before.get(row, "")]
                for row, (number, *_) in enumerate(functions[function]["rows"])
            ]
        )
        before.update(dict.fromkeys(now, "–" if event in failed else "✓"))
    return marks


def expected_line(recording: Recording, event: int) -> str:
    """The line of the program that runs, or that has led to an event."""
    recorded = steps(recording)
    for cause in (event, *causes(recording, event)):
        for caller in reversed(stack(recording, cause)):
            if recorded[caller].what == "program":
                return recorded[caller].number
    return ""


def compare(shown: Shown, event: int, recorded: Step, machine: Machine) -> None:
    """The page shows the event and the state of the machine after it."""
    assert shown.number == event + 1
    if recorded.what not in KINDS:
        assert (shown.title, shown.steps) == (recorded.what, recorded.number)
    elif recorded.what == "program":
        assert shown.title == "The program"
    else:
        word = "begins" if recorded.number == "0" else "ends"
        assert shown.title.startswith(f"{recorded.what.capitalize()} {word}: ")
    assert (shown.lane == "event loop") == (recorded.lane == 0)
    # Every example has one codec.
    assert [[name, _WORDS.get(value, value)] for name, value in sorted(shown.slots)] == [
        [name, value] for slots in machine.slots.values() for name, value in sorted(slots.items())
    ]
    assert shown.messages == machine.messages
    assert (shown.work, shown.at_work) == (machine.work, machine.at_work)
    assert (shown.tasks, shown.running) == (machine.tasks, machine.running)
    assert shown.promises == [list(promise) for promise in machine.promises.items()][-_MOST_PROMISES:]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_walked_from_the_first_step_to_the_last_and_back(name: str, driver: Driver) -> None:
    """The pages of the documentation. The judge is a new recording."""
    recording = record_example(name)
    recorded, states, marks = steps(recording), machines(recording), expected_marks(recording)
    printed = [(at, str(change[1]).rstrip()) for at, change in operations(recording) if change[0] == "o"]
    open_written(driver, PAGES / f"{name}.html")
    for key, events in (("ArrowRight", range(len(states))), ("ArrowLeft", range(len(states) - 1, -1, -1))):
        for shown, event in zip(walk(driver, key), events, strict=True):
            compare(shown, event, recorded[event], states[event])
            assert shown.marks == marks[event]
            assert shown.line == expected_line(recording, event)
            assert shown.stack == stack(recording, event)
            because = causes(recording, event)[:_MOST_CAUSES]
            assert shown.why[: len(because)] == because
            assert shown.said == [line or "(an empty line)" for at, line in printed if at <= event][-_MOST_LINES:]


@pytest.mark.parametrize(("width", "height"), [(1400, 700), (390, 800)])
def test_the_present_line_and_step_are_always_in_view(width: int, height: int, driver: Driver) -> None:
    size: dict[str, object] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        open_written(driver, PAGES / "saturation_and_dequeue.html")
        hidden = cast("list[object]", driver.execute_script(_OUT_OF_VIEW))
        is_wide = cast("bool", driver.execute_script("return document.documentElement.scrollWidth > innerWidth"))
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert hidden == []
    assert not is_wide


#: The steps, of every tenth one, whose line or step is out of view, on each tab of a narrow page.
_OUT_OF_VIEW = """
const hidden = [], count = +document.querySelector("#range").max;
const isInView = element => {
  const box = element.getBoundingClientRect(), around = element.closest(".scroll").getBoundingClientRect();
  if (!around.height) return true;
  return box.top >= around.top - 1 && box.top + Math.min(box.height, around.height) <= around.bottom + 1;
};
for (let step = 0; step < count; step += 10) {
  go(step);
  for (const tab of ["machine", "spec"]) {
    showTab(tab);
    for (const what of [".pl.now, .pl.led", "li.now"]) {
      const element = document.querySelector(what);
      if (element && !isInView(element)) hidden.push([step + 1, tab, what]);
    }
  }
}
return hidden;
"""


def test_keys_lead_to_changes_tasks_callbacks_and_causes(driver: Driver, tmp_path: Path) -> None:
    recording = record_example("reset_during_flush")
    recorded = steps(recording)
    body = open_page(driver, tmp_path / "page.html", page_of(recording))
    body.send_keys("t")
    assert recorded[shown_by(driver).number - 1][:2] in (("task", "0"), ("work", "0"))
    body.send_keys("c")
    callback = shown_by(driver).number
    assert recorded[callback - 1].what == "program"
    assert recorded[callback - 2].what == "Output VideoFrames"
    # Why: the task, the work, the message, the call.
    causes = []
    for _ in range(3):
        body.send_keys("w")
        causes.append(recorded[shown_by(driver).number - 1].what)
    assert causes == ["Control message: decode", "Control message: decode", "VideoDecoder.decode()"]
    body.send_keys("b")
    body.send_keys("b")
    body.send_keys("b")
    assert shown_by(driver).number == callback
    body.send_keys(Keys.HOME)
    body.send_keys("n")
    assert {operation[0] for at, operation in operations(recording) if at == shown_by(driver).number - 1} & {"s", "m+"}
    body.send_keys(Keys.END)
    assert shown_by(driver).number == len(recorded)


def test_what_is_clicked_leads_to_its_cause(driver: Driver, tmp_path: Path) -> None:
    recording = record_example("error_in_the_middle")
    body = open_page(driver, tmp_path / "page.html", page_of(recording))
    body.send_keys(Keys.END)
    changes = dict(operations(recording))
    driver.find_element(By.XPATH, "//button[@class='slot'][small='[[state]]']").click()
    closed = shown_by(driver).number - 1
    assert ["s", 0, 0, "closed"] in [operation for at, operation in operations(recording) if at == closed]
    body.send_keys(Keys.END)
    driver.find_element(By.CSS_SELECTOR, ".promise.rejected").click()
    rejected = shown_by(driver).number - 1
    assert ["p", 0, "rejected with EncodingError"] in [
        [*o[:1], 0, *o[2:]] for at, o in operations(recording) if at == rejected
    ]
    assert "rejected with EncodingError" in driver.find_element(By.CSS_SELECTOR, ".sentence.stop").text
    body.send_keys(Keys.END)
    driver.find_element(By.CSS_SELECTOR, "[data-part=said] button").click()
    assert changes.get(shown_by(driver).number - 1, ["o", "output 0\n"]) == ["o", "output 0\n"]
    driver.find_element(By.CSS_SELECTOR, "button.pl[data-line='24']").click()
    assert shown_by(driver).line == "24"
    assert changes


def test_two_runs_are_shown_side_by_side(driver: Driver, tmp_path: Path) -> None:
    first, second = record_example("flush"), record_example("error_in_the_middle")
    body = open_page(driver, tmp_path / "page.html", page_of_two(first, second))
    (difference,) = cast("list[int]", driver.execute_script("return [difference]"))
    assert difference == next(number for number, row in enumerate(align(first, second)) if not row[2])
    body.send_keys(Keys.END)
    driver.find_element(By.CSS_SELECTOR, "[data-run='1'] [data-go-position]").click()
    assert "the first difference" in driver.find_element(By.CSS_SELECTOR, "[data-run='1'] .run-name").text
    assert driver.execute_script("return document.querySelectorAll('.run.differs').length") == 2


def test_a_page_is_usable_without_a_mouse_and_in_the_dark(driver: Driver, tmp_path: Path) -> None:
    recording = record_example("flush")
    open_page(driver, tmp_path / "page.html", page_of(recording), step=40)
    # Everything that can be clicked is a button, a link or a field, and has a name.
    assert nameless_controls(driver) == []
    clickable = "[data-go],[data-item],[data-slot],[data-row]"
    outside = f"return [...document.querySelectorAll('{clickable}')].filter(e => e.tagName !== 'BUTTON').length"
    assert driver.execute_script(outside) == 0
    assert least_contrast(driver) >= 4.5
    driver.execute_script("document.documentElement.dataset.theme = 'dark'")
    assert least_contrast(driver) >= 4.5


def test_a_screen_reader_hears_of_each_step_and_the_focus_stays(driver: Driver) -> None:
    open_written(driver, PAGES / "flush.html", step=40)
    assert landmarks(driver) >= {"banner", "main", "contentinfo", "region"}
    driver.execute_script("document.querySelector('button.slot').focus()")
    for _ in range(30):
        driver.find_element(By.CSS_SELECTOR, ":focus").send_keys(Keys.ARROW_RIGHT)
    assert driver.execute_script("return document.activeElement.className.split(' ')[0]") == "slot"
    assert shown_by(driver).number == 70
    told = driver.execute_async_script(
        "const live = document.querySelector('#live'), done = arguments[0];"
        "const look = () => live.textContent.startsWith(first.words(69)) ? done(live.ariaLive) : setTimeout(look, 20);"
        "look();"
    )
    assert told == "polite"


def test_all_of_a_page_is_printed_in_light_colours(driver: Driver) -> None:
    size: dict[str, object] = {"width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        open_written(driver, PAGES / "flush.html", step=100)
        driver.execute_script("document.documentElement.dataset.theme = 'dark'")
        printed, paper, cut = cast("tuple[list[str], str, int]", driver.execute_script(_PRINTED))
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert (printed, paper, cut) == (["Program", "Machine", "Specification"], "rgb(255, 254, 251)", 0)


#: What is printed, its background, and the number of parts that are cut.
_PRINTED = """
const parts = [...document.querySelectorAll(".col, .controls, .map")].filter(part => part.getClientRects().length);
return [
  parts.map(part => part.getAttribute("aria-label")),
  getComputedStyle(parts[0]).backgroundColor,
  [...document.querySelectorAll(".col, .scroll")].filter(part => part.scrollHeight > part.clientHeight + 2).length,
];
"""
