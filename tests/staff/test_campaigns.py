"""Review campaigns in the staff door: opened with a preview, decided, followed up, closed."""

from typing import Any

import pytest

from accounts.models import User
from compliance.staff import campaigns as pages
from registers.models import Campaign, CampaignDecision, CampaignLine
from tests import cast
from tests.registers.reviewing import Reviewed, lines, listed, token
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words


@pytest.fixture
def tokens(alices: Desk) -> Reviewed:
    return Reviewed(alices.user)


@pytest.fixture
def campaign(tokens: Reviewed) -> Campaign:
    return tokens.open()


@pytest.fixture
def ivans(tokens: Reviewed) -> Desk:
    return desk.at(tokens.ivan)


def filled(tokens: Reviewed, **more: Any) -> dict[str, Any]:
    likely = tokens.columns
    return {
        "title": "Tokens of the payment API",
        "due_on": "2099-01-31",
        "usual": tokens.ivan.pk,
        "stand_in": "",
        "key": list(likely.key),
        "label": likely.label,
        "person": list(likely.person),
        "owner": likely.owner,
        "system": "",
        "rights": likely.rights,
        "secret": likely.secret,
        "ended": list(likely.ended),
        "shown": ["purpose"],
        **more,
    }


# All campaigns


def test_an_empty_list_says_what_to_do(alices: Desk) -> None:
    assert "Open the first campaign" in alices.text("campaigns")
    assert "Nothing was closed yet" in alices.text("campaigns", view="closed")
    assert "Nothing waits for you" in alices.text("campaigns_mine")


