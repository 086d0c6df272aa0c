"""What can go wrong on the way out; each docstring is the sentence for the person who must act."""

from jobs.errors import JobsError


class ChatRefusedError(JobsError):
    """The chat does not take messages there. Check CHAT_WEBHOOK_URL."""
