"""What marks the tests that run on Spark."""

import pytest

ON_SPARK = [
    pytest.mark.needs("java"),
    pytest.mark.xdist_group("spark"),  # one worker starts it, once
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # collect() leaves one
]
