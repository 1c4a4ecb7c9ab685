"""Results that commands have written as JSON: what each implementation did, by case."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias, cast

from conformance import scenarios as scenarios_of_the_suite
from conformance.suite.report.wptreport import Test, WptReport
from conformance.suite.runner import collect
from conformance.suite.scenario import Scenario

#: The kinds of results, in the order of the page.
KINDS: Final = ("Scenarios", "Web-platform-tests", "Litmus tests", "Random programs")
#: Where the files of web-platform-tests are published: the revision and the path follow.
_SUITE_URL: Final = "https://github.com/web-platform-tests/wpt/blob"
_Json: TypeAlias = Mapping[str, object]
_NO_RESULTS: Final = "no results of the suite, of web-platform-tests, of litmus tests or of random programs"
#: The name of this implementation in reports, and among the parties of random programs.
_OURSELVES: Final = "codecmodel"
_MODEL: Final = "model"


class ResultsError(Exception):
    """A file holds no results. The message names the file."""


@dataclass(frozen=True)
class Outcome:
    """The result of an implementation: a status in capitals or a few words, and a message.

    ``tone`` is the class of the design that goes with it: "good", "bad", or "quiet", which counts for neither.
    ``javascript`` is a program that shows it, and ``confirmation`` says whether the program gives the same.
    """

    status: str
    tone: str
    message: str = ""
    javascript: str = ""
    confirmation: str = ""


def _outcome(status: str, message: str | None) -> Outcome:
    """The outcome for a status of testharness.js, or of the suite."""
    tone = {"PASS": "good", "OK": "good", "PRECONDITION_FAILED": "quiet", "NOTRUN": "quiet"}.get(status, "bad")
    return Outcome(status, tone, message or "")


@dataclass
class Case:
    """Something that implementations were asked to do: a scenario, a subtest, or a kind of litmus run."""

    kind: str
    section: str
    name: str
    #: Tells it from others of its kind.
    key: str
    steps: Sequence[str] = ()
    program: str = ""
    url: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def disagrees(self, implementations: Sequence[str]) -> bool:
        """Whether one of these implementations did right and another one wrong."""
        tones = {self.outcomes[name].tone for name in implementations if name in self.outcomes}
        return {"good", "bad"} <= tones

    def fails(self) -> bool:
        """Whether some implementation did something wrong."""
        return any(outcome.tone == "bad" for outcome in self.outcomes.values())


@dataclass
class Comparison:
    """All results. ``implementations`` has names, and the versions of everything that took part."""

    implementations: dict[str, dict[str, str]] = field(default_factory=dict)
    cases: dict[tuple[str, str], Case] = field(default_factory=dict)

    def add(self, implementation: str, versions: Mapping[str, str], found: Iterator[tuple[Case, Outcome]]) -> None:
        """Add what an implementation did. A version that differs between files is shown with both."""
        known = self.implementations.setdefault(implementation, {})
        for name, version in versions.items():
            if version not in known.setdefault(name, version).split("; "):
                known[name] += f"; {version}"
        for case, outcome in found:
            self.cases.setdefault((case.kind, case.key), case).outcomes[implementation] = outcome


def read(paths: Sequence[Path]) -> Comparison:
    """The results in some files, which ``--json`` has written. Raises ResultsError."""
    comparison = Comparison()
    scenarios = _Scenarios()
    for path in paths:
        try:
            content: object = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ResultsError(f"{path}: {error}") from error
        if not isinstance(content, dict):
            raise ResultsError(f"{path}: {_NO_RESULTS}")
        if "run_info" in content and "results" in content:
            _add_report(comparison, cast("WptReport", content), scenarios)
        elif "interfaces" in content and "product" in content:
            _add_litmus(comparison, content)
        elif "parties" in content and "findings" in content:
            _add_differences(comparison, content)
        else:
            raise ResultsError(f"{path}: {_NO_RESULTS}")
    _add_absent_findings(comparison)
    return comparison


class _Scenarios:
    """The scenarios of this checkout, by their names in reports. They are imported when they are first asked for."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], tuple[str, Scenario]] = {}

    def find(self, test: str, name: str) -> tuple[str, Scenario] | None:
        """A scenario with its chapter."""
        if not self._by_name:
            for group in collect(scenarios_of_the_suite):
                for scenario in group.scenarios:
                    self._by_name[group.test, scenario.name] = group.chapter, scenario
        return self._by_name.get((test, name))


def _add_report(comparison: Comparison, report: WptReport, scenarios: _Scenarios) -> None:
    info = report["run_info"]
    product, version = info.get("product", "unknown"), info.get("browser_version", "")
    revision = info.get("revision")
    versions = {"version": version, "system": f"{info.get('os', '')} {info.get('os_version', '')}".strip()}
    if revision is not None:
        versions["web-platform-tests"] = revision
        found = _subtests(report["results"], revision)
    else:
        found = _of_the_suite(report["results"], scenarios)
    comparison.add(product, {name: text for name, text in versions.items() if text}, found)


