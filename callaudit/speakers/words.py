"""Whose words are whose."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from callaudit.records import Voice, Word
from callaudit.spans import Span


def share_words(voices: Sequence[Voice], words: Mapping[int, Sequence[Word]]) -> tuple[tuple[Word, ...], ...]:
    """The words of each voice, in order of time.

    A word belongs to the voice of its channel whose speech holds most of it, or else lies nearest to its middle.

    Parameters
    ----------
    voices : at most one per channel, or several on one channel (a mono mix)
    words : words by channel
    """
    shares: list[list[Word]] = [[] for _ in voices]
    for channel, said in words.items():
        here = [k for k, voice in enumerate(voices) if voice.channel == channel]
        spans = sorted((span, k) for k in here for span in voices[k].speech)
        for word in sorted(said, key=lambda word: word.span):
            if spans:
                shares[_owner(word.span, spans)].append(word)
    return tuple(tuple(share) for share in shares)


def _owner(word: Span, spans: Sequence[tuple[Span, int]]) -> int:
    """Index of the voice; looks only at the spans around the word's middle (they are sorted)."""
    at = bisect_right(spans, word.middle_s, key=lambda item: item[0].start_s)
    near = spans[max(0, at - 3) : at + 2]
    overlaps: dict[int, float] = {}
    for span, k in near:
        overlaps[k] = overlaps.get(k, 0.0) + span.overlap_s(word)
    best = max(overlaps, key=lambda k: overlaps[k])
    if overlaps[best] > 0:
        return best
    return min(near, key=lambda item: max(item[0].start_s - word.middle_s, word.middle_s - item[0].end_s))[1]
