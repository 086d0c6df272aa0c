"""ZIPs of packs as our writer makes them, and bent ones."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o100644 << 16
    info.create_system = 3
    return info


class Stream(io.RawIOBase):
    """A file that can only be written forwards, as a download is."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.content += data
        return len(data)


def zipped(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    bend: Callable[[zipfile.ZipInfo], None] = lambda _: None,
    *,
    streamed: bool = True,
) -> bytes:
    """Write the files, in order of their names, as the members of a ZIP."""
    pairs = sorted(files.items()) if isinstance(files, Mapping) else files
    target: Any = Stream() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in pairs:
            info = plain(name)
            if len(content) * 1.05 > zipfile.ZIP64_LIMIT:
                # As our writer does, because Python before 3.11.4 forgets it.
                info.create_version = info.extract_version = zipfile.ZIP64_VERSION
            bend(info)
            archive.writestr(info, content)
    return bytes(target.content) if streamed else target.getvalue()


def unzipped(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
