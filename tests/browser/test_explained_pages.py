"""Explained pages, walked in Chromium by real keys and clicks: what is shown is what was recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

import pytest

from conformance.explain.alignment import align
from conformance.explain.examples import EXAMPLES, record_example
from conformance.explain.page import page_of, page_of_two, write_page
from conformance.explain.recording import KINDS, Recording
from tests.conformance.explain.recorded import operations, steps

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium, which drives Chromium, is not installed")

By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

#: The page, as it shows the present step.
_SHOWN = """
const text = selector => document.querySelector(selector)?.textContent ?? "";
return [
  document.querySelector("#number").value,
  text(".title h3"),
  [...document.querySelectorAll("li.now .no")].map(step => step.textContent.replace(/\\.$/, "")).join(", "),
  text("[data-part=lane]"),
  text(".pl.now i, .pl.led i"),
  [...document.querySelectorAll(".slot, .gates button")].map(slot =>
    (slot.querySelector("small")?.textContent ?? slot.title) + " " + slot.querySelector("b").textContent),
  [...document.querySelectorAll("[data-part=said] button")].map(line => line.textContent),
];
"""
_WORDS = {"blocked": "true", "not blocked": "false", "saturated": "true", "not saturated": "false"}


class Driver(Protocol):
    """The part of selenium's driver that is used here."""

    def get(self, url: str) -> None: ...
    def execute_script(self, script: str) -> object: ...
    def find_element(self, by: str, value: str) -> Element: ...


class Element(Protocol):
    """The part of selenium's elements that is used here."""

    @property
    def text(self) -> str: ...
    def click(self) -> None: ...
    def send_keys(self, *keys: str) -> None: ...


class Shown:
    """The page, as it is now."""

    def __init__(self, driver: Driver) -> None:
        number, self.title, self.steps, self.lane, self.line, slots, self.said = cast(
            "tuple[str, str, str, str, str, list[str], list[str]]", driver.execute_script(_SHOWN)
        )
        self.number = int(number)
        values = (slot.rpartition("]] ") if "]] " in slot else slot.rpartition(" ") for slot in slots)
        self.slots = {f"{name}]]" if mark == "]] " else name: _WORDS.get(value, value) for name, mark, value in values}


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    browser, driver_path = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver_path is None:
        pytest.skip("there is no Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,900",
        "--force-prefers-reduced-motion",
    ):
        options.add_argument(argument)
    chromium = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    try:
        yield chromium
    finally:
        chromium.quit()


def open_page(driver: Driver, path: Path, page: str, step: int = 1) -> Element:
    """Write a page, open it from disk, and return what takes keys."""
    write_page(path, page)
    driver.get(f"{path.as_uri()}#step={step}")
    return driver.find_element(By.TAG_NAME, "body")


def expected_slots(recording: Recording) -> list[dict[int, dict[str, str]]]:
    """For each event: codec → slot → value, from the recording alone."""
    codecs = cast("list[tuple[str, list[str]]]", recording.document["codecs"])
    changes: dict[int, list[list[object]]] = {}
    for event, operation in operations(recording):
        changes.setdefault(event, []).append(operation)
    state: dict[int, dict[str, str]] = {}
    states: list[dict[int, dict[str, str]]] = []
    for event in range(len(cast("list[int]", recording.document["f"]))):
        for operation in changes.get(event, []):
            if operation[0] == "s":
                codec, slot, value = cast("tuple[int, int, object]", tuple(operation[1:]))
                text = "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
                state.setdefault(codec, {})[codecs[codec][1][slot]] = text
        states.append({codec: dict(slots) for codec, slots in state.items()})
    return states


def compare(shown: Shown, event: int, recording: Recording, states: list[dict[int, dict[str, str]]]) -> None:
    """The page shows exactly what the recording has for an event."""
    recorded = steps(recording)[event]
    assert shown.number == event + 1
    if recorded.what not in KINDS:
        assert (shown.title, shown.steps) == (recorded.what, recorded.number)
    elif recorded.what == "program":
        assert (shown.title, shown.line) == ("The program", recorded.number)
    assert (shown.lane == "event loop") == (recorded.lane == 0)
    if len(states[event]) == 1:
        (slots,) = states[event].values()
        assert shown.slots == slots
    printed = [
        cast("str", change[1]).rstrip() for at, change in operations(recording) if change[0] == "o" and at <= event
    ]
    assert [line for line in shown.said if line] == printed[-6:]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_walked_from_the_first_step_to_the_last_and_back(name: str, driver: Driver, tmp_path: Path) -> None:
    recording = record_example(name)
    states = expected_slots(recording)
    body = open_page(driver, tmp_path / "page.html", page_of(recording))
    last = len(states) - 1
    for event in range(last + 1):
        compare(Shown(driver), event, recording, states)
        body.send_keys(Keys.ARROW_RIGHT)
    # Going on after the end changes nothing.
    assert Shown(driver).number == last + 1
    for event in range(last, -1, -1):
        compare(Shown(driver), event, recording, states)
        body.send_keys(Keys.ARROW_LEFT)
    assert Shown(driver).number == 1


