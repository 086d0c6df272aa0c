"""The official client for Python, which is not ours, against the live server."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from merchants import api_users, papers
from merchants.models import Application, ComplianceForm, SignatureRecord, Webhook
from merchants.webhooks import delivering
from tests.conftest import demand_package
from tests.finix import things
from tests.finix.calls import PDF, SIGNED
from tests.finix.receiver import Receiver
from tests.merchants import shops

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def finix() -> Any:
    demand_package("finix", "dev")
    import_module("finix.models")
    return import_module("finix")


@pytest.fixture
def sdk(finix: Any, live_server: LiveServer, var_dir: Path) -> Any:
    """The client with a key for all platforms of the live environment."""
    key, password = api_users.add_platform_key("live", actor="system")
    return connected(finix, live_server, key.ref, password)


def connected(finix: Any, server: LiveServer, name: str, password: str) -> Any:
    return finix.FinixClient(
        finix.Configuration(
            username=name, password=password, environment=f"{server.url}/finix/live"
        )
    )


@pytest.fixture
def forms(alice: User) -> list[ComplianceForm]:
    """Five forms of one platform, newest first."""
    of = shops.application(alice)
    return [shops.form(alice, of=of) for _ in range(5)][::-1]


def every(page: Any) -> list[str]:
    """Return the ids of all pages, by the loop that the client's own documentation shows."""
    seen = [one.id for one in page]
    while page.has_more:
        page = page.list_next()
        seen += [one.id for one in page]
    return seen


class TestForms:
    """Forms are listed, paged, fetched and signed."""

    def test_it_pages_to_the_end(self, sdk: Any, forms: list[ComplianceForm]) -> None:
        assert every(sdk.compliance_forms.list(limit=2)) == [form.ref for form in forms]
        assert every(sdk.compliance_forms.list(limit=5)) == [form.ref for form in forms]

    def test_it_filters(self, sdk: Any, forms: list[ComplianceForm]) -> None:
        ComplianceForm.objects.filter(pk=forms[1].pk).update(state="INVALID")
        incomplete = [form.ref for form in forms if form != forms[1]]
        assert every(sdk.compliance_forms.list(state="INCOMPLETE", limit=3)) == incomplete
        one = sdk.compliance_forms.list(linked_to=forms[2].merchant.ref)
        assert [found.id for found in one] == [forms[2].ref]
        since = {"created_at.gte": forms[1].created_at.isoformat()}
        assert len(sdk.compliance_forms.list(**since)) == 2

    def test_it_fetches_and_signs(self, sdk: Any, finix: Any, forms: list[ComplianceForm]) -> None:
        fetched = sdk.compliance_forms.get(forms[0].ref)
        assert (fetched.id, fetched.state) == (forms[0].ref, "INCOMPLETE")
        assert fetched.files["signed_file"] is None
        models = finix.models
        said = models.UpdateComplianceFormRequest(
            pci_saq_a=models.UpdateComplianceFormRequestPciSaqA(**SIGNED)
        )
        for _ in range(2):
            signed = sdk.compliance_forms.update(forms[0].ref, update_compliance_form_request=said)
            assert signed.state == "COMPLETE"
            assert signed.pci_saq_a["is_accepted"] is True
            assert signed.pci_saq_a["name"] == SIGNED["name"]

    def test_it_reads_headers(self, sdk: Any, forms: list[ComplianceForm]) -> None:
        found, status, headers = sdk.compliance_forms.get(
            forms[0].ref, _return_http_data_only=False
        )
        assert (found.id, status) == (forms[0].ref, 200)
        assert headers["Finix-Apiuser-Role"] == "ROLE_PLATFORM"
        assert headers["X-Request-Id"]
        assert headers["Date"]

    def test_it_downloads_both_papers(
        self, sdk: Any, forms: list[ComplianceForm], tmp_path: Path
    ) -> None:
        for which in ("unsigned", "signed"):
            paper = tmp_path / which
            paper.write_bytes(PDF + which.encode())
            papers.take(forms[0], which, paper)
        told = sdk.compliance_forms.get(forms[0].ref).files
        for which in ("unsigned", "signed"):
            got = sdk.files.download(told[f"{which}_file"])
            assert got.read() == PDF + which.encode()
            got.close()


