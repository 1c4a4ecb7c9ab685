"""Tests in the style of web-platform-tests. The host runs them as it runs web-platform-tests."""

from pathlib import Path

import pytest

from conformance.wpt import discovery
from conformance.wpt.session import run_test

SUITE = Path(__file__).parent / "suite"
TESTS = [*discovery.find_tests(SUITE), *discovery.find_document_tests(SUITE)]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.id)
def test_all_subtests_pass(test: discovery.Test, node: Path) -> None:
    result = run_test(test, SUITE, node, timeout_multiplier=3)
    assert (result.status, result.message) == ("OK", None)
    assert result.subtests
    assert [(subtest.name, subtest.message) for subtest in result.subtests if subtest.status != "PASS"] == []
