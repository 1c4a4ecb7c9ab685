"""Findings as files, which the command executes again."""

import json
import re
import shlex
from pathlib import Path

from conformance.campaigns.campaign import Finding
from conformance.campaigns.case import Case, case_of, fields_of


def keep(finding: Finding, directory: Path) -> Path:
    """Write the finding to a new file in the directory, which is made if it is not there. Returns the path."""
    directory.mkdir(parents=True, exist_ok=True)
    outcome = finding.outcome
    words = re.sub(r"\W+", "-", f"{finding.case.kind} {outcome.verdict} {finding.seed} {finding.number}")
    path = directory / f"{words}.json"
    fields = {
        "verdict": outcome.verdict,
        "summary": outcome.summary,
        "details": outcome.details,
        "seed": finding.seed,
        "number": finding.number,
        "repeatable": finding.is_repeatable,
        "replay": replay_of(path),
        "case": fields_of(finding.case),
    }
    path.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    return path


def kept_case(path: Path) -> Case:
    """The case in a file. Raises OSError if it can't be read, ValueError if it is no such file."""
    try:
        return case_of(json.loads(path.read_text(encoding="utf-8"))["case"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is not the file of a case") from error


def replay_of(path: Path) -> str:
    """The command that executes the case in a file again."""
    return f"python -m conformance fuzz --replay {shlex.quote(str(path))}"
