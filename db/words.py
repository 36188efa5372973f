"""The words by which sentences are found: folded, without accents, Greek letters by their names."""

import re
import unicodedata

MAX_LENGTH = 100  # characters; Postgres refuses words above 2,046 bytes
_WORD = re.compile(r"[^\W_]+")
# Marks of letters, and characters without a width that may stand inside a word.
_DROPPED = ("Mn", "Cf")
_GREEK = {
    chr(0x3B1 + place): f" {name} "
    for place, name in enumerate(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau "
        "upsilon phi chi psi omega".split()
    )
}


def split_words(text: str) -> list[str]:
    """Return the words of a text as the search compares them.

    Whatever is neither letter nor digit parts words, so "TNF-α", "TNF alpha" and "tnf–Alpha" are the same two.
    """
    return [word[:MAX_LENGTH] for word in _WORD.findall(text.lower() if text.isascii() else _fold(text))]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(_GREEK.get(one, one) for one in plain if unicodedata.category(one) not in _DROPPED)
