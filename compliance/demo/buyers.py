"""What buyers want to know: the trust page, requests for documents, and a questionnaire in Excel.

One request was granted and its link handed over, one waits for a decision; the questionnaire is
answered from the library, except for some lines.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.utils import timezone
from openpyxl import Workbook

from accounts import journal
from audits import days
from audits.buyers import asking, deciding, documents, handing, page
from audits.buyers.asking import Seen, Visitor
from audits.models import BuyerDecision, BuyerRequest
from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.world import World
from evidence import store
from readiness.buyers import desk, replying
from readiness.models import BuyerQuestion, BuyerQuestionnaire
from reports import pdf_engine, watermark
from reports.filled import issue
from reports.watermark import Receiver
from reports.written import making
from reports.written.registry import Asked

AGREEMENT = """Agreement of secrecy of Saltmarsh Pay (fictional)

You keep to yourself what you read, show it to nobody outside of your company, and use it only to
decide whether to buy from us. You destroy your copies when that is decided."""
TITLES = {"trust_summary": "Trust summary", "system_description": "Description of the system"}
"""What is offered: the kind of report, and the title that buyers read."""

HANNA = Visitor(
    "Hanna Quay",
    "Harbour Hotels (fictional)",
    "hanna.quay@harbour-hotels.example",
    "We choose who takes the payments of our hotels next year.",
)
IDA = Visitor(
    "Ida Strait",
    "Isle Ferries (fictional)",
    "ida.strait@isle-ferries.example",
    "Yearly review of those who hold data of our passengers.",
)
_SEEN = Seen("192.0.2.17", "A browser of the demo")
_HEAD = ("No.", "Question", "Answer", "Comment")
QUESTIONS = (
    ("1.1", "Do all staff sign in with a second factor?"),
    ("1.2", "Are access requests formally approved before user access is provisioned?"),
    ("1.3", "Is user access revoked in a timely manner upon termination of employment?"),
    ("2.1", "Is stored data encrypted?"),
    ("2.2", "Do you scan source code for secrets?"),
    ("2.3", "How are API tokens managed?"),
    ("3.1", "Are backups made and tested?"),
    ("3.2", "How do you know that payments add up?"),
    ("4.1", "In which harbours do you keep offices?"),
    ("4.2", "Do you publish a statement on modern slavery?"),
    ("4.3", "How much carbon dioxide does one payment cause?"),
)
_OFFICES, _SLAVERY = "4.1", "4.2"
_SAID = "In none: the company is fictional, and its marsh has no harbour."


def plan(world: World) -> None:
    """Open the page, offer documents, and let two buyers ask in the last weeks before today."""
    today = world.calendar.today
    deeds: list[tuple[int, int, Callable[[World], object]]] = [
        (20, 11, _fill_library),
        (12, 9, _receive),
        (11, 10, _answer),
        (11, 11, _return_filled),
    ]
    if not pdf_engine.missing_libraries():
        # Only pages of PDF files can be marked, so without the engine nothing is offered.
        deeds += [
            (18, 10, _open_page),
            (17, 10, _offer),
            (9, 9, partial(_ask, visitor=HANNA)),
            (9, 14, _approve),
            (8, 10, _take),
            (3, 10, _send_again),
            (1, 16, partial(_ask, visitor=IDA)),
        ]
    for ago, hour, deed in deeds:
        world.diary.put(clock.on(today - ago * DAY, hour), partial(deed, world))


def _fill_library(world: World) -> None:
    """Take the shipped answers over that speak of controls of the company."""
    replying.begin_library(by=world.company.lena, read_by=world.company.otto.email)


def _receive(world: World) -> None:
    """Take in what the buyer sent, and confirm its columns."""
    lena = world.company.lena
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "harbour-hotels.xlsx"
        _workbook(path)
        made = desk.receive(
            path,
            filename=path.name,
            buyer=HANNA.company,
            engagement=world.engagement,
            by=lena,
        )
    desk.map_columns(made, mapped=desk.mappings(made), by=lena)


def _workbook(path: Path) -> None:
    """Write the questionnaire as its buyer made it."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise AssertionError("A new workbook has a sheet.")
    sheet.title = "Security"
    for row in ((f"Questionnaire of {HANNA.company}",), (), _HEAD, *QUESTIONS):
        sheet.append(row)
    for letter, width in (("A", 8), ("B", 70), ("C", 14), ("D", 60)):
        sheet.column_dimensions[letter].width = width
    book.save(path)


def _answer(world: World) -> None:
    """Confirm what the library proposes, say one thing in own words, and leave one line out."""
    lena, found = world.company.lena, BuyerQuestionnaire.objects.get()
    proposed = found.questions.filter(state=BuyerQuestion.State.PROPOSED)
    chosen = {
        one.pk: replying.Seen(one.proposed.pk, one.proposed.version)
        for one in proposed.select_related("proposed")
        if one.proposed
    }
    replying.confirm(found, chosen=chosen, by=lena, teach=True)
    for number, text in ((_OFFICES, _SAID), (_SLAVERY, "")):
        question = found.questions.get(number=number)
        replying.reply(question, short="", text=text, seen=0, by=lena)


def _return_filled(world: World) -> None:
    issue.ask(BuyerQuestionnaire.objects.get(), by=world.company.lena)


def _open_page(world: World) -> None:
    """Let the administrator open the page; have the reports written that are to be offered."""
    ada, lena = world.company.ada, world.company.lena
    page.write_agreement(AGREEMENT, by=ada)
    page.turn(is_open=True, contact="trust@saltmarsh-pay.example", by=ada)
    for slug in TITLES:
        asked = Asked(at=timezone.now(), engagement=world.engagement)
        making.ask(slug, asked, by=lena)


def _offer(world: World) -> None:
    for slug, title in TITLES.items():
        (made,) = making.earlier(slug, most=1)
        with store.open_blob(made.paper.blob_id) as file:
            content = file.read()
        documents.offer(made.paper, title=title, content=content, by=world.company.lena)


def _ask(_world: World, *, visitor: Visitor) -> None:
    wanted = [one.pk for one in documents.offered()]
    asking.ask(visitor, wanted=wanted, agreement_sha256=journal.digest(AGREEMENT), seen=_SEEN)


def _approve(world: World) -> None:
    asked = BuyerRequest.objects.get(email=HANNA.email)
    deciding.approve(asked, keys=asked.wanted, days=60, downloads=5, by=world.company.lena)


def _take(_world: World) -> None:
    """Take a marked copy of each document, as the page behind the link does."""
    decision = BuyerDecision.objects.select_related("request").get()
    link = handing.find(handing.new_secret(decision))
    asked = decision.request
    receiver = Receiver(asked.name, asked.company, days.day_of(decision.at), asked.ref)
    for one in handing.opened(link):
        with store.open_blob(one.grant.digest) as original:
            content = watermark.marked(original.read(), receiver)
        handing.hand_out(one.grant, link, content=content, seen=_SEEN)


def _send_again(world: World) -> None:
    """Send a new link, which lies among the mails of the demo and opens until weeks from now."""
    deciding.send_again(BuyerDecision.objects.get(), by=world.company.lena)
