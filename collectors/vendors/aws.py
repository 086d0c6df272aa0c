"""AWS: keys, the accounts behind roles, the regions in use, and one look at each of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self, TypeVar

from pydantic import Field, SecretStr, StringConstraints, model_validator

from collectors.base import Answer, Ask, Row, SourceSettings
from collectors.errors import SourceError
from collectors.wire.aws import Cloud, Keys, Place
from collectors.wire.fields import Item

SECRETS = (
    "SecretAccessKey",
    "SessionToken",
    "SecretString",
    "SecretBinary",
    "MasterUserPassword",
    "MasterUserSecret",
    "PrivateKey",
    "value",
)
Role = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$")
]
Region = Annotated[str, StringConstraints(max_length=30, pattern=r"^[a-z]{2}(-[a-z]+){1,2}-[0-9]$")]
_SESSION = "countersign"
_ADDRESS = r"^(https?://[^\s@]+)?$"


class AwsSettings(SourceSettings):
    """One access key; with roles, every account whose role it may assume."""

    access_key_id: SecretStr = Field(
        title="Access key id", description="Of a user that may do what is listed above, no more."
    )
    secret_access_key: SecretStr = Field(
        title="Secret access key", description="The secret that was shown with the access key id."
    )
    roles: tuple[Role, ...] = Field(
        default=(),
        title="Roles",
        description="ARNs of the roles to assume, one for each account. Empty: the account of the "
        "key itself.",
        max_length=500,
    )
    external_id: SecretStr | None = Field(
        default=None,
        title="External id",
        description="What the roles demand of whoever assumes them.",
    )
    regions: tuple[Region, ...] = Field(
        default=(),
        title="Regions",
        description="Regions in scope. Empty: all that are enabled in the account.",
        max_length=60,
    )
    home_region: Region = Field(
        default="us-east-1",
        title="Home region",
        description="Where the account is asked about itself; us-gov-west-1 or cn-north-1 for the "
        "partitions that stand apart.",
    )
    endpoint: str = Field(
        default="",
        title="Endpoint",
        description="Only where AWS is reached through an address of your own.",
        pattern=_ADDRESS,
        max_length=300,
    )

    @model_validator(mode="after")
    def _names_each_account_once(self) -> Self:
        accounts = [_account_of(role) for role in self.roles]
        if len(set(accounts)) < len(accounts):
            message = "roles name an account twice, so that its rows would come twice"
            raise ValueError(message)
        return self


class OwnedSettings(AwsSettings):
    """Where people write on a resource whose it is."""

    owner_tag: str = Field(
        default="owner",
        title="Tag of the owner",
        description="Name of the tag that says whose a resource is.",
        max_length=128,
    )


class OnePlaceSettings(AwsSettings):
    """Where what is asked about stands in one region of one account."""

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if len(self.regions) != 1 or len(self.roles) > 1:
            message = "name the one region where it stands, and one role at most"
            raise ValueError(message)
        return self


class StoreSettings(AwsSettings):
    """Where people write on a store what it is for."""

    environment_tag: str = Field(
        default="environment",
        title="Tag of the environment",
        description="Name of the tag that tells production from the rest.",
        max_length=128,
    )
    customer_data_tag: str = Field(
        default="customer-data",
        title="Tag of customer data",
        description="Name of the tag that says no where a store holds none.",
        max_length=128,
    )


S = TypeVar("S", bound=AwsSettings)
Look = Callable[[Ask[S], Place], Iterator[Row]]


@dataclass(frozen=True)
class _Account:
    number: str
    keys: Keys
    regions: tuple[str, ...]


@dataclass
class _Tally:
    """What was seen whole, and what was not: it is named, and is never left out in silence."""

    ask: Ask[AwsSettings]
    seen: int = 0
    errors: list[SourceError] = field(default_factory=list)

    def missed(self, named: str, error: SourceError) -> None:
        # Where the time is up, nothing after this would be seen either.
        self.ask.deadline.left()
        self.errors.append(error)
        self.ask.trail.lacks(f"Of {named} not all was seen. {error}")

    def settle(self) -> None:
        """Fail where nothing at all was seen: that is no partial answer."""
        if self.errors and not self.seen:
            raise self.errors[0]


def answer(
    ask: Ask[S],
    look: Look[S],
    *,
    service: str,
    query: str,
    is_global: bool = False,
    more: Mapping[str, object] | None = None,
) -> Answer:
    """Return what a look finds in every region of every account; once each where it has none."""
    return Answer(
        rows=rows(ask, look, service=service, is_global=is_global),
        source_system=system(ask),
        query=query,
        parameters={**scope(ask), **(more or {})},
    )


def rows(ask: Ask[S], look: Look[S], *, service: str, is_global: bool = False) -> Iterator[Row]:
    """Yield the rows of every place; one that fails makes the run partial, all of them fail it."""
    tally = _Tally(ask)
    home = ask.settings.home_region
    with ask.http("") as sender:
        cloud = Cloud(sender, ask.trail, endpoint=ask.settings.endpoint, secrets=ask.secrets)
        # All accounts are opened first, so that trying the connection shows what is refused.
        for account in list(_accounts(ask, cloud, tally, is_global=is_global)):
            for region in (home,) if is_global else account.regions:
                place = Place(cloud, service, account.number, region, account.keys)
                ask.progress(0, note=str(place))
                try:
                    yield from look(ask, place)
                except SourceError as error:
                    tally.missed(str(place), error)
                else:
                    tally.seen += 1
        tally.settle()


def tag(tags: Iterable[Item], name: str) -> str | None:
    """Return the value of a tag by its name, however it is written; None where it is not there."""
    for each in tags:
        if each.text("Key").casefold() == name.casefold():
            return each.maybe_text("Value") or None
    return None


def holds_customer_data(tags: Iterable[Item], chosen: StoreSettings) -> bool | None:
    """Say whether a store holds data of customers, as its tag says; None where it says nothing."""
    told = tag(tags, chosen.customer_data_tag)
    return None if told is None else told.casefold() not in {"no", "false", "none"}


def masked(key_id: str) -> str:
    """Return an access key id so that it can be told from others, and not be used or found."""
    return f"{key_id[:4]}…{key_id[-4:]}"


def system(ask: Ask[AwsSettings]) -> str:
    """Name the source system as evidence shows it."""
    accounts = ", ".join(_account_of(role) for role in ask.settings.roles)
    return f"AWS accounts {accounts}"[:300] if accounts else "AWS account of the access key"


def scope(ask: Ask[AwsSettings]) -> dict[str, object]:
    """Return the parameters that every question to AWS has."""
    chosen = ask.settings
    return {
        "accounts": [_account_of(role) for role in chosen.roles] or "that of the access key",
        "regions": list(chosen.regions) or "all enabled",
    }


def allow(*actions: str) -> str:
    """Say which actions of IAM a collector needs, for whoever writes the policy of its key."""
    return (
        f"A policy that allows {', '.join(sorted(actions))}, and nothing else. All enabled regions "
        "need ec2:DescribeRegions too; several accounts need sts:AssumeRole on one role in each, "
        "which has that policy and demands the external id."
    )


def _accounts(
    ask: Ask[AwsSettings], cloud: Cloud, tally: _Tally, *, is_global: bool
) -> Iterator[_Account]:
    chosen = ask.settings
    own = Keys(chosen.access_key_id.get_secret_value(), chosen.secret_access_key.get_secret_value())
    for role in chosen.roles or ("",):
        number = _account_of(role) if role else "of the key"
        try:
            keys = _assumed(ask, cloud, own, role) if role else own
            if not role:
                number = _identity(ask, cloud, own)
            regions = () if is_global else _regions(ask, cloud, number, keys)
        except SourceError as error:
            tally.missed(f"account {number}", error)
        else:
            yield _Account(number, keys, regions)


def _identity(ask: Ask[AwsSettings], cloud: Cloud, own: Keys) -> str:
    place = Place(cloud, "sts", "of the key", ask.settings.home_region, own)
    return place.ask("get_caller_identity").text("Account")


def _assumed(ask: Ask[AwsSettings], cloud: Cloud, own: Keys, role: str) -> Keys:
    home = ask.settings.home_region
    # Its answer holds keys: it is neither noted nor cleaned of them.
    open_eyed = Cloud(cloud.sender, cloud.trail, endpoint=ask.settings.endpoint)
    place = Place(open_eyed, "sts", _account_of(role), home, own, is_noted=False)
    wanted = {"RoleArn": role, "RoleSessionName": _SESSION}
    if ask.settings.external_id:
        wanted["ExternalId"] = ask.settings.external_id.get_secret_value()
    given = place.ask("assume_role", **wanted).part("Credentials")
    return Keys(
        given.text("AccessKeyId"), given.text("SecretAccessKey"), given.text("SessionToken")
    )


def _regions(ask: Ask[AwsSettings], cloud: Cloud, number: str, keys: Keys) -> tuple[str, ...]:
    if ask.settings.regions:
        return ask.settings.regions
    place = Place(cloud, "ec2", number, ask.settings.home_region, keys)
    enabled = {"Name": "opt-in-status", "Values": ["opt-in-not-required", "opted-in"]}
    found = place.ask("describe_regions", Filters=[enabled])
    return tuple(sorted(region.text("RegionName") for region in found.parts("Regions")))


def _account_of(role: str) -> str:
    found = re.search(r"::([0-9]{12}):", role)
    return found[1] if found else ""
