"""`make bench` prints one line for each measurement."""

from tests.benchmarks import history, investigation, recovery, startup

for benchmark in (startup, history, recovery, investigation):
    for line in benchmark.measure():
        print(line, flush=True)