class TestErrors:
    """The client reads every refusal as an error of its own."""

    def test_it_understands_what_is_refused(
        self, sdk: Any, finix: Any, live_server: LiveServer, forms: list[ComplianceForm]
    ) -> None:
        ref = forms[0].ref
        with pytest.raises(finix.exceptions.NotFoundException) as missing:
            sdk.compliance_forms.get("cf_nothing")
        assert missing.value.body[0].code == "NOT_FOUND"
        with pytest.raises(finix.exceptions.ApiException) as empty:
            sdk.compliance_forms.update(ref)
        assert (empty.value.status, empty.value.body[0].field) == (422, "pci_saq_a")
        sdk.compliance_forms.update(ref, update_compliance_form_request={"pci_saq_a": SIGNED})
        other = {"pci_saq_a": {**SIGNED, "title": "Clerk"}}
        with pytest.raises(finix.exceptions.ApiException) as conflict:
            sdk.compliance_forms.update(ref, update_compliance_form_request=other)
        assert (conflict.value.status, conflict.value.body[0].code) == (409, "CONFLICT")
        assert conflict.value.body[0].logref
        for wrong in (connected(finix, live_server, "US1", "wrong"),):
            with pytest.raises(finix.exceptions.UnauthorizedException) as refused:
                wrong.compliance_forms.get(ref)
            assert refused.value.body[0].code == "UNKNOWN"


class TestParties:
    """Merchants, identities and verifications."""

    def test_it_reads_them(self, sdk: Any, forms: list[ComplianceForm]) -> None:
        merchants = [form.merchant for form in forms]
        assert every(sdk.merchants.list(limit=2)) == [one.ref for one in merchants]
        assert every(sdk.identities.list(limit=2)) == [one.identity_ref for one in merchants]
        assert sdk.merchants.get(merchants[0].ref).onboarding_state == "APPROVED"
        identity = sdk.identities.get(merchants[0].identity_ref)
        assert identity.entity["business_name"] == "Brot und Butter GmbH"
        verifications = every(sdk.verifications.list(limit=2))
        assert len(verifications) == 5
        assert sdk.verifications.get(verifications[0]).state == "SUCCEEDED"
        of_one = sdk.verifications.list_by_merchant_id(merchants[0].ref)
        assert [one.id for one in of_one] == verifications[:1]

    def test_it_names_businesses_and_makes_them_merchants(self, sdk: Any, alice: User) -> None:
        shops.application(alice)
        entity = {"business_name": "Brot und Butter GmbH", "email": "erna@bakery.example"}
        named = sdk.identities.create(create_identity_request={"entity": entity})
        assert sdk.identities.get(named.id).entity["business_name"] == entity["business_name"]
        made = sdk.merchants.create(
            named.id, create_merchant_underwriting_request={"processor": "DUMMY_V1"}
        )
        assert made.onboarding_state == "PROVISIONING"
        again = sdk.merchants.create_merchant_verification(
            made.id, create_verification_request={"processor": "DUMMY_V1"}
        )
        assert again.state == "PENDING"
        request = {"merchant": made.id, "processor": "DUMMY_V1"}
        same = sdk.verifications.create(create_verification_request=request)
        assert same.id == again.id
        assert every(sdk.identities.list_associated_identities(named.id)) == []

    def test_it_hangs_tags_on(self, sdk: Any, forms: list[ComplianceForm]) -> None:
        ref = forms[0].merchant.ref
        changed = sdk.merchants.update(ref, update_merchant_request={"tags": {"a": "b"}})
        assert changed.tags == {"a": "b"}
        identity = sdk.identities.update(
            forms[0].merchant.identity_ref, update_identity_request={"tags": {"c": "d"}}
        )
        assert identity.tags == {"c": "d"}
        form = sdk.compliance_forms.update(
            forms[0].ref, update_compliance_form_request={"tags": {"e": "f"}}
        )
        assert (form.tags, form.state) == ({"e": "f"}, "INCOMPLETE")
        tagged = sdk.compliance_forms.list(**{"tags.key": "e"})
        assert [one.id for one in tagged] == [forms[0].ref]


