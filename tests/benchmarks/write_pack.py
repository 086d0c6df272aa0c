"""Writes one frozen pack in a process of its own, and prints that process's peak memory in MB."""

import sys
from pathlib import Path

import django


def main(key: int, path: Path) -> None:
    # The log library loads it where it is there: among our tools it is, in an installation not.
    sys.modules["rich"] = None  # type: ignore[assignment]
    django.setup()
    # Models and reports load only once Django is set up.
    from audits.models import Pack  # noqa: PLC0415
    from reports import audit_pack_zip  # noqa: PLC0415

    with path.open("wb") as file:
        audit_pack_zip.write(Pack.objects.get(pk=key), file)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = int(status.partition("VmHWM:")[2].split()[0])
    sys.stdout.write(f"{kilobytes // 1024}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
