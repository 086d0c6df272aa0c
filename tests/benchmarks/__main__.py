"""`make bench`: run every benchmark in a process of its own, print ratios, write var/bench.json.

Usage: python -m tests.benchmarks [--quick] [NAME ...]. A benchmark is a module of this package
with `measure(quick) -> Iterator[Measure]`; each gets a fresh installation on the disk under var/.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "intake",
    "pages",
    "packs",
    "coverage",
    "registers",
    "readiness",
    "screening",
    "reconcile",
    "collectors",
    "merchants",
    "first_run",
    "reports",
)


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    names = [name for name in arguments if not name.startswith("-")] or list(NAMES)
    unknown = sorted({*arguments} - {"--quick", *NAMES})
    if unknown:
        sys.stderr.write(f"No benchmark {unknown[0]!r}; there are {', '.join(NAMES)}.\n")
        return 2
    measures = [measure for name in names for measure in _run(name, quick=quick)]
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(measures, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"\nWrote {target.relative_to(ROOT)} ({len(measures)} measures).\n")
    return 0


def _run(name: str, *, quick: bool) -> list[dict[str, object]]:
    folder = ROOT / "var" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    environment = os.environ | {
        "VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
    }
    command = [sys.executable, "-m", "tests.benchmarks.one", name, *(["--quick"] if quick else [])]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    found = []
    assert process.stdout is not None
    for line in process.stdout:
        measure = json.loads(line)
        found.append(measure)
        _print(measure)
    if process.wait():
        raise SystemExit(f"The benchmark {name} failed with exit code {process.returncode}.")
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _print(measure: dict[str, object]) -> None:
    sys.stdout.write(
        "{name:<44} {size:<24} ours {ours:>10} {unit:<8} {against} {limit:>10}"
        "  ratio {ratio:>6} ({aim})  {peak_memory_mb} MB\n".format(**measure)
    )
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
