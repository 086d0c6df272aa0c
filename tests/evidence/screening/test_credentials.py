"""Secrets of many makers are found; what only stands for one is not."""

import pytest

from evidence.screening import credentials

SECRETS = {
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9",
    "Postgres address": "postgresql://app:" + "s3cr3t-pw@db.example.org/app",
    "Basic address": "https://ann:" + "hunter22@example.org/x",
    "Redis without user": "redis://:" + "verysecret@cache:6379/0",
    "ADO string": "Server=db;Database=x;User Id=sa;" + "Password=Sup3r!;Encrypt=yes",
    "Basic header": "Authorization: Basic " + "YW5uOmh1bnRlcjI=",
    "AWS secret": "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "PGP key": "-----BEGIN PGP PRIVATE KEY" + " BLOCK-----",
    "npm": "npm_" + "a1" * 18,
    "SendGrid": "SG." + "a" * 22 + "." + "b" * 43,
    "Slack hook": "https://hooks.slack.com/services/" + "T00000000/B00000000/" + "x" * 24,
    "Azure": "AccountKey=" + "a" * 86 + "==",
    "Vault": "hvs." + "a" * 30,
    "webhook": "whsec_" + "a" * 32,
    "AI": "sk-ant-" + "a" * 40,
    "PuTTY": "PuTTY-User-Key-File-" + "3: ssh-ed25519",
}
HARMLESS = (
    "https://example.org:8443/path",
    "https://user:password@example.org",
    "postgres://app:***@db/x",
    "postgres://app:${DB_PASSWORD}@db/x",
    "postgres://app:<password>@db/x",
    "redis://:[removed]@cache",
    "mailto:ann@example.org and http://a:80/b@c",
    "Server=db;Password=****;",
    "eyJhbGciOiJIUzI1NiJ9",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "npm_config_cache",
    "the token sk-proj- is cut",
    "Authorization: Bearer <token>",
)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_found_wherever_it_stands(secret: str) -> None:
    for around in ("{}", "x {} y", '"{}"', "a\n{}\nb"):
        assert list(credentials.find(around.format(secret).encode())), around


@pytest.mark.parametrize("text", HARMLESS)
def test_what_stands_for_a_secret_is_none(text: str) -> None:
    assert list(credentials.find(text.encode())) == []


def test_its_value_shows_nowhere() -> None:
    secret = SECRETS["Postgres address"]
    (hit,) = credentials.find(secret.encode())
    assert "s3cr3t" not in f"{hit} {hit!r}"


def test_the_port_of_an_address_in_a_table_is_no_password() -> None:
    line = b"2,http://localhost:8000,1 Nightly export,alice@example.org\n"
    assert list(credentials.find(line)) == []
    (found,) = credentials.find(b"postgres://app:" + b"8000pw@db.internal/main")
    assert "password in an address" in found.what
