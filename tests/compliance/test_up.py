"""`manage.py up` sets the house up and runs it, or says in one sentence why it does not."""

import http.client
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts import invitations
from compliance.management.commands import up
from reports import pdf_engine
from tests.cast import all_roles
from tests.installation import PATIENCE_SECONDS, Installation, is_alive, kill, wait_until


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    house = Installation(tmp_path / "house", {"LISTEN": f"127.0.0.1:{free_port()}"})
    house.folder.mkdir()
    yield house
    house.end()


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        call_command("up", *arguments)
    assert stop.value.code == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    return sentence


@pytest.mark.django_db
class TestRefusal:
    def test_it_names_the_port_that_is_in_use(
        self, used_port: int, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.LISTEN = f"127.0.0.1:{used_port}"

        assert refusal(capsys).startswith(f"Port {used_port} of 127.0.0.1 is in use. Stop ")

    @pytest.mark.parametrize("listen", ["8000", "localhost", "127.0.0.1:port", "[::1"])
    def test_it_explains_an_address_that_is_none(
        self, listen: str, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.LISTEN = listen

        assert "as in 127.0.0.1:8000" in refusal(capsys)

    def test_it_names_an_address_of_another_machine(
        self, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.LISTEN = "192.0.2.1:8000"

        assert refusal(capsys).startswith("Nobody can listen at 192.0.2.1:8000 (")

    def test_it_names_the_parts_that_exist(self, capsys: pytest.CaptureFixture[str]) -> None:
        sentence = refusal(capsys, "--only", "web,cook")

        assert sentence == "There is no part 'cook'; choose from web, worker, beat."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"DATABASE_URL": "mysequel:secret@x"}, "DATABASE_URL is not the address of a database."),
        (
            {"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/x"},
            "The database does not answer (",
        ),
        ({"VAR_DIR": "/dev/null/var"}, "The folder /dev/null/var/keys cannot be written."),
        ({"WORKERS": "many"}, "WORKERS is 'many'; set it to a whole number of at least 1."),
    ],
)
def test_it_stops_at_a_wrong_setting_with_one_sentence(
    installation: Installation, wrong: dict[str, str], sentence: str
) -> None:
    installation.environment |= wrong

    ended = installation.manage("up", "--no-prepare")

    assert ended.returncode == 1
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
    assert "secret" not in ended.stderr


@pytest.mark.django_db
class TestWelcome:
    @pytest.mark.usefixtures("journal")
    def test_it_invites_the_first_administrator(self, settings: Any) -> None:
        all_roles()

        welcome = up._welcome()

        found = re.search(rf"^  {settings.SITE_URL}/welcome/(.+)/$", welcome, re.MULTILINE)
        assert found is not None
        assert invitations.find(found[1]).role.slug == "administrator"

    @pytest.mark.usefixtures("root")
    def test_it_invites_nobody_where_there_is_an_administrator(self) -> None:
        assert "/welcome/" not in up._welcome()

    @pytest.mark.usefixtures("root")
    def test_it_says_how_to_switch_pdf_papers_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libnowhere.so.0",),))

        assert (
            "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "fonts-dejavu-extra" in up._welcome().splitlines()[2]
        )


@pytest.mark.django_db
def test_a_refused_catalogue_does_not_stop_the_house(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "controls").mkdir()
    (tmp_path / "controls" / "broken.yaml").write_text("controls: [", encoding="utf-8")
    settings.CATALOGUE_DIR = tmp_path
    said: list[str] = []
    up._load_catalogue(said.append)
    (sentence,) = said
    assert sentence.startswith("The catalogue stays as it was")
    assert "broken.yaml" in sentence


@pytest.mark.parametrize(
    ("listens", "reached"),
    [
        (".".join("0000"), "localhost"),
        ("::", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("tracker.example", "tracker.example"),
    ],
)
def test_it_knows_how_to_reach_its_own_web_server(listens: str, reached: str) -> None:
    assert up._reachable(listens) == reached


@pytest.mark.slow
def test_it_runs_the_whole_house_from_an_empty_folder(installation: Installation) -> None:
    address = installation.environment["LISTEN"].split(":")
    installation.start()
    wait_until(lambda: "Ctrl-C" in installation.output(), what="the welcome")
    assert "/welcome/" in installation.output()
    assert answers(*address)

    for part in ("web", "worker", "beat"):
        pid = installation.await_part(part)
        kill(pid)
        installation.await_part(part, not_pid=pid)
    wait_until(lambda: answers(*address), what="the new web server")

    everybody = installation.processes()
    installation.signal(signal.SIGTERM)
    assert installation.wait() == 0
    assert not any(is_alive(pid) for pid in everybody)
    assert not answers(*address)
    # The second start finds everything prepared, and makes a new link in place of the old one.
    installation.start()
    wait_until(lambda: installation.output().count("Ctrl-C") == 2, what="the second welcome")
    links = re.findall(r"/welcome/(.+)/", installation.output())
    assert len(set(links)) == 2


def answers(host: str, port: str) -> bool:
    web = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_SECONDS)
    try:
        web.request("GET", "/")
        return web.getresponse().status < 500
    except OSError:
        return False
    finally:
        web.close()
