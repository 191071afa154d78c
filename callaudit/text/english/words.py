"""Heard words as a row of plain English words, and what it costs to take one word for another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import jellyfish
from rapidfuzz.distance import Levenshtein

from callaudit.records import Word
from callaudit.text.numbers import MASK

PAUSE_S = 0.5
"""Silence between two words that parts them like a comma, in seconds."""

NEVER = 9.0
"""Cost of what cannot be paid for, such as a negation added, lost or replaced."""

OTHER = 1.2
"""Cost of taking a word for another that sounds nothing like it."""

NEGATIONS = frozenset({"not", "no", "never", "nothing", "nobody", "none", "neither", "nor", "without", "nowhere"})
FILLERS = frozenset({"um", "uh", "er", "erm", "ah", "hmm", "mm", "mhm", "oh", "well", "so", "like", "actually"})
LIGHT = frozenset({
    "a", "an", "the", "just", "please", "sir", "madam", "maam", "mister", "miss", "missus", "very", "really", "right",
    "okay", "ok", "and", "then", "now", "there", "here", "again", "today", "also", "quite", "quickly", "much", "all",
})  # fmt: skip
"""Words that may stand in a phrase or be left out of it without a change of meaning."""

FUNCTION = LIGHT | frozenset({
    "i", "you", "your", "my", "me", "we", "us", "our", "it", "this", "that", "is", "am", "are", "was", "be", "been",
    "to", "of", "for", "in", "on", "at", "with", "will", "would", "can", "could", "may", "do", "does", "did", "have",
    "has", "if", "or", "but", "as", "by", "what", "how", "who", "any", "some", "else", "let", "up", "out", "about",
})  # fmt: skip
"""Words so short and common that a slip of the ear is told from another word by nothing: only themselves will do."""

_NO_NAMES = frozenset(
    {"sorry", "happy", "glad", "sure", "afraid", "fine", "good", "able", "ready", "back", "new", "not"}
)
"""What "I am" goes on with more often than with a name."""

_CONTRACTED = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "ain't": "is not",
    "let's": "let us", "y'all": "you all", "gonna": "going to", "wanna": "want to", "gotta": "got to",
    "gimme": "give me", "lemme": "let me", "kinda": "kind of", "dunno": "do not know", "mr": "mister",
    "mrs": "missus", "ms": "miss", "ma'am": "maam", "alright": "all right", "o'clock": "oclock",
    "goodbye": "good bye", "ok": "okay",
    "yep": "yes", "yeah": "yes", "yup": "yes", "thanks": "thank you", "apologise": "apologize",
    "cos": "because", "til": "till",
}  # fmt: skip
_ENDINGS = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will", "'m": " am", "'d": " would"}
_BE = frozenset({"it", "that", "this", "he", "she", "what", "who", "how", "where", "there", "here", "everything"})
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMERALS = frozenset({*_DIGITS, *_TEENS, *_TENS, "oh", "double", "triple", "hundred", "thousand"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A plain word: `word` is the index of the heard word it comes from, `parted` whether a pause or mark is before.

    `name`: whether it can begin a name, being written with a capital or no common word.
    """

    text: str
    word: int
    prob: float
    parted: bool
    name: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The words of a turn as heard, and as plain words."""

    words: tuple[Word, ...]
    units: tuple[Unit, ...]


def listen(words: Sequence[Word]) -> Row:
    """The words as plain words, contractions written out and numbers as they are said."""
    units: list[Unit] = []
    marked = True
    for k, word in enumerate(words):
        if k and word.span.start_s - words[k - 1].span.end_s >= PAUSE_S:
            marked = True
        for text in plain(word.text):
            units.append(Unit(text, k, word.prob, marked, _names(text, word.text)))
            marked = False
        marked = marked or bool(re.search(r"[,.?!;:—]\s*$", word.text))
    return Row(tuple(words), tuple(units))


def _names(text: str, written: str) -> bool:
    if text in NEGATIONS or text == "i":
        return False
    capital = written.strip(" \"'(")[:1].isupper()
    return (
        capital
        or MASK in written
        or not (text in FUNCTION or text in FILLERS or text in _NO_NAMES or text.endswith(("ing", "ed")))
    )


def plain(text: str) -> list[str]:
    """The plain words of a text.

    >>> plain("I'm Mr. Smith's agent, 8016 can't be; thanks!")
    ['i', 'am', 'mister', 'smith', 'agent', 'eight', 'zero', 'one', 'six', 'can', 'not', 'be', 'thank', 'you']
    >>> plain("It's 24 hours, that's all")
    ['it', 'is', 'twenty', 'four', 'hours', 'that', 'is', 'all']
    """
    said = text.lower().replace("’", "'").replace(MASK, " 0 ")  # a masked digit is some digit
    return [word for token in _TOKEN.findall(said) for word in _written_out(token)]


def _written_out(token: str) -> Iterator[str]:
    if token.isdigit():
        yield from _number(token)
    elif token in _CONTRACTED:
        yield from _CONTRACTED[token].split()
    elif "'" in token:
        stem, ending = token[: token.index("'")], token[token.index("'") :]
        if token.endswith("n't"):
            stem, ending = token[:-3], "n't"
        if ending == "'s":
            yield from (stem, "is") if stem in _BE else (stem,)
        else:
            yield from (stem + _ENDINGS.get(ending, "")).split()
    else:
        yield token


def _number(digits: str) -> Iterator[str]:
    """How a number is said: up to two digits as a quantity, longer ones digit by digit."""
    if len(digits) == 2 and digits[0] != "0":
        value = int(digits)
        if value < 20:
            yield _TEENS[value - 10]
        else:
            yield _TENS[value // 10 - 2]
            if value % 10:
                yield _DIGITS[value % 10]
    else:
        yield from (_DIGITS[int(digit)] for digit in digits)


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How a word sounds, by Metaphone [1]_: vowels count only where a word begins with one.

    References
    ----------
    .. [1] L. Philips, "Hanging on the Metaphone", Computer Language 7 (12), 1990.
    """
    return jellyfish.metaphone(word) or word


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """A word without its ending of number, tense or manner."""
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e")


