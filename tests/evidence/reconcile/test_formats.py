"""Each format is read whole with its totals, or refused whole with the line."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.readers.formats import READERS
from evidence.reconcile.reading import Reading, Row
from evidence.reconcile.rules import FileRule, Leg
from tests.evidence.reconcile.writing import Line, Return, Sheet, bai2, camt053, mt940, nacha

DAY = date(2026, 3, 31)
LINES = (
    Line("SETL-1", "B1", 12345, DAY),
    Line("SETL-2", "B2", -500, date(2026, 3, 30)),
)
SHEET = Sheet("DE02120300000000202051", "EUR", 7, 10_000, DAY, LINES)
RETURNS = (
    Return("091000010000001", "076401250000009", "tr_1", 2500, "R01"),
    Return("091000010000002", "076401250000010", "tr_2", 700, "C01"),
)


def read(folder: Path, kind: str, text: str, **rule: str) -> tuple[list[Row], Reading]:
    path = folder / "file"
    path.write_text(text, encoding="utf-8")
    file_rule = FileRule.model_validate({"name": "*", "format": kind, **rule})
    leg = Leg.model_validate({"role": "bank", "files": [file_rule]})
    reading = Reading(path, file_rule, leg)
    return list(READERS[kind](reading)), reading


@pytest.mark.parametrize(
    ("kind", "write", "amounts"),
    [
        ("camt053", camt053, ["123.45", "-5.00"]),
        ("mt940", mt940, ["123,45", "-5,00"]),
        ("bai2", bai2, ["12345", "-500"]),
    ],
)
def test_a_statement_is_read(
    tmp_path: Path, kind: str, write: Callable[[Sheet], str], amounts: list[str]
) -> None:
    rows, reading = read(tmp_path, kind, write(SHEET))
    assert [row.fields["amount"] for row in rows] == amounts
    assert [row.fields["processor_id"] for row in rows] == ["B1", "B2"]
    assert ["SETL-1" in row.fields["reference"] for row in rows] == [True, False]
    assert {row.fields["currency"] for row in rows} == {"EUR"}
    assert rows[0].moment == DAY
    (statement,) = reading.statements
    assert (statement.opening, statement.closing) == (10_000, 21_845)


@pytest.mark.parametrize("version", [f"{number:02}" for number in range(2, 15)])
def test_every_version_of_camt_is_read(tmp_path: Path, version: str) -> None:
    rows, _ = read(tmp_path, "camt053", camt053(SHEET, version=version))
    assert [row.fields["status"] for row in rows] == ["BOOK", "BOOK"]


BOMB = """<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>"""
DETAILS = "<NtryDtls><TxDtls><Refs><EndToEndId>SETL-1</EndToEndId></Refs></TxDtls></NtryDtls>"


def batch(amount: str) -> str:
    detail = (
        '<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
    )
    both = detail.format(name="X1", amount="100.00") + detail.format(name="X2", amount=amount)
    return camt053(SHEET).replace(DETAILS, f"<NtryDtls>{both}</NtryDtls>")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "defines entities"),
        (camt053(SHEET, version="01"), "no part of camt"),
        (camt053(SHEET, version="15"), "no part of camt"),
        (camt053(SHEET).replace("camt.053", "camt.052"), "no part of camt"),
        (camt053(SHEET)[:-60], "no whole XML"),
        (camt053(SHEET).replace(">123.45<", ">123.46<"), "do not make closing"),
        (camt053(SHEET).replace("<NbOfNtries>2", "<NbOfNtries>3"), "states 3 entries"),
        (camt053(SHEET).replace('"EUR"', '"EUX"'), "no currency"),
        (camt053(SHEET).replace("CLBD", "CLAV"), "no balance CLBD"),
        (camt053(SHEET).replace("CRDT", "PLUS"), "neither CRDT nor DBIT"),
        (batch("23.44"), "do not make its amount"),
        ("", "no whole XML"),
    ],
)
def test_a_camt_file_that_is_not_whole_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        read(tmp_path, "camt053", text)


def test_the_details_of_an_entry_become_rows(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "camt053", batch("23.45"))
    assert [row.fields["amount"] for row in rows] == ["100.00", "23.45", "-5.00"]
    assert [row.fields["processor_id"] for row in rows] == ["B1/1", "B1/2", "B2"]


def test_a_fault_of_xml_names_its_line(tmp_path: Path) -> None:
    text = camt053(SHEET).replace(">-5.00<", ">x<").replace(">5.00<", ">five<")
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path, "camt053", text)
    assert text.splitlines()[caught.value.line - 1].startswith("<Ntry>")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("123,45", "123,46", "do not make closing"),
        (":62F:", ":64:", "was cut off"),
        ("NTRF", "??", "no statement line"),
        ("EUR", "EUX", "no currency"),
        (":20:", "20:", "does not begin"),
        ("C260331EUR100,00", "C260231EUR100,00", "is no day"),
        (":60F:C", ":60F:X", "is no balance"),
    ],
)
def test_an_mt940_file_that_is_not_whole_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = mt940(SHEET)
    assert old in text
    with pytest.raises(FileRefusedError, match=words):
        read(tmp_path, "mt940", text.replace(old, new))


def test_reversals_of_mt940_have_the_other_sign(tmp_path: Path) -> None:
    text = mt940(SHEET).replace("C123,45", "RD123,45").replace("D5,00", "RC5,00")
    rows, _ = read(tmp_path, "mt940", text)
    assert [row.fields["amount"] for row in rows] == ["123,45", "-5,00"]


def test_the_year_of_an_entry_is_that_next_to_its_value(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "mt940", mt940(SHEET).replace(":61:2603310331", ":61:2601021231"))
    assert rows[0].moment == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("16,142,12345", "16,142,12346", "trailer of the account"),
        ("16,142,", "16,890,", "neither credit nor debit"),
        ("16,142,", "16,455,", "do not make closing"),
        ("98,", "97,", "no record"),
        (",1,8/\n99", ",2,8/\n99", "states 2 parts"),
        (",6/\n98", ",7/\n98", "states 7 records"),
        ("\n99,", "\n98,", "trailer of the group"),
        ("123.", "", ""),
        ("03,DE02120300000000202051,EUR", "03,DE02120300000000202051,EUX", "no currency"),
    ],
)
def test_a_bai2_file_that_is_not_whole_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = bai2(SHEET)
    if not words:
        old, new, words = text[text.index("\n99,") :], "\n", "was cut off"
    assert old in text
    with pytest.raises(FileRefusedError, match=words):
        read(tmp_path, "bai2", text.replace(old, new))


def test_returns_and_corrections_of_nacha_are_read(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "nacha", nacha(RETURNS, DAY))
    told = [
        tuple(row.fields[name] for name in ("kind", "amount", "own_id", "parent_id", "reference"))
        for row in rows
    ]
    assert told == [
        ("RETURN", "-2500", "tr_1", "076401250000009", "R01"),
        ("CORRECTION", "0", "tr_2", "076401250000010", "C01"),
    ]
    assert [row.line for row in rows] == [3, 5]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: nacha(RETURNS, DAY, hash_off=1), "hash of entries of the batch"),
        (lambda text: text.replace("0000002500", "0000002501"), "debit total of the batch"),
        (lambda text: "\n".join(text.splitlines()[:-4]) + "\n", "was cut off"),
        (lambda text: "\n".join(text.splitlines()[:6]) + "\n", "control record 9 is missing"),
        (lambda text: text.replace("\n626", "\n62", 1), "93 characters instead of 94"),
        (lambda text: text.replace("\n9000001", "\n9000002", 1), "other than 1 batches"),
        (lambda text: text.replace("\n626", "\n625", 1), "transaction code '25' is unknown"),
        (lambda text: text[95:], "begins with one header"),
    ],
)
def test_a_nacha_file_that_is_not_whole_is_refused(
    tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    text = nacha(RETURNS, DAY)
    assert {len(line) for line in text.splitlines()} == {94}
    with pytest.raises(FileRefusedError, match=words):
        read(tmp_path, "nacha", change(text))
