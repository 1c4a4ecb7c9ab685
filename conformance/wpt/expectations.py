"""The expected result of each subtest: a pass, unless the expectation file gives another status, with the reason.

The file is TOML, a list of tables ``[[expected]]``:

- ``reason``: the reason, for a reader;
- ``tests``: ids of tests ("/webcodecs/x.any.worker.html?vp8"), which may have ``*``;
- ``subtests``: names, which may have ``*`` (and ``[*]`` for a literal asterisk); without them, the harness itself;
- ``status``: the expected status, "FAIL" if it is left out;
- ``unless_encoded``: members of a VideoEncoderConfig; the table counts only where there is no encoder for it.

The first table that says something about a subtest decides.

Or it is the wptreport.json of an earlier run, and each subtest is expected to end as it did then.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path
from typing import Final, TypedDict, cast

from conformance.wpt.results import FileResult

#: The expectations that are kept with the code.
EXPECTATIONS_FILE: Final = Path(__file__).parent / "expectations.toml"


class ExpectationsError(Exception):
    """The expectation file is not in its form."""


class _Table(TypedDict, total=False):
    reason: str
    tests: list[str]
    subtests: list[str]
    status: str
    unless_encoded: dict[str, object]


class _Report(TypedDict):
    results: "list[_ReportedTest]"


class _ReportedTest(TypedDict):
    test: str
    status: str
    subtests: list[dict[str, str]]


@dataclass(frozen=True)
class Unexpected:
    """A result that differs from the expected one. ``subtest`` is None for the result of the harness."""

    test: str
    subtest: str | None
    status: str
    expected: str
    message: str | None = None


def _pattern(patterns: Iterable[str]) -> "re.Pattern[str]":
    # No character but the asterisk is special.
    escaped = (translate(re.sub(r"\[(?!\*\])|\?", lambda match: f"[{match[0]}]", pattern)) for pattern in patterns)
    return re.compile("|".join(escaped))


@dataclass(eq=False)
class Rule:
    """One table of the file."""

    reason: str
    status: str
    tests: "re.Pattern[str]"
    subtests: "re.Pattern[str] | None"


@dataclass
class Expectations:
    """All expectations. ``rules`` come first, then ``exact`` (test id and subtest → status). Everything else is
    expected to pass.
    """

    rules: Sequence[Rule] = ()
    exact: Mapping[tuple[str, str | None], str] = field(default_factory=dict)

    def rule_of(self, test: str, subtest: str | None) -> Rule | None:
        for rule in self.rules:
            if rule.tests.match(test) is None:
                continue
            if (subtest is None) if rule.subtests is None else (subtest is not None and rule.subtests.match(subtest)):
                return rule
        return None

    def expected(self, test: str, subtest: str | None) -> str:
        """The expected status."""
        rule = self.rule_of(test, subtest)
        if rule is not None:
            return rule.status
        return self.exact.get((test, subtest), "OK" if subtest is None else "PASS")

    def reason(self, test: str, subtest: str | None) -> str | None:
        """The reason why another status than PASS is expected."""
        rule = self.rule_of(test, subtest)
        return None if rule is None else rule.reason

    def unexpected_in(self, result: FileResult) -> Iterator[Unexpected]:
        """The parts of a test's result that are better or worse than expected."""
        expected = self.expected(result.test, None)
        if result.status != expected:
            yield Unexpected(result.test, None, result.status, expected, result.message)
        for subtest in result.subtests:
            expected = self.expected(result.test, subtest.name)
            if subtest.status != expected:
                yield Unexpected(result.test, subtest.name, subtest.status, expected, subtest.message)

    def unused(self, results: Sequence[FileResult]) -> list[Rule]:
        """Rules for tests that have been run, which no result has used."""
        used = {self.rule_of(result.test, None) for result in results}
        used |= {self.rule_of(result.test, subtest.name) for result in results for subtest in result.subtests}
        return [
            rule
            for rule in self.rules
            if rule not in used and any(rule.tests.match(result.test) is not None for result in results)
        ]


def load(path: Path, is_encoded: Callable[[Mapping[str, object]], bool] = lambda config: True) -> Expectations:
    """Read an expectation file, or a report if its name ends in .json. Raises ExpectationsError.

    ``is_encoded`` says whether there is an encoder for a VideoEncoderConfig whose sizes are missing.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return _of_report(cast("_Report", json.loads(text)))
        tables = cast("list[_Table]", tomllib.loads(text).get("expected", []))
        counting = [t for t in tables if "unless_encoded" not in t or not is_encoded(t["unless_encoded"])]
        return Expectations([_rule(table) for table in counting])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExpectationsError(f"{path}: {error!r}") from None


def _rule(table: _Table) -> Rule:
    subtests = _pattern(table["subtests"]) if "subtests" in table else None
    return Rule(table["reason"], table.get("status", "FAIL"), _pattern(table["tests"]), subtests)


def _of_report(report: _Report) -> Expectations:
    exact: dict[tuple[str, str | None], str] = {}
    for test in report["results"]:
        exact[test["test"], None] = test["status"]
        for subtest in test["subtests"]:
            exact[test["test"], subtest["name"]] = subtest["status"]
    return Expectations(exact=exact)
