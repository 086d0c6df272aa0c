"""AWS for tests: moto over the loopback, a road before it that can spoil, and what stands there."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.collectors.loopback import Asked, Loopback, Reply

HOME, OTHER = "us-east-1", "eu-west-1"
ACCOUNT, SECOND = "123456789012", "210987654321"
KEYS = {"access_key_id": "AKIAQQQQQQQQQQQQQQQQ", "secret_access_key": "planted-secret-of-the-key"}
_PASSED_ON = ("authorization", "content-type", "smithy-protocol", "accept")

Answer = Callable[[Asked], Reply | None]


@contextmanager
def moto() -> Iterator[str]:
    """A server that behaves like AWS; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def reset(url: str) -> None:
    """Let moto forget everything."""
    connection = HTTPConnection(url.removeprefix("http://"))
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()


class Maker:
    """Makes what collectors are to find; asks moto directly."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, service: str, region: str = HOME, **keys: str) -> Any:
        given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **keys}
        opened: Any = boto3.client
        return opened(service, region_name=region, endpoint_url=self.url, **given)

    def second(self, service: str, region: str = HOME) -> Any:
        """A client of the second account, by the role that it lends."""
        role = role_in(SECOND)
        given = self("sts").assume_role(RoleArn=role, RoleSessionName="making")["Credentials"]
        return self(
            service,
            region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )


def role_in(account: str) -> str:
    return f"arn:aws:iam::{account}:role/countersign"


class Road(Loopback):
    """Stands before moto: passes on, refuses, spoils the nth answer, answers what moto lacks."""

    def __init__(self, moto_url: str = "", own: Answer | None = None) -> None:
        super().__init__()
        self.moto_url = moto_url
        self.own = own
        self.spoil: tuple[int, Reply] | None = None
        """The answer of this number (from 0) and all after it."""
        self.refused: dict[str, Reply] = {}
        """What a request's authorisation holds, such as /eu-west-1/kms/, and its answer."""

    def answer(self, asked: Asked) -> Reply:
        if self.spoil and len(self.asked) > self.spoil[0]:
            return self.spoil[1]
        signed = asked.headers.get("Authorization", "")
        for part, reply in self.refused.items():
            if part in signed:
                return reply
        found = self.own(asked) if self.own else None
        return found or self._passed_on(asked)

    def _passed_on(self, asked: Asked) -> Reply:
        connection = HTTPConnection(self.moto_url.removeprefix("http://"), timeout=60)
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name.lower() in _PASSED_ON or name.lower().startswith("x-amz-")
        }
        connection.request(asked.method, asked.path, body=asked.body, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        told = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() in {"content-type", "smithy-protocol"} or name.startswith("x-amz")
        }
        connection.close()
        return Reply(body, status=answer.status, headers=told)


def operation_of(asked: Asked) -> str:
    """The name of the operation, of those protocols that send it."""
    target = {name.lower(): value for name, value in asked.headers.items()}.get("x-amz-target", "")
    return target.rpartition(".")[2]


def in_json(body: Mapping[str, Any], *, status: int = 200) -> Reply:
    return Reply(
        json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"}
    )
