"""A device is named, its arithmetic is the fast one, and Apple's GPU meets no float64."""

import os
import platform
import subprocess
import sys

import pytest
import torch
from apple import STAND_IN, apple_gpu

from utils import data
from utils.data.sets import Dataset
from utils.machine import devices
from utils.machine.devices import named_device, what_to_expect, widened
from utils.models.networks import build
from utils.notebook.session import start
from utils.probes.readings import measure
from utils.record import machine
from utils.record import runs as record
from utils.training.distributed import Workers, workers
from utils.training.judging import judge
from utils.training.precision import autocast, resolve_precision
from utils.training.recipes import recipe
from utils.training.trainer import train

CPU = torch.device("cpu")
MPS = torch.device("mps")


@pytest.fixture
def x86(monkeypatch):
    """An x86 machine with wide vectors, for which oneDNN takes bf16; no limit is set."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    for variable in devices.MAX_ISA_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("has_instruction", "precision"), [(True, "bf16"), (False, "fp32")])
def test_auto_asks_for_the_instruction_and_not_for_wide_vectors(x86, has_instruction, precision):
    x86.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_instruction, raising=False)
    assert resolve_precision("auto", CPU) == precision


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("avx512f avx512_bf16", "bf16"), ("amx_tile amx_bf16", "bf16"), ("avx512f avx512bw", "fp32")],
)
def test_the_flags_decide_where_pytorch_does_not_say(x86, tmp_path, flags, precision):
    x86.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    x86.setattr(devices, "CPU_INFO", tmp_path / "cpuinfo")
    assert resolve_precision("auto", CPU) == "fp32"
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : fpu {flags}\n", encoding="utf-8")
    assert resolve_precision("auto", CPU) == precision


@pytest.mark.parametrize("variable", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
@pytest.mark.parametrize(
    ("limit", "precision"),
    [("AVX512_CORE", "fp32"), ("avx512_core_vnni", "fp32"), ("AVX2_VNNI_2", "fp32"),
     ("AVX512_CORE_BF16", "bf16"), ("AVX512_CORE_AMX", "bf16"), ("", "bf16"), ("ALL", "bf16")],
)  # fmt: skip
def test_a_limit_of_onednn_below_bf16_is_seen(x86, variable, limit, precision):
    x86.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    x86.setenv(variable, limit)
    assert resolve_precision("auto", CPU) == precision


def test_under_avx512_without_bf16_a_fresh_process_takes_fp32():
    asked = "import torch; from utils.training.precision import resolve_precision as r; "
    asked += "print(r('auto', torch.device('cpu')))"
    found = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert found.stdout.strip() == "fp32"


@pytest.mark.parametrize(("supported", "precision"), [(True, "bf16"), (False, "fp32")])
def test_on_arm_pytorch_asks_for_the_instruction_itself(x86, supported, precision):
    x86.setattr(platform, "machine", lambda: "aarch64")
    x86.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: supported)
    x86.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
    assert resolve_precision("auto", CPU) == precision


def test_without_onednn_auto_is_fp32(x86):
    x86.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    x86.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert resolve_precision("auto", CPU) == "fp32"


@pytest.mark.parametrize("name", ["bfloat16", "FP32", "", "fp8"])
@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_an_unknown_precision_is_refused_with_the_known_ones(name, device):
    with pytest.raises(ValueError, match=f"one of fp32, bf16, fp16, auto, not '{name}'"):
        resolve_precision(name, torch.device(device))


def test_arithmetic_that_is_not_resolved_is_refused():
    with pytest.raises(ValueError, match=r"one of fp32, bf16, fp16, not 'auto'; resolve_precision"):
        autocast("auto", CPU)


def test_apples_gpu_takes_fp32_unless_bf16_is_asked_for():
    assert resolve_precision("auto", MPS) == "fp32"
    assert resolve_precision("bf16", MPS) == "bf16"
    with pytest.raises(ValueError, match="choose precision 'fp32' or 'bf16'"):
        resolve_precision("fp16", MPS)


def test_a_device_that_is_not_here_is_refused_with_those_that_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(ValueError, match=r"finds no 'cuda' on this machine; choose from cpu, mps$"):
        named_device("cuda:1")
    with pytest.raises(ValueError, match="unknown device 'tpu'; choose from cpu, cuda, mps"):
        named_device("tpu")
    assert named_device("mps") == MPS
    assert named_device(None) == CPU
    with workers("mps") as place:
        assert place.device == MPS


def test_a_notebook_that_names_a_device_trains_there_too(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setenv(devices.DEVICE_VARIABLE, "")
    assert start().device == "cpu"
    assert devices.default_device() == CPU
    assert start(device="mps").device == "mps"
    assert devices.default_device() == MPS
    assert start(device="cpu").device == "cpu"
    assert devices.default_device() == CPU


def test_a_variable_names_the_default_device(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv(devices.DEVICE_VARIABLE, "mps")
    with pytest.raises(ValueError, match="finds no 'mps'"):
        devices.default_device()
    assert named_device("cpu") == CPU


def test_a_command_names_the_devices_that_are_here(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        record.main(["fast-20", "--device", "mps"])
    assert "PyTorch finds no 'mps' on this machine; choose from cpu" in capsys.readouterr().err


def test_several_processes_on_apples_gpu_are_refused(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="takes one process"), workers("mps"):
        pass


def test_a_mac_is_not_told_that_it_has_no_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert "CUDA" not in what_to_expect("cpu", full=True)
    assert 'start(full=True, device="mps")' in what_to_expect("cpu", full=True)
    assert "not tried" in what_to_expect("mps", full=False)
    assert what_to_expect("cpu", full=False) == ""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert what_to_expect("cpu", full=True).startswith("No CUDA device: the full experiment")
    assert what_to_expect("cuda", full=True) == ""


def test_apples_processor_and_gpu_have_their_own_name(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", "darwin")
    answer = subprocess.CompletedProcess([], 0, stdout="Apple M2 Pro\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    assert machine.device_name(CPU) == "Apple M2 Pro"
    assert machine.describe_machine(Workers(0, 1, MPS), "fp32")["device"] == "Apple M2 Pro GPU"


def test_widened_leaves_a_device_with_float64():
    assert widened(torch.ones(2)).dtype == torch.float64
    with apple_gpu():
        far = torch.ones(2, device=STAND_IN)
        with pytest.raises(TypeError, match="no float64"):
            far.double()
        assert widened(far).device == CPU


def small() -> Dataset:
    digits = data.load("digits")
    train_part, test_part = digits.train.subset(slice(120)), digits.test.subset(slice(40))
    return Dataset("digits", digits.classes, train_part, test_part, digits.sha256)


def run(device: torch.device, name: str, **changes: object) -> tuple[list, dict]:
    """Train, read the layers meanwhile, judge: losses, readings and final numbers."""
    config = recipe(name, epochs=1, batch_size=40, **changes)
    torch.manual_seed(0)
    net = build("resnet-8")
    digits = small()
    with measure(net) as readings:
        result = train(net, digits, config, 0, Workers(0, 1, device), progress=False)
    assert result.precision == "fp32"
    final = judge(result, digits.test.to(device), digits.train.to(device))
    return [result.history[-1].train_loss, readings.of("sd")[-1].tolist()], final


@pytest.mark.parametrize("name", ["fast", "source", "paper"])
def test_training_measuring_and_judging_need_no_float64_on_apples_gpu(name):
    with apple_gpu() as seen:
        there, judged = run(STAND_IN, name)
    assert "aten::convolution_backward" in seen
    here, expected = run(CPU, name, precision="fp32", channels_last=False)
    assert there[0] == pytest.approx(here[0], rel=1e-5)
    assert there[1] == pytest.approx(here[1], rel=1e-3)
    assert judged["test_error"] == pytest.approx(expected["test_error"], abs=0.03)
