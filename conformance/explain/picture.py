"""A small picture of a recording: what the program calls, what runs on both threads, and what led to what."""

from html import escape
from typing import Final, NamedTuple, cast

from conformance.explain.recorder import EVENT_LOOP, FIRST_WORK_QUEUE, IN_PARALLEL
from conformance.explain.recording import ITEMS, KINDS, Recording

_WIDTH: Final = 920
_LEFT: Final = 128
_RIGHT: Final = 12
_LANE: Final = 40
_GAP: Final = 12
_HEIGHT: Final = 22
_TOP: Final = 34
_CHARACTER: Final = 6.5
#: Colours of outline and inside, as on the pages; and the corner's radius, which tells kinds apart without colour.
_STYLES: Final = {
    "program": ("#6b3fb3", "#efe7fb", 2),
    "task": ("#2457c5", "#e3ebfc", 10),
    "work": ("#9a4600", "#fdecdb", 5),
}


class _Placed(NamedTuple):
    band: int
    left: float
    right: float
    y: int


class _Block(NamedTuple):
    kind: str
    label: str
    lane: int
    first: int
    last: int
    cause: int


def picture_of(recording: Recording) -> str:
    """An SVG."""
    blocks = _blocks(recording)
    lanes = sorted({EVENT_LOOP, *(block.lane for block in blocks)})
    places = _placed(blocks, lanes)
    bands = places[-1].band + 1 if places else 1
    height = _TOP + bands * _band_height(lanes) - _GAP + 8
    title = escape(str(recording.document["title"]))
    shapes = [
        f'<rect width="{_WIDTH}" height="{height}" fill="#fffefb"/>',
        f'<text x="14" y="21" font-size="13" font-weight="600" fill="#1f2126">{title}</text>',
        *(shape for band in range(bands) for shape in _lanes(lanes, band, recording)),
        *_arrows(blocks, places),
        *_boxes(blocks, places),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(_described(blocks))}" '
        'font-family="system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif" font-size="11.5">\n'
        + "".join(f"{shape}\n" for shape in shapes)
        + "</svg>\n"
    )


def _described(blocks: list[_Block]) -> str:
    return "In this order: " + "; ".join(f"{block.kind} {block.label}" for block in blocks)


def _blocks(recording: Recording) -> list[_Block]:
    """Tasks, work, and stretches of the program, each with the block that led to it, or -1."""
    document = recording.document
    frames = cast("list[list[int]]", document["frames"])
    of_event = cast("list[int]", document["f"])
    items = cast("list[list[object]]", document["items"])
    lines = str(document["program"]).splitlines()
    found: list[_Block] = []
    of_number: list[int] = []
    for number, frame in enumerate(of_event):
        root = frame
        while frames[root][2] >= 0:
            root = of_event[frames[root][2]]
        kind, _, _, item, lane, _, _ = frames[root]
        name = KINDS[kind]
        if name in ("task", "work") and item >= 0:
            label, key = _label(items[item], items), f"{name} {item}"
        elif name == "algorithm":
            label, key = _title(recording, number), f"{name} {root}"
            name = "work" if lane else "task"
        else:
            place = cast("list[int]", document["p"])[number]
            text = lines[place - 1].strip() if KINDS[frames[frame][0]] == "program" and place <= len(lines) else ""
            label, key, name = _call(text), f"program {root}", "program"
        if not found or _key_of(found[-1]) != key:
            cause = cast("int", items[item][2]) if item >= 0 else -1
            found.append(_Block(name, f"{label}\0{key}", lane, number, number, of_number[cause] if cause >= 0 else -1))
        else:
            last = found[-1]
            longer = last.label if not label or name != "program" else _joined(last.label, label)
            found[-1] = last._replace(last=number, label=longer)
        of_number.append(len(found) - 1)
    return [block._replace(label=block.label.partition("\0")[0] or "program") for block in found]


def _title(recording: Recording, event: int) -> str:
    """The name of the algorithm that an event is a step of."""
    function = cast("list[tuple[int, list[int]]]", recording.document["places"])[
        cast("list[int]", recording.document["p"])[event]
    ][0]
    title = cast("list[dict[str, str]]", recording.document["functions"])[function]["title"]
    return title.rpartition(".")[2].partition(" (")[0]


def _key_of(block: _Block) -> str:
    return block.label.partition("\0")[2]


