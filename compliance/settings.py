"""All settings of the installation; each comes from the environment and has a working default."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from compliance import environment, logs
from compliance.api import conventions
from compliance.demo import mark
from compliance.staff import skin

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
DEMO = mark.dress(VAR_DIR)  # the label that pages and papers bear; empty but in a demo
KEYS_DIR = VAR_DIR / "keys"
STORE_DIR = VAR_DIR / "store"
SCRATCH_DIR = VAR_DIR / "scratch"
INBOX_DIR = VAR_DIR / "inbox"
STATIC_ROOT = VAR_DIR / "static"
for _folder in (KEYS_DIR, STORE_DIR, SCRATCH_DIR, INBOX_DIR, STATIC_ROOT):
    environment.folder(_folder)

VERSION = "0.1.0"

# --- Web ---------------------------------------------------------------------------------------
DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.secret("SECRET_KEY", kept_in=KEYS_DIR / "django_secret")
LISTEN = environment.text("LISTEN", "127.0.0.1:8000")
WEB_THREADS = environment.whole("WEB_THREADS", 8, least=1)
# A name rather than 127.0.0.1, because browsers refuse passkeys on a bare address.
SITE_URL = environment.text(
    "SITE_URL", f"http://{LISTEN}".replace("//127.0.0.1", "//localhost")
).rstrip("/")
_SITE = urlsplit(SITE_URL)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", f"{_SITE.hostname},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE = _SITE.scheme == "https"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
# The longest that a session lives, and the longest that nothing is asked for in it.
SESSION_COOKIE_AGE = environment.whole("SESSION_HOURS", 12, least=1) * 3600
SESSION_IDLE_MINUTES = environment.whole("SESSION_IDLE_MINUTES", 60, least=2)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
ROOT_URLCONF = "compliance.urls"
WSGI_APPLICATION = "compliance.wsgi.application"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "jobs",
    "controls",
    "evidence",
    "collectors",
    "audits",
    "merchants",
    "registers",
    "reports",
    "readiness",
    "compliance",
    "compliance.signin",
    "compliance.staff",
    "compliance.portal",
    "compliance.api",
    "compliance.notices",
    # Installed packages that add collectors, reports or kinds of jobs: importable app names.
    *environment.words("PLUGINS"),
]

MIDDLEWARE = [
    "compliance.demo.label.LabelMiddleware",
    *conventions.MIDDLEWARE,
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "compliance.csp.PolicyMiddleware",
    "compliance.signin.middleware.MethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "compliance.signin.middleware.SessionMiddleware",
    "compliance.signin.middleware.SecondFactorMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "compliance.signin.context.house",
            ],
        },
    },
]

# --- Data --------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'countersign.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # INSERT OR REPLACE would step around the append-only triggers without recursive_triggers.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
            "PRAGMA cache_size=-8192; PRAGMA busy_timeout=20000;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where sealed files lie: in VAR_DIR, or in a bucket as in s3://bucket/folder.
STORE_URL = environment.text("STORE_URL", "file:")
STORE_S3_ENDPOINT = environment.text("STORE_S3_ENDPOINT")
STORE_S3_MODE = environment.choice(
    "STORE_S3_MODE", "GOVERNANCE", ("GOVERNANCE", "COMPLIANCE", "NONE")
).replace("NONE", "")
# A copy of the evidence for people who work in folders; see the how-to.
WORKSPACE_URL, WORKSPACE_SECRET = map(environment.text, ("WORKSPACE_URL", "WORKSPACE_SECRET"))
RETENTION_FILE = environment.text("RETENTION_FILE", str(BASE_DIR / "evidence" / "retention.yaml"))
MAX_EVIDENCE_BYTES = environment.whole("MAX_EVIDENCE_BYTES", 4 * 1024**3, least=1)
MAX_UPLOAD_BYTES = environment.whole("MAX_UPLOAD_BYTES", 512 * 1024**2, least=1)
_handlers = "django.core.files.uploadhandler"
FILE_UPLOAD_HANDLERS = [f"{_handlers}.MemoryFileUploadHandler", "compliance.uploads.Bounded"]
FILE_UPLOAD_TEMP_DIR = SCRATCH_DIR
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
CATALOGUE_DIR = Path(
    environment.text("CATALOGUE_DIR", str(BASE_DIR / "controls" / "catalogue"))
).resolve()
_CACHE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
# Beyond this, counts of the rate limits are thrown away; the usual 300 are soon reached.
CACHES: dict[str, Any] = {"default": {**_CACHE, "OPTIONS": {"MAX_ENTRIES": 20_000}}}

# --- Jobs --------------------------------------------------------------------------------------
BROKER_URL = environment.text("BROKER_URL", "filesystem://")
BROKER_DIR = VAR_DIR / "broker"
JOB_LEASE_SECONDS = environment.whole("JOB_LEASE_SECONDS", 60, least=2)
JOB_RESEND_SECONDS = environment.whole("JOB_RESEND_SECONDS", 30, least=1)
JOB_TICK_SECONDS = environment.whole("JOB_TICK_SECONDS", 5, least=1)
WORKERS = environment.whole("WORKERS", 2, least=1)
COLLECTOR_SLICE_SECONDS = environment.whole("COLLECTOR_SLICE_SECONDS", 60, least=1)
COLLECTOR_LONG_RUNS = environment.whole("COLLECTOR_LONG_RUNS", max(1, WORKERS - 1), least=1)
CELERY_BROKER_URL = BROKER_URL
if BROKER_URL == "filesystem://":
    CELERY_BROKER_TRANSPORT = "jobs.mailbox:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(BROKER_DIR), "polling_interval": 0.5}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker process that once needed more memory than this (in KB) is replaced after its job.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_000_000
# Unread ticks must not pile up; never by both ways, or a worker that saw one expire refuses all.
UNREAD_TICK: dict[str, Any] = (
    {"task_id": "tick"} if BROKER_URL == "filesystem://" else {"expires": 4 * JOB_TICK_SECONDS}
)
# The schedule lives in memory: which periodic work is due stands in the database.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "jobs.tick",
        "schedule": float(JOB_TICK_SECONDS),
        # A queue of its own, so that a long row of jobs does not hold up the clock.
        "options": {"queue": "clock"} | UNREAD_TICK,
    },
}

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
# Behind a proxy of your own the rate limits count the visitor only where this is set.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole("TRUSTED_PROXIES", 0)
ACCOUNT_ADAPTER = "compliance.signin.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "compliance.signin.forms.SignInForm",
    "reset_password": "compliance.signin.forms.ForgottenPasswordForm",
}
# Beside the limits that come with the sign-in; all are counted in the shared cache.
ACCOUNT_RATE_LIMITS = {"leaked_token": "30/m/ip", "trust_request": "10/h/ip"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Countersign] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _SITE.scheme
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# After so long a dangerous deed asks who it is once more.
ACCOUNT_REAUTHENTICATION_TIMEOUT = environment.whole("FRESH_MINUTES", 5, least=1) * 60
ACCOUNT_SESSION_REMEMBER = False

# Browsers offer passkeys over TLS and on localhost, and never on a bare address.
PASSKEYS = _SITE.hostname == "localhost" or (SECURE and not environment.is_address(_SITE.hostname))
SIGNIN_SECRET = environment.secret("SIGNIN_SECRET", kept_in=KEYS_DIR / "signin_secret")
MFA_ADAPTER = "compliance.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", *(["webauthn"] if PASSKEYS else [])]
MFA_FORMS = {
    "add_webauthn": "compliance.signin.forms.AddPasskeyForm",
    "login_webauthn": "compliance.signin.forms.PasskeySignInForm",
    "authenticate_webauthn": "compliance.signin.forms.PasskeySecondForm",
    "reauthenticate_webauthn": "compliance.signin.forms.PasskeyConfirmForm",
}
MFA_PASSKEY_LOGIN_ENABLED = PASSKEYS
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PASSKEYS and not SECURE
# An invited address needs no confirming mail before its owner may set a second factor up.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Countersign"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True

# Single sign-on lets invited people in, found by the e-mail address that the provider verified.
OIDC_ISSUER = environment.text("OIDC_ISSUER").rstrip("/")
OIDC_NAME = environment.text("OIDC_NAME", "single sign-on")
SOCIALACCOUNT_ADAPTER = "compliance.signin.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
# By a link: form-action 'self' would stop a form whose answer leads to the provider.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "sso",
            "name": OIDC_NAME,
            "client_id": environment.needed("OIDC_CLIENT_ID", because="OIDC_ISSUER is set"),
            "secret": environment.needed("OIDC_CLIENT_SECRET", because="OIDC_ISSUER is set"),
            "settings": {"server_url": OIDC_ISSUER},
        },
    ]

# --- Mail --------------------------------------------------------------------------------------
EMAIL_HOST = environment.text("EMAIL_HOST")
EMAIL_PORT = environment.whole("EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = environment.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_PASSWORD")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = environment.flag("EMAIL_TLS", default=True) and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", f"countersign@{_SITE.hostname}")
# Until a mail server is named, mails lie in this folder, so that no link is lost.
EMAIL_FILE_PATH = VAR_DIR / "mail"
# Notices wait for a mail server; what opens an account is written to the folder all the same.
MAIL_IS_ON = bool(EMAIL_HOST)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"

# --- Reminders and chat ------------------------------------------------------------------------
DIGEST_HOUR = environment.whole("DIGEST_HOUR", 7, most=23)
REMIND_DAYS_BEFORE = environment.wholes("REMIND_DAYS_BEFORE", "7,1,0")
REMIND_DAYS_AFTER = environment.wholes("REMIND_DAYS_AFTER", "1,7")
# After so many days overdue a task is told to who leads compliance, then to the executives.
ESCALATE_DAYS = environment.whole("ESCALATE_DAYS", 7, least=1)
ESCALATE_FURTHER_DAYS = environment.whole("ESCALATE_FURTHER_DAYS", 21, least=1)
CHAT_WEBHOOK_PRIVATE = environment.flag("CHAT_WEBHOOK_PRIVATE", default=False)
CHAT_WEBHOOK_URL = environment.webhook("CHAT_WEBHOOK_URL", is_private=CHAT_WEBHOOK_PRIVATE)

# --- Words, times, files -----------------------------------------------------------------------
LANGUAGE_CODE, TIME_ZONE, USE_TZ = "en-gb", "UTC", True
ORGANISATION = environment.text("ORGANISATION", "This installation")
ORGANISATION_TIME_ZONE = environment.text("ORGANISATION_TIME_ZONE", "UTC")
HOLIDAY_COUNTRY, HOLIDAY_REGION = environment.holiday_calendar("HOLIDAY_COUNTRY", "HOLIDAY_REGION")
OWN_HOLIDAYS = environment.days("OWN_HOLIDAYS")
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "compliance" / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Without these two the first start compresses each file twice, and megabytes of source maps.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("br", "gif", "gz", "jpg", "map", "png", "webp", "woff2")

# --- Proof -------------------------------------------------------------------------------------
LOG_ORIGIN = environment.text("LOG_ORIGIN")
SIGNER_LEASE_SECONDS = environment.whole("SIGNER_LEASE_SECONDS", 300, least=1)
# The KMS key that seals the keys of the installation at rest; without one they are plain files.
KEYS_KMS_KEY = environment.text("KEYS_KMS_KEY")
KEYS_KMS_ENDPOINT = environment.text("KEYS_KMS_ENDPOINT")
# Where checkpoints are left outside; each place is used where it is named.
ANCHOR_DIR = environment.text("ANCHOR_DIR")
ANCHOR_MAIL_TO = environment.words("ANCHOR_MAIL_TO")
ANCHOR_GIT_URL = environment.text("ANCHOR_GIT_URL")
ANCHOR_GIT_BRANCH = environment.text("ANCHOR_GIT_BRANCH", "main")
GIT = environment.text("GIT", "git")
ANCHOR_S3_BUCKET = environment.text("ANCHOR_S3_BUCKET")
ANCHOR_S3_PREFIX = environment.text("ANCHOR_S3_PREFIX", "checkpoints/")
ANCHOR_S3_ENDPOINT = environment.text("ANCHOR_S3_ENDPOINT")
ANCHOR_S3_MODE = environment.choice("ANCHOR_S3_MODE", "COMPLIANCE", ("COMPLIANCE", "GOVERNANCE"))
ANCHOR_S3_RETENTION_DAYS = environment.whole("ANCHOR_S3_RETENTION_DAYS", 3653, least=1)
# Who else watches the log (C2SP): verifier keys of witnesses, each with the address to ask it.
WITNESSES = environment.words("WITNESSES")
# Authorities (RFC 3161) that state when a checkpoint existed, and a PEM file of their roots.
TIME_STAMP_URLS = environment.words("TIME_STAMP_URLS")
TIME_STAMP_ROOTS = (
    environment.needed("TIME_STAMP_ROOTS", because="TIME_STAMP_URLS is set")
    if TIME_STAMP_URLS
    else ""
)
SELF_ISSUED_TIME_STAMPS = environment.flag("SELF_ISSUED_TIME_STAMPS", default=True)

# --- Papers ------------------------------------------------------------------------------------
# Version of the OSCAL documents that a pack carries; patch versions of 1.2 have one schema.
OSCAL_VERSION = environment.oscal_version("OSCAL_VERSION", "1.2.1")
# PEM files of a private key and its certificate (and what it was issued by): covers are signed.
PDF_SIGNING_KEY = environment.text("PDF_SIGNING_KEY")
PDF_SIGNING_CERTIFICATE = PDF_SIGNING_KEY and environment.needed(
    "PDF_SIGNING_CERTIFICATE", because="PDF_SIGNING_KEY is set"
)
PDF_SIGNING_PASSPHRASE = environment.text("PDF_SIGNING_PASSPHRASE")
PDF_SIGNING_TSA = environment.text("PDF_SIGNING_TSA")

# --- Logs --------------------------------------------------------------------------------------
LOG_LEVEL = environment.choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))
# What must stand in no line, word for word; whatever looks like a secret is taken out beside.
METRICS_TOKEN = environment.token("METRICS_TOKEN")
_secrets = [METRICS_TOKEN, SECRET_KEY, SIGNIN_SECRET, EMAIL_HOST_PASSWORD, CHAT_WEBHOOK_URL]
_secrets += [str(DATABASES["default"].get("PASSWORD") or ""), PDF_SIGNING_PASSPHRASE]
_secrets += [environment.text("OIDC_CLIENT_SECRET"), ANCHOR_GIT_URL * ("@" in ANCHOR_GIT_URL)]
LOGGING = logs.config(level=LOG_LEVEL, known=_secrets)
logs.configure_structlog()

# --- Other systems -----------------------------------------------------------------------------
# For what private and loopback addresses may be asked; the chat has a setting of its own.
_set = "sources,anchors,sign-on,storage"
PRIVATE_ADDRESSES = environment.several("PRIVATE_ADDRESSES", _set, (*_set.split(","), "webhooks"))

# --- Programs ----------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = environment.whole("API_REQUESTS_PER_MINUTE", 1200, least=1)
REST_FRAMEWORK, SPECTACULAR_SETTINGS = conventions.REST_FRAMEWORK, conventions.SPECTACULAR
TRUST_PAGE = environment.flag("TRUST_PAGE", default=False)
UNFOLD = skin.UNFOLD
