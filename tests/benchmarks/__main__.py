"""`make bench` prints one line for each measurement."""

from tests.benchmarks import history, investigation, startup

for benchmark in (startup, history, investigation):
    for line in benchmark.measure():
        print(line, flush=True)
