"""The agents, in the order they are asked about a window. A new one is one module and one line here."""

from flows.transcripts import (
    extraction,
    follow_up_email,
    sales_coaching,
    social_posts,
    structuring,
    summary,
)
from flows.transcripts.agent import Agent

AGENTS: tuple[Agent, ...] = (
    extraction.AGENT,
    structuring.AGENT,
    summary.AGENT,
    social_posts.AGENT,
    sales_coaching.AGENT,
    follow_up_email.AGENT,
)
