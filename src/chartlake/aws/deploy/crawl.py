"""The crawler as a check: it runs daily, and when a deployment has changed a table."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from chartlake.aws.deploy.stack import Proposal, Stack

__all__ = ["crawl_changed"]


def crawl_changed(glue: Any, proposal: Proposal, stack: Stack) -> bool:
    """Start the crawler where the tables of a stack were changed; whether they were.

    Of a new stack there is nothing to see yet, and each run is paid for.
    """
    crawler = stack.outputs.get("Crawler")
    is_other = any(change.type == "AWS::Glue::Table" for change in proposal.changes)
    if proposal.is_new or not is_other or not crawler:
        return False
    with suppress(glue.exceptions.CrawlerRunningException):
        glue.start_crawler(Name=crawler)
    return True
