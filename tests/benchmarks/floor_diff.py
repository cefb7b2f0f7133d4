"""The least that a difference of two large plans can cost, for `plan.py`: `python floor_diff.py SPEC NOTE SPEC NOTE`.

As `floor.py`, it imports nothing of adc. Start Python; stat the specs; load both plans as they are kept; compare the
key that each step has, by its name. It prints how many steps have another.
"""

import json
import os
import sys
from itertools import accumulate, pairwise


def keys(note: str) -> dict[str, str]:
    """The key of each step of a kept plan."""
    with open(note, "rb", buffering=0) as file:
        data = file.read()
    start = data.index(b"\n") + 13
    end = start + int(data[start - 12 : start])
    lengths = json.loads(data[start:end])["lines"]
    lines = [data[begin:end] for begin, end in pairwise(accumulate(lengths, initial=end))]
    return dict(zip(lines[1].decode().split("\x1f"), lines[4].decode().split("\x1f"), strict=True))


_, spec, note, other, other_note = sys.argv
os.stat(spec)
os.stat(other)
before, after = keys(note), keys(other_note)
print(sum(before.get(step) != key for step, key in after.items()))