def test_all_campaigns_show_how_far_they_are(
    alices: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    tokens.decide(campaign, "keep", 1)
    text = alices.text("campaigns")
    assert "CMP-1 Tokens Token review" in text
    assert "1 of 4" in text
    Campaign.objects.update(due_on="2026-01-01")
    assert "Overdue" in alices.text("campaigns")


def test_what_waits_for_me_stands_on_one_page(ivans: Desk, campaign: Campaign) -> None:
    assert "4 lines to decide" in ivans.text("campaigns_mine")
    assert "My lines (4)" in ivans.text("campaigns")


def test_long_lists_are_paged(
    alices: Desk, tokens: Reviewed, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    first = alices.get("campaign", 1)
    assert [row.line.number for row in first.context["rows"]] == [1, 2]
    second = alices.client.get(desk.url("campaign", 1) + first.context["next"])
    assert [row.line.number for row in second.context["rows"]] == [3, 4]
    assert not second.context["next"]
    monkeypatch.setattr(pages, "PER_PAGE", 1)
    tokens.list = listed([token(1)])
    tokens.open()
    assert "CMP-2" in alices.text("campaigns")
    assert "CMP-1" in alices.text("campaigns", after=2)


# Opening


def test_it_begins_with_a_list(alices: Desk) -> None:
    assert "There is no list to review yet" in alices.text("campaign_choose")
    tokens = Reviewed(alices.user)
    assert tokens.list.ref in alices.text("campaign_choose")
    sent = alices.post("campaign_choose", kind="token", evidence=tokens.list.pk)
    assert sent.url == desk.url("campaign_open", "token", tokens.list.pk)


def test_nothing_is_opened_before_it_was_seen(alices: Desk, tokens: Reviewed) -> None:
    tokens.list = listed([token(1), token(2, "ivan@example.org"), token(3, revoked_at="yes")])
    page = alices.get("campaign_open", "token", tokens.list.pk)
    assert page.context["form"].initial["key"] == ("token_id",)
    shown = alices.post("campaign_open", "token", tokens.list.pk, **filled(tokens))
    text = words(shown)
    assert "Rows of the list 3 Lines to review 2 Left out, ended already 1" in text
    assert "Ivan Ilin reviews 1" in text
    assert "1 line can be reviewed by nobody named here" in text
    assert not Campaign.objects.exists()
    said = filled(tokens, shown=["purpose"])
    plan = shown.context["plan"]
    stale = {**said, "stand_in": alices.user.pk}
    answer = alices.client.post(
        desk.url("campaign_open", "token", tokens.list.pk), {**stale, "shown": ["purpose"]}
    )
    assert "Alice Lindqvist reviews 1" in words(answer)
    opened = alices.post("campaign_open", "token", tokens.list.pk, **said, seen=plan.digest)
    assert opened.url == desk.url("campaign", 1)
    assert "2 of" not in alices.text("campaign", 1)


def test_what_changed_since_it_was_seen_is_not_opened(alices: Desk, tokens: Reviewed) -> None:
    sent = alices.post("campaign_open", "token", tokens.list.pk, **filled(tokens), seen="0" * 64)
    assert "have changed since" in words(sent)
    assert not Campaign.objects.exists()


def test_what_does_not_fit_is_said_on_the_form(alices: Desk, tokens: Reviewed) -> None:
    wrong = filled(tokens, key=["owner"])
    assert "are both 'eve@example.org'" in words(
        alices.post("campaign_open", "token", tokens.list.pk, **wrong, seen="x")
    )
    nobody = filled(tokens, usual="")
    sent = alices.post("campaign_open", "token", tokens.list.pk, **nobody)
    assert "usual" in sent.context["form"].errors
    assert alices.get("campaign_open", "nothing", tokens.list.pk).status_code == 404
    partial = listed([token(1)], partial="Half.")
    answer = alices.client.get(desk.url("campaign_open", "token", partial.pk), follow=True)
    assert "is not whole" in told(answer)


# Lines and decisions


def test_a_campaign_shows_its_lines_by_filter(
    alices: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    tokens.decide(campaign, "revoke", 2, why="Nobody knows it.")
    text = alices.text("campaign", 1)
    assert "1 of 4 lines decided" in text
    assert "Nobody knows it." in text
    only = alices.get("campaign", 1, state="open", reviewer=tokens.ivan.pk, q="eve")
    assert [row.line.number for row in only.context["rows"]] == [1, 3, 4]
    assert "No line fits" in alices.text("campaign", 1, q="zebra\0")
    CampaignLine.objects.filter(number=1).update(reviewer=None)
    assert "1 line has no reviewer" in alices.text("campaign", 1)
    nobodys = alices.get("campaign", 1, reviewer="nobody")
    assert [row.line.number for row in nobodys.context["rows"]] == [1]


def test_lines_are_decided_one_after_the_other(ivans: Desk, campaign: Campaign) -> None:
    assert "Reports 1" in ivans.text("campaign_line", 1, 1)
    sent = ivans.post("campaign_line_decide", 1, 1, decision="revoke", reason="Unknown.", go_on="1")
    assert sent.url == desk.url("campaign_line", 1, 2)
    text = ivans.text("campaign_line", 1, 1)
    for said in ("Decide anew", "Revoke , Ivan Ilin", "Unknown.", "Leaf"):
        assert said in text
    silent = ivans.post("campaign_line_decide", 1, 2, decision="keep", follow=True)
    assert "Say why" in told(silent)


def test_what_was_typed_stands_there_again_unless_it_is_secret(
    ivans: Desk, campaign: Campaign
) -> None:
    unsaid = ivans.post("campaign_line_decide", 1, 2, reason="It feeds the nightly export.")
    assert "Choose one of keep" in told(unsaid)
    assert "It feeds the nightly export." in words(unsaid)
    card = "Paid with 4111 1111 1111 1111"
    secret = ivans.post("campaign_line_decide", 1, 2, decision="revoke", reason=card)
    assert secret.context["wanted"] == "revoke"
    several = ivans.post("campaign_decide", 1, line=[1, 2], deed="revoke", reason=card)
    for answer in (secret, several):
        assert "card number" in told(answer)
        assert "4111" not in answer.content.decode()
    assert not CampaignDecision.objects.exists()


def test_all_lines_are_the_open_ones(ivans: Desk, tokens: Reviewed, campaign: Campaign) -> None:
    tokens.decide(campaign, "revoke", 1, why="Nobody knows it.")
    assert "Decide about all open lines" in ivans.text("campaign", 1)
    shown = ivans.get("campaign_decide", 1, q="eve")
    assert [line.number for line in shown.context["fit"]] == [2, 3, 4]
    wanted = {"deed": "keep", "reason": "In use.", "shown": shown.context["shown"]}
    ivans.post("campaign_decide", 1, q="eve", **wanted)
    assert [line.decision for line in lines(campaign)] == ["revoke", "keep", "keep", "keep"]
    anew = ivans.get("campaign_decide", 1, line=[1])
    assert [line.number for line in anew.context["fit"]] == [1]
    assert "Revoke" in words(anew).partition("Decision so far")[2]


def test_who_does_not_review_a_line_sees_why_and_cannot_decide(
    alices: Desk, campaign: Campaign
) -> None:
    text = alices.text("campaign_line", 1, 1)
    assert "Line 1 is not yours" in text
    assert "Give it to somebody" in text
    sent = alices.post(
        "campaign_line_decide", 1, 1, follow=True, decision="keep", reason="I say so."
    )
    assert "is not yours" in told(sent)
    assert not CampaignDecision.objects.exists()


def test_nobody_decides_about_themselves_at_the_door(
    ivans: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    CampaignLine.objects.filter(number=2).update(person=tokens.ivan.email)
    assert "is about your own access" in ivans.text("campaign_line", 1, 2)
    shown = ivans.get("campaign_decide", 1)
    assert (shown.context["fit_count"], shown.context["unfit_count"]) == (3, 1)
    ivans.post("campaign_line_decide", 1, 2, decision="keep", reason="Mine.")
    assert not CampaignDecision.objects.exists()


def test_several_are_decided_after_a_preview(ivans: Desk, campaign: Campaign) -> None:
    shown = ivans.get("campaign_decide", 1, line=[1, 3], ticked=1)
    assert shown.context["fit_count"] == 2
    assert not CampaignDecision.objects.exists()
    wanted = {
        "line": [1, 3],
        "deed": "keep",
        "reason": "In daily use.",
        "shown": shown.context["shown"],
    }
    sent = ivans.post("campaign_decide", 1, follow=True, **wanted)
    assert "2 decided: keep." in told(sent)
    assert [line.state for line in lines(campaign)] == ["decided", "open", "decided", "open"]
    again = ivans.post("campaign_decide", 1, **wanted)
    assert "Somebody else has changed this" in told(again)


def test_ticking_nothing_decides_about_nothing(ivans: Desk, campaign: Campaign) -> None:
    answer = ivans.client.get(desk.url("campaign_decide", 1), {"ticked": 1}, follow=True)
    assert "Tick the lines first." in told(answer)
    blind = ivans.post("campaign_decide", 1, deed="keep", reason="All of it.")
    assert "Somebody else has changed this" in told(blind)
    assert not CampaignDecision.objects.exists()


def test_lines_are_given_away_after_a_preview(
    alices: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    CampaignLine.objects.filter(number=4).update(person=alices.user.email)
    shown = alices.get("campaign_assign", 1, to=alices.user.pk)
    assert (shown.context["fit_count"], shown.context["unfit_count"]) == (3, 1)
    assert "own access" in words(shown)
    sent = alices.post(
        "campaign_assign", 1, follow=True, to=alices.user.pk, shown=shown.context["shown"]
    )
    assert "now reviews 3 more" in told(sent)
    given = [line.reviewer for line in lines(campaign)]
    assert given == [alices.user] * 3 + [tokens.ivan]
    assert "Choose" in alices.text("campaign_assign", 1)


# Follow-up, closing


def test_deeds_are_followed_until_a_later_list_proves_them(
    alices: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    tokens.decide(campaign, "keep", 2)
    assert "Nothing is to be done" in alices.text("campaign_follow", 1)
    tokens.decide(campaign, "revoke", 1)
    tokens.decide(campaign, "reduce", 3)
    assert "No later list of this source has come yet" in alices.text("campaign_follow", 1)
    later = listed([token(2), token(3, scopes="viewer"), token(4)])
    shown = alices.text("campaign_follow", 1, evidence=later.pk)
    assert f"{later.ref} proves 1 of 2 done" in shown
    assert lines(campaign, 1)[0].state == "decided"
    alices.post("campaign_follow", 1, evidence=later.pk)
    assert [line.state for line in lines(campaign, 1, 3)] == ["proved", "unproved"]
    assert "It is less" in alices.text("campaign_line", 1, 3)
    sent = alices.post("campaign_line_confirm", 1, 3, follow=True, reason="It only reads.")
    assert "Line 3 is proved" in told(sent)
    assert "Proved done" in alices.text("campaign_line", 1, 3)
    assert "All of it is proved done" in alices.text("campaign_follow", 1)


def test_a_wrong_list_says_why_it_proves_nothing(
    alices: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    tokens.decide(campaign, "revoke", 1)
    text = alices.text("campaign_follow", 1, evidence=campaign.population_id)
    assert "the list that was reviewed itself" in text
    sent = alices.post("campaign_follow", 1, evidence=campaign.population_id)
    assert "reviewed itself" in told(sent)


def test_it_closes_with_a_summary(alices: Desk, tokens: Reviewed, campaign: Campaign) -> None:
    tokens.decide(campaign, "keep", 1, 2, 3)
    assert "1 line has no decision yet" in alices.text("campaign_close", 1)
    refused = alices.post("campaign_close", 1, follow=True)
    assert "no decision yet" in told(refused)
    tokens.decide(campaign, "revoke", 4)
    assert "1 deed is not proved yet" in alices.text("campaign_close", 1)
    sent = alices.post("campaign_close", 1)
    campaign.refresh_from_db()
    assert campaign.evidence
    assert sent.url == desk.url("evidence_evidence_change", campaign.evidence.pk)
    text = alices.text("campaign", 1)
    assert f"Its evidence is {campaign.evidence.ref}" in text
    assert "Import decisions" not in text
    assert "CMP-1" in alices.text("campaigns", view="closed")
    alices.post("campaign_follow", 1, evidence=listed([token(1), token(2)]).pk)
    assert "Issue the evidence anew" in alices.text("campaign", 1)
    again = alices.post("campaign_close", 1)
    campaign.refresh_from_db()
    assert again.url == desk.url("evidence_evidence_change", campaign.evidence.pk)
    assert campaign.evidence.version == 2


# Who may what


PAGES: tuple[tuple[Any, ...], ...] = (
    ("campaigns",),
    ("campaigns_mine",),
    ("campaign_choose",),
    ("campaign_open", "token", 1),
    ("campaign", 1),
    ("campaign_line", 1, 1),
    ("campaign_line_decide", 1, 1),
    ("campaign_decide", 1),
    ("campaign_assign", 1),
    ("campaign_follow", 1),
    ("campaign_line_confirm", 1, 1),
    ("campaign_close", 1),
    ("campaign_csv", 1),
    ("campaign_xlsx", 1),
    ("campaign_import", 1),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[0])
def test_outsiders_are_refused(
    page: tuple[Any, ...], campaign: Campaign, strangers: tuple[User, ...]
) -> None:
    desk.assert_refused(*page, strangers=strangers)


@pytest.mark.parametrize(
    "page", ["campaigns", "campaign", "campaign_line", "campaign_csv", "campaigns_mine"]
)
def test_pages_to_read_refuse_to_be_done(alices: Desk, campaign: Campaign, page: str) -> None:
    args = {"campaign_line": (1, 1), "campaigns": (), "campaigns_mine": ()}.get(page, (1,))
    assert alices.post(page, *args).status_code == 405


def test_those_who_run_no_campaigns_see_no_button_for_it(alices: Desk, campaign: Campaign) -> None:
    reader = desk.at(cast.person("executive"))
    assert "Open a campaign" not in reader.text("campaigns")
    text = reader.text("campaign", 1)
    assert "Give the ticked" not in text
    for page in ("campaign_close", "campaign_assign"):
        assert reader.get(page, 1).status_code == 403
    answer = reader.post("campaign_follow", 1, evidence=campaign.population_id)
    assert "may not open or run" in told(answer)


def read(answer: Any) -> None:
    assert answer.status_code == 200
    if answer.streaming:
        assert b"".join(answer.streaming_content)


def test_pages_ask_few_queries_however_many_lines(
    alices: Desk, ivans: Desk, tokens: Reviewed
) -> None:
    tokens.list = listed([token(number) for number in range(1, 121)])
    tokens.decide(tokens.open(), "revoke", *range(1, 61))
    for name, *args in PAGES:
        if name in {"campaign_line_decide", "campaign_line_confirm", "campaign_open"}:
            continue
        read(alices.get(name, *args))
        with at_most(12):
            read(alices.get(name, *args))
    with at_most(12):
        alices.get("campaign_open", "token", tokens.list.pk)
    with at_most(12):
        ivans.get("campaign_decide", 1)
