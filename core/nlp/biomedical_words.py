"""What is a word in biomedical English: spaCy's rules, changed to split and keep what CRAFT's annotators did."""

from typing import Any

from spacy.lang.char_classes import HYPHENS, UNITS
from spacy.language import Language
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

# "PGC-1α−/−", "1:200", "5′–3′", "C57BL/6", "Mcm4/6/7" are several words each.
_SIGNS = r"/+−–—′×~±=<>≥≤:;%|•·°″*&→↔←"
_COMMA = r",(?!\d{3}(?!\d))"  # "20,000" is one word, "12,13" is three
# Words that begin with these keep their hyphen: "anti-rabbit", "pre-implantation"; so does "2-fold".
_PREFIXES = (
    *("anti", "auto", "bi", "co", "de", "extra", "inter", "intra", "mid", "multi", "non", "post", "pre", "pro"),
    *("re", "semi", "sub", "trans", "ultra", "un"),
)
_NO_PREFIX = "".join(rf"(?<!\b{form})" for word in _PREFIXES for form in (word, word.capitalize()))
# These keep their full stop, or are one word with a sign.
_WHOLE = (
    *("Fig.", "Figs.", "fig.", "figs.", "al.", "cf.", "No.", "Nos.", "Ref.", "Refs.", "ca.", "approx.", "etc."),
    *("°C", "Ca2+", "s.c."),
)


def use_biomedical_words(pipeline: Language) -> Language:
    """Give a pipeline's tokenizer these rules; they are saved with it, so that a reader needs nothing of this file."""
    defaults: Any = pipeline.Defaults
    tokenizer: Any = pipeline.tokenizer
    infixes = [rule for rule in defaults.infixes or () if HYPHENS not in rule]
    infixes += [rf"[{_SIGNS}]", _COMMA, rf"(?<=[^\W_]|[)\]]){_NO_PREFIX}-(?!fold\b)(?=[^\W_]|[(\[])", r"[()\[\]]"]
    suffixes = [rule for rule in defaults.suffixes or () if UNITS not in rule]
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    tokenizer.prefix_search = compile_prefix_regex([*(defaults.prefixes or ()), r"[−–+±~×/<>=≥≤-]"]).search
    tokenizer.suffix_search = compile_suffix_regex([*suffixes, r"[−–+±×/′%°-]"]).search
    for word in _WHOLE:
        tokenizer.add_special_case(word, [{"ORTH": word}])
    return pipeline
