"""wptreport.json, the form in which web-platform-tests' runner writes results and in which wpt.fyi reads them."""

import json
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from conformance.suite.results import GroupResult, Result

_LONE_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")


class Subtest(TypedDict):
    """``expected`` is there if the status is another one; ``javascript`` and ``confirmation`` are those of a Result."""

    name: str
    status: str
    message: str | None
    expected: NotRequired[str]
    javascript: NotRequired[str | None]
    confirmation: NotRequired[str | None]


class Test(TypedDict):
    """``duration`` in milliseconds; ``expected`` is there if the status is another one."""

    test: str
    status: str
    message: str | None
    expected: NotRequired[str]
    subtests: list[Subtest]
    duration: int


class WptReport(TypedDict):
    """Times in milliseconds since 1970."""

    run_info: dict[str, str]
    time_start: int
    time_end: int
    results: list[Test]


def run_info(environment: str) -> dict[str, str]:
    """The product and the machine of a run. ``environment`` names the library of the codecs."""
    return {
        "product": "codecmodel",
        "browser_version": environment,
        "os": platform.system().lower(),
        "os_version": platform.release(),
        "processor": platform.machine(),
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
    }


def wptreport(results: Sequence[GroupResult], environment: str, time_start: float, time_end: float) -> WptReport:
    """The report of a run. Times in seconds since 1970."""
    return report([_test(result) for result in results], run_info(environment), time_start, time_end)


def report(tests: list[Test], info: dict[str, str], time_start: float, time_end: float) -> WptReport:
    """The report of a run that gave these tests. Times in seconds since 1970."""
    return {
        "run_info": info,
        "time_start": round(time_start * 1000),
        "time_end": round(time_end * 1000),
        "results": tests,
    }


def _test(result: GroupResult) -> Test:
    return {
        "test": result.test,
        "status": result.status.name,
        "message": well_formed(result.message),
        "subtests": [_subtest(subtest) for subtest in result.subtests],
        "duration": round(result.duration * 1000),
    }


def _subtest(result: Result) -> Subtest:
    subtest: Subtest = {
        "name": well_formed(result.name) or "",
        "status": result.status.name,
        "message": well_formed(result.message),
    }
    if result.confirmation is not None:
        subtest["javascript"] = well_formed(result.javascript)
        subtest["confirmation"] = well_formed(result.confirmation)
    return subtest


def well_formed(text: str | None) -> str | None:
    """``text`` without lone surrogates, which UTF-8 cannot hold."""
    return None if text is None else _LONE_SURROGATE.sub(lambda match: f"U+{ord(match.group()):x}", text)


def write(path: Path, report: WptReport) -> None:
    path.write_text(json.dumps(report, ensure_ascii=False) + "\n", encoding="utf-8")
