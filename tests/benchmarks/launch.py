"""Runs a command and prints its seconds and its peak memory in MB; fails when the command does."""

import os
import subprocess
import sys
import time

start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
sys.stdout.write(f"{seconds} {usage.ru_maxrss // 1024}\n")
sys.exit(os.waitstatus_to_exitcode(status))
