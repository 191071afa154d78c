"""What a file promises about its own length, read from its bytes.

libsndfile and FFmpeg quietly cut a WAV whose header promises more than the file holds, and neither notices that an
Ogg stream lacks its end. An audit of half a call must say so, hence this look at the few bytes that tell.
"""

from __future__ import annotations

import os
from pathlib import Path

MP3_TAG_BYTES = 256  # the tag begins at most 40 bytes into the first frame
OGG_TAIL_BYTES = 1 << 17  # two of the largest Ogg pages (65 307 bytes, RFC 3533 clause 6)
OGG_PAGE_HEADER_BYTES = 27
OGG_LAST_PAGE = 0x04  # header_type flag, RFC 3533 clause 6


def promised_wav_bytes(path: Path) -> tuple[int, int] | None:
    """(bytes of sound promised, bytes there) of a RIFF WAV file; None where it is none or has no data chunk.

    A recorder that never came back to close its file leaves 0 or 0xFFFFFFFF as the promise.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        while len(chunk := file.read(8)) == 8:
            n_bytes = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return n_bytes, size - file.tell()
            file.seek(n_bytes + (n_bytes & 1), os.SEEK_CUR)
    return None


def states_mp3_length(path: Path) -> bool:
    """Whether an MP3 file says how long it is (Xing, Info or VBRI tag); without, a length is guessed from its size."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # ID3v2 clause 3.1: the size is four bytes of seven bits
            n_bytes = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
            file.seek(10 + n_bytes)
        frame = file.read(MP3_TAG_BYTES)
    return any(tag in frame for tag in (b"Xing", b"Info", b"VBRI"))


def lacks_end(path: Path) -> bool:
    """Whether this is an Ogg file whose last page is cut or does not say that it is the last."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - OGG_TAIL_BYTES))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < OGG_PAGE_HEADER_BYTES or len(page) < OGG_PAGE_HEADER_BYTES + page[26]:
        return True
    body_bytes = sum(page[OGG_PAGE_HEADER_BYTES : OGG_PAGE_HEADER_BYTES + page[26]])
    return not page[5] & OGG_LAST_PAGE or len(page) < OGG_PAGE_HEADER_BYTES + page[26] + body_bytes
