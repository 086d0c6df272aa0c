"""Keeps the rows of tags in step with the tags that a thing wears, and finds things by them."""

from dataclasses import dataclass

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from merchants.models import (
    ApiUser,
    Application,
    ComplianceForm,
    ExternalLink,
    File,
    Merchant,
    Tag,
)

Wearer = ApiUser | Application | ComplianceForm | ExternalLink | File | Merchant

_KINDS: dict[type[Model], Tag.Of] = {
    Application: Tag.Of.APPLICATION,
    Merchant: Tag.Of.MERCHANT,
    ComplianceForm: Tag.Of.FORM,
    File: Tag.Of.FILE,
    ExternalLink: Tag.Of.LINK,
    ApiUser: Tag.Of.USER,
}


@dataclass(frozen=True)
class Wanted:
    """A tag that is asked for: by its key, or by its value as well."""

    key: str
    value: str | None = None

    @property
    def condition(self) -> Q:
        said = Q(key=self.key)
        return said if self.value is None else said & Q(value=self.value)


def keep(row: Wearer) -> None:
    """Make the rows of tags those that a thing wears now; part of the caller's transaction."""
    kind = _KINDS[type(row)]
    Tag.objects.filter(of=kind, row=row.pk).delete()
    near = row.file if isinstance(row, ExternalLink) else row
    platform = near.pk if isinstance(near, Application) else near.application_id
    Tag.objects.bulk_create(
        Tag(
            of=kind,
            row=row.pk,
            environment=near.environment,
            application_id=platform,
            key=key,
            value=value,
            created_at=row.created_at,
        )
        for key, value in row.tags.items()
    )


def worn(model: type[Model], wanted: Wanted, *, key: str = "pk") -> Exists:
    """Return the condition that a row of a table, whose key stands in a column, wears a tag."""
    return Exists(Tag.objects.filter(wanted.condition, of=_KINDS[model], row=OuterRef(key)))


def wearers(model: type[Model], wanted: Wanted) -> QuerySet[Tag]:
    """Return the rows of a tag on things of a table."""
    return Tag.objects.filter(wanted.condition, of=_KINDS[model])
