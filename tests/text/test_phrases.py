"""Phrases are found by sound, and never turned round."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from callaudit.records import Word
from callaudit.spans import Span
from callaudit.text.normalise import familiar, normalise, plain
from callaudit.text.phrases import DEFAULT, compile, find, find_any, listen, listen_each, outside

patiently = settings(deadline=None)  # the first example loads dictionaries
PAIRS = list(csv.DictReader((Path(__file__).parent / "phrase_pairs.tsv").open(encoding="utf-8"), delimiter="\t"))
PHRASES = sorted({pair["phrase"] for pair in PAIRS if "{" not in pair["phrase"] and "(" not in pair["phrase"]})


def words(text: str, *, prob: float | str = 0.95, step_s: float = 0.2) -> list[Word]:
    """One word a character; punctuation goes with the word before it."""
    probs = [prob] * len(text) if isinstance(prob, float) else [(int(p) + 0.5) / 10 for p in prob]
    made: list[Word] = []
    for index, char in enumerate(text):
        if char in "，。？！,.?! " and made:
            last = made[-1]
            made[-1] = Word(last.text + char, last.span, last.prob)
        else:
            made.append(Word(char, Span(index * step_s, (index + 1) * step_s), probs[index]))
    return made


def test_precision_and_recall_on_slips_and_lookalikes() -> None:
    right = wrong = missed = 0
    for pair in PAIRS:
        found = bool(find(pair["phrase"], words(pair["heard"], prob=pair["prob"])))
        wanted = pair["want"] == "1"
        right, wrong, missed = (
            right + (found and wanted),
            wrong + (found and not wanted),
            missed + (wanted and not found),
        )
    assert len(PAIRS) > 600
    assert right / (right + wrong) >= 0.98
    assert right / (right + missed) >= 0.94


def test_no_polarity_flip_is_ever_taken_for_the_phrase() -> None:
    flips = [pair for pair in PAIRS if pair["kind"] == "polarity"]
    assert len(flips) > 100
    assert [pair for pair in flips if find(pair["phrase"], words(pair["heard"]))] == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_found_in_itself(phrase: str) -> None:
    (hit,) = find(phrase, words(phrase), anchor="whole")
    assert (hit.score, hit.how, hit.first, hit.last) == (1.0, "exact", 0, len(words(phrase)) - 1)


@patiently
@given(st.sampled_from([p for p in PHRASES if len(plain(p)) >= 3]), st.data())
def test_a_filler_keeps_it(phrase: str, data: st.DataObject) -> None:
    said = plain(phrase)
    at = data.draw(st.integers(0, len(said)))
    assert find(phrase, words(said[:at] + data.draw(st.sampled_from("嗯啊呃")) + said[at:]))


@patiently
@given(st.sampled_from(PHRASES))
def test_traditional_is_simplified(phrase: str) -> None:
    (hit,) = find(phrase, words(OpenCC("s2t").convert(plain(phrase))), anchor="whole")
    assert hit.how == "exact"


@patiently
@given(st.sampled_from(PHRASES), st.text(alphabet="您好请问客户服务查询", max_size=6))
def test_more_words_around_do_not_hide_a_long_phrase(phrase: str, around: str) -> None:
    if len(plain(phrase)) >= 7:
        assert find(phrase, words(f"{around},{phrase},{around}"))


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("欢迎致电星河银行客户服务热线", "欢迎制定新和银行客户服务热线"),
        ("网点还在核实", "网点还在合时"),
        ("线路是畅通的", "线路是唱筒的"),
        ("请问您贵姓", "请问你贵性"),
        ("对不起,让您久等了", "对部起让你久等乐"),
        ("工号{agent_id}号", "公号8016号"),
        ("工号{agent_id}号", "工号八零幺六号"),
        ("请[您]稍(等|候)", "請您，稍候"),
        ("如果…请再次来电", "如果您还有别的问题请再次来店"),
        ("{hours}小时内", "24小时内给您答复"),
        ("{surname}先生", "好的，陈先生"),
    ],
)
def test_what_whisper_makes_of_it_is_found(phrase: str, heard: str) -> None:
    assert find(phrase, words(heard, prob=0.6))


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("知道", "不知道"),
        ("有办法", "没有办法"),
        ("没有办法", "有办法"),
        ("可以", "不可以"),
        ("可以", "不太可以"),
        ("知道", "不嗯知道"),
        ("请问还有什么可以帮助您", "请问有什么可以帮助您"),
        ("太差了", "太吵了"),
        ("可以", "可以不可以"),
        ("没有", "有没有"),
        ("不在", "他在不在"),
        ("不知道", "您不知道吗"),
        ("听懂了吗", "听懂了"),
        ("你们应该", "我们应该"),
        ("我帮您查", "您帮我查"),
        ("不行", "步行五分钟"),
        ("工号{agent_id}号", "工号是几号"),
        ("{surname}先生", "请问先生"),
        ("这里是{company}客服", "这里不是星河客服"),
    ],
)
def test_what_means_something_else_is_not(phrase: str, heard: str) -> None:
    assert find(phrase, words(heard)) == ()


def test_a_comma_or_a_pause_parts_a_denial_from_what_follows() -> None:
    assert find("可以", words("不，可以的"))
    first, *rest = words("不可以的")
    assert find("可以", [first, *(Word(w.text, Span(w.span.start_s + 0.5, w.span.end_s + 0.5), w.prob) for w in rest)])


@pytest.mark.parametrize(
    ("anchor", "heard", "n_hits"),
    [
        ("start", "嗯，不知道，我查一下", 1),
        ("start", "我不知道", 0),
        ("end", "我不知道啊", 1),
        ("end", "不知道这个", 0),
        ("whole", "嗯不知道啊", 1),
        ("whole", "我不知道", 0),
        ("any", "我不知道，你问他，他也不知道", 2),
    ],
)
def test_anchors(anchor: str, heard: str, n_hits: int) -> None:
    assert len(find("不知道", words(heard), anchor=anchor)) == n_hits  # type: ignore[arg-type]  # parametrized


def test_a_hit_names_its_words_and_their_time() -> None:
    (hit,) = find("不知道", words("这个我不知道。"))
    assert (hit.first, hit.last, hit.heard, hit.phrase) == (3, 5, "不知道", "不知道")
    assert (hit.span.start_s, hit.span.end_s) == pytest.approx((0.6, 1.2))


def test_words_of_several_characters_and_numbers_keep_their_places() -> None:
    heard = [Word("工号", Span(0, 1), 0.9), Word("8016", Span(1, 2), 0.9), Word("号,", Span(2, 3), 0.9)]
    (hit,) = find("工号{agent_id}号", heard)
    assert (hit.first, hit.last, hit.heard, hit.how) == (0, 2, "工号8016号", "pattern")


def test_a_bound_slot_is_matched_by_sound_and_nothing_else_fits() -> None:
    values = {"company": "星河银行|星银"}
    assert find("欢迎致电{company}", words("欢迎致电新和银行", prob=0.6), values=values)
    assert find("欢迎致电{company}", words("欢迎致电星银"), values=values)
    assert find("欢迎致电{company}", words("欢迎致电远通快递"), values=values) == ()
    assert find("工号{agent_id}", words("工号8016"), values={"agent_id": "8016"})
    assert find("工号{agent_id}", words("工号3052"), values={"agent_id": "8016"}) == ()


def test_you_and_polite_you_are_one_unless_told_apart() -> None:
    assert find("谢谢你", words("谢谢您"))
    assert find(compile("谢谢你", polite=True), words("谢谢您")) == ()
    assert find(compile("谢谢您", polite=True), words("谢谢您"))


@patiently
@given(st.lists(st.text("请问那个这对不起没儿子一下点您A bc12%.，＊王著咋", max_size=8), max_size=6))
def test_rows_heard_together_are_heard_as_one_by_one(texts: list[str]) -> None:
    rows = [words(text.lstrip("，. "), prob=0.5 + k / 20) for k, text in enumerate(texts)]
    for row, together in zip(rows, listen_each(rows), strict=True):
        alone = listen(row)
        for own in fields(alone):
            assert np.array_equal(getattr(together, own.name), getattr(alone, own.name)), own.name


def test_doubt_lowers_confidence() -> None:
    sure, unsure = (find("请问您贵姓", words("请问您贵姓", prob=prob))[0].confidence for prob in (0.95, 0.3))
    near = find("请问您贵姓", words("请问您贵兴"))[0].confidence
    assert 0 <= unsure < sure <= 1
    assert near < sure


def test_exempt_hits_shield_what_lies_inside() -> None:
    heard = listen(words("对不起，我不太清楚，但我可以帮您问一问。我不清楚"))
    hits = find("我不[太]清楚", heard)
    assert len(hits) == 2
    assert [hit.heard for hit in outside(hits, find("对不起,我不太清楚,但我可以帮您问一问", heard))] == ["我不清楚"]


def test_of_overlapping_phrases_the_longer_wins() -> None:
    hits = find_any(["没办法", "我也没办法", "请稍等"], words("我也没办法，请稍等"))
    assert [hit.phrase for hit in hits] == ["我也没办法", "请稍等"]


@pytest.mark.parametrize("text", ["", "  ", "。。"])
def test_nothing_said_nothing_found(text: str) -> None:
    assert find("不知道", words(text)) == ()


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("{compny}您好", "unknown slot"),
        ("请[您稍等", "not closed"),
        ("请您]稍等", "not opened"),
        ("{company}", "no words"),
        ("", "no words"),
    ],
)
def test_a_phrase_that_cannot_be_read_is_refused(phrase: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compile(phrase)


def test_latin_words_sound_like_no_chinese() -> None:
    assert find("地皮", words("dpdpdp", prob=0.3)) == ()
    assert find("VIP客户", words("vip客户"))


def test_least_lies_between_0_and_1() -> None:
    with pytest.raises(ValueError, match=r"least must lie in \[0, 1\]"):
        find("不知道", words("不知道"), least=70)
    assert find("我要投诉", words("我要投书"), least=0.99) == ()
    assert find("我要投诉", words("我要投书", prob=0.6), least=DEFAULT)


def test_normal_form() -> None:
    assert normalise("請問，ＡＢＣ１２") == "请问,abc12"
    assert plain("您好，請 稍等！") == "您好请稍等"
    assert familiar("您好") == "你好"
