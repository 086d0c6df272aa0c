"""A program of its own: reads a PDF from a file and tells its words, a line of JSON for each part.

It runs apart, under limits of memory and time that it sets itself, because a hostile PDF may make
any reader run away. Called with the path of the file, megabytes and seconds. It imports nothing of
ours. Exit codes: 0 all was read, 3 it needs a password, 4 it is no PDF that can be read.
"""

import base64
import json
import logging
import resource
import sys
from collections.abc import Iterator
from typing import Any

import pypdf

_MOST_PAGES = 20_000


def main(path: str, megabytes: int, seconds: int) -> int:
    most = megabytes * 1024**2
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What it thinks of the file must not end up in a log: it quotes the content.
    logging.disable(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            return 3
        for part in _parts(reader):
            sys.stdout.write(json.dumps(part) + "\n")
    except Exception:  # noqa: BLE001  # whatever breaks here, the file could not be read
        return 4
    return 0


def _parts(reader: pypdf.PdfReader) -> Iterator[dict[str, str]]:
    if len(reader.pages) > _MOST_PAGES:
        raise ValueError
    yield {"place": "properties", "text": "\n".join(map(str, (reader.metadata or {}).values()))}
    for number, page in enumerate(reader.pages, 1):
        words = [page.extract_text() or ""]
        words += [_noted(one.get_object()) for one in _annotations(page)]
        yield {"place": f"page {number}", "text": "\n".join(words)}
    for name, contents in reader.attachments.items():
        for content in contents:
            yield {"place": f"attachment {name}", "file": base64.b64encode(content).decode()}


def _annotations(page: Any) -> list[Any]:
    return list(page.get("/Annots") or ())


def _noted(annotation: Any) -> str:
    """Return the words of a comment, and the value of a form's field."""
    return "\n".join(str(annotation.get(key) or "") for key in ("/Contents", "/V", "/DV"))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
