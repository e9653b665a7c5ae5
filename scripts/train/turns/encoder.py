"""Fine-tunes MiniLM to label the turns of a meeting, many turns in one sequence.

usage: python3 encoder.py BASE DATA OUT [--fold K OF] [--epochs N] [--threads N]
  BASE  folder of all-MiniLM-L6-v2 (config.json, model.safetensors, tokenizer.json), Apache-2.0
  DATA  folder of labelled meetings; those of keptApart.json are never read
  OUT   folder for net.pt and scores.npz (turn logits of the meetings outside the training part)

A window holds whole turns up to WINDOW tokens: [CLS] turn [SEP] turn [SEP] … A turn's vector is the
mean over its tokens. Every label is a logit of its own (LABELS).
"""
import argparse, glob, hashlib, json, os, random, time
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS = ["actionCore", "decisionCore", "actionTurn", "decisionTurn", "ownerSpeaks", "ownerAsked",
          "actionLast", "decisionLast", "decoy", "question", "risk", "due"]
WINDOW = 224
CLS, SEP = 101, 102


def kept_apart():
    return set(json.load(open(os.path.join(HERE, "keptApart.json")))["slugs"])


def load(folder):
    apart = kept_apart()
    files = [f for f in sorted(glob.glob(os.path.join(folder, "*.json")))
             if os.path.basename(f)[:-5] not in apart]
    return [json.load(open(f)) for f in files]


def fold_of(slug, folds):
    return int(hashlib.sha256(("fold " + slug).encode()).hexdigest(), 16) % folds


def labels(m):
    n = len(m["turns"])
    y = np.zeros((n, len(LABELS)), np.float32)
    for kind, core, turn, last in (("actions", 0, 2, 6), ("decisions", 1, 3, 7)):
        for item in m[kind]:
            cores = item.get("core") or item["turns"][-1:]
            y[cores, core] = 1
            y[item["turns"], turn] = 1
            y[max(cores), last] = 1
            if kind == "actions":
                for c in cores:
                    y[c, 4 if m["turns"][c]["who"] == item["owner"] else 5] = 1
                for t in item["turns"]:
                    if item.get("due") and item["due"].lower() in m["turns"][t]["text"].lower():
                        y[t, 11] = 1
    for kind, at in (("decoys", 8), ("questions", 9), ("risks", 10)):
        for item in m.get(kind, []):
            y[item["turns"], at] = 1
    return y


