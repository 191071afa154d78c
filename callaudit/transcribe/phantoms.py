"""Lines that were never said: how a recogniser's invention is told from speech.

Whisper learnt from subtitles. Fed with a tone, music or hiss it writes the credits of a video, repeats itself, or puts
more characters into a second than a mouth can. Each of these is a reason to hear the place once more by other means
(`faster_whisper`), and to leave it out if the reason stays. Courtesies that an agent does say (谢谢, 再见) are no
reason, but a number of 谢 that nobody says is.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Literal

Reason = Literal["phantom line", "loop", "too fast", "doubtful", "unheard"]

MOST_CHARACTERS_PER_S = 10.0
"""Han characters in a second of speech: Mandarin is read at 5 a second and rattled off at 8 (Pellegrino et al. 2011
give 5.18 syllables a second in connected speech); above 10 it is not speech."""

MOST_LETTERS_PER_S = 30.0
"""Letters and digits in a second of speech, for scripts with letters; English is spoken at 12 to 20."""

ALLOWANCE_CHARACTERS = 4
"""Characters more than the rate allows that are let pass: a short span's edges are off by tenths of a second."""

LEAST_CHARACTERS_PER_S = 1.5
"""Han characters in a second of speech, pauses taken off: fewer is not talking but a stretch that was passed over."""

LEAST_LETTERS_PER_S = 4.0
"""The same in letters."""

UNHEARD_ALLOWANCE_S = 0.7
"""Seconds that may go without a character: a breath, an 嗯."""

MOST_PASSED_OVER_S = 1.5
"""Seconds of speech without a word, a drawn-out 嗯 or a word misplaced by the alignment let pass."""

MOST_COMPRESSION = 2.4
"""Compression ratio of the UTF-8 text above which it repeats itself (OpenAI Whisper's default threshold)."""

LEAST_LOGPROB = -1.0
"""Mean log-probability below which a window was guessed (OpenAI Whisper's default threshold)."""

NO_SPEECH_PROB = 0.6
"""Whisper's own doubt that anything is said, above which a guessed window is dropped (OpenAI's default)."""

_PHANTOMS = re.compile(
    "|".join(
        (
            r"字幕(?:由|志愿|提供|组|制作|校对|翻译)",
            r"(?:中文|简体|繁体)字幕",
            r"请不吝(?:点赞|讚)",
            r"(?:点赞|订阅|转发|打赏).{0,2}(?:点赞|订阅|转发|打赏)",
            r"明镜(?:与|需要|栏目)|点点栏目",
            r"(?:谢谢|感谢)(?:您的|你的|大家|各位|你们)?(?:的)?(?:观看|收看|收听|观赏)",
            r"(?:我们)?下(?:期|个视频|集|次视频)(?:再见|见)",
            r"(?:订阅|关注)(?:我的|我们的|本|这个)?频道",
            r"优优独播|独播剧场|本期视频|本集完|未完待续",
            r"(?:作词|作曲|编曲|演唱|词曲)[:：\s李]",
            r"amara\.?org",
            r"thank(?:s| you)(?: so much| very much)? for (?:watching|viewing|listening to this)",
            r"(?:like and subscribe|subscribe to (?:my|our|the) channel|see you in the next (?:video|one))",
            r"(?:subtitles?|captions?|translat(?:ed|ion)|transcri(?:bed|ption)) (?:by|provided)",
            r"copyright|all rights reserved|www\.|https?:",
        )
    ),
    re.IGNORECASE,
)
_LOOPS = (re.compile(r"(.)\1{11,}"), re.compile(r"((.)(?!\2).{1,3}?)\1{4,}"), re.compile(r"(.{5,30}?)\1{2,}"))
_THANKS = re.compile(r"(?<!谢)(?:谢谢谢|谢{5,})(?!谢)")
"""What Whisper makes of a voice drowned in noise: people thank with two 谢 or four, not with three or five."""

_LETTERS = re.compile(r"[^\W_]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Hearing:
    """A stretch as recognised: its text, how long the speech in it is, and how sure the recogniser was.

    `passed_over_s` is the longest stretch of speech in it to which no word was aligned.
    """

    text: str
    spoken_s: float
    passed_over_s: float
    avg_logprob: float
    no_speech_prob: float


def suspicion(hearing: Hearing) -> Reason | None:
    """Why a hearing is hardly speech; None where nothing speaks against it.

    >>> suspicion(Hearing("谢谢，再见", 1.2, 0.1, -0.3, 0.1)) is None
    True
    >>> suspicion(Hearing("字幕由志愿者提供", 2.0, 0.1, -0.3, 0.1))
    'phantom line'
    """
    if phantoms(hearing.text):
        return "phantom line"
    if loops(hearing.text):
        return "loop"
    if too_fast(hearing.text, hearing.spoken_s):
        return "too fast"
    if hearing.avg_logprob < LEAST_LOGPROB or hearing.no_speech_prob > NO_SPEECH_PROB:
        return "doubtful"
    if hearing.passed_over_s > MOST_PASSED_OVER_S or unheard(hearing.text, hearing.spoken_s):
        return "unheard"
    return None


def unheard(text: str, spoken_s: float) -> bool:
    """Whether there is much less in a text than somebody said in that time: the recogniser stopped or skipped.

    >>> unheard("", 1.5), unheard("嗯", 0.8), unheard("您好请问", 6.0)
    (True, False, True)
    """
    n_han = len(_HAN.findall(text))
    n_letters = len(_LETTERS.findall(text)) - n_han
    told_s = n_han / LEAST_CHARACTERS_PER_S + n_letters / LEAST_LETTERS_PER_S
    return told_s < spoken_s - UNHEARD_ALLOWANCE_S


def phantoms(text: str) -> tuple[tuple[int, int], ...]:
    """Where lines that no call holds lie in a text: (start, end) of each."""
    return tuple(found.span() for found in _PHANTOMS.finditer(text))


def loops(text: str) -> bool:
    """Whether a text repeats itself as a stuck recogniser does, more than an impatient caller would.

    >>> loops("喂喂喂喂喂"), loops("一一一一一一一一"), loops("我知道了" * 6)
    (False, False, True)
    >>> loops("谢谢，谢谢！"), loops("谢谢，谢谢，谢。")
    (False, True)
    """
    said = "".join(_LETTERS.findall(text))
    if _THANKS.search(said) or any(pattern.search(said) for pattern in _LOOPS):
        return True
    raw = text.encode()
    return len(raw) > 60 and len(raw) / len(zlib.compress(raw)) > MOST_COMPRESSION


def too_fast(text: str, spoken_s: float) -> bool:
    """Whether a text holds more than can be said in its time.

    >>> too_fast("您好请问有什么可以帮您", 2.0), too_fast("您好请问有什么可以帮您", 0.5)
    (False, True)
    """
    n_han = len(_HAN.findall(text))
    n_letters = len(_LETTERS.findall(text)) - n_han
    least_s = max(0, n_han - ALLOWANCE_CHARACTERS) / MOST_CHARACTERS_PER_S + max(0, n_letters - 12) / MOST_LETTERS_PER_S
    return least_s > spoken_s
