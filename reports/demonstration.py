"""Puts the label of a demo on papers: every page of a PDF, every sheet of a workbook."""

from django.conf import settings
from django.utils.html import format_html

_BOX = (
    "@page{{@top-center{{content:'{}';font:bold 8pt 'DejaVu Sans';font-stretch:condensed;"
    "color:#8a4b00}}}}"
)


def label() -> str:
    """Return the sentence of a demo; empty in an installation that is none."""
    return str(settings.DEMO)


def on_paper(html: str) -> str:
    """Return the HTML of a paper with the label on every page and at its top."""
    said = label()
    if not said:
        return html
    box = format_html("<style>" + _BOX + "</style>", said)
    note = format_html(
        '<p style="margin:0 0 4mm;max-width:none;padding:2mm 3mm;border:0.8pt solid #8a4b00;'
        'color:#8a4b00;font-weight:bold">{}</p>',
        said,
    )
    return html.replace("</head>", f"{box}</head>", 1).replace("<body>", f"<body>{note}", 1)
