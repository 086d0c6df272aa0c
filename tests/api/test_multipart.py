"""A body that was cut off or misformed is refused: half a file is no evidence."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pytest_django import Settings

from evidence.models import Evidence
from tests.api import calls
from tests.api.calls import EVIDENCE, Program

pytestmark = pytest.mark.django_db
KIND = "multipart/form-data; boundary=frontier"


def multipart(end: bytes = b"\r\n--frontier--\r\n", filename: bytes = b"a.csv") -> bytes:
    texts = [
        b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), value.encode())
        for name, value in calls.fields(file=None).items()
    ]
    head = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
    return b"".join([*texts, head % filename, b"day,result\n2026-10-05,ok\n", end])


def post(robot: Program, body: bytes, kind: str = KIND) -> Any:
    return stream(robot, io.BytesIO(body), len(body), kind)


def stream(robot: Program, body: io.BytesIO, length: int, kind: str = KIND) -> Any:
    """Send a body as it comes from a socket, which may end before its declared length."""
    more = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": kind}
    return robot.call("POST", EVIDENCE, headers={"Idempotency-Key": "k"}, **more)


def test_a_body_written_by_hand_is_taken(robot: Program) -> None:
    answer = post(robot, multipart())
    assert answer.status_code == 201, answer.content
    assert Evidence.objects.get().blob.size == 25


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n--frontier", b"\r\n--frontie"])
def test_a_body_without_its_end_is_refused(robot: Program, end: bytes) -> None:
    calls.error(post(robot, multipart(end)), 400, "malformed")
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("lost", [1, 10, 40, 400])
def test_a_body_that_breaks_off_is_refused(robot: Program, settings: Settings, lost: int) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1
    settings.FILE_UPLOAD_TEMP_DIR = settings.SCRATCH_DIR
    body = multipart()
    answer = stream(robot, io.BytesIO(body[:-lost]), len(body))
    calls.error(answer, 400, "malformed")
    assert not Evidence.objects.exists()
    assert list(Path(settings.SCRATCH_DIR).iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", multipart()),
        ("multipart/form-data; boundary=", multipart()),
        ("multipart/form-data; boundary=other", multipart()),
        ("multipart/form-data; boundary=frontier; charset=utf-16", multipart()),
        (KIND, b"no parts at all"),
        (KIND, b"\r\n" * 5_000),
        ("multipart/form-data; boundary=" + "x" * 300, multipart()),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(robot: Program, kind: str, body: bytes) -> None:
    answer = post(robot, body, kind)
    assert answer.status_code in {400, 415, 422}
    assert not Evidence.objects.exists()


def test_a_lost_connection_is_no_failure_of_ours(robot: Program) -> None:
    class Lost(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    calls.error(stream(robot, Lost(), 1000), 400, "malformed")


@pytest.mark.parametrize("name", [b"a\0b.csv", b"..", b"/", b"x" * 300])
def test_a_file_name_that_cannot_be_kept_is_refused(robot: Program, name: bytes) -> None:
    said = calls.error(post(robot, multipart(filename=name)), 422, "invalid")
    assert set(said["fields"]) == {"file"}


def test_a_path_is_cut_down_to_its_name(robot: Program) -> None:
    post(robot, multipart(filename=b"C:\\\\temp\\\\report.csv"))
    assert Evidence.objects.get().filename == "report.csv"


def test_the_limit_of_forms_is_not_the_one_of_programs(robot: Program, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 50
    answer = robot.push(content=b"x" * 200)
    assert answer.status_code == 201, answer.content
    assert answer.json()["size"] == 200


def test_a_field_of_many_megabytes_is_refused(robot: Program, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 500
    calls.error(robot.push(title="x" * 501), 413, "too_large")
    assert not Evidence.objects.exists()


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Draw the body with one stretch of it replaced by something else, of any length."""
    body = multipart()
    start = draw(st.integers(0, len(body)))
    end = start + draw(st.integers(0, 60))
    words = st.sampled_from([b"\r\n--frontier--", b"\r\n--frontier\r\n", b'; name="file"', b"\0"])
    return body[:start] + draw(words | st.binary(max_size=60)) + body[end:]


@effort(max_examples=80, suppress_health_check=list(HealthCheck), deadline=None)
@given(body=changed() | st.binary(max_size=300))
def test_any_body_is_taken_or_refused_in_words(robot: Program, body: bytes) -> None:
    answer = post(robot, body)
    assert answer.status_code in {200, 201, 400, 409, 413, 415, 422}, answer.content
    told = answer.json()
    assert "ref" in told or told["error"]["message"], told
