"""Rules: a rulebook is data, an operator is a kind of check, a finding is what a rule says about a call."""

from callaudit.rules.engine import judge
from callaudit.rules.rule import Rule, Rulebook
from callaudit.rules.rulebook import load_rulebook

__all__ = ["Rule", "Rulebook", "judge", "load_rulebook"]
