"""A case of ``conformance bench`` in a process of its own, which loads FFmpeg's libraries once."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Protocol, cast

from conformance.bench.comparison import Compared, Comparison, Comparisons, Quantity, Ratio, Settings
from conformance.bench.libraries import of_pyav, run_module
from conformance.suite.assertions import OptionalFeatureUnsupportedError


class CaseModule(Protocol):
    """A module of cases."""

    #: Name → description.
    CASES: Mapping[str, str]

    def measure(self, case: str, settings: Settings) -> Comparisons:
        """The comparisons of a case. Empty if nothing that it is compared with is installed."""


def measure_in_child(module: str, case: str, settings: Settings) -> Comparisons:
    """The comparisons of a case, on the libraries of PyAV's wheel if there are any. Raises RuntimeError."""
    output = run_module(__name__, [module, case, json.dumps(asdict(settings))], of_pyav())
    # Libraries print as well.
    return _comparisons(output.splitlines()[-1])


def _line(comparisons: Comparisons) -> str:
    return json.dumps({work: [each.number, each.quantities] for work, each in comparisons.items()})


def _comparisons(line: str) -> Comparisons:
    return {
        work: Comparison(
            {Quantity(name): Compared(ours, peer, Ratio(*ratio)) for name, (ours, peer, ratio) in quantities.items()},
            number,
        )
        for work, (number, quantities) in json.loads(line).items()
    }


def main(arguments: list[str]) -> None:
    """Print the comparisons as JSON. Arguments are ``MODULE CASE SETTINGS``."""
    name, case, settings = arguments
    module = cast("CaseModule", import_module(name))
    try:
        comparisons = module.measure(case, Settings(**json.loads(settings)))
    except OptionalFeatureUnsupportedError:
        # This FFmpeg cannot make the media.
        comparisons = {}
    print(f"\n{_line(comparisons)}")


if __name__ == "__main__":
    main(sys.argv[1:])
