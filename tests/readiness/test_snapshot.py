"""The answers as evidence: a population that its own check can read."""

import csv
import io

import pytest
from django.core.management import call_command

from evidence import store
from evidence.models import CheckResult, Evidence
from readiness import answers, snapshot
from readiness.errors import NotAllowedError
from tests import cast
from tests.readiness.ground import Ground

pytestmark = pytest.mark.django_db
QUESTION = "q-sec-01"


def lines(item: Evidence) -> dict[str, dict[str, str]]:
    text = b"".join(store.stream(item.population.table_id)).decode()
    return {line["question"]: line for line in csv.DictReader(io.StringIO(text))}


def test_every_question_is_a_line_with_its_answer_and_its_proof(ground: Ground) -> None:
    shown = ground.show("api-authentication-standard")
    answers.answer(QUESTION, value="yes", reason="It is in force.", seen=0, by=ground.alice)
    item = snapshot.take(by=ground.alice)
    found = lines(item)
    assert (item.population.row_count, item.population.ipe["source_count"]) == (22, 22)
    line = found[QUESTION]
    assert (line["answer"], line["evidence_id"], line["backing"]) == ("yes", shown.ref, "proven")
    assert found["q-sec-02"]["answer"] == ""
    assert item.prepared_by == ground.alice


def test_the_check_of_the_catalogue_finds_a_mere_claim(ground: Ground) -> None:
    call_command("load_catalogue", yes=True, verbosity=0)
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=ground.alice)
    answers.answer("q-sec-02", value="not_applicable", reason="None.", seen=0, by=ground.alice)
    item = snapshot.take(by=ground.alice)
    (result,) = item.check_results.all()
    assert result.state == CheckResult.State.FAILED
    named = [row[0] for row in result.exceptions["rows"]]
    assert QUESTION in named
    assert "q-sec-02" not in named


def test_only_who_keeps_the_programme_keeps_a_snapshot(ground: Ground) -> None:
    with pytest.raises(NotAllowedError):
        snapshot.take(by=cast.person("executive"))
    assert not Evidence.objects.exists()
