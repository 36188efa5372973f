"""Splits text into sentences without changing it: candidates by pattern, then rules for biomedical prose."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache

import spacy
from spacy.tokenizer import Tokenizer

from core.domain import Span

BREAK = r"\n\r\v\f\x85\u2028\u2029"
# Quotes, brackets and citations such as [3,4] that may stand between a stop and the next sentence.
CLOSERS = r"(?:\[\d[\d,;\s–-]{0,30}\]|[\"'”’»)\]])*+"
# Possessive quantifiers and the look-behind keep the search linear on any input.
CANDIDATE = re.compile(
    rf"(?<![.!?…])(?P<stop>[.!?…]++){CLOSERS}(?P<gap>\s++)"
    r"|(?P<joint>(?<=[a-z]{3})\.(?=[A-Z][a-z]*+\s))"
    rf"|(?P<break>[{BREAK}]\s*+)"
)
PARAGRAPH = re.compile(r"(?:\r\n|[\n\r\x85])[^\S\n\r]*+[\n\r\x85]|\u2029")
NEXT_WORD = re.compile(r"[\"'“‘«(\[]*+(?P<word>[^\W_][\w'’-]*+\.?|.)", re.DOTALL)
BRACKET = re.compile(r"[()\[\]]")
CLOSING = {"(": ")", "[": "]"}
BRACKET_WINDOW = 300
# More brackets than prose has within a window; a limit that keeps junk from costing time.
MAX_BRACKETS = 30

# Announce what follows them, so they never end a sentence.
HARD_ABBREVIATIONS = frozenset(
    "e.g i.e cf vs viz fig figs eq eqs ref refs suppl dr drs ph prof mr mrs ms approx ca resp subsp var linn "
    "nos".split()
)
# Do not end a sentence before a number: "No. 3", "5 mg. 3 times"; otherwise they are ordinary words.
NUMBER_ABBREVIATIONS = frozenset(
    "no art chr p pp vol chap sect tab mg g kg ug µg μg ng pg ml l dl µl μl mm cm m nm µm μm mmol mol h hr hrs "
    "min sec s d wk mo yr".split()
)
LETTERS_WITH_DOTS = re.compile(r"(?:[^\W\d_]\.)*+[^\W\d_]")
# "vitamin B. Next": after these words a letter is part of a name, not an initial.
LETTERED = re.compile(
    r"\b(?:group|type|vitamin|hepatitis|class|stage|arm|amphotericin|mitomycin|cyclosporin)s? \S$|phase \S$|meiosis \S$"
)
ENUMERATION = re.compile(r"[:;,] \(?\d{1,2}\)?$")
LIST_MARKER = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4}|[IVX]{1,4})[.)\]]+")
LIST_LETTER = re.compile(r"\([a-z]\)\s")
# Lower-case names that do begin sentences: p53, mRNA, d-Penicillamine.
LOWER_CASE_NAME = re.compile(r"[a-z]{1,6}(?:\d|[A-Z]|-[A-Z])")
SENTENCE_OPENERS = frozenset(
    "the a an this these those that there it its we our us in on of at by to for from with within without "
    "after before during since although though while when where whereas if as because both all each some "
    "no not none neither however moreover furthermore therefore thus hence here then also additionally "
    "finally conversely similarly methods results conclusion conclusions background objective purpose aim "
    "patients subjects treatment he she they his her their one two three four five six eight ten many most "
    "several such only other another data findings".split()
)
# Lines of this many characters, one under another, are taken for one wrapped paragraph.
MIN_WRAPPED, MAX_WRAPPED = 50, 100


def split_sentences(text: str, *, keep_whole: Sequence[Span] = ()) -> list[Span]:
    """Return the sentences of a text, in order and without surrounding white space.

    Together the spans cover every character that is not white space.

    Args:
        text: Any text; never changed.
        keep_whole: Spans, such as mentions, that no sentence boundary may cut.
    """
    protected = _merge(keep_whole)
    spans: list[Span] = []
    start = len(text) - len(text.lstrip())
    for match in CANDIDATE.finditer(text, start):
        end, next_start = _strip_end(text, match, start), match.end()
        if end <= start or next_start == len(text) or _cuts(protected, end, next_start):
            continue
        if _is_boundary(text, match, start=start, end=end):
            spans.append(Span(start, end))
            start = next_start
    end = len(text.rstrip())
    if start < end:
        spans.append(Span(start, end))
    return spans


def _is_boundary(text: str, match: re.Match[str], *, start: int, end: int) -> bool:
    """Return whether a sentence from `start` ends at `end`, where a candidate was found."""
    next_start = match.end()
    if PARAGRAPH.search(text, end, next_start):
        return True
    if LIST_MARKER.fullmatch(text, start, end) or _is_inside_brackets(text, start=start, end=end, after=next_start):
        return False
    if match["joint"]:
        return _is_opener(_get_next_word(text, next_start))
    if match["break"]:
        return not _is_wrapped(text, end=end, after=next_start)
    return _is_sentence_end(text, match, start)


def _is_sentence_end(text: str, match: re.Match[str], start: int) -> bool:
    """Return whether a stop followed by white space ends a sentence."""
    stop_at, next_start = match.start("stop"), match.end()
    before = text[max(start, stop_at - 40) : stop_at]
    next_word = _get_next_word(text, next_start)
    first = next_word[0]
    is_plain_stop = match["stop"] == "."
    if is_plain_stop and _is_abbreviation(before, next_word):
        return False
    if first.islower():
        has_break = re.search(rf"[{BREAK}]", match["gap"]) is not None
        is_start = LOWER_CASE_NAME.match(next_word) or LIST_LETTER.match(text, next_start)
        return has_break or (is_plain_stop and is_start is not None)
    return first.isalnum() or first not in "<>=≤≥±+,;:)%&/|-–—."


def _is_abbreviation(before: str, next_word: str) -> bool:
    """Return whether a full stop belongs to the word before it and the sentence goes on."""
    word = before.rsplit(maxsplit=1)[-1] if before and not before[-1].isspace() else ""
    word = word.lstrip("([\"'“‘«")
    lowered = word.lower()
    if lowered in HARD_ABBREVIATIONS or ENUMERATION.search(before) or (word == "0" and next_word[0].isdigit()):
        return True
    if (lowered if len(word) > 1 else word) in NUMBER_ABBREVIATIONS:
        return next_word[0].isdigit()
    if LETTERED.search(before):
        return False
    is_soft = (
        before.endswith("et al")
        or LETTERS_WITH_DOTS.fullmatch(word) is not None
        or (word.isalpha() and _is_known_abbreviation(f"{word}."))
    )
    return is_soft and not _is_opener(next_word)


def _is_opener(word: str) -> bool:
    """Return whether a word is one that usually begins sentences, written with a capital."""
    return word[0].isupper() and word.lower() in SENTENCE_OPENERS


def _get_next_word(text: str, position: int) -> str:
    """Return the word at a position, without opening quotes and brackets, with its full stop."""
    match = NEXT_WORD.match(text, position)
    return match["word"] if match else text[position]


def _is_inside_brackets(text: str, *, start: int, end: int, after: int) -> bool:
    """Return whether a bracket opened inside the sentence is closed only behind the candidate."""
    window_start = max(start, end - BRACKET_WINDOW)
    if text.count("(", window_start, end) + text.count("[", window_start, end) > MAX_BRACKETS:
        return False
    open_at: list[int] = []
    for match in BRACKET.finditer(text, window_start, end):
        if match[0] in CLOSING:
            open_at.append(match.start())
        elif open_at and CLOSING[text[open_at[-1]]] == match[0]:
            open_at.pop()
    # A bracket that opens the sentence holds sentences of its own.
    if not open_at or open_at[0] == start:
        return False
    opening, depth = text[open_at[0]], 1
    for match in BRACKET.finditer(text, after, after + BRACKET_WINDOW):
        depth += (match[0] == opening) - (match[0] == CLOSING[opening])
        if depth == 0:
            return True
    return False


def _is_wrapped(text: str, *, end: int, after: int) -> bool:
    """Return whether a line break without a stop before it only wraps a paragraph."""
    line = re.split(rf"[{BREAK}]", text[max(0, end - MAX_WRAPPED - 1) : end])[-1]
    next_line = re.split(rf"[{BREAK}]", text[after : after + MAX_WRAPPED + 1])[0]
    first = _get_next_word(text, after)[0]
    if first.islower():
        return True
    is_full = MIN_WRAPPED <= len(line) <= MAX_WRAPPED
    return is_full and (not first.isupper() or MIN_WRAPPED <= len(next_line) <= MAX_WRAPPED)


def _strip_end(text: str, match: re.Match[str], start: int) -> int:
    """Return where a candidate's sentence ends, white space before a line break left out."""
    if match["gap"]:
        return match.start("gap")
    if match["joint"]:
        return match.end()
    end = match.start()
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _merge(spans: Sequence[Span]) -> list[Span]:
    """Return spans in order, overlapping ones joined."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and merged[-1].overlaps(span):
            last = merged.pop()
            span = Span(last.start, max(last.end, span.end))
        merged.append(span)
    return merged


def _cuts(protected: Sequence[Span], end: int, next_start: int) -> bool:
    """Return whether ending at `end` and going on at `next_start` would cut a protected span."""
    index = bisect_left(protected, next_start, key=lambda span: span.start) - 1
    return index >= 0 and protected[index].end > end


@lru_cache(maxsize=65_536)
def _is_known_abbreviation(word: str) -> bool:
    """Return whether spaCy's English tokenizer leaves the full stop on a word."""
    tokens = _load_tokenizer()(word)
    return len(tokens) > 0 and len(tokens[-1].text) > 1 and tokens[-1].text.endswith(".")


@cache
def _load_tokenizer() -> Tokenizer:
    """Return the tokenizer of an empty English pipeline; its rules ship with spaCy, nothing is downloaded."""
    return spacy.blank("en").tokenizer
