"""Sound of stored calls: the right recording or none, silent where personal data is said, kept within bounds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from callaudit.config import Config, PrivacyConfig, ReviewConfig
from callaudit.desk.shelf import Shelf
from callaudit.desk.sound import NoSound, Wanted, kept, silenced_kinds, wanted
from callaudit.records import Call, Masked
from callaudit.reports.stored import call_from
from callaudit.spans import Span
from callaudit.store.database import Store, open_store
from callaudit.store.entries import Entry
from tests.store.calls import FIRST, entry, judged

RATE = 8000
STEADY = (np.sin(np.arange(RATE * 4) / 7) * 9000).astype(np.int16)
LINES = np.stack([STEADY, np.roll(STEADY, 999)], axis=1)
SECRET = Span(1.0, 2.0)


def write(path: Path, sound: Any = LINES, **form: Any) -> str:
    """A recording, and its SHA-256."""
    soundfile.write(path, sound, RATE, **form)
    return sha256(path.read_bytes()).hexdigest()


def of(path: Path, digest: str, *silent: Span, exact: bool = True) -> Wanted:
    return Wanted(digest, (str(path),), silent, exact)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "shelf", 1 << 30)
    yield made
    made.close()


def test_what_is_muted_is_zero_and_all_else_untouched(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.wav")

    ready = shelf.sound(of(tmp_path / "a.wav", digest, SECRET))

    played, rate = soundfile.read(ready.path, dtype="int16")
    assert rate == RATE
    assert played.shape == LINES.shape
    assert not played[RATE : 2 * RATE].any()
    fade = RATE // 100  # 10 ms
    assert np.array_equal(played[: RATE - fade - 1], LINES[: RATE - fade - 1])
    assert np.array_equal(played[2 * RATE + fade + 1 :], LINES[2 * RATE + fade + 1 :])


def test_the_outline_shows_the_silence_that_is_heard(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.wav")
    whole = shelf.outline(of(tmp_path / "a.wav", digest))
    muted = shelf.outline(of(tmp_path / "a.wav", digest, SECRET))
    inside = slice(round(1.02 / muted.step_s), round(1.98 / muted.step_s))
    assert len(muted.peaks) == 2
    assert not muted.peaks[0][inside].any()
    assert whole.peaks[0][inside].any()


@pytest.mark.parametrize(
    ("name", "form", "mime"),
    [
        ("a.wav", {"subtype": "PCM_16"}, "audio/wav"),
        ("a.flac", {}, "audio/flac"),
        ("a.ogg", {"format": "OGG", "subtype": "OPUS"}, "audio/ogg"),
    ],
)
def test_what_a_browser_plays_is_played_as_it_lies(
    shelf: Shelf, tmp_path: Path, name: str, form: dict[str, Any], mime: str
) -> None:
    digest = write(tmp_path / name, **form)
    ready = shelf.sound(of(tmp_path / name, digest))
    assert (ready.path, ready.mime) == (tmp_path / name, mime)


@pytest.mark.parametrize(
    ("name", "form"), [("a.wav", {"subtype": "ULAW"}), ("a.mp3", {}), ("a.wav", {"subtype": "GSM610"})]
)
def test_what_it_does_not_play_well_becomes_plain_samples(
    shelf: Shelf, tmp_path: Path, name: str, form: dict[str, Any]
) -> None:
    digest = write(tmp_path / name, LINES[:, :1], **form)
    ready = shelf.sound(of(tmp_path / name, digest))
    told = soundfile.info(ready.path)
    assert (ready.mime, told.format, told.subtype, told.channels) == ("audio/wav", "WAV", "PCM_16", 1)
    assert told.duration == pytest.approx(4.0, abs=0.1)


def test_a_damaged_recording_is_played_as_it_was_decoded(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.flac")
    assert shelf.sound(of(tmp_path / "a.flac", digest, exact=False)).mime == "audio/wav"


@pytest.mark.parametrize("silent", [(), (SECRET,)])
def test_another_recording_is_never_played_for_it(shelf: Shelf, tmp_path: Path, silent: tuple[Span, ...]) -> None:
    digest = write(tmp_path / "a.wav")
    assert shelf.sound(of(tmp_path / "a.wav", digest)).path == tmp_path / "a.wav"
    write(tmp_path / "a.wav", LINES[::-1])  # of the same size
    with pytest.raises(NoSound, match="other"):
        shelf.sound(of(tmp_path / "a.wav", digest, *silent))
    with pytest.raises(NoSound, match="other"):
        shelf.outline(of(tmp_path / "a.wav", digest, *silent))


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_gone(shelf: Shelf, tmp_path: Path, make: Any) -> None:
    make(tmp_path / "a.wav")
    with pytest.raises(NoSound, match="gone"):
        shelf.sound(of(tmp_path / "a.wav", "0" * 64))


def test_a_message_names_no_path(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound at all")
    digest = sha256(b"no sound at all").hexdigest()
    with pytest.raises(NoSound) as raised:
        shelf.sound(of(tmp_path / "a.wav", digest))
    assert str(raised.value) == "broken"


def test_the_first_place_that_holds_the_recording_counts(shelf: Shelf, tmp_path: Path) -> None:
    write(tmp_path / "other.wav", LINES[::-1])
    digest = write(tmp_path / "right.wav")
    places = tuple(str(tmp_path / name) for name in ("none.wav", "other.wav", "right.wav"))
    assert shelf.sound(Wanted(digest, places, (), True)).path == tmp_path / "right.wav"


def test_sound_of_a_storage_is_copied_and_proven(shelf: Shelf, tmp_path: Path) -> None:
    import fsspec

    digest = write(tmp_path / "a.wav")
    fsspec.filesystem("memory").pipe("/calls/a.wav", (tmp_path / "a.wav").read_bytes())
    far = Wanted(digest, ("memory://calls/a.wav",), (), True)
    assert np.array_equal(soundfile.read(shelf.sound(far).path, dtype="int16")[0], LINES)
    with pytest.raises(NoSound, match="other"):
        shelf.sound(replace(far, recording_id="0" * 64))
    with pytest.raises(NoSound, match="gone"):
        shelf.sound(Wanted("0" * 64, ("memory://calls/b.wav",), (), True))
    with pytest.raises(NoSound, match="away"):
        shelf.sound(Wanted("0" * 64, ("nowhere://calls/b.wav",), (), True))


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_silence_has_a_sound_of_its_own(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.wav", subtype="ULAW")
    asked = [(), (SECRET,), (SECRET, Span(3.0, 3.5)), (Span(1.0, 2.000001),)]
    found = [shelf.sound(of(tmp_path / "a.wav", digest, *silent)) for silent in asked]
    assert len({one.path for one in found}) == len({one.tag for one in found}) == len(asked)


def test_what_is_kept_is_for_its_owner_alone(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.wav")
    ready = shelf.sound(of(tmp_path / "a.wav", digest, SECRET))
    assert stat.S_IMODE(ready.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ready.path.parent.stat().st_mode) == 0o700
    assert not list(ready.path.parent.glob("draft-*"))


def test_a_sound_is_made_once(shelf: Shelf, tmp_path: Path) -> None:
    digest = write(tmp_path / "a.wav")
    asked = of(tmp_path / "a.wav", digest, SECRET)
    shelf.prepare(asked)
    made = shelf.sound(asked)
    (tmp_path / "a.wav").unlink()
    again = shelf.sound(asked)
    assert (again.path, again.tag, again.state.st_ino) == (made.path, made.tag, made.state.st_ino)
    assert shelf.outline_there(asked) is not None


def test_no_more_than_its_size_is_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    size = 2 * 2 * 4 * RATE  # of one sound
    shelf = Shelf(tmp_path / "shelf", round(2.5 * size))
    digest = write(tmp_path / "a.wav")
    made = []
    for number in range(4):
        made.append(shelf.sound(of(tmp_path / "a.wav", digest, Span(0.1 * number, 3.0))).path)
        for path in made:
            if path.exists():
                os.utime(path, (1000 + number, 1000 + number) if path == made[-1] else None)
    shelf.close()
    kept = list((tmp_path / "shelf").iterdir())
    assert sum(one.stat().st_size for one in kept) <= round(2.5 * size)
    assert made[-1].exists()
    assert sum(path.exists() for path in made) == 2


# ── what the store knows ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def call(golden: Any) -> Call:
    return golden


@pytest.fixture
def golden() -> Call:
    import json

    path = Path(__file__).parents[2] / "samples" / "bank-hold-good.audit.json"
    return call_from(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "calls.db") as opened:
        yield opened


def masked(call: Call, kind: Any = "phone") -> Call:
    first = call.turns[0]
    marked = replace(first, masked=(Masked(kind, Span(10.0, 11.0)),))
    return replace(call, turns=(marked, *call.turns[1:]))


def test_what_is_masked_in_words_is_silent_whatever_the_settings_say(call: Call) -> None:
    config = Config(privacy=PrivacyConfig(mask=(), silence=()))
    assert silenced_kinds(masked(call), config) == {"phone"}
    assert silenced_kinds(call, Config()) == {"card", "code"}


def test_the_stored_path_is_looked_for_where_its_folder_lies_by_now(store: Store, call: Call) -> None:
    one = entry(1, judged(), path="/old/calls/1.wav")
    store.save(Entry(replace(one.call, recording_id=call.recording.id), one.judgement), now=FIRST)
    config = Config(review=ReviewConfig(audio_roots={"/old": "/mnt"}))
    with store.session(write=False) as session:
        muted = wanted(session, kept(masked(call), config), config)
        whole = wanted(session, kept(masked(call), config), config, unmuted=True)
    assert muted.locations == ("/mnt/calls/1.wav", "/old/calls/1.wav")
    assert Span(9.85, 11.15) in muted.silent
    assert whole.silent == ()
