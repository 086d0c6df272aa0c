"""Notes, checkpoints and proof files against the published vectors and against every bent form."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.signed_note import (
    Checkpoint,
    NoteError,
    Signer,
    Verifier,
    open_note,
    parse_proof_file,
    proof_file,
    sign,
)

# The keys and the note that Go's sumdb/note package publishes with its documentation and tests.
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
PLUS_VKEY = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox"
    "33WWd1RvMc+QQ=\n"
)

PETER = Verifier.from_vkey(PETER_VKEY)
ENOCH = Verifier.from_vkey(ENOCH_VKEY)
PETER_SIGNS = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
ALICE = Signer("log.example/alice", Ed25519PrivateKey.from_private_bytes(b"A" * 32))
ROOT = bytes(range(32))
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


def line_of(name: str, blob: bytes) -> str:
    return f"— {name} {base64.b64encode(blob).decode()}\n"


class TestVerifierKeys:
    @pytest.mark.parametrize("vkey", [PETER_VKEY, ENOCH_VKEY, PLUS_VKEY])
    def test_a_published_key_is_read_and_written_alike(self, vkey: str) -> None:
        assert Verifier.from_vkey(vkey).vkey == vkey

    def test_the_key_id_binds_name_and_key(self) -> None:
        assert PETER.key_id.hex() == "c74f20a3"
        assert replace(PETER, name="PeterNeuman").key_id != PETER.key_id

    def test_a_signer_hands_out_its_verifier_key(self) -> None:
        assert PETER_SIGNS.verifier.vkey == PETER_VKEY

    def test_a_signer_does_not_show_its_private_key(self) -> None:
        assert "key" not in repr(PETER_SIGNS).lower()

    def test_any_change_of_one_character_is_refused(self) -> None:
        for at, character in enumerate(PETER_VKEY):
            changed = PETER_VKEY[:at] + chr(ord(character) + 1) + PETER_VKEY[at + 1 :]
            with pytest.raises(NoteError):
                Verifier.from_vkey(changed)

    @pytest.mark.parametrize(
        "vkey",
        [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            PETER_VKEY + "\n",
            PETER_VKEY[:-4],
            PETER_VKEY + "AAAA",
            PETER_VKEY.replace("+AR", "+BB"),
            "Peter\udc80+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            PETER_VKEY.replace("TW", "T\u00e9"),
        ],
    )
    def test_a_malformed_key_is_refused(self, vkey: str) -> None:
        with pytest.raises(NoteError):
            Verifier.from_vkey(vkey)

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_a_key_of_another_length_is_refused(self, length: int) -> None:
        with pytest.raises(NoteError, match="32 bytes"):
            Verifier("log.example", bytes(length))

    def test_a_witness_key_of_another_type_is_refused(self) -> None:
        vkey = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
        with pytest.raises(NoteError, match="type 1"):
            Verifier.from_vkey(vkey)


class TestSigning:
    def test_it_reproduces_the_published_note(self) -> None:
        assert sign(TEXT, [PETER_SIGNS]) == TEXT + "\n" + PETER_LINE

    def test_a_note_of_two_signers_opens_for_either(self) -> None:
        note = sign(TEXT, [PETER_SIGNS, ALICE])
        assert open_note(note, [PETER]) == TEXT
        assert open_note(note, [ALICE.verifier]) == TEXT
        assert open_note(note, [PETER, ALICE.verifier]) == TEXT

    @given(st.lists(PLAIN, min_size=1))
    def test_any_lines_come_back_as_they_were_signed(self, lines: list[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        assert open_note(sign(text, [ALICE]), [ALICE.verifier]) == text

    @pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "cr\r\n", "nul\0\n", "\ud800\n"])
    def test_it_does_not_sign_what_no_one_could_open(self, text: str) -> None:
        with pytest.raises(NoteError):
            sign(text, [ALICE])

    def test_it_does_not_make_a_note_without_a_signature(self) -> None:
        with pytest.raises(NoteError, match="at least one"):
            sign(TEXT, [])


class TestOpening:
    def test_it_opens_the_published_notes(self) -> None:
        assert open_note(f"{TEXT}\n{PETER_LINE}", [PETER]) == TEXT
        assert open_note(f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}", [PETER, ENOCH]) == TEXT

    def test_it_ignores_unknown_keys(self) -> None:
        note = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}{line_of('someone', b'x' * 90)}"
        assert open_note(note, [ENOCH]) == TEXT

    def test_it_ignores_a_key_that_shares_only_the_name_or_only_the_id(self) -> None:
        namesake = line_of("PeterNeumann", b"abcd" + b"x" * 64)
        same_id = line_of("someone", PETER.key_id + b"x" * 64)
        assert open_note(f"{TEXT}\n{namesake}{same_id}{PETER_LINE}", [PETER]) == TEXT
        with pytest.raises(NoteError, match="None of the keys"):
            open_note(f"{TEXT}\n{namesake}{same_id}", [PETER])

    def test_it_refuses_a_note_that_no_known_key_signed(self) -> None:
        with pytest.raises(NoteError, match="None of the keys"):
            open_note(f"{TEXT}\n{PETER_LINE}", [ENOCH])
        with pytest.raises(NoteError, match="None of the keys"):
            open_note(f"{TEXT}\n{PETER_LINE}", [])

    def test_a_bad_signature_of_a_known_key_refuses_even_beside_a_good_one(self) -> None:
        bad = line_of("PeterNeumann", PETER.key_id + b"x" * 64)
        note = f"{TEXT}\n{ENOCH_LINE}{bad}"
        assert open_note(note, [ENOCH]) == TEXT
        with pytest.raises(NoteError, match="PeterNeumann does not fit"):
            open_note(note, [ENOCH, PETER])

    def test_any_change_of_one_character_of_the_text_is_refused(self) -> None:
        for at, character in enumerate(TEXT):
            changed = TEXT[:at] + chr(ord(character) + 1) + TEXT[at + 1 :]
            with pytest.raises(NoteError):
                open_note(f"{changed}\n{PETER_LINE}", [PETER])

    def test_any_change_of_one_character_of_the_signature_is_refused(self) -> None:
        for at, character in enumerate(PETER_LINE):
            changed = PETER_LINE[:at] + chr(ord(character) + 1) + PETER_LINE[at + 1 :]
            with pytest.raises(NoteError):
                open_note(f"{TEXT}\n{changed}", [PETER])

    @pytest.mark.parametrize("character", ["\0", "\t", "\r", "\x1b", "\x1f"])
    def test_control_characters_are_refused_even_when_signed(self, character: str) -> None:
        text = f"steers the{character}terminal\n"
        with pytest.raises(NoteError, match="control characters"):
            open_note(f"{text}\n{ALICE.line(text)}", [ALICE.verifier])

    def test_a_text_without_signatures_is_no_note(self) -> None:
        with pytest.raises(NoteError, match="empty line between"):
            open_note(TEXT, [PETER])

    def test_a_text_with_empty_lines_ends_at_the_last_of_them(self) -> None:
        text = "first\n\nsecond\n\n\nthird\n"
        assert open_note(sign(text, [ALICE]), [ALICE.verifier]) == text

    @pytest.mark.parametrize(
        "note",
        [
            "",
            TEXT,
            f"{TEXT}\n",
            f"{TEXT}{PETER_LINE}",
            f"{TEXT}\n\n{PETER_LINE}",
            f"{TEXT}\n{PETER_LINE}".rstrip(),
            f"{TEXT}\n{PETER_LINE}\n",
            f"{TEXT}\n{PETER_LINE}trailing\n",
            f"{TEXT}\n{PETER_LINE}".replace("\n", "\r\n"),
            f"{TEXT}\n{PETER_LINE}".replace("— ", "- "),
            f"{TEXT}\n{PETER_LINE}".replace("PeterNeumann ", "PeterNeumann  "),
            f"{TEXT}\n{PETER_LINE}".replace("JnAM=", "JnAM"),
            f"{TEXT}\n{PETER_LINE}".replace("JnAM=", "JnAN="),
            f"{TEXT}\n{PETER_LINE}".replace("x08go/", "x08go_"),
            f"{TEXT}\n— PeterNeumann \n",
            f"{TEXT}\n— PeterNeumann x08gow==\n",
            f"{TEXT}\n" + PETER_LINE * 101,
            f"\x1b{TEXT}\n{PETER_LINE}",
        ],
    )
    def test_it_refuses_a_malformed_note(self, note: str) -> None:
        with pytest.raises(NoteError):
            open_note(note, [PETER])


class TestCheckpoint:
    checkpoint = Checkpoint("log.example/alice", 20_852_163, ROOT)
    text = "log.example/alice\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

    def test_it_is_written_and_read_as_three_lines(self) -> None:
        assert self.checkpoint.to_text() == self.text
        assert Checkpoint.from_text(self.text) == self.checkpoint

    def test_extension_lines_are_kept(self) -> None:
        extended = Checkpoint.from_text(self.text + "witness me\nand me\n")
        assert extended.extensions == ("witness me", "and me")
        assert extended.to_text() == self.text + "witness me\nand me\n"

    def test_the_empty_log_has_size_zero(self) -> None:
        text = self.text.replace("20852163", "0")
        assert Checkpoint.from_text(text).size == 0

    @pytest.mark.parametrize(
        "size", ["", "007", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1.0", "\u0661", "1" * 20]
    )
    def test_it_refuses_any_other_way_to_write_a_size(self, size: str) -> None:
        with pytest.raises(NoteError):
            Checkpoint.from_text(self.text.replace("20852163", size))

    @pytest.mark.parametrize(
        "root",
        [
            "",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
            " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ],
    )
    def test_it_refuses_any_other_way_to_write_a_root(self, root: str) -> None:
        changed = self.text.replace("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", root)
        with pytest.raises(NoteError):
            Checkpoint.from_text(changed)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "\n",
            text.rstrip("\n"),
            text + "\n",
            text + "\nextension\n",
            text.removeprefix("log.example/alice"),
            text.removeprefix("log.example/alice\n"),
        ],
    )
    def test_it_refuses_missing_and_empty_lines(self, text: str) -> None:
        with pytest.raises(NoteError):
            Checkpoint.from_text(text)

    @pytest.mark.parametrize(
        "change",
        [
            {"origin": ""},
            {"origin": "two\nlines"},
            {"size": -1},
            {"root": ROOT[:-1]},
            {"extensions": ("",)},
            {"extensions": ("two\nlines",)},
        ],
    )
    def test_it_cannot_hold_what_it_could_not_write(self, change: dict[str, object]) -> None:
        with pytest.raises(NoteError):
            replace(self.checkpoint, **change)  # type: ignore[arg-type]


class TestProofFile:
    note = sign(Checkpoint(ALICE.name, 3, ROOT).to_text(), [ALICE])
    text = proof_file(1, [ROOT, ROOT[::-1]], note)

    def test_it_is_the_published_form(self) -> None:
        assert self.text.split("\n")[:5] == [
            "c2sp.org/tlog-proof@v1",
            "index 1",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=",
            "",
        ]
        assert self.text.endswith(f"\n\n{self.note}")

    @pytest.mark.parametrize("proof", [(), (ROOT,), (ROOT, ROOT[::-1])])
    def test_what_is_written_is_read_back(self, proof: tuple[bytes, ...]) -> None:
        read = parse_proof_file(proof_file(7, proof, self.note))
        assert (read.index, read.proof, read.checkpoint_note) == (7, proof, self.note)
        assert open_note(read.checkpoint_note, [ALICE.verifier])

    def test_extra_data_are_left_out_because_nothing_vouches_for_them(self) -> None:
        extra = self.text.replace("\nindex", "\nextra c29tZXRoaW5n\nindex", 1)
        assert parse_proof_file(extra) == parse_proof_file(self.text)

    def test_it_refuses_a_file_without_an_index(self) -> None:
        with pytest.raises(NoteError, match="names the index"):
            parse_proof_file(self.text.replace("index 1\n", ""))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("@v1", "@v2"),
            ("c2sp", "\nc2sp"),
            ("index 1\n", ""),
            ("index 1", "index 01"),
            ("index 1", "index -1"),
            ("index 1", "index  1"),
            ("index 1", "Index 1"),
            ("index 1", "extra ?\nindex 1"),
            ("Hx4d", "Hx4"),
            ("AQA=", "AQB="),
            ("Hx4dHBsa", ""),
            ("\n\n", "\n"),
        ],
    )
    def test_it_refuses_a_malformed_file(self, old: str, new: str) -> None:
        assert old in self.text
        note_free = proof_file(1, [ROOT, ROOT[::-1]], "")
        with pytest.raises(NoteError):
            parse_proof_file(note_free.replace(old, new, 1))