class Net(torch.nn.Module):
    def __init__(self, base):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base, add_pooling_layer=False,
                                                 attn_implementation="eager")
        self.drop = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(384, len(LABELS))

    def forward(self, input_ids, attention_mask, turn_weights):
        """turn_weights [batch, turns, tokens]: each row a mean over a turn's tokens."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        vectors = torch.bmm(turn_weights, hidden)
        return self.head(self.drop(vectors)), vectors


class Meeting:
    def __init__(self, m, tok):
        self.m = m
        self.y = labels(m)
        self.ids = [tok.encode(f"{t['who']}: {t['text']}", add_special_tokens=False).ids[:120]
                    for t in m["turns"]]

    def window(self, start):
        used, end = 1, start
        while end < len(self.ids) and (end == start or used + len(self.ids[end]) + 1 <= WINDOW):
            used += len(self.ids[end]) + 1
            end += 1
        return start, end

    def cover(self, offset=0):
        """Windows one after another, the first ends early by `offset` turns."""
        out, start = [], 0
        if offset:
            out.append((0, min(offset, self.window(0)[1])))
            start = out[0][1]
        while start < len(self.ids):
            out.append(self.window(start))
            start = out[-1][1]
        return out


def batch(parts):
    width = max(1 + sum(len(x) + 1 for x in mt.ids[a:b]) for mt, a, b in parts)
    turns = max(b - a for _, a, b in parts)
    ids = np.zeros((len(parts), width), np.int64)
    weights = np.zeros((len(parts), turns, width), np.float32)
    for r, (mt, a, b) in enumerate(parts):
        row = [CLS]
        for t in range(a, b):
            begin = len(row)
            row += mt.ids[t] + [SEP]
            weights[r, t - a, begin:len(row)] = 1 / (len(row) - begin)
        ids[r, :len(row)] = row
    ids = torch.from_numpy(ids)
    return ids, (ids > 0).long(), torch.from_numpy(weights)


def predict(net, meetings):
    """Logits and vectors of every turn, from the window in which it lies most central."""
    net.eval()
    out = []
    with torch.no_grad():
        for mt in meetings:
            n = len(mt.ids)
            best = np.full(n, -1.0)
            logits, vectors = np.zeros((n, len(LABELS)), np.float32), np.zeros((n, 384), np.float32)
            start = 0
            while True:
                a, b = mt.window(start)
                l, v = net(*batch([(mt, a, b)]))
                for t in range(a, b):
                    left, right = (99 if a == 0 else t - a), (99 if b == n else 2 * (b - 1 - t))
                    if min(left, right) > best[t]:
                        best[t] = min(left, right)
                        logits[t], vectors[t] = l[0, t - a].numpy(), v[0, t - a].numpy()
                if b == n:
                    break
                start = a + max(1, (b - a) // 2)
            out.append((logits, vectors))
    net.train()
    return out


def f1(pred, m, kind):
    used, right, n = set(), 0, 0
    optional = m.get("optional") or {}
    spare = set(optional.get(kind, []) if isinstance(optional, dict) else optional)
    for p in pred:
        j = next((j for j, g in enumerate(m[kind]) if j not in used and p & set(g["turns"])), None)
        if j is None:
            n += not p <= spare
            continue
        used.add(j)
        right += 1
        n += 1
    return right, n, len(m[kind])


def clusters(scores, threshold, gap):
    out = []
    for i, s in enumerate(scores):
        if s >= threshold:
            if out and i - max(out[-1]) <= gap:
                out[-1].add(i)
            else:
                out.append({i})
    return out


def report(name, meetings, predicted):
    for kind, cols in (("actions", (0, 6)), ("decisions", (1, 7))):
        for col in cols:
            best = (0,)
            for th in np.arange(0.2, 0.85, 0.05):
                for gap in (0, 1, 2):
                    r, n, of = np.sum([f1(clusters(1 / (1 + np.exp(-p[:, col])), th, gap), mt.m, kind)
                                       for mt, (p, _) in zip(meetings, predicted)], 0)
                    best = max(best, (2 * r / max(1, n + of), round(th, 2), gap, r / max(1, n), r / of))
            print(name, kind, LABELS[col], "F1 %.3f threshold %.2f gap %d P %.2f R %.2f" % best, flush=True)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("base"), args.add_argument("data"), args.add_argument("out")
    args.add_argument("--fold", type=int, nargs=2)
    args.add_argument("--epochs", type=int, default=6)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--frozen", type=int, default=2, help="lowest layers that are not trained")
    args.add_argument("--also", help="folder that is scored but not trained on")
    o = args.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed), random.seed(o.seed)
    tok = Tokenizer.from_file(os.path.join(o.base, "tokenizer.json"))
    tok.no_padding(), tok.no_truncation()
    every = [Meeting(m, tok) for m in load(o.data)]
    out = [mt for mt in every if o.fold and fold_of(mt.m["slug"], o.fold[1]) == o.fold[0]]
    train = [mt for mt in every if mt not in out]
    test = out + ([Meeting(m, tok) for m in load(o.also)] if o.also else [])
    net = Net(o.base)
    for part in [net.encoder.embeddings, *net.encoder.encoder.layer[:o.frozen]]:
        part.requires_grad_(False)
    os.makedirs(o.out, exist_ok=True)
    size = 3
    steps = o.epochs * sum(len(mt.cover()) for mt in train) // size
    opt = torch.optim.AdamW([{"params": [p for p in net.encoder.parameters() if p.requires_grad], "lr": 1e-4},
                             {"params": net.head.parameters(), "lr": 1e-3}], weight_decay=0.01)
    plan = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: min(1, (s + 1) / (0.1 * steps)) * max(0.02, 1 - s / steps))
    # Rare labels weigh more.
    weight = torch.tensor([2.5, 3, 1.5, 1.5, 3, 3, 3, 3, 1.5, 2, 2, 2.0])
    began, done = time.time(), 0
    for epoch in range(o.epochs):
        parts = [(mt, a, b) for mt in train for a, b in mt.cover(random.randrange(8))]
        random.shuffle(parts)
        parts.sort(key=lambda p: sum(map(len, p[0].ids[p[1]:p[2]])) // 40)
        batches = [parts[i:i + size] for i in range(0, len(parts), size)]
        random.shuffle(batches)
        total = 0
        for some in batches:
            logits, _ = net(*batch(some))
            y = torch.zeros_like(logits)
            live = torch.zeros(logits.shape[:2])
            for r, (mt, a, b) in enumerate(some):
                y[r, :b - a] = torch.from_numpy(mt.y[a:b])
                live[r, :b - a] = 1
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, y, pos_weight=weight, reduction="none").mean(-1)
            loss = (loss * live).sum() / live.sum()
            opt.zero_grad(), loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step(), plan.step()
            total += loss.item()
            done += 1
            if done % 20 == 0:
                print(done, "of", steps, "loss %.3f" % loss.item(), "minutes %.1f" % ((time.time() - began) / 60), flush=True)
        print("epoch %d loss %.4f minutes %.1f" % (epoch, total / len(batches), (time.time() - began) / 60), flush=True)
        torch.save(net.state_dict(), os.path.join(o.out, "net.pt"))
        if test and epoch >= 1:
            report("test", test, predict(net, test))
    if test:
        scored = predict(net, test)
        np.savez_compressed(os.path.join(o.out, "scores.npz"), **{
            mt.m["slug"]: np.hstack([p, v]) for mt, (p, v) in zip(test, scored)})


if __name__ == "__main__":
    main()
