"""`chartlake aws`: what a deployment is made of, and how it is made, looked at and taken away.

deployment   what is wanted, as values
packages     the packages of the functions, fetched for their platform
leave_out    what of them no function needs
zips         archives: the same files are the same bytes
artefacts    what is uploaded, each under a key with the hash of its content
bucket       the bucket for them
parameters   what is wanted, as the template's parameters
schedule     how long it is quiet between two runs, and whether alarms wait so long
stack        the stack: its state, a change set, its execution
changes      what a change set would do, in words
follow       what happens while a stack is changed
status       how it goes, over there
crawled      what the crawler has seen, beside what the template says
destroy      the stack taken away, with what its runs have left; the data only when they are named
empty        a bucket made empty, with all its versions
"""
