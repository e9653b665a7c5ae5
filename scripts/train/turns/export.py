"""Writes a trained turn encoder as ONNX with 8-bit weights.

usage: python3 export.py BASE OUT/net.pt[,OUT/net.pt…] MODEL.onnx VECTORS.json MEETING.json
  of several trainings the mean of the weights
  VECTORS.json: logits of the first turns of MEETING.json, for the test of the inference code
"""
import json, os, sys
import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from encoder import Meeting, Net, batch, mean_of, predict

base, weights, model, vectors, meeting = sys.argv[1:]
net = Net(base)
net.load_state_dict(mean_of(weights.split(",")))
net.eval()
tok = Tokenizer.from_file(os.path.join(base, "tokenizer.json"))
tok.no_padding(), tok.no_truncation()
m = json.load(open(meeting))


class Logits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = net

    def forward(self, input_ids, attention_mask, turn_weights):
        return self.net(input_ids, attention_mask, turn_weights)[0]


mt = Meeting(m, tok)
full = model + ".float"
torch.onnx.export(Logits(), batch([(mt, *mt.window(0))]), full, opset_version=17, dynamo=False,
                  input_names=["input_ids", "attention_mask", "turn_weights"], output_names=["logits"],
                  dynamic_axes={"input_ids": {0: "batch", 1: "tokens"},
                                "attention_mask": {0: "batch", 1: "tokens"},
                                "turn_weights": {0: "batch", 1: "turns", 2: "tokens"},
                                "logits": {0: "batch", 1: "turns"}})
quantize_dynamic(full, model, weight_type=QuantType.QInt8, per_channel=True,
                 op_types_to_quantize=["MatMul", "Gather"])
session = onnxruntime.InferenceSession(model)
ids, mask, w = (x.numpy() for x in batch([(mt, *mt.window(0))]))
got = session.run(None, {"input_ids": ids, "attention_mask": mask, "turn_weights": w})[0][0]
exact = predict(net, [mt])[0][0]
print("bytes", os.path.getsize(model), "8 bits against float, mean difference of logits:",
      float(np.abs(got - net(*batch([(mt, *mt.window(0))]))[0][0].detach().numpy()).mean()))
n = mt.window(0)[1]
json.dump({"turns": [{"speaker": t["who"], "text": t["text"]} for t in m["turns"][:n]],
           "logits": [[round(float(x), 4) for x in row] for row in got]}, open(vectors, "w"))
os.remove(full)
