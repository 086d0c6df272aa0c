"""What policies of AWS allow: which of them let somebody do anything, or widen his own rights."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from collectors.wire.fields import Item

POWERS = (
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
)


def far_reaching(policies: Iterable[Item]) -> set[str]:
    """Return the ARNs of the managed policies that give one of the powers."""
    return {
        policy.text("Arn")
        for policy in policies
        for version in policy.parts("PolicyVersionList")
        if version.boolean("IsDefaultVersion") and gives_power(version.value("Document"))
    }


def grants(holder: Item, inline: str, far: set[str]) -> list[str]:
    """Return the names of the far-reaching policies of a user, group or role."""
    own = [
        policy.text("PolicyName")
        for policy in holder.parts(inline)
        if gives_power(policy.value("PolicyDocument"))
    ]
    attached = [
        policy.text("PolicyName")
        for policy in holder.parts("AttachedManagedPolicies")
        if policy.text("PolicyArn") in far
    ]
    return [*own, *attached]


def gives_power(document: Any) -> bool:
    """Say whether a policy allows one of the powers on anything; what it denies is not weighed."""
    return any(
        statement.get("Effect") == "Allow" and _is_anywhere(statement) and _is_power(statement)
        for statement in _statements(document)
    )


def trusted(role: Item) -> str:
    """Return whom the trust policy of a role lets in."""
    found = set()
    for statement in _statements(role.value("AssumeRolePolicyDocument")):
        principal = statement.get("Principal")
        if statement.get("Effect") != "Allow":
            continue
        if isinstance(principal, dict):
            found |= {f"{kind} {one}" for kind, told in principal.items() for one in _several(told)}
        else:
            found |= {str(one) for one in _several(principal)}
    return "; ".join(sorted(found))


def names(holder: Item, where: str) -> set[str]:
    """Return a plain list of words as a set."""
    return {str(one) for one in _several(holder.value(where))}


def _is_anywhere(statement: dict[str, Any]) -> bool:
    # NotResource leaves a little out of everything.
    return "NotResource" in statement or any(
        str(one).endswith("*") for one in _several(statement.get("Resource"))
    )


def _is_power(statement: dict[str, Any]) -> bool:
    if "NotAction" in statement:
        return any(not _matches(power, statement["NotAction"]) for power in POWERS)
    return any(_matches(power, statement.get("Action")) for power in POWERS)


def _matches(power: str, told: Any) -> bool:
    return any(fnmatchcase(power.lower(), str(one).lower()) for one in _several(told))


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        for statement in _several(document.get("Statement")):
            if isinstance(statement, dict):
                yield statement


def _several(told: Any) -> list[Any]:
    """Return a list: policies write a single thing without one."""
    if told is None:
        return []
    return told if isinstance(told, list) else [told]
