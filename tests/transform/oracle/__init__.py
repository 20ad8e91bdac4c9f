"""What a slot's pages become, written down a second time: plain, slow, and shares no code.

    text      JSON of which every value knows its own text
    payloads  Spotify's objects as dictionaries, wrong types refused
    records   what one record says
    slots     a slot's rows, its records put together
    tables    the rows of many slots as the lake's tables

Where the product and this disagree, one of them is wrong.
"""
