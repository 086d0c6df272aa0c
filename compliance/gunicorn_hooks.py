"""Settings of the web server that its command line does not know."""

from compliance import lifeline


def on_starting(_server: object) -> None:
    """Called by gunicorn's main process; its workers watch that process themselves."""
    lifeline.hold_supervisor()
