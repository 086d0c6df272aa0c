"""Settings of the web server that its command line does not know."""

from compliance import lifeline, logs

# Until the application is loaded its settings are not known; what looks like a secret goes anyhow.
logconfig_dict = logs.config(level="WARNING")


def on_starting(_server: object) -> None:
    """Called by gunicorn's main process; its workers watch that process themselves."""
    lifeline.hold_supervisor()
