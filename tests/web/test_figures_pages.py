"""Dashboards and the agent's page: who may see them, and that they tell what is in the store."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from callaudit.desk import figures
from callaudit.store.queries import Filter
from callaudit.web.desk import Desk
from tests.web.calls import AGENT
from tests.web.conftest import Browser

PAGES = ("", "/teams", "/agents", "/days", "/rules", "/distributions")


@pytest.mark.parametrize("part", PAGES)
def test_a_dashboard_opens_for_judges_and_for_nobody_else(part: str, client: Callable[..., Browser]) -> None:
    for name, status in (("admin", 200), ("lead", 200), ("reviewer", 200), ("agent", 403)):
        assert client(name).get(f"/figures{part}?period=all").status_code == status
    assert client().get(f"/figures{part}", follow_redirects=False).status_code == 303


def test_the_overview_tells_the_totals_of_the_store(client: Callable[..., Browser], desk: Desk) -> None:
    with desk.store.session() as session:
        whole = figures.total(session, Filter())
    page = client("lead").get("/figures?period=all").text
    assert whole.n_calls == 8
    assert re.search(r"<dd>8<small>已复核 \d 通", page)
    assert f"{whole.mean_score:.1f}".removesuffix(".0") in page
    assert "p 控制图" in page
    assert 'class="chart trend"' in page


def test_filters_of_the_address_narrow_every_figure(client: Callable[..., Browser]) -> None:
    browser = client("lead")
    assert browser.get("/api/figures?period=all&team=信用卡组").json()["total"]["calls"] == 3
    assert browser.get(f"/api/figures?period=all&agent={AGENT}").json()["total"]["calls"] == 2
    day = browser.get("/api/figures?since=2026-11-17&until=2026-11-17").json()
    assert (day["total"]["calls"], day["since"]) == (1, "2026-11-17")
    assert "这个范围内没有通话" in browser.get("/figures?since=1999-01-01&until=1999-01-02").text


def test_without_days_it_is_the_last_thirty_of_which_there_are_calls(client: Callable[..., Browser]) -> None:
    found = client("lead").get("/api/figures").json()
    assert (found["since"], found["until"]) == ("2026-10-22", "2026-11-20")


def test_the_api_tells_the_same_by_team_agent_day_and_rule(client: Callable[..., Browser]) -> None:
    browser = client("reviewer")
    for by in ("teams", "agents", "days"):
        groups = browser.get(f"/api/figures/{by}?period=all").json()["groups"]
        assert sum(group["calls"] for group in groups) == 8
        assert all(group["fail"] + group["review"] + group["pass"] == group["calls"] for group in groups)
        assert not any(group["enough"] for group in groups)
    rules = browser.get("/api/figures/rules?period=all").json()["rules"]
    assert [rule["broken"] for rule in rules] == sorted((rule["broken"] for rule in rules), reverse=True)
    assert all(rule["broken"] == rule["found"] - rule["overturned"] + rule["missed"] for rule in rules)
    sizes = {one["name"]: one for one in browser.get("/api/figures?period=all").json()["distributions"]}
    assert sizes["ring_to_answer_s"]["calls"] == sum(n for _, n in sizes["ring_to_answer_s"]["bins"]) > 0
    assert client("agent").get("/api/figures").status_code == 403


def test_examples_lead_to_the_call_and_the_finding(client: Callable[..., Browser]) -> None:
    page = client("lead").get("/figures?period=all").text
    address = re.search(r'href="(/calls/\d+)\?play=([a-z0-9-]+)"', page)
    assert address is not None
    call = client("lead").get(address[1]).text
    assert f'data-rule="{address[2]}"' in call


def test_names_from_outside_are_escaped(client: Callable[..., Browser]) -> None:
    page = client("lead").get("/agents/4711?period=all").text
    assert "Wang &lt;Lin&gt; &amp; Co" in page
    assert "<Lin>" not in page


def test_few_calls_are_grey_and_compared_with_nothing(client: Callable[..., Browser]) -> None:
    page = client("lead").get("/figures/agents?period=all").text
    assert page.count('<tr class="few"') == page.count("不足 10 通，不比较") > 0
    assert "明显偏低</span>" not in page


def test_the_agents_page_is_for_judges_and_the_own_one_for_the_agent(client: Callable[..., Browser]) -> None:
    assert client("reviewer").get(f"/agents/{AGENT}?period=all").status_code == 200
    assert client("agent").get(f"/agents/{AGENT}").status_code == 403
    assert client("reviewer").get("/agents/nobody-of-this-name").status_code == 404
    assert client("agent").get("/me/calls?period=all").status_code == 200
    assert client("lead").get("/me/calls").status_code == 404


def test_the_own_page_holds_reviewed_calls_alone(client: Callable[..., Browser], desk: Desk) -> None:
    with desk.store.session() as session:
        n_seen = sum(one.n_calls for one in figures.seen_groups(session, Filter(agents=(AGENT,)), "all"))
    page = client("agent").get("/me/calls?period=all").text
    assert ("这个范围内没有通话" in page) == (n_seen == 0)
    assert n_seen == 0 or f"<dd>{n_seen}<small>" in page


def test_strengths_come_first_and_clips_are_heard_in_place(client: Callable[..., Browser]) -> None:
    page = client("lead").get(f"/agents/{AGENT}?period=all").text
    assert page.index("做得好的") < page.index("可以改进的")
    clips = re.findall(r'src="(/calls/\d+/sound)#t=([\d.]+),([\d.]+)"', page)
    assert clips
    assert all(float(start) < float(end) <= float(start) + 20 for _, start, end in clips)
    assert client("lead").get(clips[0][0], headers={"Range": "bytes=0-99"}).status_code == 206
    assert len(re.findall('<li><h3><span class="severity', page)) <= 3
    assert "<p>客户辱骂后，客服未说致歉" in page  # the title of that rule tells of the customer alone


def test_a_trend_of_weeks_speaks_of_weeks(client: Callable[..., Browser]) -> None:
    page = client("lead").get(f"/agents/{AGENT}?period=all").text
    trend = page[page.index("每周平均分") :]
    assert "起的一周：" in trend
    assert "每日" not in trend
    assert "每天" not in trend
    assert "每日不合格率" in client("lead").get("/figures?period=all").text
