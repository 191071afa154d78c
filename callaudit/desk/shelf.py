"""Sound made ready to be played: a folder of bounded size, filled in the background and shared by processes.

What is made is WAV of 16-bit samples: a browser seeks in it to the sample, and nothing has to be encoded anew for a
seek. What every browser plays by itself, and in which nothing is to be silent, is played as it lies, and not kept.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from callaudit.audio import encode_clip, read_audio, silenced
from callaudit.desk.sound import NoSound, Prover, Wanted, local_file, recording_file
from callaudit.errors import AudioError, ConfigError
from callaudit.records import Audio
from callaudit.waveforms import Outline, outlined

FORM = "2"
"""Of what is kept; another number makes all of it anew."""
BLOCK_S = 60
STALE_S = 3600.0
"""A draft that old is one whose process is no more."""
AT_ONCE = 2
"""So many recordings are decoded at a time."""

PLAYED: tuple[tuple[bytes, str], ...] = ((b"fLaC", "audio/flac"), (b"OggS", "audio/ogg"))
"""What browsers play as it lies, and seek in exactly, by its first bytes; WAV besides where its samples are PCM.

MP3 is none of them: without a table of its frames a browser guesses where a second lies.
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """Sound to be played: a file whose place nobody outside learns; `tag` tells its bytes from any other's."""

    path: Path
    state: os.stat_result
    mime: str
    tag: str


class Shelf:
    """Sound ready to be played; one object may be used by several threads.

    Parameters
    ----------
    folder : made for this user's eyes alone
    most_bytes : more is never kept; what was not played for the longest time goes first
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._prover = Prover()
        self._lock = threading.Lock()
        self._busy: dict[str, Future[Any]] = {}
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sound")

    def close(self) -> None:
        """Ends the background work; what has not begun is not done."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    # ── what is asked of it ──────────────────────────────────────────────────────────────────────────────────────
    def prepare(self, wanted: Wanted) -> None:
        """Begins to make sound and outline ready; what goes wrong is told to whoever asks for them."""
        if self.outline_there(wanted) is None:
            self._begin(wanted)

    def sound(self, wanted: Wanted) -> Ready:
        """The sound; waits until it is ready.

        Raises
        ------
        NoSound
        """
        plain = self._plain(wanted)
        if plain is not None:
            return plain
        made = self._path(wanted, ".wav")
        if (ready := _ready(made, wanted)) is None:
            self._begin(wanted).result()
            ready = _ready(made, wanted)
        if ready is None:
            raise NoSound("room")  # made, and already gone again
        return ready

    def outline(self, wanted: Wanted) -> Outline:
        """The outline of what `sound` plays, silence and all; waits until it is ready.

        Raises
        ------
        NoSound
        """
        if (there := self.outline_there(wanted)) is None:
            self._begin(wanted).result()
            there = self.outline_there(wanted)
        if there is None:
            raise NoSound("room")
        return there

    def outline_there(self, wanted: Wanted) -> Outline | None:
        """The outline, if it was made before."""
        try:
            with np.load(self._path(wanted, ".npz"), allow_pickle=False) as kept:
                peaks = tuple(kept[f"channel{number}"] for number in range(len(kept.files) - 1))
                return Outline(float(kept["step_s"]), peaks)
        except (OSError, ValueError, KeyError):
            return None

    def clip(self, wanted: Wanted) -> bytes:
        """The sound as a small file of its own, for a page that is taken away.

        Raises
        ------
        NoSound
        """
        with recording_file(self._prover, wanted) as path:
            return encode_clip(silenced(_decoded(path, wanted), wanted.silent))

    # ── how it is made ───────────────────────────────────────────────────────────────────────────────────────────
    def _plain(self, wanted: Wanted) -> Ready | None:
        """The recording itself, where a browser plays it and nothing in it is to be silent."""
        if wanted.silent or not wanted.exact:
            return None
        found = local_file(self._prover, wanted)
        if found is None:
            return None
        path, state = found
        mime = _played(path)
        return None if mime is None else Ready(path, state, mime, _tag(wanted, "plain"))

    def _begin(self, wanted: Wanted) -> Future[None]:
        """The work that makes it ready, which is under way once at most."""
        key = _tag(wanted)
        with self._lock:
            if (busy := self._busy.get(key)) is not None:
                return busy
            work = self._workers.submit(self._make, wanted)
            self._busy[key] = work
        work.add_done_callback(lambda _: self._done(key))
        return work

    def _done(self, key: str) -> None:
        with self._lock:
            self._busy.pop(key, None)

    def _make(self, wanted: Wanted) -> None:
        with recording_file(self._prover, wanted) as path:
            audio = _decoded(path, wanted)
            plain = self._plain(wanted) is not None
        audio = silenced(audio, wanted.silent)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not plain:
                self._keep(self._path(wanted, ".wav"), lambda draft: _write_wav(draft, audio))
            drawn = outlined(audio)
            self._keep(self._path(wanted, ".npz"), lambda draft: _write_outline(draft, drawn))
        except (OSError, soundfile.SoundFileError) as error:
            raise NoSound("room") from error

    def _keep(self, path: Path, write: Callable[[Path], None]) -> None:
        """Writes a file that is there whole or not at all, for this user's eyes alone."""
        with _draft(self._folder, path) as draft:
            write(draft)
            draft.replace(path)
        self._shrink(path)

    def _shrink(self, newest: Path) -> None:
        """Removes what was not used for the longest time until the rest is small enough."""
        kept = []
        for one in self._folder.iterdir():
            with suppress(OSError):
                state = one.stat()
                if one.name.startswith("draft-"):
                    if time.time() - state.st_mtime > STALE_S:
                        one.unlink()
                    continue
                kept.append((state.st_mtime, state.st_size, one))
        total = sum(size for _, size, _ in kept)
        for _, size, one in sorted(kept, key=lambda item: item[0]):
            if total <= self._most_bytes:
                return
            if one != newest:
                with suppress(OSError):
                    one.unlink()
                    total -= size

    def _path(self, wanted: Wanted, ending: str) -> Path:
        return self._folder / (_tag(wanted) + ending)


