"""Marts → people: what changed and where it comes from; the warehouse through its port alone.

editions  which edition an answer is about
roster    what somebody follows
trends    what moved, came and left; two dates, markets, records, one item's history
stories   the day's headlines: rules in SQL, ranked by how rare they are in the feed's history
releases  what followed artists brought out
status    what is there and what is missing
explain   any number back to the bytes that it was read from
    items    which item a person means
    origins  the editions that its numbers come from
    chain    from its row down to the bytes; links are the facts to show
"""