def test_keys_lead_to_changes_tasks_callbacks_and_causes(driver: Driver, tmp_path: Path) -> None:
    recording = record_example("reset_during_flush")
    recorded = steps(recording)
    body = open_page(driver, tmp_path / "page.html", page_of(recording))
    body.send_keys("t")
    assert recorded[Shown(driver).number - 1][:2] in (("task", "0"), ("work", "0"))
    body.send_keys("c")
    callback = Shown(driver).number
    assert recorded[callback - 1].what == "program"
    assert recorded[callback - 2].what == "Output VideoFrames"
    # Why: the task, the work, the message, the call.
    causes = []
    for _ in range(3):
        body.send_keys("w")
        causes.append(recorded[Shown(driver).number - 1].what)
    assert causes == ["Control message: decode", "Control message: decode", "VideoDecoder.decode()"]
    body.send_keys("b")
    body.send_keys("b")
    body.send_keys("b")
    assert Shown(driver).number == callback
    body.send_keys(Keys.HOME)
    body.send_keys("n")
    assert {operation[0] for at, operation in operations(recording) if at == Shown(driver).number - 1} & {"s", "m+"}
    body.send_keys(Keys.END)
    assert Shown(driver).number == len(recorded)


def test_what_is_clicked_leads_to_its_cause(driver: Driver, tmp_path: Path) -> None:
    recording = record_example("error_in_the_middle")
    body = open_page(driver, tmp_path / "page.html", page_of(recording))
    body.send_keys(Keys.END)
    changes = dict(operations(recording))
    driver.find_element(By.XPATH, "//button[@class='slot'][small='[[state]]']").click()
    closed = Shown(driver).number - 1
    assert ["s", 0, 0, "closed"] in [operation for at, operation in operations(recording) if at == closed]
    body.send_keys(Keys.END)
    driver.find_element(By.CSS_SELECTOR, ".promise.rejected").click()
    rejected = Shown(driver).number - 1
    assert ["p", 0, "rejected with EncodingError"] in [
        [*o[:1], 0, *o[2:]] for at, o in operations(recording) if at == rejected
    ]
    assert "rejected with EncodingError" in driver.find_element(By.CSS_SELECTOR, ".sentence.stop").text
    body.send_keys(Keys.END)
    driver.find_element(By.CSS_SELECTOR, "[data-part=said] button").click()
    assert changes.get(Shown(driver).number - 1, ["o", "output 0\n"]) == ["o", "output 0\n"]
    driver.find_element(By.CSS_SELECTOR, "button.pl[data-line='24']").click()
    assert Shown(driver).line == "24"
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
    nameless = driver.execute_script(
        "return [...document.querySelectorAll('button, a, input')]"
        ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label'))).length"
    )
    assert nameless == 0
    clickable = "[data-go],[data-item],[data-slot],[data-row]"
    outside = f"return [...document.querySelectorAll('{clickable}')].filter(e => e.tagName !== 'BUTTON').length"
    assert driver.execute_script(outside) == 0
    assert _least_contrast(driver) >= 4.5
    driver.execute_script("document.documentElement.dataset.theme = 'dark'")
    assert _least_contrast(driver) >= 4.5


def _least_contrast(driver: Driver) -> float:
    """The least contrast of a text with what is behind it (WCAG)."""
    return cast("float", driver.execute_script(_CONTRAST))


_CONTRAST = """
const parse = color => {
  const n = color.match(/[\\d.]+/g).map(Number), scale = color.startsWith("color(") ? 255 : 1;
  return [n[0] * scale, n[1] * scale, n[2] * scale, n[3] ?? 1];
};
const linear = value => (value /= 255) <= .03928 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
const behind = element => {
  for (let around = element; around; around = around.parentElement) {
    const color = parse(getComputedStyle(around).backgroundColor);
    if (color[3] === 1) return color;
  }
  return [255, 255, 255];
};
let least = 21;
for (const element of document.querySelectorAll("body *")) {
  const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!hasText || !element.getClientRects().length) continue;
  if (element.closest("script, style, dialog, .hidden, #tip")) continue;
  const a = light(parse(getComputedStyle(element).color)), b = light(behind(element));
  least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
}
return least;
"""
