"""Everything that knows Chinese: simplification, punctuation, numbers, sounds, phrases. Pure functions of text."""
