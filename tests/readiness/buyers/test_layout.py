"""Where questions stand in the sheets of buyers: by their headings, and never without one."""

from readiness.buyers import layout
from readiness.buyers.layout import Mapped, Question

CAIQ = [
    (1, ("Consensus questionnaire", None, None, None)),
    (
        4,
        (
            "Question ID",
            "Question",
            "CSP CAIQ Answer",
            "SSRM Control Ownership",
            "CSP Implementation Description\n(Optional/Recommended)",
        ),
    ),
    (5, ("A&A-01.1", "Are policies reviewed?", None, None, None)),
    (6, (None, "Identity and access", None, None, None)),
    (7, (" IAM-01 ", 2.0, None, None, None)),
]


def test_a_sheet_like_a_caiq_is_known_by_its_headings() -> None:
    assert layout.guessed("CAIQ", CAIQ) == Mapped("CAIQ", 4, 2, 1, 3, 5, "caiq")


def test_a_sheet_like_a_sig_is_known_by_its_headings() -> None:
    rows = [(2, ("Ques Num", "Question/Request", "Response", "Additional Information"))]
    found = layout.guessed("Lite", rows)
    assert found == Mapped("Lite", 2, 2, 1, 3, 4, "sig")
    assert found is not None
    assert found.words["not applicable"] == "N/A"


def test_a_table_of_ones_own_is_known_by_usual_headings() -> None:
    rows = [(1, ("#", "Requirement", "Supplier response", "Remarks:"))]
    assert layout.guessed("Sheet1", rows) == Mapped("Sheet1", 1, 2, 1, 3, 4, "plain")


def test_without_a_column_of_questions_nothing_is_guessed() -> None:
    assert layout.guessed("Prices", [(1, ("Item", "Amount", "Comment"))]) is None
    assert layout.guessed("Words", [(1, ("Question",)), (2, ("Why?",))]) is None
    assert layout.guessed("Empty", []) is None


def test_headings_between_questions_are_no_questions() -> None:
    found = layout.questions(Mapped("CAIQ", 4, 2, 1, 3, 5, "caiq"), CAIQ)
    assert found == [
        Question("CAIQ", 5, "A&A-01.1", "Are policies reviewed?"),
        Question("CAIQ", 7, "IAM-01", "2"),
    ]
    without_numbers = layout.questions(Mapped("CAIQ", 4, 2), CAIQ)
    assert [one.row for one in without_numbers] == [5, 6, 7]


def test_every_layout_says_all_that_it_must() -> None:
    assert set(layout.layouts()) >= {"caiq", "sig", "plain"}
    for slug, one in layout.layouts().items():
        assert one.headings["question"], slug
        assert set(one.words) == set(layout.SHORT), slug
