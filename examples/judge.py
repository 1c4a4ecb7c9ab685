"""Judges codecs of one's own by the conformance suite: judge.py [WORD IN THE NAMES OF SCENARIOS]"""

import sys

from codecmodel.hosting import FFmpegPlatform, use_platform
from conformance import scenarios
from conformance.suite.execution import run_scenario
from conformance.suite.runner import collect


class MyPlatform(FFmpegPlatform):
    """Supplies the codecs to judge: those of FFmpeg where no method is overridden."""


word = sys.argv[1] if len(sys.argv) > 1 else ""
chosen = [scenario for group in collect(scenarios) for scenario in group.scenarios if word in scenario.id]
with use_platform(MyPlatform()):
    failures = [result for result in map(run_scenario, chosen) if result.failed]
print(f"{len(chosen)} scenarios, {len(failures)} failures")
for result in failures:
    print(result.status.name, result.id, result.message)
