"""The store: every call heard, every judgement of it, what is still to be done and what failed, in a database."""
