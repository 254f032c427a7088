"""Draws simple shapes, learns to tell them apart, and writes the graph and how well it does.

    python train.py            # some minutes on one core; writes ../models/shapes/shapes.onnx and figures.json
"""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

torch.set_num_threads(1)
LABELS = ["circle", "square", "triangle", "cross", "star"]
SIDE = 32
SCALE = 3
OUT = Path(__file__).parent.parent / "models" / "shapes"


def corners(label: str, random: np.random.Generator) -> np.ndarray:
    """The outline within a circle of radius 1."""
    if label == "square":
        points = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        return np.array(points) * 0.75
    if label == "triangle":
        angles = np.array([90, 210, 330]) * np.pi / 180
        return np.stack([np.cos(angles), np.sin(angles)], 1)
    if label == "cross":
        w = random.uniform(0.22, 0.38)
        points = [(-w, -1), (w, -1), (w, -w), (1, -w), (1, w), (w, w), (w, 1), (-w, 1), (-w, w), (-1, w), (-1, -w), (-w, -w)]
        return np.array(points) * 0.9
    if label == "star":
        inner = random.uniform(0.36, 0.5)
        angles = np.arange(10) * np.pi / 5 + np.pi / 2
        radii = np.where(np.arange(10) % 2 == 0, 1, inner)
        return np.stack([np.cos(angles) * radii, np.sin(angles) * radii], 1)
    angles = np.arange(32) * np.pi / 16
    return np.stack([np.cos(angles), np.sin(angles)], 1) * 0.9


def filled(points: np.ndarray, side: int) -> np.ndarray:
    """1 where a point of the grid is inside of the outline: a ray from it crosses an odd number of edges."""
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    inside = np.zeros((side, side), bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, 0)):
        crosses = (y0 > rows) != (y1 > rows)
        inside ^= crosses & (columns < (x1 - x0) * (rows - y0) / (y1 - y0 + 1e-12) + x0)
    return inside.astype(np.float32)


def draw(label: str, random: np.random.Generator) -> np.ndarray:
    side = SIDE * SCALE
    while True:
        back, front = random.integers(0, 256, 3), random.integers(0, 256, 3)
        if np.abs(back.astype(int) - front.astype(int)).sum() > 150:
            break
    radius = random.uniform(0.22, 0.46) * side
    turn = random.uniform(-0.35, 0.35)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    stretch = random.uniform(0.85, 1.15)
    points = corners(label, random) * [stretch, 1 / stretch]
    points = points @ matrix * radius * [1, -1]
    room = side / 2 - radius
    centre = side / 2 + random.uniform(-1, 1, 2) * max(0, room)
    inside = filled(points + centre, side).reshape(SIDE, SCALE, SIDE, SCALE).mean((1, 3))[..., None]
    small = back * (1 - inside) + front * inside
    return np.clip(small + random.normal(0, random.uniform(0, 8), small.shape), 0, 255)


def pictures(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    classes = random.integers(0, len(LABELS), count)
    drawn = np.stack([draw(LABELS[index], random) for index in classes])
    return torch.from_numpy(drawn.transpose(0, 3, 1, 2).astype(np.float32) / 255), torch.from_numpy(classes)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Conv2d(16, 24, 3, 2, 1)])
        self.answer = nn.Linear(24 * 16, len(LABELS))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        # What stands out from the mean of the picture is the shape, whatever its colours.
        x = picture - picture.mean((2, 3), keepdim=True)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.answer(x.flatten(1))


def train() -> Network:
    torch.manual_seed(0)
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-3)
    x, y = pictures(20_000, 1)
    epochs, batch = 20, 128
    steps = epochs * len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps + epochs)
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for at in range(0, len(x), batch):
            chosen = order[at : at + batch]
            loss = nn.functional.cross_entropy(network(x[chosen]), y[chosen], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(epoch, float(loss), flush=True)
    return network.eval()


def graph(network: Network) -> onnx.ModelProto:
    """Weights as 16-bit numbers, which a Cast brings to 32: half the file."""
    nodes, stored = [], []

    def weight(name: str, tensor: torch.Tensor) -> str:
        stored.append(numpy_helper.from_array(tensor.detach().numpy().astype(np.float16), f"{name}_half"))
        nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        return name

    nodes.append(helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=1))
    stored.append(numpy_helper.from_array(np.array([2, 3], np.int64), "axes"))
    nodes.append(helper.make_node("Sub", ["pixels", "mean"], ["x0"]))
    for index, layer in enumerate(network.layers):
        inputs = [f"x{index}", weight(f"w{index}", layer.weight), weight(f"b{index}", layer.bias)]
        nodes.append(helper.make_node("Conv", inputs, [f"c{index}"], strides=[2, 2], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"c{index}"], [f"x{index + 1}"]))
    last = f"x{len(network.layers)}"
    nodes.append(helper.make_node("Flatten", [last], ["flat"]))
    inputs = ["flat", weight("w", network.answer.weight), weight("b", network.answer.bias)]
    nodes.append(helper.make_node("Gemm", inputs, ["logits"], transB=1))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    takes = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    gives = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(LABELS)])
    made = helper.make_graph(nodes, "shapes", [takes], [gives], stored)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def score(file: Path) -> dict[str, float]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    x, y = pictures(5000, 2)
    (probabilities,) = session.run(None, {"pixels": x.numpy()})
    guess = probabilities.argmax(1)
    shares = {label: float((guess[y.numpy() == index] == index).mean()) for index, label in enumerate(LABELS)}
    return {"pictures": len(y), "right": float((guess == y.numpy()).mean()), **shares}


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    onnx.save(graph(train()), OUT / "shapes.onnx")
    figures = score(OUT / "shapes.onnx")
    figures["bytes"] = (OUT / "shapes.onnx").stat().st_size
    (OUT / "figures.json").write_text(json.dumps(figures, indent="\t") + "\n")
    print(figures)
