"""Finds secrets in a window of bytes: tokens of providers, keys, passwords in addresses.

Rules:
- A secret is a private key block, a token with a provider's own unmistakable prefix, a signed token
  (JWT, RFC 7519), or a password within a connection string or an address.
- One pass finds where a prefix stands; the rule behind it only confirms.
- What stands for a password (asterisks, a variable, the word itself) is none.
"""

import re
from collections.abc import Iterator

from ahocorasick_rs import BytesAhoCorasick

from evidence.screening.finding import Hit, Sort

_HOLDER = (
    rb"(?![*xX.]+[@;\"'\s]|[$<{%\[(]|(?i:password|passwd|pass|pwd|secret|redacted|removed|masked|"
    rb"hidden|changeme|token|your)[\w-]{0,20}[@;\"'\s])"
)
# Digits that end at a comma or a bracket are the port of an address in a table, not a password.
_PORT = rb"(?![0-9]{1,5}[,;|)\]}])"
_ADDRESS = rb"://[^\s:/@\"'<>?#]{0,64}:" + _PORT + _HOLDER + rb"[^\s/@\"'<>?#]{2,128}@[\w\[]"
_PAIR = rb"[^\"'\n]{0,200}?(?i:password|pwd)\s?=\s?" + _HOLDER + rb"[^;\"'\s]{3,}"
_RULES = (
    (
        "private key",
        (b"-----BEGIN ",),
        rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    ),
    ("private key", (b"PuTTY-User-Key-File-",), rb"PuTTY-User-Key-File-\d"),
    ("private key", (b"AGE-SECRET-KEY-1",), rb"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("AWS access key", (b"AKIA", b"ASIA"), rb"A[KS]IA[A-Z2-7]{16}\b"),
    (
        "AWS secret key",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"SecretAccessKey"),
        rb"\w+[\"']?\s{0,4}[:=]\s{0,4}[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    ),
    (
        "GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        rb"gh[pousr]_[A-Za-z0-9]{36}\b",
    ),
    ("GitHub token", (b"github_pat_",), rb"github_pat_\w{82}\b"),
    ("GitLab token", (b"glpat-",), rb"glpat-[\w-]{20,}"),
    ("Slack token", (b"xox",), rb"xox[abeoprs]-[A-Za-z0-9-]{20,}"),
    (
        "Slack webhook",
        (b"hooks.slack.com/",),
        rb"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Z0-9]{8,}/\w{8,}/\w{16,}",
    ),
    ("Stripe secret key", (b"k_live_",), rb"k_live_[A-Za-z0-9]{20,}"),
    ("Stripe webhook secret", (b"whsec_",), rb"whsec_[A-Za-z0-9+/=]{24,}"),
    ("Google API key", (b"AIza",), rb"AIza[\w-]{35}"),
    ("Google client secret", (b"GOCSPX-",), rb"GOCSPX-[\w-]{24,}"),
    ("Google access token", (b"ya29.",), rb"ya29\.[\w-]{40,}"),
    ("SendGrid key", (b"SG.",), rb"SG\.[\w-]{20,24}\.[\w-]{39,50}"),
    ("npm token", (b"npm_",), rb"npm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", (b"pypi-AgE",), rb"pypi-AgE[\w-]{50,}"),
    ("Vault token", (b"hvs.", b"hvb."), rb"hv[sb]\.[\w-]{24,}"),
    ("DigitalOcean token", (b"dop_v1_", b"doo_v1_"), rb"do[op]_v1_[0-9a-f]{64}"),
    ("Shopify token", (b"shpat_", b"shpss_"), rb"shp(?:at|ss)_[0-9a-fA-F]{32}"),
    ("Square token", (b"sq0csp-", b"sq0atp-"), rb"sq0(?:csp|atp)-[\w-]{22,}"),
    ("Adyen API key", (b"AQE",), rb"AQE[a-z]hm[A-Za-z0-9+/=-]{60,}"),
    ("AI provider key", (b"sk-ant-", b"sk-proj-"), rb"sk-(?:ant|proj)-[\w-]{24,}"),
    ("Azure storage key", (b"AccountKey=",), rb"AccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    ("signed token (JWT)", (b"eyJ",), rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
    ("password in an address", (b"://",), _ADDRESS),
    (
        "password in a connection string",
        (b"Server=", b"server=", b"Data Source=", b"Host=", b"host="),
        rb"(?i:server|data source|host)=" + _PAIR,
    ),
    (
        "password of HTTP Basic",
        (b"uthorization: Basic ", b"uthorization: basic ", b'uthorization": "Basic '),
        rb"uthorization\"?: \"?[Bb]asic [A-Za-z0-9+/]{8,}={0,2}",
    ),
    ("token of this installation", (b"cs_",), rb"cs_[a-z]_[\w-]{40,}"),
)
_PREFIXES = [
    (prefix, name, re.compile(rule)) for name, prefixes, rule in _RULES for prefix in prefixes
]
_FINDER = BytesAhoCorasick([prefix for prefix, _, _ in _PREFIXES])


def find(window: bytes) -> Iterator[Hit]:
    """Yield the secrets of a window."""
    # Overlapping: a prefix may begin within one that came to nothing.
    for number, start, _ in _FINDER.find_matches_as_indexes(window, overlapping=True):
        _, name, rule = _PREFIXES[number]
        found = rule.match(window, start)
        if found:
            yield Hit(
                start, found.end(), f"looks like a secret ({name})", Sort.SECRET, found.group()
            )
