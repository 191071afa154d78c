"""What the documents say is true: tables are those of the code, worked examples work."""

import re
from pathlib import Path

import pytest

from callaudit.measures import table
from callaudit.rules import judge, load_rulebook
from callaudit.testing.scripts import call_from_script
from tests.books import built_in

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readmes_table_of_measures_is_the_one_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", README, flags=re.MULTILINE)
    assert rows == [row for row in table() if not row[0].startswith("customer_")]  # twins of the agent's


def test_readme_names_the_number_of_rules() -> None:
    said = re.search(r"(\d+) rules", README)
    assert said is not None
    assert int(said[1]) == len(built_in("etiquette-zh").rules)


def test_readme_marks_the_two_commands_that_ci_runs() -> None:
    assert README.count("<!-- command: first -->\n```sh\n") == 1
    assert README.count("<!-- command: tests -->\n```sh\n") == 1


@pytest.mark.parametrize("kind", ["passes", "fails"])
def test_the_worked_rulebook_of_the_manual_works(tmp_path: Path, kind: str) -> None:
    manual = (ROOT / "callaudit" / "rulebooks" / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(# mine\.yaml.*?)```", manual, flags=re.DOTALL)
    assert example is not None
    (tmp_path / "mine.yaml").write_text(example[1], encoding="utf-8")
    book = load_rulebook(tmp_path / "mine.yaml")
    assert "opening-welcome-and-pleased" not in {rule.id for rule in book.rules}
    rule = next(rule for rule in book.rules if rule.id == "my-privacy-notice")
    (script,) = getattr(rule, kind)
    findings, failures = judge(call_from_script(script), book)
    assert failures == ()
    (finding,) = [finding for finding in findings if finding.rule == rule.id]
    assert finding.status == {"passes": "passed", "fails": "violated"}[kind]
