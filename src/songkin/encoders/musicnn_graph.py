"""Turns the published MusiCNN checkpoints into ONNX files.

MusiCNN (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019
late-breaking demo) looks at three seconds of log-mel spectrogram (time × 96 bands) in three stages:

1. Front end. Two *timbral* convolutions see 7 frames × 38 or 67 bands at every height and keep the strongest answer
   over pitch; three *temporal* ones see 32 to 128 frames of one band and keep the strongest answer over bands.
   Side by side they give 561 values per frame.
2. Middle. Three convolutions over time (7 frames), the second and third with a shortcut around them. With the front
   end beside them: 561 + 3 × 64 = 753 values per frame.
3. Back end. Maximum and mean over time, interleaved (1506), a dense layer of 200, and 50 tags between 0 and 1.

Every convolution is followed by ReLU and *then* by batch normalisation. The graph written here gives the same numbers
at a fraction of the cost, because of two things that hold for these checkpoints:

* Most filters of the front end died in training: weight decay has brought their kernels to some 1e-10, so that they
  answer with a constant whatever they hear (MSD: all but 64 of 561). A filter whose answer provably cannot move by
  more than ``TOLERANCE`` is left out. Its constant comes back where it is needed: through one more filter that always
  says 1, so that zeros beyond the ends of a window are seen as the full network sees them.
* Maximum over pitch commutes with whatever rises steadily. ReLU does, and batch normalisation rises or falls with the
  sign of its scale, so filters with a falling one are negated, the maximum is taken straight after the convolution,
  and all that follows works on one value per frame in place of one per frame and band.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders.checkpoint import read_bundle
from songkin.encoders.onnxfile import Chunk, Graph
from songkin.errors import EncoderError

MODELS: Final = ("mtt", "msd")
"""The training sets: MagnaTagATune and the Million Song Dataset."""
OUTPUTS: Final = {"tags": 50, "dense": 200, "penultimate": 200, "mean_pool": 753, "max_pool": 753}
"""Outputs of each graph, all float32 (windows, n): tag probabilities; the dense layer before and after ReLU and batch
normalisation; mean and maximum over time."""

BANDS: Final = 96
EPSILON: Final = 1e-3
TOLERANCE: Final = 1e-5
"""How far a filter that is left out could move its own answer (typical answers are around 1)."""
_LOUDEST: Final = 43.0
"""log10(1 + 10000 · mel) cannot be larger in float32."""
_PADDING: Final = ((3, 3), (3, 3), (63, 64), (31, 32), (15, 16))
"""Frames of zeros before and after, by convolution of the front end: timbral A, B, temporal A, B, C."""

Array = NDArray[np.float32]


def members(model: str) -> tuple[str, str]:
    """Names of a model's index and data inside the package (their file names begin with a dot)."""
    folder = f"musicnn/{model.upper()}_musicnn"
    return f"{folder}/.index", f"{folder}/.data-00000-of-00001"


def convert(files: Mapping[str, bytes]) -> Iterator[tuple[str, Iterable[Chunk]]]:
    """ONNX files, as name and chunks, from the members of the package. Raises ``EncoderError`` if they are damaged."""
    for model in MODELS:
        index, data = members(model)
        yield f"{model}.onnx", build(Tensors(read_bundle(files[index], files[data]))).chunks()


