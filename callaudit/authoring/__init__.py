"""For those who write rules: is a rulebook sound, do its examples hold, what does a rule say, what is covered.

Nothing here takes part in an audit.
"""
