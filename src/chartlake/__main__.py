"""``python -m chartlake``: the command line."""

from chartlake.cli import main

if __name__ == "__main__":
    main()
