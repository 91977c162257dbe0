"""Two processes with half a batch each do what one does with the whole."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import fresh
import torch
import torch.distributed as dist
from torch import nn

from utils.training.distributed import Workers, workers

ROOT = Path(__file__).parents[2]

STEP = """
    import sys
    from dataclasses import replace
    import torch
    from utils import data
    from utils.data.augment import epoch_batches
    from utils.training.distributed import workers
    from utils.models import build
    from utils.training.recipes import TrainConfig
    from utils.training.trainer import Trainer; from utils.training import train
    torch.set_num_threads(1)
    whole = data.load("digits")
    digits = replace(whole, train=whole.train.subset(slice(0, 128)))
    config = TrainConfig("step", learning_rate=0.1, momentum=0.0, batch_size=64, epochs=1)
    with workers("cpu") as place:
        torch.manual_seed(0)
        trainer = Trainer(build("resnet-8").double(), digits, config, 0, place)
        trainer.normaliser = lambda images: images.double() / 255
        trainer.net.train()
        batches = epoch_batches(trainer.augmenter, 64, 0, 0, place.rank, place.world)
        index, images = next(batches)
        trainer.train_step(images, digits.train.labels[index])
        if place.is_main:
            gradients = {n: p.grad for n, p in trainer.net.named_parameters()}
            buffers = dict(trainer.net.named_buffers())
            torch.save({**gradients, **buffers}, sys.argv[1])
"""


def torchrun(processes: int, *arguments: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone",
        f"--nproc-per-node={processes}", *arguments,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, encoding="utf-8"
    )


def together(processes: int, code: str, *arguments: str) -> list[int]:
    """Exit codes of processes that find each other as those of torchrun do, without its start."""
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    settings = {
        "WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }
    started = [
        fresh.start(
            textwrap.dedent(code), *arguments, RANK=str(rank), LOCAL_RANK=str(rank), **settings
        )
        for rank in range(processes)
    ]
    ends = [process.wait() for process in started]
    for end in ends:
        print(end.stderr)
    return [end.returncode for end in ends]


def test_two_processes_have_the_gradient_of_one_with_the_same_global_batch(tmp_path):
    for processes in (1, 2):
        done = together(processes, STEP, str(tmp_path / f"{processes}.pt"))
        assert done == [0] * processes
    one, two = (torch.load(tmp_path / f"{n}.pt", weights_only=True) for n in (1, 2))
    assert one.keys() == two.keys()
    gradients = [key for key in one if key.endswith("weight")]
    assert len(gradients) > 10
    for key in one:
        assert torch.allclose(one[key], two[key], rtol=1e-6, atol=1e-9), key


RESUME = """
    import sys
    from dataclasses import replace
    import torch
    from utils import data
    from utils.training.distributed import workers
    from utils.models import build
    from utils.training.recipes import TrainConfig
    from utils.training import train
    torch.set_num_threads(1)
    whole = data.load("digits")
    digits = replace(whole, train=whole.train.subset(slice(0, 128)))
    config = TrainConfig("resumed", learning_rate=0.1, batch_size=64, epochs=3)

    def stop(epoch):
        if epoch.epoch == 2:
            raise SystemExit(3)

    with workers("cpu") as place:
        path = f"{sys.argv[1]}/machine{place.rank}/run.pt"
        torch.manual_seed(place.rank)
        result = train(build("resnet-8"), digits, config, 0, place, path, progress=False,
                       on_epoch=stop if sys.argv[2] == "stop" else None)
        torch.save([result.net.state_dict(), result.resumed_after],
                   f"{sys.argv[1]}/{sys.argv[2]}{place.rank}.pt")
"""


def test_run_of_two_machines_resumes_from_the_main_ones_checkpoint(tmp_path):
    for name in ("stopped", "unbroken"):
        (tmp_path / name).mkdir()
    assert together(2, RESUME, str(tmp_path / "unbroken"), "end") == [0, 0]
    assert all(together(2, RESUME, str(tmp_path / "stopped"), "stop"))
    assert not (tmp_path / "stopped/machine1").exists()
    assert together(2, RESUME, str(tmp_path / "stopped"), "end") == [0, 0]
    for rank in (0, 1):
        whole, broken = (
            torch.load(tmp_path / name / f"end{rank}.pt", weights_only=True)
            for name in ("unbroken", "stopped")
        )
        assert broken[1] == [2] and whole[1] == []
        assert all(torch.equal(whole[0][key], broken[0][key]) for key in whole[0])


RECORD = """
    import sys
    from pathlib import Path
    from utils.files import records
    from utils.record import experiments, runs as record
    from utils.training.recipes import TrainConfig
    records.RESULTS = Path(sys.argv[1]) / "results"
    record.CHECKPOINTS = Path(sys.argv[1]) / "checkpoints"
    config = TrainConfig("tiny", learning_rate=0.02, batch_size=256, epochs=2)
    experiments.EXPERIMENTS["tiny"] = experiments.Experiment(
        "", (("simple-cnn", config),), dataset="digits")
    sys.exit(record.main(["tiny", "--device", "cpu", "--seeds", "0", *sys.argv[2:]]))
"""


def test_the_recorder_runs_under_torchrun_and_writes_one_record(tmp_path):
    script = tmp_path / "record_tiny.py"
    script.write_text(textwrap.dedent(RECORD), encoding="utf-8")
    first = torchrun(2, str(script), str(tmp_path))
    assert first.stdout.count("tiny/simple-cnn_tiny_seed0: recorded") == 1
    written = json.loads(
        (tmp_path / "results/tiny/simple-cnn_tiny_seed0.json").read_text(encoding="utf-8")
    )
    assert written["machine"]["processes"] == 2
    assert written["history"][-1]["images"] == 1438 // 256 * 256
    again = torchrun(2, str(script), str(tmp_path))
    assert "finished before" in again.stdout


def test_alone_without_torchrun(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with workers("cpu") as place:
        assert place == Workers(0, 1, torch.device("cpu"))
        assert place.sum(torch.ones(2)).tolist() == [1, 1]


def test_shared_batch_norm_keeps_weights_and_names():
    from utils.models.networks import build
    from utils.training.distributed import share_batch_norm

    net = build("resnet-8")
    names = list(net.state_dict())
    shared = share_batch_norm(build("resnet-8"), torch.device("cpu"))
    assert list(shared.state_dict()) == names
    assert not any(type(m) is nn.BatchNorm2d for m in shared.modules())
