"""What people do with calls: who they are, what they may, what they say of a finding, how they share the work.

No HTTP here: `callaudit.web` shows it, and whatever shows it elsewhere finds the same rules.
"""
