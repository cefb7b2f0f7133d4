"""The least that a look at a plan can cost, for `plan.py`: `python floor.py SPEC NOTE STORE ENCODER`.

It imports nothing of adc and takes every short cut that leaves the answer right. Start Python; stat the spec; load the
state, which is the plan as it is kept and the results of the store; derive the key of each step that can have one; put
the steps in order. It prints how many steps have a result, and a digest of all keys, to be compared with what adc says.
"""

import hashlib
import json
import os
import sqlite3
import sys
from itertools import accumulate

spec, note, store, encoder = sys.argv[1:]
os.stat(spec)
with open(note, "rb", buffering=0) as file:
    data = file.read()
start = data.index(b"\n") + 13
end = start + int(data[start - 12 : start])
plan = json.loads(data[start:end])
starts = list(accumulate(plan["texts"], initial=end + sum(plan["lines"])))
database = sqlite3.connect(os.path.join(store, "adc.sqlite"))
rows = database.execute("SELECT key, outputs FROM results").fetchall()
results = dict(zip((key for key, _ in rows), json.loads(f"[{','.join(text for _, text in rows)}]"), strict=True))

total = len(plan["form"])
who = {"generate": "draft/2", "frame": "frame/1", "card": "card/2", "film": encoder}
frames = [
    f',"derivation":1,"endpoint":{json.dumps(endpoint)},"engine":"{who[kind]}","kind":"{kind}",'
    f'"output":"{output}","take":{take}}}'.encode()
    for kind, endpoint, output, take, *_ in plan["forms"]
]
drafted = [kind == "generate" for kind, *_ in plan["forms"]]
forms = plan["form"]
needs, used = (
    [flat[end - count : end] for count, end in zip(counts, accumulate(counts), strict=True)]
    for counts, flat in (plan["needs"], plan["used"])
)
refs = [*plan["file refs"], *zip(*plan["step refs"], strict=True)]
made: dict[int, dict[str, dict[str, str]]] = {}
keys = []
for number in range(total):
    if all(need in made for need in needs[number]):
        text = data[starts[number] : starts[number + 1]]
        if used[number]:
            first, *others = text.split(b"\0")
            parts = [first]
            for one, other in zip(used[number], others, strict=True):
                ref = refs[one]
                digest = ref if isinstance(ref, str) else made[ref[0]][ref[1]]["digest"]
                parts += (b'{"$blob":"', digest.encode(), b'"}', other)
            text = b"".join(parts)
        if drafted[forms[number]]:
            text += b',"brief":' + data[starts[total + number] : starts[total + number + 1]]
        key = "sha256:" + hashlib.sha256(b'{"arguments":' + text + frames[forms[number]]).hexdigest()
        keys.append(key)
        if key in results:
            made[number] = results[key]
order = sorted(range(total), key=lambda number: (number in made, number))
print(len(made), len(order), hashlib.sha256("".join(keys).encode()).hexdigest())
