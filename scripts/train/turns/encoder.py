"""Fine-tunes MiniLM to label the turns of a meeting, many turns in one sequence.

usage: python3 encoder.py BASE DATA[,DATA…] OUT [--fold K OF] [--part SHARE] [--epochs N] [--threads N]
  BASE  folder of the pretrained encoder (config.json, model.safetensors, tokenizer.json)
  DATA  folders of labelled meetings; those of keptApart.json are never read
  OUT   folder for net.pt; scores.npz and files.txt are the turn logits and the files of the meetings
        outside the training part

A window holds whole turns up to WINDOW tokens: [CLS] turn [SEP] turn [SEP] … A turn's vector is the
mean over its tokens. Every label is a logit of its own (LABELS). Behind them stand two pairs of
LINK numbers for each turn, for actions and for decisions: the dot product of an earlier turn's first
and a later turn's second vector is the log odds that both belong to the same item.
"""
import argparse, glob, hashlib, json, os, random, re, time
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel
import meetingText

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS = ["actionCore", "decisionCore", "actionTurn", "decisionTurn", "ownerSpeaks", "ownerAsked",
          "actionLast", "decisionLast", "decoy", "question", "risk", "due"]
WINDOW = 224
LINK = 16
LINK_WEIGHT = 0.1
CLS, SEP = 101, 102


def kept_apart():
    return set(json.load(open(os.path.join(HERE, "keptApart.json")))["slugs"])


def load(folders):
    apart = kept_apart()
    files = [f for folder in folders.split(",") for f in sorted(glob.glob(os.path.join(folder, "*")))
             if f.endswith((".json", ".txt"))]
    return [{**(meetingText.read(f) if f.endswith(".txt") else json.load(open(f))), "file": os.path.abspath(f)}
            for f in files if os.path.splitext(os.path.basename(f))[0] not in apart]


def fold_of(slug, folds):
    return int(hashlib.sha256(("fold " + slug).encode()).hexdigest(), 16) % folds


def order_of(slug):
    return hashlib.sha256(("order " + slug).encode()).hexdigest()


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


def items(m):
    """[2, turns, most items]: which turns belong to which action and to which decision."""
    most = max(1, len(m["actions"]), len(m["decisions"]))
    out = np.zeros((2, len(m["turns"]), most), np.float32)
    for k, kind in enumerate(("actions", "decisions")):
        for i, item in enumerate(m[kind]):
            out[k, item["turns"], i] = 1
    return out


NAMES = """Ada Ben Carla Dario Elin Farid Greta Hugo Ines Jakob Kira Leon Marta Nils Olga Pavel Rita Samir Tove
Umar Vera Wim Yusuf Zoe Amal Boris Celia Devi Edgar Fay Gus Hana Ivo June Karim Lila Milo Nora Omar Pia""".split()


def varied(m):
    """The same meeting with other names, sometimes with the punctuation of a recogniser."""
    if random.random() < 0.5:
        names = dict(zip(m["participants"], random.sample(NAMES, len(m["participants"]))))
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
        swap = lambda text: pattern.sub(lambda found: names[found[0]], text)
        m = {**m, "turns": [{**t, "who": names.get(t["who"], t["who"]), "text": swap(t["text"])}
                            for t in m["turns"]]}
    if random.random() < 0.15:
        m = {**m, "turns": [{**t, "text": re.sub(r"[,.?!;:–-]", "", t["text"])} for t in m["turns"]]}
    return m


