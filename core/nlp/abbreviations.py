"""Abbreviations that a text defines in brackets behind the long form: "dopamine transporter (DAT)".

After Schwartz & Hearst 2003, "A simple algorithm for identifying abbreviation definitions in biomedical text". There
the long form is looked for; here it is known, as a mention that ends before the bracket.
"""

import re

from core.domain import Span

# 2 to 10 characters, the first a letter or digit; what follows a comma or semicolon is no part of it.
_BRACKET = re.compile(r"\s*[(\[]\s*(?P<short>[^\W_][^()\[\],;]{0,8}[^()\[\],;\s])\s*[)\],;]")
_WORD = re.compile(r"[^\W_]+")
_MAX_WORDS = 2


def find_abbreviation(text: str, name: Span) -> Span | None:
    """Return what stands in a bracket behind a name, if it abbreviates the name or its end from some word on."""
    found = _BRACKET.match(text, name.end)
    if found is None:
        return None
    short, long = found["short"].casefold(), name.text(text).casefold()
    if len(short.split()) > _MAX_WORDS or not any(character.isalpha() for character in short):
        return None
    if any(abbreviates(short, long[word.start() :]) for word in _WORD.finditer(long)):
        return Span(*found.span("short"))
    return None


def abbreviates(short: str, long: str) -> bool:
    """Return whether the letters and digits of `short` occur in `long` in that order, from its first one on."""
    rest = iter(character for character in long if character.isalnum())
    letters = [character for character in short if character.isalnum()]
    return 0 < len(letters) < len(long) and letters[0] == long[0] and all(letter in rest for letter in letters)
