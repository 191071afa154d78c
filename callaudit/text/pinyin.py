"""Chinese characters as toneless syllables, and how alike two syllables sound on a telephone.

A recogniser that mishears a Mandarin word usually writes another word of the same or nearly the same sound, so words
are compared by syllable. The distance of two syllables is a weighted sum of the distance of their initials and that
of their finals (medial, nucleus, coda). Pairs that speakers merge or that the line blurs lie close together; every
other pair follows by the shortest path, so the distance is a metric.

Tones are left out: the recogniser's language model overrides them freely, and accents change them.

References
----------
.. [1] San Duanmu, The Phonology of Standard Chinese, 2nd ed. (2007), ch. 2-3: initials, and finals as
   medial + nucleus + coda.
.. [2] Jerry Norman, Chinese (1988), ch. 8: dialects without zh/ch/sh, n- and l- merged, f- and h- merged,
   -n and -ng merged.
.. [3] ITU-T G.712 (11/2001): the 300-3400 Hz band, above which the energy of s, x, c, q and f mostly lies.
.. [4] Miller & Nicely (1955), An analysis of perceptual confusions among some English consonants, JASA 27:338: place
   of articulation is lost first under low-pass filtering, voicing and nasality last.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callaudit.text.building import uncollected

INITIALS = (
    "",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "zh",
    "ch",
    "sh",
    "r",
    "z",
    "c",
    "s",
)

# final → (medial, nucleus, coda); "y" is the apical vowel of zhi and zi, "E" the open e of ie and ian, "v" is ü
_FINALS: dict[str, tuple[str, str, str]] = {
    "a": ("", "a", ""), "o": ("", "o", ""), "e": ("", "e", ""), "ai": ("", "a", "i"), "ei": ("", "e", "i"),
    "ao": ("", "a", "u"), "ou": ("", "o", "u"), "an": ("", "a", "n"), "en": ("", "e", "n"), "ang": ("", "a", "g"),
    "eng": ("", "e", "g"), "ong": ("", "o", "g"), "er": ("", "e", "r"), "y": ("", "y", ""), "i": ("", "i", ""),
    "ia": ("i", "a", ""), "ie": ("i", "E", ""), "iao": ("i", "a", "u"), "iou": ("i", "o", "u"), "io": ("i", "o", ""),
    "ian": ("i", "E", "n"), "in": ("", "i", "n"), "iang": ("i", "a", "g"), "ing": ("", "i", "g"),
    "iong": ("v", "o", "g"), "u": ("", "u", ""), "ua": ("u", "a", ""), "uo": ("u", "o", ""), "uai": ("u", "a", "i"),
    "uei": ("u", "e", "i"), "uan": ("u", "a", "n"), "uen": ("u", "e", "n"), "uang": ("u", "a", "g"),
    "ueng": ("u", "e", "g"), "v": ("", "v", ""), "ve": ("v", "E", ""), "van": ("v", "E", "n"), "vn": ("", "v", "n"),
}  # fmt: skip
FINALS = tuple(_FINALS)

# distance of initials: 0.2 merged by accents [2]; 0.45 differ in aspiration alone; 0.5-0.7 differ in place alone [4]
_INITIAL_PAIRS = {
    0.20: ("zh z", "ch c", "sh s", "n l", "f h", "r l"),
    0.45: ("b p", "d t", "g k", "j q", "zh ch", "z c"),
    0.50: ("j zh", "q ch", "x sh", "j z", "q c", "x s", "m n", "s f"),
    0.60: ("z s", "zh sh", "j x", "c s", "ch sh", "q x", "k h", "x f", "d l", "r zh", "x h"),
    0.70: ("b d", "d g", "p t", "t k", "b m", "d n", "b f", "p f"),
}
_NO_INITIAL = 0.60  # against h, r, n, m and g
_MEDIAL_PAIRS = {"i": 0.5, "u": 0.5, "v": 0.6, "iv": 0.3, "uv": 0.4}
_NUCLEUS_PAIRS = {
    "aE": 0.4, "ao": 0.5, "ae": 0.5, "eo": 0.3, "eE": 0.3, "iE": 0.4, "uo": 0.3, "iv": 0.3, "uv": 0.5, "iy": 0.5,
    "ey": 0.4, "vE": 0.5,
}  # fmt: skip
_CODA_PAIRS = {"ng": 0.2, "n": 0.7, "g": 0.7, "i": 0.9, "u": 0.9, "r": 0.6}
_INITIAL_SHARE = 0.45

OTHER = len(INITIALS) * len(FINALS)
"""Id of everything that is no syllable: it is like nothing, not even itself."""

_LETTERS = {
    "a": "ei", "b": "bi", "c": "xi", "d": "di", "e": "yi", "f": "ai", "g": "ji", "h": "ai", "i": "ai", "j": "jie",
    "k": "kei", "l": "ai", "m": "ai", "n": "en", "o": "ou", "p": "pi", "q": "qiu", "r": "a", "s": "ai", "t": "ti",
    "u": "you", "v": "wei", "w": "da", "x": "ai", "y": "wai", "z": "zei",
}  # fmt: skip
_ODD = {
    "n": "en",
    "ng": "en",
    "m": "en",
    "hm": "en",
    "hng": "en",
    "yo": "io",
    "fiao": "biao",
    "lo": "luo",
}
_ONLY_IN_WORDS = {"乐": ("lao",), "干": ("qian",), "着": ("zhu",), "燵": ("ta",)}
"""Readings that pypinyin has in words (乐亭, 旋干转坤) and not among those of the character."""
_HAN = re.compile("[㐀-鿿𠀀-𯿿]")
_RUN = re.compile("[㐀-鿿𠀀-𯿿]+|[^㐀-鿿𠀀-𯿿]+")
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)(.+)")


def syllables(text: str) -> tuple[str, ...]:
    """Toneless syllable of each character, in its phrase's reading; "" for what is no Han character.

    Latin letters give the nearest syllable to their name. ü is written v.

    >>> syllables("银行,行A")
    ('yin', 'hang', '', 'xing', 'ei')
    """
    found: list[str] = []
    for part in _RUN.findall(text):
        if _HAN.match(part):
            sounds = [sound for word in _segmenter().cut(part) for sound in _reading(word)]
            found += sounds if len(sounds) == len(part) else ["".join(_reading(char)) for char in part]
        else:
            found += [_LETTERS.get(char.lower(), "") for char in part]
    return tuple(found)


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    with uncollected():  # slow to import (dictionaries, about 0.3 s): paid by the first text only
        from pypinyin.seg.mmseg import seg
    return seg


@lru_cache(maxsize=16384)
def _reading(word: str) -> tuple[str, ...]:
    """Syllables of a word of pypinyin's dictionary, or of a character: kept, since a rulebook says few words often."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(word, errors="ignore"))


