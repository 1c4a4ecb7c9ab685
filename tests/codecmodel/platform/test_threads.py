"""The threads that FFmpeg has for codecs, of which there is a limit for the whole process."""

from collections.abc import Iterator

import pytest

from codecmodel.hosting import set_thread_limit
from codecmodel.platform import threads
from codecmodel.platform.threads import ThreadLoan


@pytest.fixture(autouse=True)
def limit_of_four(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is lent at first, and four threads are the most."""
    monkeypatch.setattr(threads, "_lent", set())
    set_thread_limit(4)
    yield
    set_thread_limit(None)


def test_codecs_share_the_threads() -> None:
    first, second, third = ThreadLoan(), ThreadLoan(), ThreadLoan()
    assert [loan.threads for loan in (first, second, third)] == [1, 1, 1]
    assert (first.ask(2), second.ask(8), third.ask(2)) == (2, 2, 1)
    assert (first.may_be_several, third.may_be_several) == (True, False)
    second.end()
    assert (second.threads, third.may_be_several, third.ask(2)) == (1, True, 2)


def test_a_codec_that_asks_again_keeps_no_more_than_it_asks_for() -> None:
    first, second = ThreadLoan(), ThreadLoan()
    assert (first.ask(4), first.ask(4), first.ask(2), second.ask(4)) == (4, 4, 2, 2)


def test_one_thread_alone_is_not_lent() -> None:
    first, second, third = ThreadLoan(), ThreadLoan(), ThreadLoan()
    assert (first.ask(3), second.ask(2), third.ask(1)) == (3, 1, 1)
    assert len(threads._lent) == 3


def test_a_loan_that_is_gone_is_given_back() -> None:
    loan = ThreadLoan()
    loan.ask(4)
    del loan
    assert ThreadLoan().ask(4) == 4
    assert threads._lent == set()


@pytest.mark.parametrize("processors", [1, 2, 4, 16])
def test_a_decoder_leaves_threads_to_an_encoder(monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    set_thread_limit(None)
    monkeypatch.setattr(threads, "usable_processors", lambda: processors)
    decoder, encoder = ThreadLoan(), ThreadLoan()
    decoder.ask(threads.decoder_threads())
    assert encoder.ask(threads.picture_threads()) == threads.picture_threads() == processors