def _of_the_suite(tests: Sequence[Test], scenarios: _Scenarios) -> Iterator[tuple[Case, Outcome]]:
    for test in tests:
        for subtest in test["subtests"]:
            known = scenarios.find(test["test"], subtest["name"])
            outcome = replace(
                _outcome(subtest["status"], subtest["message"]),
                javascript=subtest.get("javascript") or "",
                confirmation=subtest.get("confirmation") or "",
            )
            if known is None:
                key = f"{test['test'].removeprefix('/')}: {subtest['name']}"
                yield Case("Scenarios", "Other editions of the suite", subtest["name"], key), outcome
            else:
                chapter, scenario = known
                command = f"python -m conformance --filter '{scenario.module}.{scenario.function}'"
                yield Case("Scenarios", chapter, scenario.name, scenario.id, scenario.shows, command), outcome


def _subtests(tests: Sequence[Test], revision: str) -> Iterator[tuple[Case, Outcome]]:
    for test in tests:
        path = test["test"].removeprefix("/")
        url = f"{_SUITE_URL}/{revision if revision != 'unknown' else 'master'}/{_source_of(path)}"
        folder = path.rpartition("/")[0]
        if test["status"] != "OK":
            yield (
                Case("Web-platform-tests", folder, "the whole file", path, url=url),
                _outcome(test["status"], test["message"]),
            )
        for subtest in test["subtests"]:
            case = Case("Web-platform-tests", folder, subtest["name"], f"{path}: {subtest['name']}", url=url)
            yield case, _outcome(subtest["status"], subtest["message"])


def _source_of(path: str) -> str:
    """The file of a test: ``a.any.worker.html?x`` is made of ``a.any.js``."""
    path = path.partition("?")[0]
    for kind in (".any", ".window", ".worker"):
        stem, mark, _ = path.partition(f"{kind}.")
        if mark:
            return f"{stem}{kind}.js"
    return path


def _add_litmus(comparison: Comparison, content: _Json) -> None:
    found = _litmus_runs(cast("Sequence[_Json]", content["interfaces"]))
    comparison.add(str(content["product"]), {"version": str(content["version"])}, found)


def _litmus_runs(reports: Sequence[_Json]) -> Iterator[tuple[Case, Outcome]]:
    for report in reports:
        interface = str(report["interface"])
        runs, allowed, undecided = (int(str(report[name])) for name in ("runs", "allowed", "undecided"))
        told = f"{runs:,} runs, {undecided:,} undecided"
        whole = Case("Litmus tests", interface, "runs that the model allows", _key_of_all(interface))
        is_right = allowed + undecided == runs
        share = "allowed" if is_right else f"{allowed / max(runs, 1):.0%} allowed"
        yield whole, Outcome(share, "good" if is_right else "bad", told)
        for finding in cast("Sequence[_Json]", report["findings"]):
            names = cast("Sequence[str] | None", finding["deviations"])
            name = "not explained" if names is None else " and ".join(names)
            program = str(finding["program"])
            command = f"python -m conformance litmus --interface {interface} --program '{program}'"
            steps = cast("Sequence[str]", finding["steps"])
            case = Case(
                "Litmus tests", interface, name, f"{interface}: {name}", [step for step in steps if step], command
            )
            observed = f"{finding['observed']}; the model: {finding['allowed']}" if names is None else program
            yield case, Outcome(f"{finding['runs']} runs", "bad", observed)


def _add_absent_findings(comparison: Comparison) -> None:
    """An implementation whose runs of an interface were judged, and which lacks a finding, does right there."""
    litmus = [case for case in comparison.cases.values() if case.kind == "Litmus tests"]
    judged = {case.section: list(case.outcomes) for case in litmus if case.key == _key_of_all(case.section)}
    for case in litmus:
        for implementation in judged[case.section]:
            case.outcomes.setdefault(implementation, Outcome("not seen", "good"))


def _key_of_all(interface: str) -> str:
    return f"{interface}: all runs"


def _add_differences(comparison: Comparison, content: _Json) -> None:
    parties = {name: _OURSELVES if name == _MODEL else name for name in cast("Mapping[str, str]", content["parties"])}
    for party, version in cast("Mapping[str, str]", content["parties"]).items():
        versions = {"version": version} if version else {}
        told = ((case, outcomes[party]) for case, outcomes in _differences(content) if party in outcomes)
        comparison.add(parties[party], versions, told)


def _differences(content: _Json) -> Iterator[tuple[Case, Mapping[str, Outcome]]]:
    """The differences, with the outcome of each party."""
    for told in cast("Sequence[_Json]", content["findings"]):
        values = cast("Mapping[str, object]", told["values"])
        minority = {party for group in cast("Sequence[Sequence[str]]", told["agreeing"])[1:] for party in group}
        steps = [str(told["step"]).split(" ")[0]] if told["step"] else []
        command = f"python -m conformance differ --program '{json.dumps(told['program'])}'"
        name = str(told["description"])
        case = Case("Random programs", "Not explained", name, str(told["signature"]), steps, command)
        yield case, {party: Outcome(str(value), _vote(party in minority)) for party, value in values.items()}
    for told in cast("Sequence[_Json]", content["explained"]):
        target, reason = str(told["target"]), str(told["reason"])
        count = f"{told['count']} times"
        if told["spec"] is None:
            outcomes = {_MODEL: Outcome("left open", "quiet"), target: Outcome(count, "quiet")}
        else:
            outcomes = {_MODEL: Outcome("as specified", "good"), target: Outcome(count, "bad")}
        steps = [str(told["spec"])] if told["spec"] else []
        yield Case("Random programs", "Explained", reason, f"{target}: {reason}", steps), outcomes


def _vote(is_in_minority: bool) -> str:
    return "bad" if is_in_minority else "good"
