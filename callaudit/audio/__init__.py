"""Recordings: the only part that opens audio files. It decodes and describes, and does nothing else."""

from callaudit.audio.read import read_audio

__all__ = ["read_audio"]
