"""The clinic's patients are ill in the way that is said, and well after the repair."""

import ast
import copy
import json
import math
import re
import subprocess
import sys

import nbformat
import pytest
import torch
from torch import nn

from tests.shared.clinic_cells import CLINIC, opened, run_cells
from utils import data
from utils.files.places import ROOT
from utils.files.yaml_files import read_yaml
from utils.practice import clinic, ward
from utils.practice.clinic import ClinicError, load_clinic, make_notebook
from utils.results.words import number as number_in_words

NUMBERS = range(1, ward.PATIENTS + 1)
each_patient = pytest.mark.parametrize("number", NUMBERS)


@pytest.fixture
def bench() -> dict:
    """The names that the notebook's opening cell defines."""
    return opened()


def patient(number: int) -> clinic.Patient:
    return CLINIC.patients[number - 1]


def one_line(text: str) -> str:
    return " ".join(text.split())


@each_patient
def test_a_broken_patient_shows_the_stated_symptom_and_stops_nothing(number, bench):
    printed = one_line(run_cells(patient(number).code, patient(number).check, names=bench))
    assert f"RED, patient {number}: " in printed
    assert one_line(patient(number).fails_with) in printed.partition("RED")[2]
    assert "GREEN" not in printed


@each_patient
def test_a_repaired_patient_is_well_and_prints_what_is_said(number, bench):
    printed = run_cells(patient(number).fixed, patient(number).check, names=bench)
    assert printed.rstrip("\n") == patient(number).passes_with


def test_no_patient_needs_another_ones_names():
    defined = [
        node.name
        for p in CLINIC.patients
        for node in ast.parse(p.code).body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    ]
    assert len(defined) == len(set(defined)) == ward.PATIENTS


def test_parameters_in_the_text_are_those_of_the_layers():
    block = 2 * (16 * 16 * 9) + 2 * (2 * 16)
    stem, head = 3 * 16 * 9, 16 * 10 + 10
    assert (block, stem, head) == (4672, 432, 170)
    said = "the stem has 432 parameters, each block has 4,672, and the head has 170"
    assert said in patient(6).diagnosis
    assert f"{stem + 3 * block + head:,}" in patient(6).passes_with
    for blocks in (1, 3, 9):
        line = f"{blocks} blocks: {stem + blocks * block + head:,} parameters"
        assert line in patient(7).passes_with


def test_the_bound_of_a_double_softmax_is_the_logarithm_in_the_text():
    best = nn.functional.cross_entropy(torch.eye(10), torch.arange(10)).item()
    assert best == pytest.approx(math.log(1 + 9 / math.e), abs=1e-6)
    assert f"{best:.2f}" == "1.46"
    assert "1.46" in patient(11).symptom
    assert r"\ln(1 + 9/e) \approx 1.46" in patient(11).diagnosis


def test_every_patient_has_its_own_report_and_the_table_names_each_patient_once():
    links = [re.findall(r"\]\((https://[^)]+)\)", p.report) for p in CLINIC.patients]
    assert all(len(found) == 1 for found in links)
    assert len({found[0] for found in links}) == ward.PATIENTS
    table = next(c.source for c in CLINIC.after if "| symptom |" in c.source)
    rows = re.findall(r"\| ([\d, ]+) \|$", table, flags=re.MULTILINE)
    assert sorted(int(n) for row in rows for n in row.split(",")) == list(NUMBERS)


@pytest.mark.parametrize("page", ["README.md", "book/how_to_use.md", "book/index.md"])
def test_pages_give_the_number_of_patients(page):
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    told = re.findall(r"(?:has|repair) (\S+) broken networks", text)
    assert told == [number_in_words(ward.PATIENTS)]


def test_the_clinic_gives_the_number_of_its_patients_and_of_its_measurements():
    before, after = (" ".join(c.source for c in part) for part in (CLINIC.before, CLINIC.after))
    assert ward.PATIENTS == 18
    assert CLINIC.description.startswith("Eighteen broken") and "Eighteen patients" in before
    assert "all eighteen faults" in before and "all eighteen patients" in after
    listed = re.findall(r"^(\d+)\. \*\*", before, flags=re.MULTILINE)
    assert [int(number) for number in listed] == list(range(1, 9))
    assert "Eight measurements" in before and "the eight measurements" in after


def test_cells_are_short_enough_for_a_phone():
    for each in CLINIC.patients:
        for cell in (each.code, each.check, each.fixed):
            lines = cell.splitlines()
            assert len(lines) <= 22 and max(map(len, lines)) <= 72, each.title


def sources(notebook: nbformat.NotebookNode) -> list[tuple]:
    """All of a notebook but its outputs."""
    return [
        (cell.cell_type, cell.id, cell.source, cell.metadata.get("tags", []))
        for cell in notebook.cells
    ]


def test_the_committed_notebook_is_the_one_that_the_source_makes():
    committed, made = nbformat.read(clinic.NOTEBOOK, as_version=4), make_notebook(CLINIC)
    assert sources(committed) == sources(made)
    kept = {k: v for k, v in committed.metadata.items() if k != "language_info"}
    assert kept == made.metadata
    assert committed.metadata.description == CLINIC.description


