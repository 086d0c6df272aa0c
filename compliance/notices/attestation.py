"""Mails a merchant a link to its form; the link is made with the mail and lies nowhere else."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from merchants import answering, identity, links, states
from merchants.models import ComplianceForm


def send(form: ComplianceForm, *, day: str) -> int:
    """Send one mail about an open form; return how many were sent.

    Delivery is at least once: a second attempt sends the same Message-ID with another link.
    """
    if not settings.MAIL_IS_ON or form.state not in answering.OPEN:
        return 0
    _link, secret = links.make(form, actor="system")
    _message(form, secret, day).send()
    return 1


def _message(form: ComplianceForm, secret: str, day: str) -> EmailMultiAlternatives:
    merchant, host = identity.opened(form.merchant), urlsplit(settings.SITE_URL).hostname
    is_over = states.state_at(form, timezone.now()) == ComplianceForm.State.OVERDUE
    facts = {
        "form": form,
        "merchant": merchant,
        "platform": form.application.name,
        "is_overdue": is_over,
        "link": f"{settings.SITE_URL}{reverse('signing:overview', args=[secret])}",
        "organisation": settings.ORGANISATION,
    }
    message = EmailMultiAlternatives(
        subject=_("Overdue: sign your card security form")
        if is_over
        else _("Please sign your card security form"),
        body=render_to_string("emails/attestation.txt", facts),
        to=[merchant.contact_email],
        headers={
            "Message-ID": f"<attestation-{form.ref}-{day}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("emails/attestation.html", facts), "text/html")
    return message
