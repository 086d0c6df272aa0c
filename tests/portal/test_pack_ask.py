"""/portal/ENG-.../packs/new/: an auditor asks for a pack, sealed for a nonce of their own."""

from django.test import Client

from audits.models import PackAsk
from tests import cast
from tests.audits.asking import admit
from tests.portal.house import ESCAPED, HOSTILE, House

PATH = "packs/new/"


def test_the_page_of_the_audit_leads_there(door: Client, house: House) -> None:
    assert f'href="{house.path(PATH)}"' in door.get(house.path()).content.decode()
    page = door.get(house.path(PATH)).content.decode()
    assert "verify.py --nonce" in page
    assert "Ask for it" in page


def test_an_auditor_asks_with_a_nonce(door: Client, house: House) -> None:
    answer = door.post(house.path(PATH), {"nonce": " harbour lantern 47 "}, follow=True)
    made = PackAsk.objects.get()
    assert made.nonce == "harbour lantern 47"
    assert answer.redirect_chain == [(house.path(f"requests/{made.request.number}/"), 302)]
    assert "asks for a pack." in answer.content.decode()


def test_the_nonce_may_be_left_out(door: Client, house: House) -> None:
    door.post(house.path(PATH), {})
    assert PackAsk.objects.get().nonce == ""


def test_what_is_refused_keeps_what_was_typed(door: Client, house: House) -> None:
    answer = door.post(house.path(PATH), {"nonce": HOSTILE[:7]})
    assert answer.status_code == 200
    assert "A nonce has 8 to 100 characters" in answer.content.decode()
    assert not PackAsk.objects.exists()


def test_a_hostile_nonce_is_shown_as_it_is(door: Client, house: House) -> None:
    answer = door.post(house.path(PATH), {"nonce": HOSTILE}, follow=True)
    text = answer.content.decode()
    assert ESCAPED in text
    assert HOSTILE not in text


def test_an_observer_reads_and_does_not_ask(client: Client, house: House) -> None:
    carol = cast.person("auditor", email="carol@audit.example")
    admit(house.engagement, carol, by=house.world.alice, role="observer")
    door = cast.sign_in(client, carol)
    assert "Only auditors of an open audit" in door.get(house.path(PATH)).content.decode()
    answer = door.post(house.path(PATH), {"nonce": ""}).content.decode()
    assert "Only auditors of an open audit" in answer
    assert not PackAsk.objects.exists()


def test_it_refuses_charlie(client: Client, house: House) -> None:
    charlie = cast.person(email="charlie@elsewhere.example")
    door = cast.sign_in(client, charlie)
    assert door.get(house.path(PATH)).status_code == 404
    assert door.post(house.path(PATH), {}).status_code == 404
    assert not PackAsk.objects.exists()


def test_it_refuses_a_wrong_method(door: Client, house: House) -> None:
    for method in (door.put, door.delete, door.patch):
        assert method(house.path(PATH)).status_code == 405
