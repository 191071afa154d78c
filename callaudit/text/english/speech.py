"""English, as rules need it besides phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from callaudit.text.deadline import Deadline
from callaudit.text.english.deadlines import deadlines
from callaudit.text.english.runs import runs
from callaudit.text.english.words import FILLERS, FUNCTION, NEGATIONS, plain
from callaudit.text.numbers import MASK, spoken_length
from callaudit.text.runs import hidden

ASKING_WORDS = 14
"""A question in so many last words of a turn is still open when the turn ends."""

_GREETING = re.compile(
    r"^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|yes|yeah|um|uh|okay|ok|oh|well|there)\b[\s,.!?]*)+",
    re.I,
)
_QUESTION = re.compile(
    r"\b(?:(?:can|could|may|would|will|do|did|are|is|have) (?:you|i|we|it|that|there)|"
    r"(?:what|how|when|where|who|which|why)(?: is| are| was| do| did| can| would| much| many| long| about)|"
    r"anything else|is (?:that|this) (?:right|correct|okay)|right)\b"
)
_REQUEST = re.compile(
    r"\bplease (?:give|tell|say|spell|provide|confirm|verify|repeat|hold|enter|describe|read|state)\b"
    r"|\b(?:need|like) (?:you to|your)\b|\bgo ahead\b"
)
_DIGIT = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TENS = {"ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
         "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "2", "thirty": "3",
         "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8", "ninety": "9"}  # fmt: skip
_LONG_NUMBER = 4
"""Digits from which a number is hidden from a language model."""

_AMOUNT = re.compile(
    r"[$£€]\s*[\d,.]+|\d+(?:[.,]\d+)?\s*(?:%|percent|dollars?|pounds?|euros?|cents?)|\d+:\d\d|\d{1,3}(?:,\d{3})+", re.I
)
_YEAR = re.compile(r"(?<![\d-])(?<!\d\s)(?:19|20)\d\d(?![\d-])(?!\s\d)")
_UNIT = frozenset({"hundred", "thousand", "million", "dollar", "dollars", "percent", "minutes", "hours", "days",
                   "years", "minute", "hour", "day", "year", "am", "pm", "oclock", "th", "st", "nd", "rd"})  # fmt: skip
_NAME = r"([A-Z][a-z]+)(?:\s+(?:[A-Z]\.?\s+)?([A-Z][a-z]+))?"
_GIVES_NAME = re.compile(
    rf"\b(?:[Mm]y name is|[Mm]y name's|[Tt]he name is|[Tt]his is|[Mm]y (?:last|full) name is)\s+{_NAME}"
)
_BARE_NAME = re.compile(rf"^(?:(?:[Ss]ure|[Yy]es|[Yy]eah|[Oo]kay)[,.]?\s+)?(?:[Ii]t's\s+)?{_NAME}[.,]?$")


class English:
    """`callaudit.text.tongue.Tongue` of calls in English."""

    titles = ("mister", "miss", "missus", "doctor", "professor")
    name_questions = (
        "(may|can|could) i (have|get|take|ask) your [full|last|first] name",
        "what is your [full|last|first] name",
        "who am i speaking (with|to)",
    )
    repeating = ("let me repeat that", "let me read that back")

    def n_spoken(self, text: str) -> int:
        """Syllables, by groups of vowels.

        >>> English().n_spoken("Thank you."), English().n_spoken("okay")
        (2, 2)
        """
        return _syllables(text)

    def substance(self, text: str) -> int:
        """Syllables besides the greeting.

        >>> English().substance("Hi, good morning."), English().substance("Hello, I lost my card")
        (0, 4)
        """
        return _syllables(_GREETING.sub("", text.strip()))

    def asks(self, text: str, *, requests: bool) -> bool:
        """Whether the last words ask something; `requests` takes 'please spell your name' for a question too.

        >>> en = English()
        >>> en.asks("May I have your account number", requests=False), en.asks("Please say your name", requests=True)
        (True, True)
        >>> en.asks("Okay.", requests=True)
        False
        """
        last = re.findall(r"[\w']+[^\w']*", text)[-ASKING_WORDS:]
        said = " ".join(plain("".join(last)))
        return "?" in "".join(last) or bool(_QUESTION.search(said) or (requests and _REQUEST.search(said)))

    def longest_number(self, text: str) -> str:
        """The longest run of spoken digits; quantities, amounts of money and years are no numbers.

        >>> English().longest_number("It's 555-12, uh, 34, that's double nine."), English().longest_number("$2,500")
        ('5551234', '')
        >>> English().longest_number("It's a 2018 model")
        ''
        """
        runs = [""]
        said = _spoken(_AMOUNT.sub(" # ", _YEAR.sub(" # ", text)))
        for k, token in enumerate(said):
            digits = _digits(token, said, k)
            if digits:
                runs[-1] += digits
            elif token not in FILLERS and token not in ("and", "dash", "then", "double", "triple"):
                runs.append("")
        return max((run for run in runs if len(run) > 1), key=len, default="")

    def digits(self, text: str) -> str:
        said = _spoken(text)
        return "".join(_digits(token, said, k) for k, token in enumerate(said))

    def deadlines(self, text: str) -> tuple[Deadline, ...]:
        return deadlines(text)

    def masked(self, text: str, mask: str) -> str:
        """The text with every number of four digits and more masked, however it is read.

        >>> English().masked("It's four one one one, and room 12", "＊")
        "It's ＊ ＊ ＊ ＊, and room 12"
        """
        return hidden(text, (run for run in runs(text) if run.n >= _LONG_NUMBER), mask)

    def pieces(self, text: str) -> tuple[str, ...]:
        return tuple(word + " " for word in plain(text))

    def surname(self, name: str) -> str:
        """The last word of a name, a title aside."""
        return name.split()[-1]

    def surname_given(self, text: str, *, wanted: bool) -> str | None:
        """The last name, or the only one, by which somebody introduces himself.

        >>> en = English()
        >>> en.surname_given("Hi, my name is Bob Smith", wanted=False), en.surname_given("Bob Smith.", wanted=True)
        ('Smith', 'Smith')
        """
        found = _GIVES_NAME.search(text) or (_BARE_NAME.search(text.strip()) if wanted else None)
        return (found[2] or found[1]) if found else None

    def addressed(self, surname: str | None, titles: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{title} {surname or '{family_name}'}" for title in titles)

    def matter(self, text: str) -> set[str]:
        """Words that carry meaning."""
        masks = {f"{MASK}{k}" for k in range(text.count(MASK) - 1)}  # as many masked digits are the same number
        return masks | {word for word in plain(text) if len(word) > 3 and word not in FUNCTION | FILLERS | NEGATIONS}

    def clauses(self, text: str) -> list[str]:
        return [" ".join(plain(clause)) for clause in re.split(r"[,.?!;:]+", text)]

    def times(self, text: str, words: Sequence[str]) -> int:
        """How often the words stand in a text of plain words.

        >>> English().times("could you please hold and could you wait", ["could you", "please"])
        3
        """
        told = sorted((" ".join(plain(word)) for word in words), key=len, reverse=True)
        return len(re.findall("|".join(rf"\b{re.escape(word)}\b" for word in told), text))

    def times_heard(self, text: str, words: Sequence[str]) -> int:
        return self.times(text, words)


_syllables = lru_cache(maxsize=65536)(spoken_length)


def _spoken(text: str) -> list[str]:
    return re.findall(rf"[a-z]+|\d+|#|{MASK}+", text.lower().replace("'", ""))


def _digits(token: str, said: Sequence[str], at: int) -> str:
    """The digits that a word stands for in its place; none for words, quantities and a lone 'o'."""
    following = said[at + 1] if at + 1 < len(said) else ""
    before = said[at - 1] if at else ""
    if token[0] == MASK:
        return token
    if following in _UNIT:
        return ""
    times = {"double": 2, "triple": 3}.get(before, 1)
    if token.isdigit():
        return token * times if len(token) == 1 else token
    if token in _DIGIT:
        lone = token in ("oh", "o") and not _is_digit(before) and not _is_digit(following)
        return "" if lone else _DIGIT[token] * times
    if token in _TENS:
        return _TENS[token] + ("0" if len(_TENS[token]) == 1 and following not in _DIGIT else "")
    return ""


def _is_digit(token: str) -> bool:
    return token.isdigit() or token in _DIGIT or token in _TENS or token[:1] == MASK
