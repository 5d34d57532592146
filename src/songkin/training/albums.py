"""An own encoder of albums, trained in two stages on questions and the albums they mean.

Stage 1: multiple negatives ranking loss (Henderson et al., arXiv 1705.00652): of a batch, each question is to be nearest
to its own album. Stage 2: triplets (margin .2 of cosine distance) with the album that stands first though it is not meant,
of the same genre if there is one, among the albums trained on. The weights that did best on albums kept aside (``dev``)
are kept; ``test`` is never looked at. What is trained is MiniLM, so the result runs as it does, on ONNX.

A run that was cut short goes on from its last checkpoint; everything that is kept is safetensors and JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from songkin.encoders import trained
from songkin.encoders.minilm import WEIGHTS
from songkin.errors import NotFound
from songkin.progress import Progress
from songkin.shelves import Judged
from songkin.training import base
from songkin.training.checkpoint import Checkpoint
from songkin.training.marks import Judge, Mark
from songkin.training.pairs import Questions, documents, hardest, part_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LEAST: Final = 50
"""Albums with something to ask for, below which nothing is learned."""
_WARM: Final = 20
_MINED: Final = 256
"""Questions for which hard negatives are looked for at a time."""
_MARGIN: Final = 0.2
_SCALE: Final = 20.0
_READ: Final = 160
"""Word pieces of an album that are read in training; 256 are read afterwards."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast. ``look`` is how many steps pass between two looks at the albums kept aside; after
    ``patience`` looks without gain a stage ends."""

    first: int = 240
    second: int = 60
    batch: int = 32
    rate: float = 1e-4
    second_rate: float = 2e-5
    look: int = 40
    patience: int = 3
    seed: int = 0
    name: str = base.BASE


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it: marks on the albums kept aside before and after, steps that were taken, the encoder's card."""

    before: Mark
    after: Mark
    steps: int
    folder: Path
    card: dict[str, Any]