def _decoded(path: Path, wanted: Wanted) -> Audio:
    try:
        recording, audio = read_audio(path)
    except (AudioError, ConfigError) as error:  # the latter of a sidecar that cannot be read
        raise NoSound("broken") from error
    if recording.id != wanted.recording_id:
        raise NoSound("other")
    return audio


def _tag(wanted: Wanted, *form: str) -> str:
    """Which sound it is: of which recording, with what silence; nobody's sound is ever another one's."""
    spans = (f"{span.start_s:.6f}-{span.end_s:.6f}" for span in wanted.silent)
    return sha256("|".join((FORM, wanted.recording_id, str(wanted.exact), *form, *spans)).encode()).hexdigest()[:40]


def _ready(path: Path, wanted: Wanted) -> Ready | None:
    """A file that was made; it counts as played now."""
    with suppress(OSError):
        os.utime(path)
        return Ready(path, path.stat(), "audio/wav", _tag(wanted))
    return None


def _played(path: Path) -> str | None:
    """The type by which a browser plays the file, None where not every browser does."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
        if head.startswith(b"RIFF") and head[8:] == b"WAVE":
            return "audio/wav" if soundfile.info(path).subtype in {"PCM_16", "PCM_U8"} else None
    except (OSError, soundfile.SoundFileError):
        return None
    return next((mime for magic, mime in PLAYED if head.startswith(magic)), None)


def _write_wav(draft: Path, audio: Audio) -> None:
    block = BLOCK_S * audio.sample_rate_hz
    with soundfile.SoundFile(draft, "w", audio.sample_rate_hz, audio.n_channels, "PCM_16", format="WAV") as file:
        for start in range(0, audio.n_samples, block):
            sound = np.stack([channel[start : start + block] for channel in audio.channels], axis=1)
            # 2¹⁵, by which decoders divide: what was of 16 bits is the same to the last of them
            file.write(np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16))


def _write_outline(draft: Path, drawn: Outline) -> None:
    kept: dict[str, Any] = {f"channel{number}": rows for number, rows in enumerate(drawn.peaks)}
    with draft.open("wb") as file:
        np.savez(file, step_s=np.float64(drawn.step_s), **kept)


@contextmanager
def _draft(folder: Path, path: Path) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(prefix="draft-", suffix=path.suffix, dir=folder)  # 0600
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink()