@dataclass(frozen=True, slots=True)
class Norm:
    """Batch normalisation in use: ``scale · x + shift`` per channel, kept as its four parts."""

    gamma: Array
    beta: Array
    mean: Array
    variance: Array

    @property
    def scale(self) -> NDArray[np.float64]:
        return self.gamma / np.sqrt(self.variance.astype(np.float64) + EPSILON)

    def __call__(self, x: NDArray[Any]) -> NDArray[np.float64]:
        return (x - self.mean.astype(np.float64)) * self.scale + self.beta

    def take(self, channels: NDArray[np.intp]) -> Norm:
        return Norm(*(part[channels] for part in self.parts()))

    def parts(self) -> tuple[Array, Array, Array, Array]:
        return self.gamma, self.beta, self.mean, self.variance


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of a checkpoint by layer and number."""

    named: Mapping[str, Array]

    def get(self, layer: str, i: int, part: str) -> Array:
        """``layer`` number ``i`` (0 has no suffix). Raises ``EncoderError`` if the checkpoint lacks it."""
        name = f"{layer}_{i}/{part}" if i else f"{layer}/{part}"
        try:
            return self.named[name]
        except KeyError:
            raise EncoderError(
                f"The network's checkpoint lacks the tensor {name!r}.",
                remedy="Pull the weights again: songkin models pull",
            ) from None

    def norm(self, i: int) -> Norm:
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        return Norm(*(self.get("batch_normalization", i, part) for part in parts))

    def conv(self, i: int) -> tuple[Array, Array]:
        """Kernel (time, bands, in, out) and bias (out)."""
        return self.get("conv2d", i, "kernel"), self.get("conv2d", i, "bias")


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What is left of the five convolutions of the front end.

    ``convs``: kernel (time, bands, in, kept) and bias of each, negated where ``sign`` is −1; the last has one filter
    more, which always says 1. ``norm`` and ``sign`` run over all kept filters and that one. ``place``: for each of
    the 561 filters of the full network, which kept one gives its answer, and ``value``, what to multiply that by.
    """

    convs: tuple[tuple[Array, Array], ...]
    norm: Norm
    sign: Array
    place: NDArray[np.int64]
    value: Array


def thin(tensors: Tensors) -> FrontEnd:
    """Leave out the filters that always answer the same."""
    image = tensors.norm(0)
    loudest = float(np.abs(image(np.array([0.0, _LOUDEST]))).max())
    convs, signs, norms, kept, constants = [], [], [], [], []
    for i in range(len(_PADDING)):
        (kernel, bias), norm = tensors.conv(i), tensors.norm(i + 1)
        reach = np.abs(norm.scale) * np.abs(kernel.astype(np.float64)).sum(axis=(0, 1, 2)) * loudest
        alive = reach > TOLERANCE
        channels = np.flatnonzero(alive)
        sign = np.where(norm.gamma[channels] < 0, -1.0, 1.0).astype(np.float32)
        convs.append((kernel[..., channels] * sign, bias[channels] * sign))
        signs.append(sign)
        norms.append(norm.take(channels))
        kept.append(alive)
        constants.append(norm(np.maximum(bias, 0.0)))
    kernel, bias = convs[-1]
    convs[-1] = (np.concatenate([kernel, np.zeros_like(kernel[..., :1])], axis=-1), np.append(bias, np.float32(1)))
    one = Norm(*(np.array([x], dtype=np.float32) for x in (1.0, 0.0, 0.0, 1.0 - EPSILON)))
    alive = np.concatenate(kept)
    count = int(alive.sum())
    return FrontEnd(
        convs=tuple(convs),
        norm=Norm(*(np.concatenate(parts) for parts in zip(*(n.parts() for n in [*norms, one]), strict=True))),
        sign=np.append(np.concatenate(signs), np.float32(1)),
        place=np.where(alive, np.cumsum(alive) - 1, count),
        value=np.where(alive, 1.0, np.concatenate(constants)).astype(np.float32),
    )


def build(tensors: Tensors) -> Graph:
    """The graph of one model: input ``mel`` float32 (windows, frames, 96), outputs as in ``OUTPUTS``."""
    graph = Graph("musicnn")
    net = _Net(graph, tensors)
    mel = graph.input("mel", ["windows", "frames", BANDS])
    image = net.normalise(graph.node("Unsqueeze", mel, net.axis(1)), "image", tensors.norm(0))
    front_end = thin(tensors)
    front = net.front(image, front_end)
    c1 = net.middle(front, 5, _gathered(tensors.conv(5)[0], front_end))
    c2 = graph.node("Add", net.middle(c1, 6, tensors.conv(6)[0]), c1)
    c3 = graph.node("Add", net.middle(c2, 7, tensors.conv(7)[0]), c2)
    net.back_end(graph.node("Concat", front, c1, c2, c3, axis=1), front_end)
    for name, size in OUTPUTS.items():
        graph.output(name, ["windows", size])
    return graph


