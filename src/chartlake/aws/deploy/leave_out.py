"""What of the packages no function needs, so that the zip is small and under Lambda's limit.

Arrow's libraries were looked at one by one: its core links compute, acero, dataset, parquet and
substrait, so they stay; nothing of ours links Flight or Arrow's own S3, and `pyarrow.fs` goes
without the latter. A test imports what is left.
"""

from __future__ import annotations

import re

__all__ = ["is_needed"]

_NEVER = re.compile(
    r"""
      (^|/)__pycache__/ | \.py[co]$ | (^|/)\.[^/]+$ | (^|/)\.DS_Store$
    | ^bin/                                            # programs
    | \.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$
    | \.(pyi|pyx|pxd|pxi|h|c|cpp)$ | (^|/)py\.typed$   # for compilers and type checkers
    | ^pyarrow/(tests|include|includes|src)/
    | ^pyarrow/(conftest|benchmark)\.py$
    | ^pyarrow/(_flight|_s3fs|_gcsfs|_azurefs|_hdfs|_pyarrow_cpp_tests)\.
    | ^pyarrow/libarrow_(flight|s3|python_flight)\.
    | ^pyarrow/libarrow_\w+\.so(\.\d+){2,}$            # copies of lib….so.N under other names:
    | ^pyarrow/libarrow_python\w*\.so$                 # wheels have no links
    | ^botocore/data/.*/examples-1\.json(\.gz)?$
    """,
    re.VERBOSE,
)


def is_needed(name: str) -> bool:
    """Whether a file of a package, by its path in the zip, goes into it."""
    return not _NEVER.search(name)
