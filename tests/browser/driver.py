"""Chromium, driven by real keys and clicks, as the tests of pages use it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

import pytest


class Element(Protocol):
    """The part of selenium's elements that is used here."""

    @property
    def text(self) -> str: ...
    def click(self) -> None: ...
    def clear(self) -> None: ...
    def send_keys(self, *keys: str) -> None: ...


class Driver(Protocol):
    """The part of selenium's driver that is used here."""

    def get(self, url: str) -> None: ...
    def execute_script(self, script: str, *arguments: object) -> object: ...
    def find_element(self, by: str, value: str) -> Element: ...
    def execute_async_script(self, script: str, *arguments: object) -> object: ...
    def execute_cdp_cmd(self, command: str, arguments: dict[str, object]) -> object: ...


@contextmanager
def chromium(*arguments: str) -> Iterator[Driver]:
    """Chromium without a window, with further arguments. Skips the test if it, its driver or selenium is missing."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium, which drives Chromium, is not installed")
    browser, driver_path = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver_path is None:
        pytest.skip("there is no Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", *arguments):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    try:
        # A busy machine is slow.
        driver.set_script_timeout(240)
        yield driver
    finally:
        driver.quit()


#: The roles of what a user can operate.
_CONTROLS = frozenset(
    {"button", "link", "textbox", "searchbox", "slider", "checkbox", "radio", "combobox", "tab", "DisclosureTriangle"}
)


def nameless_controls(driver: Driver) -> list[str]:
    """The roles of all controls of the page without an accessible name."""
    return [role for role, name in _nodes(driver) if role in _CONTROLS and not name]


def landmarks(driver: Driver) -> set[str]:
    """All roles that the page has for assistive technology, landmarks among them."""
    return {role for role, _ in _nodes(driver)}


def _nodes(driver: Driver) -> list[tuple[str, str]]:
    """Role and name of each node of the accessibility tree."""
    tree = cast("dict[str, list[dict[str, object]]]", driver.execute_cdp_cmd("Accessibility.getFullAXTree", {}))
    return [
        (str(_value(node.get("role"))), str(_value(node.get("name"))).strip())
        for node in tree["nodes"]
        if not node["ignored"]
    ]


def _value(property: object) -> object:
    return property.get("value", "") if isinstance(property, dict) else ""


def least_contrast(driver: Driver) -> float:
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