def _joined(before: str, label: str) -> str:
    """The calls of a stretch of the program, each once."""
    text, _, key = before.partition("\0")
    names = [name for name in text.split(", ") if name]
    if label not in names and len(names) < 4:
        names.append(label)
    return ", ".join(names) + f"\0{key}"


def _call(text: str) -> str:
    """The method of a codec that a line calls, in a word."""
    for name in ("configure", "decode", "encode", "flush", "reset", "close", "reclaim_inactive_codecs"):
        if f"{name}(" in text and "def " not in text and "frame.close" not in text and "data.close" not in text:
            return f"{name}()"
    return ""


def _label(item: list[object], items: list[list[object]]) -> str:
    name = str(item[1]).removesuffix(" task").removesuffix(" work")
    name = name.replace("process the control message queue", "messages").replace("dequeue event", "dequeue")
    stamps = cast("list[int]", item[4]) if len(item) > 4 else []
    if not stamps or ITEMS[cast("int", item[0])] == "promise":
        return name
    asked = [
        cast("list[int]", other[4])[0]
        for other in items
        if len(other) > 4 and ITEMS[cast("int", other[0])] == "message"
    ]
    numbers = [f"#{asked.index(stamp) + 1}" for stamp in stamps if stamp in asked]
    return " ".join([name, *numbers[:2]])


def _placed(blocks: list[_Block], lanes: list[int]) -> list[_Placed]:
    """Blocks stand one after the other, as they ran, in as many bands as it takes."""
    placed: list[_Placed] = []
    x, band = float(_LEFT), 0
    for block in blocks:
        width = len(block.label) * _CHARACTER + 14
        if x + width > _WIDTH - _RIGHT:
            x, band = float(_LEFT), band + 1
        y = _TOP + band * _band_height(lanes) + lanes.index(block.lane) * _LANE + 9
        placed.append(_Placed(band, x, x + width, y))
        x += width + 5
    return placed


def _band_height(lanes: list[int]) -> int:
    return len(lanes) * _LANE + _GAP


def _lanes(lanes: list[int], band: int, recording: Recording) -> list[str]:
    codecs = cast("list[tuple[str, list[str]]]", recording.document["codecs"])
    shapes: list[str] = []
    for row, lane in enumerate(lanes):
        y = _TOP + band * _band_height(lanes) + row * _LANE
        name, note = (
            ("event loop", "program, tasks")
            if lane == EVENT_LOOP
            else ("in parallel", "another queue")
            if lane == IN_PARALLEL
            else ("work queue", codecs[lane - FIRST_WORK_QUEUE][0])
        )
        shapes.append(f'<path d="M0 {y}H{_WIDTH}" stroke="{"#dfdbd0" if row else "#b9b4a6"}"/>')
        shapes.append(f'<text x="14" y="{y + 17}" fill="#1f2126">{name}</text>')
        shapes.append(f'<text x="14" y="{y + 30}" fill="#5d616a" font-size="10">{escape(note)}</text>')
    return shapes


def _arrows(blocks: list[_Block], places: list[_Placed]) -> list[str]:
    """Arrows from causes to effects, across lanes. Arrows from one band to another are left out."""
    shapes: list[str] = []
    for block, place in zip(blocks, places, strict=True):
        if block.cause < 0 or blocks[block.cause].lane == block.lane or places[block.cause].band != place.band:
            continue
        cause = places[block.cause]
        is_down = cause.y < place.y
        from_x, from_y = cause.right - 8, cause.y + (_HEIGHT if is_down else 0)
        to_x, to_y = place.left + 9, place.y + (0 if is_down else _HEIGHT)
        middle = (from_y + to_y) / 2
        shapes.append(
            f'<path d="M{from_x:.1f} {from_y}C{from_x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y}" '
            'fill="none" stroke="#5d616a" stroke-opacity=".6"/>'
        )
    return shapes


def _boxes(blocks: list[_Block], places: list[_Placed]) -> list[str]:
    shapes: list[str] = []
    for block, place in zip(blocks, places, strict=True):
        stroke, fill, radius = _STYLES[block.kind]
        shapes.append(
            f'<rect x="{place.left:.1f}" y="{place.y}" width="{place.right - place.left:.1f}" height="{_HEIGHT}" '
            f'rx="{radius}" fill="{fill}" stroke="{stroke}"/>'
            f'<text x="{place.left + 7:.1f}" y="{place.y + 15}" fill="{stroke}">{escape(block.label)}</text>'
        )
    return shapes
