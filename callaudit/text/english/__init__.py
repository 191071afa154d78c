"""English, as rules need it: words in place of syllables, and its own way of matching them.

Mandarin is matched by a closed table of some four hundred syllables. English has no such table, so its words are
compared by how they are pronounced (`words`), phrase by phrase where a turn holds enough of them (`matching`).
"""
