"""Writes bank and network files as banks do: camt.053, MT940, BAI2 and NACHA, with right totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from evidence.reconcile.amounts import written
from evidence.reconcile.currencies import EXPONENTS


@dataclass(frozen=True)
class Line:
    """One line of a bank statement; the amount is signed, in minor units."""

    reference: str
    bank_ref: str
    amount: int
    day: date


@dataclass(frozen=True)
class Sheet:
    """One statement of one account."""

    account: str
    currency: str
    number: int
    opening: int
    day: date
    lines: Sequence[Line]

    @property
    def closing(self) -> int:
        return self.opening + sum(line.amount for line in self.lines)

    def money(self, amount: int) -> str:
        return written(abs(amount), EXPONENTS[self.currency])


def mark(amount: int, credit: str, debit: str) -> str:
    return credit if amount >= 0 else debit


def camt053(sheet: Sheet, *, version: str = "08", message: str = "M1") -> str:
    """Return a statement; the status is text in old versions and a code in new ones."""
    entries = "".join(_entry(sheet, line, version) for line in sheet.lines)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
<BkToCstmrStmt><GrpHdr><MsgId>{message}</MsgId></GrpHdr>
<Stmt><Id>S{sheet.number}</Id><ElctrncSeqNb>{sheet.number}</ElctrncSeqNb>
<Acct><Id><IBAN>{sheet.account}</IBAN></Id></Acct>
{_camt_balance(sheet, "OPBD", sheet.opening)}{_camt_balance(sheet, "CLBD", sheet.closing)}
<TxsSummry><TtlNtries><NbOfNtries>{len(sheet.lines)}</NbOfNtries></TtlNtries></TxsSummry>
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def _camt_balance(sheet: Sheet, code: str, amount: int) -> str:
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
<Amt Ccy="{sheet.currency}">{sheet.money(amount)}</Amt>
<CdtDbtInd>{mark(amount, "CRDT", "DBIT")}</CdtDbtInd><Dt><Dt>{sheet.day}</Dt></Dt></Bal>"""


def _entry(sheet: Sheet, line: Line, version: str) -> str:
    status = "BOOK" if version < "08" else "<Cd>BOOK</Cd>"
    return f"""<Ntry><Amt Ccy="{sheet.currency}">{sheet.money(line.amount)}</Amt>
<CdtDbtInd>{mark(line.amount, "CRDT", "DBIT")}</CdtDbtInd><Sts>{status}</Sts>
<BookgDt><Dt>{line.day}</Dt></BookgDt><AcctSvcrRef>{line.bank_ref}</AcctSvcrRef>
<BkTxCd><Prtry><Cd>166</Cd></Prtry></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>{line.reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
"""


def mt940(sheet: Sheet) -> str:
    """Return a statement in its envelope, with the reference in the free text."""
    lines = "".join(
        f":61:{line.day:%y%m%d}{line.day:%m%d}{mark(line.amount, 'C', 'D')}"
        f"{_comma(sheet, line.amount)}NTRFNONREF//{line.bank_ref}\n:86:Payout {line.reference}\n"
        for line in sheet.lines
    )
    return (
        "{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\n:20:STARTUMS\n"
        f":25:{sheet.account}\n:28C:{sheet.number}/1\n:60F:{_mt_balance(sheet, sheet.opening)}\n"
        f"{lines}:62F:{_mt_balance(sheet, sheet.closing)}\n-}}\n"
    )


def _mt_balance(sheet: Sheet, amount: int) -> str:
    return f"{mark(amount, 'C', 'D')}{sheet.day:%y%m%d}{sheet.currency}{_comma(sheet, amount)}"


def _comma(sheet: Sheet, amount: int) -> str:
    text = sheet.money(amount).replace(".", ",")
    return text if "," in text else f"{text},"


def bai2(sheet: Sheet) -> str:
    """Return a file of one group and one account, with continuations for the references."""
    details = [
        (
            f"16,{'142' if line.amount >= 0 else '455'},{abs(line.amount)},Z,{line.bank_ref},,/",
            f"88,{line.reference}",
        )
        for line in sheet.lines
    ]
    total = sheet.opening + sheet.closing + sum(abs(line.amount) for line in sheet.lines)
    records = 2 + 2 * len(details)
    flat = [record for pair in details for record in pair]
    return "\n".join(
        [
            f"01,BANK,ME,{sheet.day:%y%m%d},0600,{sheet.number},,,2/",
            f"02,ME,BANK,1,{sheet.day:%y%m%d},,{sheet.currency},2/",
            f"03,{sheet.account},{sheet.currency},010,{sheet.opening},,,015,{sheet.closing},,/",
            *flat,
            f"49,{total},{records}/",
            f"98,{total},1,{records + 2}/",
            f"99,{total},1,{records + 4}/",
            "",
        ]
    )


@dataclass(frozen=True)
class Return:
    """An ACH debit that came back, or a correction of one."""

    trace: str
    original: str
    own_id: str
    amount: int
    code: str


def nacha(returns: Sequence[Return], day: date, *, hash_off: int = 0) -> str:
    """Return a file of one batch; `hash_off` falsifies the hash of the batch."""
    routing = "07640125"
    lines = [
        f"101 091000019 076401251{day:%y%m%d}0600A094101{'BANK':<23}{'ME':<23}{'':<8}",
        (
            f"5200{'ME':<16}{'':<20}{'1234567890':<10}PPD{'PAYMENTS':<10}{'':<6}{day:%y%m%d}{'':<3}1"
            f"{'09100001':<8}{1:07}"
        ),
    ]
    for each in returns:
        lines += [
            (
                f"626{routing}1{'123456789':<17}{each.amount:010}{each.own_id:<15}{'PAYER':<22}  1"
                f"{each.trace:>15}"
            ),
            (
                f"7{'98' if each.code[0] == 'C' else '99'}{each.code}{each.original:>15}{'':<6}"
                f"{'09100001':<8}{'':<44}{each.trace:>15}"
            ),
        ]
    debit = sum(each.amount for each in returns)
    total = (int(routing) * len(returns) + hash_off) % 10**10
    count = 2 * len(returns)
    lines += [
        f"8200{count:06}{total:010}{debit:012}{0:012}{'1234567890':<10}{'':<25}{'09100001':<8}{1:07}",
    ]
    blocks = -(-(len(lines) + 1) // 10)
    lines.append(f"9{1:06}{blocks:06}{count:08}{total:010}{debit:012}{0:012}{'':<39}")
    lines += ["9" * 94] * (blocks * 10 - len(lines))
    return "\n".join(lines) + "\n"
