"""Hands pages a look at the whole programme, or says which of its files must be mended first."""

from functools import wraps
from typing import Any

from django.http import HttpRequest

from compliance.staff.site import View, site
from controls.errors import ControlsError
from readiness.errors import ReadinessError
from readiness.survey import Survey


def with_survey(view: View) -> View:
    """Call the decorated page with a survey; a fault in the programme's files becomes a page."""

    @wraps(view)
    def surveyed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            survey = Survey()
        except (ReadinessError, ControlsError) as fault:
            context = {"title": "The programme cannot be read", "faults": str(fault).splitlines()}
            return site.render(request, "staff/readiness_faults.html", context, status=503)
        return view(request, survey, *args, **kwargs)

    return surveyed
