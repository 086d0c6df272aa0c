"""What every call has in common: keys, versions, headers, and one shape for each error."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from compliance.api.finix import access
from merchants import api_users, tag_deeds
from merchants.models import Application, ComplianceForm
from tests import cast
from tests.finix import calls
from tests.finix.calls import SIGNED, Program, basic
from tests.merchants import shops

pytestmark = pytest.mark.django_db
FORMS = "/finix/live/compliance_forms"


@pytest.fixture
def form(alice: User) -> ComplianceForm:
    return shops.form(alice)


class TestKeys:
    """Who may come in."""

    def test_nobody_comes_in_without_a_key(self, client: Client) -> None:
        answer = client.get(FORMS)
        (found,) = calls.errors(answer, 401, "UNKNOWN")
        assert found["message"] == "Unauthorized"
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert "Finix-Apiuser-Role" not in answer.headers

    @pytest.mark.parametrize(
        "said",
        ["Basic", "Basic !", "Basic YQ==", "Bearer abc", basic("US1", "x"), basic("\0", "x"), "é"],
    )
    def test_what_is_no_key_sounds_like_none(self, client: Client, said: str) -> None:
        calls.errors(client.get(FORMS, headers={"Authorization": said}), 401, "UNKNOWN")

    def test_a_wrong_password_is_refused(self, robot: Program, client: Client) -> None:
        said = basic(robot.key.ref, robot.password[:-1])
        calls.errors(client.get(FORMS, headers={"Authorization": said}), 401, "UNKNOWN")

    def test_who_guesses_on_is_slowed_down(self, client: Client) -> None:
        said = {"Authorization": basic("US1", "guess")}
        answers = [client.get(FORMS, headers=said) for _ in range(62)]
        calls.errors(answers[0], 401, "UNKNOWN")
        calls.errors(answers[-1], 429, "TOO_MANY_REQUESTS")

    def test_a_key_that_was_switched_off_is_refused(self, robot: Program) -> None:
        api_users.change(robot.key, enabled=False, actor="system")
        calls.errors(robot.get("compliance_forms"), 401, "UNKNOWN")

    def test_a_key_of_the_other_environment_is_none(self, sandbox: Program) -> None:
        calls.errors(sandbox.get(FORMS), 401, "UNKNOWN")

    def test_a_signed_in_browser_is_nobody_here(self, client: Client, alice: User) -> None:
        cast.sign_in(client, alice)
        calls.errors(client.get(FORMS), 401, "UNKNOWN")

    def test_a_use_is_noted(self, robot: Program) -> None:
        robot.get("compliance_forms")
        robot.key.refresh_from_db()
        assert robot.key.last_used_at is not None


class TestHeaders:
    """What stands around every answer."""

    def test_an_answer_says_id_role_and_date(self, robot: Program) -> None:
        answer = robot.get("compliance_forms")
        assert answer.headers["Finix-Apiuser-Role"] == "ROLE_PLATFORM"
        assert len(answer.headers["X-Request-Id"]) == 16
        assert answer.headers["Date"].endswith("GMT")
        assert not answer.cookies

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("application/hal+json", "application/hal+json"),
            ("application/json", "application/json"),
            ("*/*", "application/hal+json"),
            ("application/vnd.api+json, application/hal+json", "application/hal+json"),
            ("application/octet-stream", "application/hal+json"),
        ],
    )
    def test_the_accepted_form_is_answered(
        self, robot: Program, accept: str, media_type: str
    ) -> None:
        answer = robot.get("compliance_forms", Accept=accept)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] in media_type.split(", ")

    def test_what_we_cannot_write_is_not_acceptable(self, robot: Program) -> None:
        answer = robot.get("compliance_forms", Accept="text/html")
        calls.errors(answer, 406, "NOT_ACCEPTABLE")

    @pytest.mark.parametrize(
        "sent", ["application/json", "application/hal+json", "application/vnd.api+json"]
    )
    def test_json_is_read_under_each_of_its_names(
        self, robot: Program, form: ComplianceForm, sent: str
    ) -> None:
        body = {"pci_saq_a": SIGNED}
        path = f"compliance_forms/{form.ref}"
        answer = robot.put(path, json.dumps(body), Content_Type=sent)
        assert answer.status_code == 200

    def test_another_type_is_not_supported(self, robot: Program, form: ComplianceForm) -> None:
        answer = robot.put(f"compliance_forms/{form.ref}", "<a/>", Content_Type="text/xml")
        calls.errors(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


class TestErrors:
    """Every refusal has the one shape, whoever refuses."""

    @pytest.mark.parametrize(
        "path", ["nothing", "compliance_forms/", "../x", "compliance_forms/a/b", ""]
    )
    def test_an_unknown_address(self, robot: Program, path: str) -> None:
        calls.errors(robot.get(f"/finix/live/{path}"), 404, "NOT_FOUND")

    @pytest.mark.parametrize("path", ["", "staging/compliance_forms", "live"])
    def test_another_environment_is_no_address(self, client: Client, path: str) -> None:
        calls.errors(client.get(f"/finix/{path}"), 404, "NOT_FOUND")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
    def test_a_wrong_method(self, robot: Program, method: str) -> None:
        answer = robot.call(method, "compliance_forms", {})
        calls.errors(answer, 405, "METHOD_NOT_ALLOWED")

    @pytest.mark.parametrize("body", ["{", "[]", '"a"', "[" * 5000, '{"a": NaN}', b"\xff"])
    def test_broken_json(self, robot: Program, form: ComplianceForm, body: Any) -> None:
        answer = robot.put(f"compliance_forms/{form.ref}", body, Content_Type="application/json")
        calls.errors(answer, 400, "BAD_REQUEST")

    @pytest.mark.parametrize("letter", ["\\u0000", "\\ud800"])
    def test_text_that_no_database_keeps(
        self, robot: Program, form: ComplianceForm, letter: str
    ) -> None:
        body = json.dumps({"pci_saq_a": SIGNED}).replace("Erna", f"Erna{letter}")
        answer = robot.put(f"compliance_forms/{form.ref}", body, Content_Type="application/json")
        calls.errors(answer, 400, "BAD_REQUEST")
        form.refresh_from_db()
        assert form.state == "INCOMPLETE"

    def test_what_nobody_expected(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object) -> None:
            raise ZeroDivisionError("a secret")

        monkeypatch.setattr(access, "forms", fail)
        answer = robot.get("compliance_forms")
        (found,) = calls.errors(answer, 500, "SERVER_ERROR")
        assert "secret" not in answer.content.decode()
        assert found["logref"] in caplog.text

    def test_too_many_calls(self, robot: Program, settings: Any) -> None:
        settings.API_REQUESTS_PER_MINUTE = 1
        answers = [robot.get("compliance_forms") for _ in range(4)]
        refused = [one for one in answers if one.status_code == 429]
        assert refused
        calls.errors(refused[0], 429, "TOO_MANY_REQUESTS")
        assert int(refused[0].headers["Retry-After"]) >= 1


class TestVersions:
    """The version says how pages go."""

    @pytest.mark.usefixtures("form")
    def test_the_newest_pages_by_cursor(self, robot: Program) -> None:
        page = robot.get("compliance_forms").json()["page"]
        assert page == {"limit": 10, "next_cursor": None}

    @pytest.mark.usefixtures("form")
    @pytest.mark.parametrize("version", ["2018-01-01", "2022-02-02", "nonsense", ""])
    def test_any_other_pages_by_offset(self, robot: Program, version: str) -> None:
        page = robot.get("compliance_forms", Finix_Version=version).json()["page"]
        assert page == {"offset": 0, "limit": 20, "count": 1}


class TestPages:
    """Pages by cursor and by offset."""

    @pytest.fixture
    def refs(self, alice: User) -> list[str]:
        """Five forms of one moment, newest first."""
        of = shops.application(alice)
        forms = [shops.form(alice, of=of) for _ in range(5)]
        ComplianceForm.objects.update(created_at=forms[0].created_at)
        return [form.ref for form in reversed(forms)]

    def test_a_cursor_leads_through_the_whole_list(self, robot: Program, refs: list[str]) -> None:
        seen, cursor = list[str](), ""
        for _ in range(3):
            page = robot.get(f"compliance_forms?limit=2{cursor}").json()
            seen += calls.ids_of(page)
            following = page["page"]["next_cursor"]
            cursor = f"&after_cursor={following}"
        assert seen == refs
        assert following is None
        assert "next" not in page["_links"]

    def test_the_link_to_the_next_page_works(self, robot: Program, refs: list[str]) -> None:
        page = robot.get("compliance_forms?limit=2&state=INCOMPLETE").json()
        assert page["page"]["next_cursor"] == refs[1]
        following = page["_links"]["next"]["href"].removeprefix("http://testserver")
        assert "state=INCOMPLETE" in following
        assert robot.ids(following) == refs[2:4]

    @pytest.mark.usefixtures("refs")
    @pytest.mark.parametrize("end", ["None", "null", ""])
    def test_what_sdks_send_past_the_end_is_an_empty_page(self, robot: Program, end: str) -> None:
        page = robot.get(f"compliance_forms?after_cursor={end}").json()
        assert page["_embedded"] == {"compliance_forms": []}
        assert page["page"] == {"limit": 10, "next_cursor": None}

    def test_before_a_cursor_stands_what_is_newer(self, robot: Program, refs: list[str]) -> None:
        page = robot.get(f"compliance_forms?limit=2&before_cursor={refs[3]}").json()
        assert calls.ids_of(page) == refs[1:3]
        assert page["page"]["next_cursor"] == refs[2]

    @pytest.mark.parametrize("cursor", ["123", "cf_x", "MU1", "x" * 300])
    def test_an_unknown_cursor_is_not_found(self, robot: Program, cursor: str) -> None:
        answer = robot.get(f"compliance_forms?after_cursor={cursor}")
        (found,) = calls.errors(answer, 404, "NOT_FOUND")
        assert found["message"] == f"Unable to parse value {cursor[:80]}"

    def test_a_cursor_outlives_a_change_of_what_it_names(
        self, robot: Program, refs: list[str]
    ) -> None:
        ComplianceForm.objects.filter(ref=refs[1]).update(state="INVALID")
        path = f"compliance_forms?state=INCOMPLETE&after_cursor={refs[1]}"
        assert robot.ids(path) == refs[2:]

    @pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "9" * 30])
    def test_a_limit_that_is_none(self, robot: Program, limit: str) -> None:
        answer = robot.get(f"compliance_forms?limit={limit}")
        calls.errors(answer, 422, "INVALID_FIELD", field="limit")

    def test_a_limit_is_capped(self, robot: Program) -> None:
        assert robot.get("compliance_forms?limit=5000").json()["page"]["limit"] == 100

    def test_offsets_lead_through_the_list_too(self, robot: Program, refs: list[str]) -> None:
        answer = robot.get("compliance_forms?limit=2&offset=2", Finix_Version="").json()
        assert calls.ids_of(answer) == refs[2:4]
        assert answer["page"] == {"offset": 2, "limit": 2, "count": 5}
        assert {"self", "next", "last"} == set(answer["_links"])

    def test_the_oldest_may_come_first(self, robot: Program, refs: list[str]) -> None:
        path = "compliance_forms?sort=created_at,asc"
        answer = robot.get(path, Finix_Version="2018-01-01").json()
        assert calls.ids_of(answer) == refs[::-1]


class TestFilters:
    """What a list may be narrowed to."""

    @pytest.fixture
    def forms(self, alice: User, platform: Application) -> list[ComplianceForm]:
        made = [shops.form(alice, of=platform) for _ in range(4)]
        states = ("COMPLETE", "INVALID", "OVERDUE", "INCOMPLETE")
        for form, state in zip(made, states, strict=True):
            form.state = state
            form.valid_from = form.valid_until = form.due_at
            form.save()
            tag_deeds.tag(form, {"team": state.lower(), state: "1"}, actor="system")
        return made

    def test_several_states_come_in_one_order(
        self, robot: Program, forms: list[ComplianceForm]
    ) -> None:
        wanted = [forms[2].ref, forms[1].ref, forms[0].ref]
        states = "state=COMPLETE,INVALID,OVERDUE"
        assert robot.ids(f"compliance_forms?{states}") == wanted
        assert robot.ids(f"compliance_forms?{states}&limit=1") == wanted[:1]
        assert robot.ids(f"compliance_forms?{states}&after_cursor={wanted[0]}") == wanted[1:]

    def test_an_unknown_state_is_named(self, robot: Program) -> None:
        answer = robot.get("compliance_forms?state=INCOMPLETE,PENDNG")
        calls.errors(answer, 422, "INVALID_FIELD", field="state")

    def test_a_merchant_has_its_forms(self, robot: Program, forms: list[ComplianceForm]) -> None:
        path = f"compliance_forms?linked_to={forms[1].merchant.ref}"
        assert robot.ids(path) == [forms[1].ref]
        assert robot.ids("compliance_forms?linked_to=MU1") == []

    def test_times_bound_a_list(self, robot: Program, forms: list[ComplianceForm]) -> None:
        at = f"{forms[2].created_at:%Y-%m-%dT%H:%M:%S.%f}"
        newer = robot.ids(f"compliance_forms?created_at.gte={at}")
        older = robot.ids(f"compliance_forms?created_at.lte={at}Z")
        assert newer == [forms[3].ref, forms[2].ref]
        assert older == [forms[2].ref, forms[1].ref, forms[0].ref]

    @pytest.mark.parametrize("said", ["yesterday", "2026-13-01", "2026-01-01T99", "0"])
    def test_what_is_no_time(self, robot: Program, said: str) -> None:
        answer = robot.get(f"compliance_forms?created_at.gte={said}")
        calls.errors(answer, 422, "INVALID_FIELD", field="created_at.gte")

    def test_tags_narrow_a_list(self, robot: Program, forms: list[ComplianceForm]) -> None:
        assert robot.ids("compliance_forms?tags.key=OVERDUE") == [forms[2].ref]
        both = "compliance_forms?tags.key=team&tags.value=invalid"
        assert robot.ids(both) == [forms[1].ref]
        assert robot.ids("compliance_forms?tags.team=complete") == [forms[0].ref]
        assert robot.ids("compliance_forms?tags.key=nobody") == []

    def test_an_id_names_one(self, robot: Program, forms: list[ComplianceForm]) -> None:
        assert robot.ids(f"compliance_forms?id={forms[0].ref}") == [forms[0].ref]

    @pytest.mark.parametrize("name", ["id", "linked_to", "tags.key"])
    def test_no_text_is_refused(self, robot: Program, name: str) -> None:
        calls.errors(robot.get(f"compliance_forms?{name}=%00"), 422, "INVALID_FIELD", field=name)