@lru_cache(maxsize=2048)
def syllable_id(syllable: str) -> int:
    """Row of a toneless syllable in `distances`; `OTHER` for what is none.

    >>> syllable_id("wei") == syllable_id("uei") != OTHER
    True
    """
    syllable = _ODD.get(syllable, syllable)
    parts = _SYLLABLE.fullmatch(_spelled_out(syllable))
    if parts is None or parts[2] not in _FINALS:
        return OTHER
    initial, final = parts[1], parts[2]
    return INITIALS.index(initial) * len(FINALS) + FINALS.index(final)


def _spelled_out(syllable: str) -> str:
    """The syllable with the abbreviations of pinyin undone: y and w are medials, iu is iou, bo is buo, zi is zy."""
    for short, full in (("yu", "v"), ("yi", "i"), ("y", "i"), ("wu", "u"), ("w", "u")):
        if syllable.startswith(short):
            syllable = full + syllable[len(short) :]
            break
    else:
        if syllable[:1] in "jqx" and syllable[1:2] == "u":
            syllable = syllable[0] + "v" + syllable[2:]
        elif re.fullmatch(r"[bpmf]o", syllable):
            syllable = syllable[0] + "uo"
        elif re.fullmatch(r"(zh|ch|sh|[rzcs])i", syllable):
            syllable = syllable[:-1] + "y"
        syllable = re.sub("iu$", "iou", syllable)
    return re.sub("un$", "uen", re.sub("ui$", "uei", syllable)) if syllable[:1] not in "iv" else syllable


def syllable_distance(one: str, other: str) -> float:
    """How unlike two toneless syllables sound, in [0, 1]; 0 for the same.

    >>> syllable_distance("zhi", "zi") < syllable_distance("zhi", "chi") < syllable_distance("zhi", "ma")
    True
    """
    return float(distances()[syllable_id(one), syllable_id(other)])


@lru_cache(maxsize=1)
def distances() -> NDArray[np.float32]:
    """Distance of every two syllables, float32 [shape=(k, k)], in [0, 1]; the last row and column are `OTHER`."""
    table = np.ones((OTHER + 1, OTHER + 1), dtype=np.float32)
    both = (
        _INITIAL_SHARE * _initial_distances()[:, None, :, None]
        + (1 - _INITIAL_SHARE) * _final_distances()[None, :, None, :]
    )
    table[:OTHER, :OTHER] = both.reshape(OTHER, OTHER)
    table.setflags(write=False)
    return table


def _initial_distances() -> NDArray[np.float64]:
    table = np.ones((len(INITIALS), len(INITIALS)))
    np.fill_diagonal(table, 0.0)
    pairs = [(cost, pair.split(" ")) for cost, names in _INITIAL_PAIRS.items() for pair in names]
    pairs += [(_NO_INITIAL, ["", other]) for other in "hrnmg"]
    for cost, pair in pairs:
        a, b = (INITIALS.index(initial) for initial in pair)
        table[a, b] = table[b, a] = cost
    for middle in range(len(INITIALS)):  # shortest paths
        table = np.minimum(table, table[:, middle : middle + 1] + table[middle : middle + 1, :])
    return table


def _final_distances() -> NDArray[np.float64]:
    def part(one: str, other: str, pairs: dict[str, float]) -> float:
        return 0.0 if one == other else pairs.get(one + other, pairs.get(other + one, 1.0))

    table = np.zeros((len(FINALS), len(FINALS)))
    for a, (medial, nucleus, coda) in enumerate(_FINALS.values()):
        for b, (medial2, nucleus2, coda2) in enumerate(_FINALS.values()):
            table[a, b] = (
                0.25 * part(medial, medial2, _MEDIAL_PAIRS)
                + 0.50 * part(nucleus, nucleus2, _NUCLEUS_PAIRS)
                + 0.25 * part(coda, coda2, _CODA_PAIRS)
            )
    for middle in range(len(FINALS)):  # shortest paths
        table = np.minimum(table, table[:, middle : middle + 1] + table[middle : middle + 1, :])
    return table


@lru_cache(maxsize=16384)
def sounds_of(char: str) -> tuple[int, ...]:
    """Ids of every syllable that a character can be read as, whatever stands beside it."""
    if not _HAN.match(char):
        return tuple(sorted({OTHER, syllable_id(_LETTERS[char]) if char in _LETTERS else OTHER}))
    from pypinyin import Style, pinyin

    spelled = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
    alone = spelled[0] if spelled else []
    return tuple(sorted({syllable_id(one) for one in (*alone, *syllables(char), *_ONLY_IN_WORDS.get(char, ()))}))
