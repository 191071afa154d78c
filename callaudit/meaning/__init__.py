"""Matching by meaning: ways of speaking told by example, and how likely a sentence is one of them.

`Meaning` is what a rulebook writes; `fitted` makes a recogniser of it; `clauses` cuts turns into what is compared.
An encoder alone takes 「没有办法帮助您」 for 「还有什么可以帮助您」, so that no meaning rests on likeness: each is told
apart from what only looks alike, and what comes out is a probability that held up on sentences it had not seen.
"""

from callaudit.meaning.clauses import Clause, clauses
from callaudit.meaning.meaning import Meaning
from callaudit.meaning.recogniser import Recogniser, Sentences, comparable, fitted, probability

__all__ = ["Clause", "Meaning", "Recogniser", "Sentences", "clauses", "comparable", "fitted", "probability"]
