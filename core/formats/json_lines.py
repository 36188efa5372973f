"""Walks a file of one JSON object a line, an array of objects, or one object alone, with line numbers."""

from collections.abc import Iterator

from core.formats.json_items import JsonItem, decode_item, iterate_items


def iterate_objects(text: str) -> Iterator[JsonItem]:
    """Yield the objects of a text in either form.

    Raises:
        FormatError: The JSON of the text is broken.
    """
    place = _skip(text, 0)
    if text.startswith("[", place):
        yield from iterate_items(text)
        return
    number, line, counted = 0, 1, 0
    while place < len(text):
        line += text.count("\n", counted, place)
        counted = place
        number += 1
        _, end = decode_item(text, place)
        yield JsonItem(number, line, text[place:end])
        place = _skip(text, end)


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place
