"""The mark that makes a folder of run data a demo; the settings read it before all else.

Rules:
- The mark lies in the folder with the data: whatever opens the folder says that it is a demo.
- A demo keeps all its data in its folder, and speaks to nobody outside: settings that name another
  place or a way out are refused or taken away.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAME = "demo.txt"
COMPANY = "Saltmarsh Pay (demo, fictional)"
SENTENCE = "Demo: Saltmarsh Pay is a fictional company, and all data here is made up."
ORIGIN = "demo.saltmarsh-pay.example/fictional"
SENDER = f'"{COMPANY}" <nobody@saltmarsh-pay.example>'
"""Who its mails come from; they lie in its folder, because it has no mail server."""

_ELSEWHERE = ("DATABASE_URL", "STORE_URL", "BROKER_URL", "KEYS_KMS_KEY")
_WAYS_OUT = (
    *("EMAIL_HOST", "CHAT_WEBHOOK_URL", "OIDC_ISSUER", "ANCHOR_DIR", "ANCHOR_MAIL_TO"),
    *("ANCHOR_GIT_URL", "ANCHOR_S3_BUCKET", "WITNESSES", "TIME_STAMP_URLS", "PDF_SIGNING_KEY"),
)


def is_in(folder: Path) -> bool:
    """Say whether a folder of run data is a demo."""
    return (folder / NAME).is_file()


def put_into(folder: Path) -> None:
    """Make an empty folder a demo."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / NAME).write_text(f"{SENTENCE}\nRemove this folder to remove the demo.\n", "utf-8")


def dress(folder: Path) -> str:
    """Prepare the environment of a demo and return its label; empty where a folder is none.

    Raises ImproperlyConfigured where its data would lie outside its folder.
    """
    if not is_in(folder):
        return ""
    for name in _ELSEWHERE:
        if os.environ.get(name) or os.environ.get(f"{name}_FILE"):
            message = f"{folder} is a demo, which keeps its data to itself. Unset {name}."
            raise ImproperlyConfigured(message)
    for name in _WAYS_OUT:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ["ORGANISATION"] = COMPANY
    os.environ["ORGANISATION_TIME_ZONE"] = "UTC"
    os.environ["LOG_ORIGIN"] = ORIGIN
    os.environ["EMAIL_FROM"] = SENDER
    os.environ["TRUST_PAGE"] = "on"
    os.environ["CATALOGUE_DIR"] = str(folder / "catalogue")
    os.environ.pop("OWN_HOLIDAYS", None)
    os.environ.pop("HOLIDAY_COUNTRY", None)
    os.environ.pop("HOLIDAY_REGION", None)
    return SENTENCE