class Net(torch.nn.Module):
    def __init__(self, base):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base, add_pooling_layer=False,
                                                 attn_implementation="eager")
        self.drop = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(384, len(LABELS))
        self.link = torch.nn.Linear(384, 4 * LINK)

    def forward(self, input_ids, attention_mask, turn_weights):
        """turn_weights [batch, turns, tokens]: each row a mean over a turn's tokens."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        vectors = torch.bmm(turn_weights, hidden)
        dropped = self.drop(vectors)
        return torch.cat([self.head(dropped), self.link(dropped)], -1), vectors


def link_loss(out, member):
    """out [batch, turns, labels and links], member [batch, 2, turns, items]: pairs of turns on items."""
    total, of = 0.0, 0.0
    pairs = out[..., len(LABELS):].unflatten(-1, (2, 2, LINK))
    for k in range(2):
        score = pairs[:, :, k, 0] @ pairs[:, :, k, 1].transpose(1, 2)
        own = member[:, k]
        on = own.amax(-1)
        both = torch.triu(on.unsqueeze(2) * on.unsqueeze(1), 1)
        same = (own @ own.transpose(1, 2) > 0).float()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(score, same, reduction="none")
        total, of = total + (loss * both).sum(), of + both.sum()
    return total / (of + 1)


class Meeting:
    def __init__(self, m, tok):
        self.m, self.tok = m, tok
        self.y = labels(m)
        self.items = items(m)
        self.ids = [tok.encode(f"{t['who']}: {t['text']}", add_special_tokens=False).ids[:120]
                    for t in m["turns"]]

    def variant(self):
        other = Meeting(varied(self.m), self.tok)
        other.y, other.items = self.y, self.items
        return other

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
            logits, vectors = np.zeros((n, len(LABELS) + 4 * LINK), np.float32), np.zeros((n, 384), np.float32)
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


def mean_of(files):
    """Mean of the weights of several trainings that share their start (Wortsman and others 2022)."""
    nets = [torch.load(file) for file in files]
    return {name: sum(net[name] for net in nets) / len(nets) if nets[0][name].is_floating_point()
            else nets[0][name] for name in nets[0]}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("base"), args.add_argument("data"), args.add_argument("out")
    args.add_argument("--fold", type=int, nargs=2)
    args.add_argument("--epochs", type=int, default=6)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--frozen", type=int, default=2, help="lowest layers that are not trained")
    args.add_argument("--also", help="folder that is scored but not trained on")
    args.add_argument("--more", help="folder of meetings that every fold is trained on")
    args.add_argument("--part", type=float, default=1, help="share of the meetings to train on, for the learning curve")
    args.add_argument("--rate", type=float, default=1e-4, help="learning rate of the encoder")
    args.add_argument("--start", nargs="*", default=[], help="net.pt files whose mean the training starts from")
    o = args.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed), random.seed(o.seed)
    tok = Tokenizer.from_file(os.path.join(o.base, "tokenizer.json"))
    tok.no_padding(), tok.no_truncation()
    every = [Meeting(m, tok) for m in load(o.data)]
    out = [mt for mt in every if o.fold and fold_of(mt.m["slug"], o.fold[1]) == o.fold[0]]
    train = [mt for mt in every if mt not in out]
    train = sorted(train, key=lambda mt: order_of(mt.m["slug"]))[:round(o.part * len(train))]
    train += [Meeting(m, tok) for m in load(o.more)] if o.more else []
    test = out + ([Meeting(m, tok) for m in load(o.also)] if o.also else [])
    net = Net(o.base)
    if o.start:
        net.load_state_dict(mean_of(o.start))
    for part in [net.encoder.embeddings, *net.encoder.encoder.layer[:o.frozen]]:
        part.requires_grad_(False)
    os.makedirs(o.out, exist_ok=True)
    size = 3
    steps = o.epochs * sum(len(mt.cover()) for mt in train) // size
    opt = torch.optim.AdamW([{"params": [p for p in net.encoder.parameters() if p.requires_grad], "lr": o.rate},
                             {"params": [*net.head.parameters(), *net.link.parameters()], "lr": 10 * o.rate}], weight_decay=0.01)
    plan = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: min(1, (s + 1) / (0.1 * steps)) * max(0.02, 1 - s / steps))
    # Rare labels weigh more.
    weight = torch.tensor([2.5, 3, 1.5, 1.5, 3, 3, 3, 3, 1.5, 2, 2, 2.0])
    began, done = time.time(), 0
    for epoch in range(o.epochs):
        parts = [(mt, a, b) for mt in (one.variant() for one in train)
                 for a, b in mt.cover(random.randrange(8))]
        random.shuffle(parts)
        parts.sort(key=lambda p: sum(map(len, p[0].ids[p[1]:p[2]])) // 40)
        batches = [parts[i:i + size] for i in range(0, len(parts), size)]
        random.shuffle(batches)
        total = 0
        for some in batches:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits, _ = net(*batch(some))
            logits = logits.float()
            y = torch.zeros(*logits.shape[:2], len(LABELS))
            live = torch.zeros(logits.shape[:2])
            member = torch.zeros(len(some), 2, logits.shape[1], max(mt.items.shape[2] for mt, _, _ in some))
            for r, (mt, a, b) in enumerate(some):
                y[r, :b - a] = torch.from_numpy(mt.y[a:b])
                live[r, :b - a] = 1
                member[r, :, :b - a, :mt.items.shape[2]] = torch.from_numpy(mt.items[:, a:b])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits[..., :len(LABELS)], y, pos_weight=weight, reduction="none").mean(-1)
            loss = (loss * live).sum() / live.sum() + LINK_WEIGHT * link_loss(logits, member)
            opt.zero_grad(), loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step(), plan.step()
            total += loss.item()
            done += 1
            if done % 20 == 0:
                print(done, "of", steps, "loss %.3f" % loss.item(), "minutes %.1f" % ((time.time() - began) / 60), flush=True)
        print("epoch %d loss %.4f minutes %.1f" % (epoch, total / len(batches), (time.time() - began) / 60), flush=True)
        torch.save(net.state_dict(), os.path.join(o.out, "net.pt"))
    if test:
        scored = predict(net, test)
        report("test", test, scored)
        with open(os.path.join(o.out, "files.txt"), "w") as file:
            file.write("\n".join(mt.m["file"] for mt in out))
        np.savez_compressed(os.path.join(o.out, "scores.npz"), **{
            mt.m["slug"]: np.hstack([p, v]) for mt, (p, v) in zip(test, scored)})


if __name__ == "__main__":
    main()