@lru_cache(maxsize=1 << 18)
def cost(wanted: str, heard: str) -> float:
    """Cost in [0, NEVER] of taking a heard word for a wanted one.

    Forms of a word, and words of the same sound, cost little; long words with one sound more, less or changed cost
    more; a negation is never taken for anything else, nor anything else for it.

    >>> cost("help", "help"), cost("patience", "patients"), cost("calm", "come")
    (0.0, 0.4, 1.2)
    >>> cost("not", "no") == NEVER
    True
    """
    if wanted == heard:
        return 0.0
    if wanted in NEGATIONS or heard in NEGATIONS:
        return NEVER
    if alone(wanted) or alone(heard):
        return OTHER
    if _stem(wanted) == _stem(heard):
        return 0.1
    edits = Levenshtein.distance(wanted, heard)
    one, other = sound(wanted), sound(heard)
    if one == other and len(one) >= 2 and edits * 2 <= max(len(wanted), len(heard)):
        return 0.15 if len(one) >= 3 or edits <= 1 else 0.35
    longest = max(len(one), len(other))
    if longest >= 4 and Levenshtein.distance(one, other) <= 1 and edits * 3 <= max(len(wanted), len(heard)):
        return 0.4
    return OTHER


def alone(word: str) -> bool:
    """Whether nothing but the word itself will do for it."""
    return len(word) < 3 or word in FUNCTION or word in NEGATIONS


def left_out(word: str, n_firm: int) -> float:
    """Cost of not hearing a word of a phrase that has so many words which are not light."""
    if word in NEGATIONS:
        return NEVER
    if n_firm >= 3 and word in LIGHT:
        return 0.1
    return 0.5 if n_firm >= 5 and word in FUNCTION else 1.0


def put_in(word: str) -> float:
    """Cost of a heard word that a phrase does not have."""
    if word in NEGATIONS:
        return NEVER
    if word in FILLERS:
        return 0.03
    return 0.15 if word in LIGHT else 0.7
