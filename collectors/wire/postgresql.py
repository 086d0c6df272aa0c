"""How collectors ask a PostgreSQL server: read-only by the session itself, in one snapshot."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.errors import (
    ProgramMissingError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.wire import addresses

try:
    import psycopg
    from psycopg.rows import tuple_row
except ImportError:  # The extra "postgres" is not installed.
    psycopg = None  # type: ignore[assignment]

_CONNECT_SECONDS = 20
_DENIED = {"28000", "28P01", "42501"}
_AT_ONCE = 1000


class PostgresqlSettings(SourceSettings):
    """A role that may sign in and read the catalogue of the server, and nothing else."""

    host: str = Field(
        title="Host",
        description="Name of the server, or the folder of its socket, which begins with /.",
        max_length=500,
    )
    port: int = Field(default=5432, title="Port", description="Usually 5432.", ge=1, le=65535)
    database: str = Field(
        default="postgres", title="Database", description="Which to sign in to.", max_length=63
    )
    user: str = Field(title="Role", description="Name of the role that reads.", max_length=63)
    password: SecretStr | None = Field(
        default=None, title="Password", description="Empty where the server asks for none."
    )
    encryption: Literal["verify-full", "require", "disable"] = Field(
        default="verify-full",
        title="Encryption",
        description="Check the certificate, encrypt only, or neither (socket of the machine).",
    )
    trusted_ca: str = Field(
        default="",
        title="Certificate authority",
        description="PEM of the authority of the server's certificate. Empty: the usual ones.",
        max_length=20_000,
    )


class Session:
    """A read-only transaction; every answer is noted in the trail."""

    def __init__(self, ask: Ask[PostgresqlSettings], connection: Any) -> None:
        self._ask = ask
        self._connection = connection

    def rows(
        self,
        query: str,
        values: Mapping[str, Any] | None = None,
        *,
        expected: tuple[str, ...] = (),
    ) -> Generator[Sequence[Any], None, None]:
        """Yield the rows of a query as they come, a thousand at a time.

        `expected` names the columns in order; SourceNonsenseError where they are others.
        """
        with _explained(self._ask), self._connection.cursor(name="rows") as cursor:
            cursor.execute(query, values)
            _refuse_others(tuple(each.name for each in cursor.description or ()), expected)
            while True:
                self._ask.deadline.left()
                found = cursor.fetchmany(_AT_ONCE)
                self._ask.trail.saw(repr(found).encode(), asked=query.split("\n", 1)[0])
                yield from found
                if len(found) < _AT_ONCE:
                    return

    def value(self, query: str, values: Mapping[str, Any] | None = None) -> Any:
        """Return the one value of a query."""
        with closing(self.rows(query, values)) as found:
            return next(found)[0]


@contextmanager
def opened(ask: Ask[PostgresqlSettings]) -> Iterator[Session]:
    """Sign in and begin; raises SourceUnreachableError, SourceDeniedError, SourceRefusedError."""
    if psycopg is None:
        raise ProgramMissingError("PostgreSQL needs the extra 'postgres'.")
    chosen = ask.settings
    is_socket = chosen.host.startswith("/")
    if not is_socket:
        addresses.refuse_trap_host(chosen.host)
    seconds = int(ask.deadline.left())
    with (
        _explained(ask),
        psycopg.connect(
            host=chosen.host,
            port=chosen.port,
            dbname=chosen.database,
            user=chosen.user,
            password=chosen.password.get_secret_value() if chosen.password else "",
            sslmode=chosen.encryption,
            sslrootcert=_authority(ask),
            connect_timeout=min(_CONNECT_SECONDS, max(seconds, 2)),
            application_name="Countersign",
            options=f"-c default_transaction_read_only=on -c statement_timeout={seconds * 1000}",
            row_factory=tuple_row,
        ) as connection,
    ):
        if not is_socket:
            addresses.refuse_trap(connection.info.hostaddr)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session = Session(ask, connection)
        ask.trail.source_clock = session.value("SELECT now()")
        yield session


def system(ask: Ask[PostgresqlSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"PostgreSQL {ask.settings.database} at {ask.settings.host}"


def _refuse_others(given: tuple[str, ...], expected: tuple[str, ...]) -> None:
    if expected and given != expected:
        raise SourceNonsenseError(
            f"The query gives the columns {', '.join(given)[:300]}; declared are "
            f"{', '.join(expected)[:300]}."
        )


def _authority(ask: Ask[PostgresqlSettings]) -> str | None:
    chosen = ask.settings
    if chosen.encryption != "verify-full":
        return None
    if not chosen.trusted_ca.strip():
        return "system"
    path = Path(ask.scratch) / "authority.pem"
    path.write_text(chosen.trusted_ca, encoding="ascii", errors="replace")
    return str(path)


@contextmanager
def _explained(ask: Ask[PostgresqlSettings]) -> Iterator[None]:
    """Turn what the driver raises into our errors."""
    try:
        yield
    except psycopg.Error as error:
        told = str(error).strip().split("\n", 1)[0][:300]
        refused = error.sqlstate in _DENIED or "password" in told or "no pg_hba.conf" in told
        if refused:
            message = (
                f"PostgreSQL refused our role: {told}. Renew the password, or grant the right."
            )
            raise SourceDeniedError(message) from error
        if isinstance(error, psycopg.OperationalError):
            message = f"{ask.settings.host} could not be reached or broke off: {told}."
            raise SourceUnreachableError(message) from error
        raise SourceRefusedError(f"PostgreSQL did not answer the question: {told}.") from error