class TestFiles:
    """Files go up and come down."""

    def test_it_sends_and_fetches(self, sdk: Any, finix: Any, alice: User, tmp_path: Path) -> None:
        merchant = shops.merchant(alice)
        models = finix.models
        made = sdk.files.create(
            create_file_request=models.CreateFileRequest(
                linked_to=merchant.ref, type="PCI_DOCUMENT", display_name="Scan"
            )
        )
        assert made.status == "REQUIRES_UPLOAD"
        path = tmp_path / "scan.pdf"
        path.write_bytes(PDF)
        with path.open("rb") as file:
            sent = sdk.files.upload(
                made.id, upload_file_request=models.UploadFileRequest(file=file)
            )
        assert sent.status == "UPLOADED"
        got = sdk.files.download(made.id)
        assert got.read() == PDF
        got.close()
        link = sdk.files.create_external_link(
            made.id,
            create_external_link_request=models.CreateExternalLinkRequest(
                type="DOWNLOAD", duration=15
            ),
        )
        assert sdk.files.get_external_link(made.id, link.id).url == link.url
        assert [one.id for one in sdk.files.list_external_links(made.id)] == [link.id]
        assert every(sdk.files.list(limit=1)) == [made.id]
        assert sdk.files.get(made.id).extension == "pdf"

    def test_it_hears_why_a_large_file_is_refused(
        self, sdk: Any, finix: Any, alice: User, tmp_path: Path
    ) -> None:
        request = {"linked_to": shops.merchant(alice).ref, "type": "OTHER"}
        made = sdk.files.create(create_file_request=request)
        path = tmp_path / "scan.pdf"
        path.write_bytes(PDF + b"\0" * (30 * 1024**2))
        with path.open("rb") as file, pytest.raises(finix.exceptions.ApiException) as refused:
            sdk.files.upload(made.id, upload_file_request=finix.models.UploadFileRequest(file=file))
        assert (refused.value.status, refused.value.body[0].field) == (422, "file")
        assert sdk.files.get(made.id).status == "REQUIRES_UPLOAD"


class TestWebhooks:
    """Webhooks are added, and what comes is signed."""

    def test_it_receives_signed_events(
        self, sdk: Any, finix: Any, receiver: Receiver, alice: User
    ) -> None:
        request = finix.models.CreateWebhookRequest(
            url=receiver.url,
            enabled=True,
            authentication=finix.models.CreateWebhookRequestAuthentication(type="NONE"),
        )
        made = sdk.webhooks.create(create_webhook_request=request)
        assert made.enabled
        form = shops.form(alice)
        body = {"pci_saq_a": SIGNED}
        sdk.compliance_forms.update(form.ref, update_compliance_form_request=body)
        delivering.run(Webhook.objects.get(ref=made.id))
        key = sdk.webhooks.get(made.id).secret_signing_key
        now = int(timezone.now().timestamp())
        for headers, raw in receiver.events:
            assert things.holds(headers["Finix-Signature"], raw, secret=key, now=now)
        last = json.loads(receiver.events[-1][1])
        assert last["_embedded"]["compliance_forms"][0]["state"] == "COMPLETE"
        assert every(sdk.webhooks.list(limit=1)) == [made.id]
        off = sdk.webhooks.update(made.id, update_webhook_request={"enabled": False})
        assert off.enabled is False


def test_of_two_who_sign_at_once_one_does(
    sdk: Any, finix: Any, forms: list[ComplianceForm]
) -> None:
    def sign(name: str) -> int:
        body = {"pci_saq_a": {**SIGNED, "name": name}}
        try:
            sdk.compliance_forms.update(forms[0].ref, update_compliance_form_request=body)
        except finix.exceptions.ApiException as refused:
            return int(refused.status)
        return 200

    with ThreadPoolExecutor(2) as people:
        assert sorted(people.map(sign, ["Erna", "Otto"])) == [200, 409]
    assert SignatureRecord.objects.count() == 1


def test_a_key_of_one_platform_sees_its_own(
    finix: Any, live_server: LiveServer, alice: User, var_dir: Path
) -> None:
    own: Application = shops.application(alice)
    form, _ = shops.form(alice, of=own), shops.form(alice)
    key, password = api_users.add_partner_key(own, actor="system")
    partner = connected(finix, live_server, key.ref, password)
    assert every(partner.compliance_forms.list()) == [form.ref]
