"""Pages of recordings."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from conformance.explain.alignment import align
from conformance.explain.recording import Recording
from conformance.pages import as_script, render, to_script


def page_of(recording: Recording) -> str:
    """The page of one run. Raises JinjaMissingError."""
    return _page([recording], str(recording.document["title"]), None)


def page_of_two(first: Recording, second: Recording) -> str:
    """The page of two runs side by side. Raises JinjaMissingError."""
    title = f"{first.document['title']} | {second.document['title']}"
    return _page([first, second], title, align(first, second))


def write_page(path: Path, page: str) -> None:
    """Write a page to a file. Raises OSError."""
    path.write_text(page, encoding="utf-8")


def _page(recordings: Sequence[Recording], title: str, alignment: Sequence[Sequence[int]] | None) -> str:
    is_alone = alignment is None
    return render(
        "explain.html",
        {
            "title": title,
            "subtitle": "every step of WebCodecs that this program runs" if is_alone else "two runs, step by step",
            "has_sentences": any(_has_sentences(recording) for recording in recordings),
            "runs": [
                {
                    "name": recording.document.get("schedule") or recording.document["title"],
                    "file": recording.document["file"],
                    "json": as_script(recording.json()),
                }
                for recording in recordings
            ],
            "alignment": "null" if alignment is None else to_script(alignment),
        },
    )


def _has_sentences(recording: Recording) -> bool:
    functions = cast("list[dict[str, list[list[object]]]]", recording.document["functions"])
    return any(len(row) > 4 for function in functions for row in function["rows"])


def size_of(recording: Recording) -> int:
    """The number of events."""
    return len(cast("list[int]", recording.document["f"]))
