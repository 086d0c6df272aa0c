"""Addresses below /finix/sandbox/ and /finix/live/; none of them ends in a slash."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from compliance.api.finix import compliance_forms, files, identities, parties, users, webhooks


class EnvironmentName:
    """The two environments, which share nothing."""

    regex = "sandbox|live"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Name(EnvironmentName):
    """An id as we give them out, and any that looks like one: what else stands there is none."""

    regex = r"[A-Za-z0-9_.-]{1,80}"


register_converter(EnvironmentName, "finix")
register_converter(Name, "id")

_forms: list[URLPattern | URLResolver] = [
    path("compliance_forms", compliance_forms.ComplianceFormList.as_view()),
    path("compliance_forms/<id:ref>", compliance_forms.ComplianceFormOne.as_view()),
]
_parties: list[URLPattern | URLResolver] = [
    path("merchants", parties.MerchantList.as_view()),
    path("merchants/<id:ref>", parties.MerchantOne.as_view()),
    path("merchants/<id:ref>/verifications", parties.MerchantVerifications.as_view()),
    path("identities", identities.IdentityList.as_view()),
    path("identities/<id:ref>", identities.IdentityOne.as_view()),
    path("identities/<id:ref>/associated_identities", identities.AssociatedIdentities.as_view()),
    path("identities/<id:ref>/merchants", identities.IdentityMerchants.as_view()),
    path("identities/<id:ref>/users", users.IdentityUsers.as_view()),
    path("applications", parties.ApplicationList.as_view()),
    path("applications/<id:ref>", parties.ApplicationOne.as_view()),
    path("applications/<id:ref>/users", users.ApplicationUsers.as_view()),
    path("verifications", parties.VerificationList.as_view()),
    path("verifications/<id:ref>", parties.VerificationOne.as_view()),
    path("users", users.UserList.as_view()),
    path("users/<id:ref>", users.UserOne.as_view()),
]
_files: list[URLPattern | URLResolver] = [
    path("files", files.FileList.as_view()),
    path("files/<id:ref>", files.FileOne.as_view()),
    path("files/<id:ref>/upload", files.FileUpload.as_view()),
    path("files/<id:ref>/download", files.FileDownload.as_view()),
    path("files/<id:ref>/external_links", files.FileLinks.as_view()),
    path("files/<id:ref>/external_links/<id:link>", files.FileLinkOne.as_view()),
    path("external/<id:link>/<id:proof>", files.OpenLink.as_view()),
]
_ONE = "webhooks/<id:ref>"
_webhooks: list[URLPattern | URLResolver] = [
    path("webhooks", webhooks.WebhookList.as_view()),
    path(_ONE, webhooks.WebhookOne.as_view()),
    path(f"{_ONE}/test_events", webhooks.WebhookTest.as_view()),
    path(f"{_ONE}/secret_rotations", webhooks.WebhookRotation.as_view()),
    path(f"{_ONE}/deliveries", webhooks.DeliveryList.as_view()),
    path(f"{_ONE}/deliveries/<id:delivery>", webhooks.DeliveryOne.as_view()),
    path(f"{_ONE}/deliveries/<id:delivery>/redeliveries", webhooks.DeliveryAgain.as_view()),
    path("events", webhooks.EventList.as_view()),
    path("events/<id:ref>", webhooks.EventOne.as_view()),
]

app_name = "finix"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<finix:environment>/", include([*_forms, *_parties, *_files, *_webhooks])),
]
