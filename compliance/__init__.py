"""The Django project: settings, the schedule, and the doors of the house."""

from compliance.celery import app as celery_app

__all__ = ["celery_app"]
