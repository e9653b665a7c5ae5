"""Joins the turn logits of several runs. usage: python3 scores.py OUT.json SCORES.npz…"""
import json
import sys

import numpy as np

LABELS = 12
out = {}
for name in sys.argv[2:]:
    for slug, rows in np.load(name).items():
        out[slug] = [[round(float(x), 4) for x in row[:LABELS]] for row in rows]
json.dump(out, open(sys.argv[1], "w"))
