"""Recordings: the only part that opens audio files. It decodes and describes, and makes what a page shows and plays."""

from callaudit.audio.preview import encode_clip, outline
from callaudit.audio.read import read_audio
from callaudit.audio.silencing import silenced

__all__ = ["encode_clip", "outline", "read_audio", "silenced"]
