"""Options over sidecar over file name over defaults; nothing guessed, nothing dropped."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callaudit.audio import read_audio
from callaudit.audio.metadata import read_metadata
from callaudit.errors import ConfigError
from callaudit.records import CallMetadata

SIDECAR = {
    "direction": "inbound",
    "started_at": "2026-11-20T10:00:00+08:00",
    "company": "星河银行",
    "agent_id": "8016",
    "holiday": "国庆节",
    "queue_s": 12.5,
    "hangup_by": "customer",
    "roles": "0=agent,1=customer",
    "ticket": 77,
    "tags": ["a", "b"],
    "customer_name": None,
    "sector": "",
}


def sidecar(folder: Path, content: bytes | str | object, name: str = "call.meta.json") -> Path:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
    (folder / name).write_bytes(content)
    return folder / "call.wav"


def test_nothing_said_is_nothing_known(tmp_path):
    assert read_metadata(tmp_path / "call.wav") == CallMetadata()


def test_sidecar_fields_are_read(tmp_path):
    known = read_metadata(sidecar(tmp_path, SIDECAR))

    assert known == CallMetadata(
        direction="inbound",
        started_at=datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=8))),
        company="星河银行",
        agent_id="8016",
        holiday="国庆节",
        queue_s=12.5,
        hangup_by="customer",
        roles=((0, "agent"), (1, "customer")),
        extra=(("tags", '["a", "b"]'), ("ticket", "77")),
    )


def test_recording_carries_its_metadata(tmp_path):
    soundfile.write(tmp_path / "call.flac", np.zeros(8000), 8000)
    sidecar(tmp_path, {"agent_id": "8016"})

    assert read_audio(tmp_path / "call.flac")[0].metadata.agent_id == "8016"


def test_options_outrank_the_sidecar_the_sidecar_the_name_the_name_the_settings(tmp_path):
    sidecar(tmp_path, {"agent_id": "side", "company": "side"}, "name_name_name_name.meta.json")

    known = read_metadata(
        tmp_path / "name_name_name_name.wav",
        overrides={"agent_id": "option"},
        filename_pattern=r"(?P<agent_id>\w+?)_(?P<company>\w+?)_(?P<sector>\w+?)_(?P<line>\w+)",
        defaults={"agent_id": "set", "company": "set", "sector": "set", "department": "set"},
    )

    assert (known.agent_id, known.company, known.sector, known.department) == ("option", "side", "name", "set")
    assert known.extra == (("line", "name"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_sidecars_in_the_encodings_of_chinese_windows(tmp_path, encoding):
    path = sidecar(tmp_path, json.dumps({"company": "远通快递"}, ensure_ascii=False).encode(encoding))

    assert read_metadata(path).company == "远通快递"


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-20T10:00:00", datetime(2026, 11, 20, 10)),
        ("2026-11-20 10:00", datetime(2026, 11, 20, 10)),
        ("20261120100203", datetime(2026, 11, 20, 10, 2, 3)),
        ("20261120_100203", datetime(2026, 11, 20, 10, 2, 3)),
        ("20261120T100203", datetime(2026, 11, 20, 10, 2, 3)),
    ],
)
def test_a_time_without_a_zone_stays_without_one(tmp_path, said, moment):
    assert read_metadata(tmp_path / "call.wav", overrides={"started_at": said}).started_at == moment


def test_numbers_as_ids_and_words_for_directions(tmp_path):
    known = read_metadata(sidecar(tmp_path, {"agent_id": 8016, "direction": "呼出", "roles": {"1": "agent"}}))

    assert (known.agent_id, known.direction, known.roles) == ("8016", "outbound", ((1, "agent"),))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"direction": "sideways"}, r"call\.meta\.json: field 'direction': wanted inbound or outbound, got 'sideways'"),
        ({"direction": 3}, r"field 'direction'"),
        ({"started_at": "yesterday"}, r"field 'started_at': wanted a date and time"),
        ({"started_at": "2026-11-20"}, r"field 'started_at'"),
        ({"started_at": "20261399_100000"}, r"field 'started_at'"),
        ({"company": ["a"]}, r"field 'company': wanted text"),
        ({"agent_id": True}, r"field 'agent_id': wanted text"),
        ({"queue_s": "soon"}, r"field 'queue_s': wanted seconds"),
        ({"queue_s": -1}, r"field 'queue_s'"),
        ({"hangup_by": "nobody"}, r"field 'hangup_by'"),
        ({"roles": "0=agent,1=agent"}, r"field 'roles'"),
        ({"roles": "agent"}, r"field 'roles': wanted channels with their party"),
        ({"roles": "-1=agent"}, r"field 'roles'"),
    ],
)
def test_a_wrong_value_names_file_and_field(tmp_path, values, message):
    path = sidecar(tmp_path, values)

    with pytest.raises(ConfigError, match=message) as caught:
        read_metadata(path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"direction": "inbound",}', r"not JSON \(line 1, column 2\d"),
        ("", r"not JSON"),
        ('["inbound"]', r"wanted a JSON object of fields, got list"),
        (b"\x81\xff\xff{", r"wanted UTF-8"),
        (b'{"a":"' + b"x" * (1 << 20) + b'"}', r"at most 1048576 bytes"),
        ("[" * 100_000, r"nested too deep"),
    ],
    ids=["comma", "empty", "list", "encoding", "large", "deep"],
)
def test_a_broken_sidecar_does_not_vanish(tmp_path, content, message):
    path = sidecar(tmp_path, content)

    with pytest.raises(ConfigError, match=message):
        read_metadata(path)


@pytest.mark.parametrize(("pattern", "message"), [("(", "not a regular expression"), (r"\d+", "no named group")])
def test_a_broken_pattern_is_said(tmp_path, pattern, message):
    with pytest.raises(ConfigError, match=message):
        read_metadata(tmp_path / "call.wav", filename_pattern=pattern)


def test_a_name_that_does_not_match_says_nothing(tmp_path):
    assert read_metadata(tmp_path / "call.wav", filename_pattern=r"(?P<agent_id>\d+)") == CallMetadata()
