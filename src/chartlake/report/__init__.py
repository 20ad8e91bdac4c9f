"""Marts → people: what changed and where it comes from; the warehouse through its port alone.

trends    movers, new entries, exits, streaks, artists, and one item's history
releases  what followed artists brought out
status    what is there and what is missing
explain   any number back to the bytes that it was read from
    items    which item a person means
    origins  the editions that its numbers come from
    chain    from its row down to the bytes; links are the facts to show
"""
