"""`make bench` prints one line for each measurement."""

from tests.benchmarks import checking, history, investigation, rebuilding, recovery, startup

for benchmark in (startup, checking, history, recovery, rebuilding, investigation):
    for line in benchmark.measure():
        print(line, flush=True)