def test_the_committed_notebook_shows_every_patient_ill():
    committed = nbformat.read(clinic.NOTEBOOK, as_version=4)
    shown = "".join(
        output.get("text", "")
        for cell in committed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert [int(n) for n in re.findall(r"^RED, patient (\d+):", shown, re.MULTILINE)] == list(
        NUMBERS
    )
    assert f"0 of {ward.PATIENTS} patients are well." in shown


def test_repaired_code_is_formatted_like_all_code(tmp_path):
    for number in NUMBERS:
        (tmp_path / f"patient_{number:02d}.py").write_text(
            patient(number).fixed + "\n", encoding="utf-8"
        )
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "--line-length=72", str(tmp_path)],
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_check_prints_a_verdict_and_the_round_counts_the_last_ones(capsys):
    patients = ward.Ward()
    for number in (3, 5):
        with patients.check(number):
            pass
    with patients.check(5):
        raise AssertionError("no longer")
    patients.round()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "GREEN, patient 3: well.",
        "GREEN, patient 5: well.",
        "RED, patient 5: no longer",
    ]
    assert lines[3] == f"1 of {ward.PATIENTS} patients are well."
    ill = ", ".join(str(number) for number in NUMBERS if number != 3)
    assert " ".join(lines[4:]) == f"Still ill: {ill}."


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (AssertionError(), "the last condition of the check does not hold."),
        (AssertionError("maps must halve"), "maps must halve"),
        (NameError("name 'x' is not defined"), "name 'x' is not defined. Run the cells above"),
        (RuntimeError("first\nsecond"), "RuntimeError: first"),
        (RuntimeError("changed in place. Hint: enable"), "RuntimeError: changed in place."),
        (ValueError(), "ValueError: "),
    ],
)
def test_a_complaint_is_one_line_of_words(fault, words):
    assert ward.complaint(fault).startswith(words)
    assert "\n" not in ward.complaint(fault) and "Hint" not in ward.complaint(fault)


def test_an_interrupt_leaves_a_check():
    with pytest.raises(KeyboardInterrupt), ward.Ward().check(1):
        raise KeyboardInterrupt


@pytest.mark.parametrize("number", [0, ward.PATIENTS + 1])
def test_an_unknown_patient_is_refused(number):
    with (
        pytest.raises(ValueError, match=f"numbered 1 to {ward.PATIENTS}"),
        ward.Ward().check(number),
    ):
        pass


def test_small_digits_are_every_fourth_pixel_between_zero_and_one():
    whole = data.load("digits").test
    images, labels = ward.small_digits(5, "test")
    assert images.shape == (5, 3, 8, 8)
    assert torch.equal(labels, whole.labels[:5])
    for row, column in ((0, 0), (3, 7), (7, 2)):
        pixels = whole.images[:5, :, 4 * row, 4 * column]
        assert torch.allclose(images[:, :, row, column] * 255, pixels.float())


@pytest.mark.parametrize(("count", "split"), [(0, "train"), (2000, "train"), (5, "validation")])
def test_digits_that_do_not_exist_are_refused(count, split):
    with pytest.raises(ValueError, match="must be"):
        ward.small_digits(count, split)


def test_each_trained_net_is_a_copy_in_training_mode():
    first, second = ward.trained_net(), ward.trained_net()
    assert first.training
    first.eval()
    nn.init.zeros_(first.fc.weight)
    assert second.training and second.fc.weight.any()


GOOD = read_yaml(clinic.SOURCE)


def changed(change) -> dict:
    content = copy.deepcopy(GOOD)
    change(content)
    return content


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            changed(lambda c: c.pop("after")),
            "'description', 'before', 'patients' and 'after'",
        ),
        (changed(lambda c: c["patients"].pop()), f"it must be a list of {ward.PATIENTS}"),
        (changed(lambda c: c["patients"][3].pop("hint")), "patient 4: hint is missing"),
        (changed(lambda c: c["patients"][3].update(cause="x")), "patient 4: cause is not a field"),
        (changed(lambda c: c["patients"][0].update(code=5)), "patient 1: code must be text"),
        (changed(lambda c: c["patients"][0].update(code=" ")), "patient 1: code must be text"),
        (changed(lambda c: c["before"].append({"prose": "x"})), "before, cell"),
        (changed(lambda c: c.update(after="x")), "after: it must be a list"),
        (["x"], "top level: it must hold exactly 'description', 'before'"),
    ],
)
def test_a_malformed_source_names_file_place_and_fault(tmp_path, content, fault):
    path = tmp_path / "clinic.yml"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ClinicError, match=r"^clinic\.yml") as caught:
        load_clinic(path)
    assert fault in str(caught.value)


def test_a_source_that_is_missing_or_no_yaml_is_named(tmp_path):
    with pytest.raises(ClinicError, match=r"gone\.yml cannot be read"):
        load_clinic(tmp_path / "gone.yml")
    (tmp_path / "bad.yml").write_text("patients: [", encoding="utf-8")
    with pytest.raises(ClinicError, match=r"bad\.yml cannot be read"):
        load_clinic(tmp_path / "bad.yml")


def test_the_solved_notebook_has_every_repair_with_what_its_check_prints():
    broken = nbformat.read(clinic.NOTEBOOK, as_version=4)
    solved = clinic.solved_notebook(CLINIC, broken)
    sources = [cell.source for cell in solved.cells]
    prints = {patient.check: patient.passes_with for patient in CLINIC.patients}
    prints[clinic.ROUND] = f"{clinic.PATIENTS} of {clinic.PATIENTS} patients are well."
    for patient in CLINIC.patients:
        assert patient.fixed in sources and patient.code not in sources
    for cell, before in zip(solved.cells, broken.cells, strict=True):
        if cell.cell_type == "code":
            assert cell.execution_count == before.execution_count
            if cell.source in prints:
                assert [output.text for output in cell.outputs] == [prints[cell.source] + "\n"]
