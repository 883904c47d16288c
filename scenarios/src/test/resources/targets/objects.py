"""A process that makes and drops objects: python3 objects.py

Commands, a line each, answered by a line each; it ends with its input.
  hold BYTES     objects of 1,000 bytes, all kept: they come from malloc
  drop           all of those but the last
  pools BYTES    objects of pymalloc's own pools, each hundredth kept
"""

import sys

KEPT = []


def hold(count_bytes):
    KEPT.append([bytes(1000) for _ in range(count_bytes // 1048)])


def drop():
    blocks = KEPT.pop()
    last = blocks[-1]
    del blocks
    KEPT.append(last)


def pools(count_bytes):
    objects = [(i,) for i in range(1000, 1000 + count_bytes // 80)]
    KEPT.append(objects[::100])


COMMANDS = {"hold": hold, "drop": drop, "pools": pools}

print("ready", flush=True)
for line in sys.stdin:
    word, *numbers = line.split()
    COMMANDS[word](*map(int, numbers))
    print("done " + word, flush=True)
