"""A questionnaire of Globex and an answer to it, in a few words."""

import tempfile
from pathlib import Path
from typing import Any

from accounts.models import User
from readiness.buyers import desk
from readiness.buyers.replying import Seen
from readiness.models import BuyerQuestion, BuyerQuestionnaire
from tests.readiness.buyers import workbooks
from tests.registers.books import GOOD


def answer(**changed: Any) -> dict[str, Any]:
    return {
        **GOOD["buyer_answers"],
        "question": workbooks.MFA,
        "answer": "Yes. A sign-in without one is refused.",
        "short": "yes",
        "why_unproven": "",
        **changed,
    }


def received(folder: Path, by: User, **changed: Any) -> BuyerQuestionnaire:
    path = workbooks.caiq(folder / "globex.xlsx")
    said = {"filename": "globex.xlsx", "buyer": "Globex", "engagement": None, **changed}
    return desk.receive(path, by=by, **said)


def opened(folder: Path, by: User, **changed: Any) -> BuyerQuestionnaire:
    """Receive it, confirm the columns as they were guessed, and look for answers."""
    made = received(folder, by, **changed)
    desk.map_columns(made, mapped=desk.mappings(made), by=by)
    return desk.propose(made.pk)


def question(questionnaire: BuyerQuestionnaire, number: str) -> BuyerQuestion:
    return questionnaire.questions.get(number=number)


def seen(question: BuyerQuestion) -> Seen:
    assert question.proposed is not None
    return Seen(question.proposed.pk, question.proposed.version)


def samples(by: User) -> dict[str, object]:
    """A real thing for every parameter of the addresses of questionnaires."""
    with tempfile.TemporaryDirectory() as folder:
        made = opened(Path(folder), by)
    return {
        "admin/questionnaires/<int:pk>": made.pk,
        "admin/questionnaires/<int:pk>/questions/<int:place>": 1,
    }
