"""Mails who asked for documents: the link to them, made with the mail and kept nowhere, or why not.

It opens something, so it is written to the folder of mails where no mail server is set.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from audits.buyers import handing, page
from audits.errors import BuyerDecisionError
from audits.models import BuyerDecision


def send(decision: BuyerDecision, *, job: int) -> int:
    """Send one mail about a decision; return how many were sent.

    Delivery is at least once: a second attempt sends the same Message-ID with another link, and
    the link before it ends. An approval that is over by then gets no mail.
    """
    link = ""
    if decision.is_approved:
        try:
            secret = handing.new_secret(decision)
        except BuyerDecisionError:
            return 0
        link = f"{settings.SITE_URL}{reverse('trust:documents', args=[secret])}"
    _message(decision, link, job).send()
    return 1


def _message(decision: BuyerDecision, link: str, job: int) -> EmailMultiAlternatives:
    asked, host = decision.request, urlsplit(settings.SITE_URL).hostname
    found = page.current()
    grants = decision.grants.select_related("document")
    facts = {
        "asked": asked,
        "decision": decision,
        "titles": [one.document.title for one in grants],
        "link": link,
        "contact": found.contact if found else "",
        "organisation": settings.ORGANISATION,
    }
    message = EmailMultiAlternatives(
        subject=_("Your documents are ready") if link else _("About your request for documents"),
        body=render_to_string("emails/documents.txt", facts),
        to=[asked.email],
        headers={
            "Message-ID": f"<documents-{asked.ref}-{job}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("emails/documents.html", facts), "text/html")
    return message