def _gathered(kernel: Array, front: FrontEnd) -> Array:
    """A kernel (time, 561, 1, out) over the full front end, as one over what is left of it."""
    shares = kernel.transpose(1, 0, 2, 3) * front.value[:, None, None, None].astype(np.float64)
    gathered = np.zeros((front.sign.size, *shares.shape[1:]), dtype=np.float64)
    np.add.at(gathered, front.place, shares)
    return gathered.transpose(1, 0, 2, 3).astype(np.float32)


class _Net:
    """A graph being written, and the tensors it takes its weights from."""

    def __init__(self, graph: Graph, tensors: Tensors) -> None:
        self.graph = graph
        self.tensors = tensors
        self._axes: dict[int, str] = {}

    def axis(self, axis: int) -> str:
        if axis not in self._axes:
            self._axes[axis] = self.graph.weight(f"axis_{axis}", np.array([axis], dtype=np.int64))
        return self._axes[axis]

    def normalise(self, value: str, label: str, norm: Norm, name: str = "") -> str:
        parts = [self.graph.weight(f"{label}_norm_{k}", part) for k, part in enumerate(norm.parts())]
        return self.graph.node("BatchNormalization", value, *parts, name=name, epsilon=EPSILON)

    def convolve(self, value: str, label: str, kernel: Array, bias: Array, pads: list[int]) -> str:
        """``kernel`` as ONNX has it: (out, in, time) or (out, in, time, bands)."""
        weight = self.graph.weight(f"{label}_kernel", kernel)
        return self.graph.node("Conv", value, weight, self.graph.weight(f"{label}_bias", bias), pads=pads)

    def front(self, image: str, front: FrontEnd) -> str:
        """(windows, 1, frames, 96) to (windows, kept, frames)."""
        graph, peaks = self.graph, []
        for i, ((kernel, bias), (before, after)) in enumerate(zip(front.convs, _PADDING, strict=True)):
            found = self.convolve(image, f"front_{i}", kernel.transpose(3, 2, 0, 1), bias, [before, 0, after, 0])
            peaks.append(graph.node("MaxPool", found, kernel_shape=[1, BANDS - kernel.shape[1] + 1]))
        peak = graph.node("Squeeze", graph.node("Concat", *peaks, axis=1), self.axis(3))
        upright = graph.node("Mul", peak, graph.weight("front_sign", front.sign[:, None]))
        return self.normalise(graph.node("Relu", upright), "front", front.norm)

    def middle(self, frames: str, i: int, kernel: Array) -> str:
        """(windows, channels, frames) to (windows, 64, frames) with a kernel (time, channels, 1, 64)."""
        _, bias = self.tensors.conv(i)
        found = self.convolve(frames, f"middle_{i}", kernel[:, :, 0, :].transpose(2, 1, 0), bias, [3, 3])
        return self.normalise(self.graph.node("Relu", found), f"middle_{i}", self.tensors.norm(i + 1))

    def back_end(self, frames: str, front: FrontEnd) -> None:
        """From (windows, kept + 192, frames) to all outputs."""
        graph, last = self.graph, self.axis(2)
        rest = np.arange(3 * 64)
        place = graph.weight("place", np.concatenate([front.place, front.sign.size + rest]).astype(np.int64))
        value = graph.weight("value", np.concatenate([front.value, np.ones(rest.size, dtype=np.float32)]))
        pools = []
        for op, name in (("ReduceMax", "max_pool"), ("ReduceMean", "mean_pool")):
            pooled = graph.node("Gather", graph.node(op, frames, axes=[2], keepdims=0), place, axis=1)
            pools.append(graph.node("Unsqueeze", graph.node("Mul", pooled, value, name=name), last))
        flat = graph.node("Flatten", graph.node("Concat", *pools, axis=2), axis=1)
        dense = self.dense(self.normalise(flat, "flat", self.tensors.norm(9)), "dense", name="dense")
        penultimate = self.normalise(graph.node("Relu", dense), "dense", self.tensors.norm(10), "penultimate")
        graph.node("Sigmoid", self.dense(penultimate, "dense_1"), name="tags")

    def dense(self, value: str, layer: str, name: str = "") -> str:
        kernel = self.graph.weight(f"{layer}_kernel", self.tensors.get(layer, 0, "kernel"))
        bias = self.graph.weight(f"{layer}_bias", self.tensors.get(layer, 0, "bias"))
        return self.graph.node("Gemm", value, kernel, bias, name=name)
