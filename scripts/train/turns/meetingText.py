"""Reads a labelled meeting that is written as text; the folder `meetings` has some.

The head names the meeting, the user (`me`) and every label: `a1 | owner | due | text`, `d1 | text`,
`x1 | why` (decoy), `q1 | text`, `r1 | text`. Below `---` stands one turn a line, before it in braces
the labels it carries; a star marks the turns that settle them: `{a1* d2} Ada: I'll do that.`
"""
import os, re

LINE = re.compile(r"(?:\{([^}]*)\} )?([^:]+): (.+)")
KINDS = {"a": "actions", "d": "decisions", "x": "decoys", "q": "questions", "r": "risks"}


def parse(text, slug):
    """Raises ValueError on a label without turns, a turn with an unknown label, or a decoy on an item."""
    head, _, body = text.partition("\n---\n")
    rows = head.strip().split("\n")
    m = {"title": rows[0].lstrip("# "), "slug": slug, "language": "en", "synthetic": True,
         "me": rows[1].split(" ", 1)[1], "turns": [], "optional": {"actions": [], "decisions": []},
         **{kind: [] for kind in KINDS.values()}}
    known = {}
    for row in rows[2:]:
        mark, *fields = (field.strip() for field in row.split(" | "))
        null = lambda x: None if x == "null" else x
        if mark[0] == "a":
            label = {"text": fields[2], "owner": null(fields[0]), "due": null(fields[1])}
        else:
            label = {"why" if mark[0] == "x" else "text": fields[0]}
        known[mark] = {**label, "turns": [], **({"core": []} if mark[0] in "ad" else {})}
        m[KINDS[mark[0]]].append(known[mark])
    clock = 1.0
    for at, row in enumerate(body.strip().split("\n")):
        found = LINE.fullmatch(row)
        if not found:
            raise ValueError(f"{slug}: no turn: {row}")
        marks, who, said = found.groups()
        for mark in (marks or "").split():
            label = known.get(mark.rstrip("*"))
            if label is None:
                raise ValueError(f"{slug}: unknown label {mark}: {row}")
            label["turns"].append(at)
            if mark.endswith("*"):
                label["core"].append(at)
        end = clock + len(said.split()) / 2.7
        m["turns"].append({"who": who, "source": "mic" if who == m["me"] else "system",
                           "start": round(clock, 2), "end": round(end, 2), "text": said})
        clock = end + 0.4
    m["participants"] = list(dict.fromkeys(t["who"] for t in m["turns"]))
    settled = {t for kind in ("actions", "decisions") for item in m[kind] for t in item["turns"]}
    for mark, label in known.items():
        if not label["turns"] or label.get("core") == []:
            raise ValueError(f"{slug}: {mark} has no turn")
        if mark[0] == "x" and settled & set(label["turns"]):
            raise ValueError(f"{slug}: {mark} lies on an item")
    owners = {a["owner"] for a in m["actions"]} - {None}
    if not owners <= set(m["participants"]):
        raise ValueError(f"{slug}: owners {owners} of {m['participants']}")
    return m


def read(path):
    with open(path) as file:
        return parse(file.read(), os.path.basename(path)[:-4])
