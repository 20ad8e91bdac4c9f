"""The day's headlines: what an edition has that is rare in its feed's own history.

rules     what is measured (one SQL file each), and how it is told
proof     the SELECT that compares an edition with those before it, and proves the headline
calendar  weeks, days or only editions: in which words a stretch of them is true
ranked    which stories are told, rarest first
"""

from chartlake.report.stories.ranked import FEWEST_COMPARED, Stories, Story, stories

__all__ = ["FEWEST_COMPARED", "Stories", "Story", "stories"]
