"""Why it spoke, and why nothing spoke: out of the journal, by the engine that judged it."""

from streams.explain.asked import Answer, Asked, answer
from streams.explain.moment import Verdict, Why, WindowView, explain_moment
from streams.explain.story import Chapter, Story

__all__ = ["Answer", "Asked", "Chapter", "Story", "Verdict", "Why", "WindowView", "answer", "explain_moment"]
