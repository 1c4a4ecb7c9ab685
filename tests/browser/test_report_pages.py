"""Reports, walked in Chromium: from page to page, searched, on narrow screens and in the dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.browser.driver import Driver, landmarks, least_contrast, nameless_controls
from tests.conformance.reports import write_reports

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")

By = pytest.importorskip("selenium.webdriver.common.by", reason="selenium, which drives Chromium, is missing").By


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def narrow(driver: Driver) -> Iterator[None]:
    size: dict[str, object] = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("name", ["report", "wpt", "bench", "coverage"])
def test_a_report_fits_a_narrow_screen_and_can_be_read(
    name: str, driver: Driver, reports: Mapping[str, Path], narrow: None
) -> None:
    driver.get(reports[name].as_uri())
    for theme in ("light", "dark"):
        driver.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        assert least_contrast(driver) >= 4.5
    assert nameless_controls(driver) == []
    assert "main" in landmarks(driver)


def test_from_the_index_to_a_page_and_back(driver: Driver, reports: Mapping[str, Path]) -> None:
    for name, link, heading in (
        ("wpt", "/webcodecs/bad.any.worker.html", "/webcodecs/bad.any.worker.html"),
        ("coverage", "VideoDecoder.decode()", "VideoDecoder.decode()"),
    ):
        driver.get(reports[name].as_uri())
        driver.find_element(By.LINK_TEXT, link).click()
        assert driver.find_element(By.TAG_NAME, "h1").text == heading
        driver.find_element(By.CSS_SELECTOR, "nav a").click()
        assert driver.execute_script("return location.pathname") == str(reports[name])


def test_reports_are_searched(driver: Driver, reports: Mapping[str, Path]) -> None:
    for name, words, everything, found in (
        ("wpt", "bad <B>", ["bad", "good"], ["bad"]),
        ("coverage", "videodecoder decode", ["decode"], ["decode"]),
        ("coverage", "teapot", ["decode"], []),
    ):
        driver.get("about:blank")
        driver.get(reports[name].as_uri())
        assert_shown(driver, everything)
        driver.find_element(By.ID, "search").send_keys(words)
        assert_shown(driver, found)
        assert driver.find_element(By.ID, "found").text == f"{len(found)} found"
        # The address keeps the search.
        driver.execute_script("location.reload()")
        assert_shown(driver, found)


def test_the_report_of_implementations_is_filtered(driver: Driver, reports: Mapping[str, Path]) -> None:
    driver.get(reports["report"].as_uri())
    driver.find_element(By.ID, "shown").send_keys("all")
    shown = "return [...document.querySelectorAll('section tbody tr')].filter(row => row.checkVisibility()).length"
    assert driver.execute_script(shown) == 5
    driver.find_element(By.ID, "search").send_keys("two")
    assert driver.execute_script(shown) == 1


def assert_shown(driver: Driver, parts_of_links: list[str]) -> None:
    """The rows that are shown have links with these texts in them."""
    links = cast(
        "list[str]",
        driver.execute_script(
            "return [...document.querySelectorAll('tr[data-words]')].filter(row => row.checkVisibility())"
            ".map(row => row.querySelector('a').textContent)"
        ),
    )
    assert len(links) == len(parts_of_links)
    assert all(part in link for part, link in zip(parts_of_links, links, strict=True)), links
