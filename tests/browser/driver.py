"""Chromium, driven by real keys and clicks, as the tests of pages use it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

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
    def set_window_size(self, width: int, height: int) -> None: ...


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