def train(judged: Sequence[Judged], folder: Path, plan: Plan, told: Progress) -> Trained:
    """Train an encoder and write it to ``folder``. Raises ``NotFound`` where there is too little to learn from,
    ``ConfigError`` where torch is not installed, ``EncoderError``."""
    torch = base.torch_or_remedy()
    questions = Questions(judged, plan.seed)
    parts = [part_of(each.album, plan.seed) for each in judged]
    usable = [n for n in range(len(judged)) if questions.usable(n)]
    learned = [n for n in usable if parts[n] == "train"]
    aside = [n for n in usable if parts[n] == "dev"]
    if len(learned) < LEAST or not aside:
        raise NotFound(
            f"There are {len(learned)} albums to learn from and {len(aside)} to keep aside; {LEAST} and 1 are needed.",
            remedy="Import albums with reviews, or name a table of them: songkin train albums FILE…",
        )
    torch.manual_seed(plan.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with base.network(plan.name, device, told) as model:
        tokenizer = model.tokenizer.backend_tokenizer.to_str().encode()
        run = _Run(torch, model, judged, plan, learned, Judge(judged, questions, aside, learned), told)
        run.checkpoint = Checkpoint(folder.with_name(f".{folder.name}.run"), _identity(judged, plan))
        before, after = run.go()
        facts = {
            "name": folder.name,
            "base": plan.name,
            "licence": WEIGHTS.licence if plan.name == base.BASE else "",
            "base_sha256": WEIGHTS.sha256 if plan.name == base.BASE else "",
            "plan": asdict(plan),
            "before": asdict(before),
            "after": asdict(after),
            "blend": asdict(after.blend),
            "albums": {part: parts.count(part) for part in sorted(set(parts))},
            "steps": run.step,
            "split": {
                part: [each.album.id for each, p in zip(judged, parts, strict=True) if p == part] for part in set(parts)
            },
        }
        card = trained.save(folder, run.best, tokenizer, facts)
    run.checkpoint.drop()
    return Trained(before, after, run.step, folder, card)


def _identity(judged: Sequence[Judged], plan: Plan) -> str:
    """What tells one training from another: an interrupted one goes on only if it is the same."""
    said = repr((plan, [(each.album.id, each.query) for each in judged]))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()


class _Run:
    """One training. ``best`` are the tensors that did best so far, by name."""

    checkpoint: Checkpoint

    def __init__(
        self,
        torch: Any,
        model: SentenceTransformer,
        judged: Sequence[Judged],
        plan: Plan,
        learned: Sequence[int],
        judge: Judge,
        told: Progress,
    ) -> None:
        self.torch, self.model, self.plan, self.told = torch, model, plan, told
        self.judged, self.learned, self.judge = judged, learned, judge
        self.documents = documents(judged)
        self.genres = [frozenset(genre.lower() for genre in each.album.genres) for each in judged]
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate)
        self.best: dict[str, NDArray[np.float32]] = {}
        self.mark = Mark()
        self.step = 0

    def go(self) -> tuple[Mark, Mark]:
        """Both stages; the marks before and after."""
        kept = self.checkpoint.load(self.model[0].auto_model, self.optimizer)
        if kept is None:
            self.told.stage("Looking at what it knows before")
            before = self.mark = self.judge.mark(self._read)
            self._keep(before)
        else:
            before, self.mark, self.step, self.best = kept
            self.told.note(f"Going on from step {self.step} of a training that was cut short.")
        self._before = before
        self._stage("Training, stage 1", 0, self.plan.first, self.plan.rate, self._ranking)
        self._stage(
            "Training, stage 2",
            self.plan.first,
            self.plan.first + self.plan.second,
            self.plan.second_rate,
            self._triplets,
        )
        return before, self.mark

    def _stage(self, name: str, start: int, end: int, rate: float, loss_of: Any) -> None:
        if self.step >= end or end == start:
            return
        self.told.stage(name, end - start)
        if start and self.best:  # the second stage begins where the first was best
            self._load(self.best)
        without = 0
        self.step = max(self.step, start)
        while self.step < end and without < self.plan.patience:
            questions = Questions(self.judged, self.plan.seed + 7919 * (self.step + 1))
            batch = questions.shuffled(self.learned)[: self.plan.batch]
            done = self.step - start
            warm = min(1.0, (done + 1) / _WARM)
            for group in self.optimizer.param_groups:
                group["lr"] = rate * warm * max(0.05, 1 - done / (end - start))
            loss = self._learn(loss_of(questions, batch))
            self.step += 1
            self.told.step(self.step - start, f"loss {loss:.3f}, best R@10 {self.mark.recall_10:.3f}")
            if self.step % self.plan.look == 0 or self.step == end:
                without = 0 if self._look() else without + 1
        self.step = end

    def _learn(self, loss: Any) -> float:
        self.optimizer.zero_grad()
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())

    def _look(self) -> bool:
        """See how it does on the albums kept aside, and keep it if it is the best; whether it is."""
        mark = self.judge.mark(self._read)
        better = mark.fused > self.mark.fused
        if better:
            self._keep(mark)
        self.checkpoint.save(self.model[0].auto_model, self.optimizer, self._before, self.mark, self.step, self.best)
        return better

    def _keep(self, mark: Mark) -> None:
        self.mark = mark
        state = self.model[0].auto_model.state_dict()
        self.best = {  # a copy: what is only named goes on changing
            name: np.array(tensor.detach().cpu().numpy(), np.float32)
            for name, tensor in state.items()
            if tensor.is_floating_point() and not name.startswith("pooler.")
        }

    def _load(self, tensors: dict[str, NDArray[np.float32]]) -> None:
        as_torch = {name: self.torch.from_numpy(each) for name, each in tensors.items()}
        self.model[0].auto_model.load_state_dict(as_torch, strict=False)

    def _ranking(self, questions: Questions, batch: Sequence[int]) -> Any:
        asked = self._vectors([questions.draw(n) for n in batch])
        told = self._vectors([self.documents[n] for n in batch])
        truth = self.torch.arange(len(batch), device=asked.device)
        return self.torch.nn.functional.cross_entropy(_SCALE * asked @ told.T, truth)

    def _triplets(self, questions: Questions, batch: Sequence[int]) -> Any:
        some = questions.shuffled(self.learned)[:_MINED]
        pool = sorted({*some, *batch})
        asked = [questions.draw(n) for n in batch]
        near = self._read(asked) @ self._read([self.documents[n] for n in pool]).T
        hard = [
            hardest([pool[int(i)] for i in np.argsort(-row)[:20]], n, self.genres)
            for n, row in zip(batch, near, strict=True)
        ]
        anchor, own, other = (
            self._vectors(texts)
            for texts in (asked, [self.documents[n] for n in batch], [self.documents[n] for n in hard])
        )
        gap = (anchor * other).sum(1) - (anchor * own).sum(1) + _MARGIN
        return self.torch.relu(gap).mean()

    def _vectors(self, texts: Sequence[str]) -> Any:
        """Unit vectors, with their gradients."""
        self.model.train()
        self.model.max_seq_length = _READ
        prepare = getattr(self.model, "preprocess", None) or self.model.tokenize  # its name before version 6
        features = prepare(list(texts))
        features = {name: value.to(self.model.device) for name, value in features.items() if hasattr(value, "to")}
        return self.torch.nn.functional.normalize(self.model(features)["sentence_embedding"], dim=1)

    def _read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 (texts, dim)."""
        self.model.eval()
        with self.torch.no_grad():
            found = self.model.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, np.float32)


def quick(plan: Plan, steps: int) -> Plan:
    """A plan of so many steps in all, four of five in the first stage."""
    second = steps // 5
    return replace(plan, first=steps - second, second=second)
