"""The share of the processors that other programs use."""

import os
from pathlib import Path

import pytest

from conformance.bench import machine
from conformance.bench.page import Chart


def test_others_have_used_the_time_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, own, now = iter((10.0, 14.0)), iter((1.0, 2.0)), iter((0.0, 10.0))
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(machine, "_own_seconds", lambda: next(own))
    monkeypatch.setattr(machine, "perf_counter", lambda: next(now))
    monkeypatch.setattr(machine, "processors", lambda: 2)
    assert machine.Watch().share_of_others == pytest.approx((4 - 1) / (2 * 10))


def test_the_load_is_a_guess_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_STAT", tmp_path / "missing")
    monkeypatch.setattr(machine, "processors", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (6.0, 0.0, 0.0))
    assert machine.Watch().share_of_others == 0.5
    monkeypatch.setattr(os, "getloadavg", lambda: (1.0, 0.0, 0.0))
    assert machine.Watch().share_of_others == 0


def test_only_processors_that_we_may_use_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    # user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice
    stat.write_text("cpu 9 9 9 9 9 9 9 9 9 9\ncpu0 100 20 30 999 888 5 6 7 55 44\ncpu1 1 1 1 1 1 1 1 1 1 1\nintr 1\n")
    monkeypatch.setattr(machine, "_STAT", stat)
    monkeypatch.setattr(machine, "_allowed", lambda: {0})
    ticks = os.sysconf("SC_CLK_TCK")
    assert machine._busy_seconds() == (100 + 20 + 30 + 5 + 6 + 7) / ticks


@pytest.mark.parametrize(("share", "is_said"), [(None, False), (0.05, False), (0.25, True)])
def test_a_chart_says_when_the_machine_was_too_busy(share: float | None, *, is_said: bool) -> None:
    assert bool(Chart("copy", "Copies", {}, share).warning) is is_said
