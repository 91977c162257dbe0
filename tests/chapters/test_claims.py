"""The page of claims: its file is sound, its sentences follow from code, its filter is usable."""

from __future__ import annotations

import itertools
import json
import math
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import yaml
from torch import nn

from utils.chapters import claim_numbers, claims_counted
from utils.chapters import claims as sentences
from utils.facts.claims import VERDICTS, ClaimError, read_claims
from utils.files.yaml_files import read_yaml
from utils.models.counting import count_parameters
from utils.models.networks import build
from utils.results.verdict import SAME_SIGN, SHOWN, Difference

ROOT = Path(__file__).resolve().parents[2]
EXT = ROOT / "book" / "_ext"
FILE = read_claims()
CLAIMS = list(FILE.claims.values())
ERRATA = {f"E{number:02d}" for number in range(1, 45)}
each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


def numbers(text: str) -> list[float]:
    """The numbers of a sentence, without thousands separators."""
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text.replace(",", ""))]


def runs(experiment: str, model: str, recipe: str) -> list[dict]:
    """Records as they lie on the disk, by seed, read without the code under test."""
    found = sorted((ROOT / "results" / experiment).glob(f"{model}_{recipe}_seed*.json"))
    return [read_yaml(path) for path in found]


def final_accuracies(experiment: str, model: str, recipe: str) -> list[float]:
    return [100 * (1 - r["final"]["test_error"]) for r in runs(experiment, model, recipe)]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


# The file ---------------------------------------------------------------------------------------


def test_there_are_at_least_34_claims():
    assert len(CLAIMS) >= 34


@each_claim
def test_a_claim_has_verdict_source_place_and_better_wording(claim):
    assert claim.verdict in VERDICTS
    assert claim.sources and all(key and where for key, where in claim.sources)
    assert claim.right.strip() and claim.right.strip() != claim.said.strip()


@each_claim
def test_a_claims_sources_are_in_the_bibliography(claim):
    keys = re.findall(
        r"^@\w+\{([^,]+),", (ROOT / "book/references.bib").read_text(encoding="utf-8"), re.M
    )
    assert {key for key, _ in claim.sources} <= set(keys)


@each_claim
def test_a_claims_place_is_a_table_figure_section_or_abstract(claim):
    known = r"Table|figure|section|abstract|footnote|thesis|perceptrons|scripts? \w"
    assert all(re.search(known, where, re.I) for _, where in claim.sources)


def test_every_sentence_that_code_writes_is_used_and_every_used_one_exists():
    used = [claim.measured for claim in CLAIMS if claim.measured]
    assert sorted(used) == sorted(sentences.SENTENCES)


def test_every_correction_is_carried_or_says_why_not():
    carried = {number for claim in CLAIMS for number in claim.errata}
    left_out = set(FILE.not_carried)
    assert carried | left_out == ERRATA
    assert not carried & left_out
    assert all(len(reason.split()) > 2 for reason in FILE.not_carried.values())


def test_short_titles_differ():
    assert len({claim.short for claim in CLAIMS}) == len(CLAIMS)


def test_every_group_stands_on_the_page():
    shown = re.findall(
        r"^```\{claims\} (\S+)", (ROOT / "book/claims.md").read_text(encoding="utf-8"), re.M
    )
    assert shown == list(FILE.groups)


GOOD = {
    "id": "one",
    "group": "g",
    "short": "One",
    "said": "One is two.",
    "verdict": "false",
    "says": "It is not.",
    "right": "One is one.",
    "sources": {"he2016deep": "section 1"},
}


def written(folder: Path, *entries: dict) -> Path:
    path = folder / "claims.yml"
    data = {"known_as": {}, "groups": {"g": "G"}, "claims": list(entries), "not_carried": {}}
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_a_sound_entry_is_read(tmp_path):
    claim = read_claims(written(tmp_path, GOOD)).claims["one"]
    assert (claim.anchor, claim.sources) == ("claim-one", (("he2016deep", "section 1"),))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"verdict": False}, "verdict in quotes"),
        ({"verdict": "maybe"}, "none of: true, half true"),
        ({"group": "other"}, "group 'other' is none of: g"),
        ({"id": "One Two"}, "lower-case"),
        ({"right": ""}, "right must be text"),
        ({"says": 3}, "says must be text"),
        ({"sources": {}}, "sources must map"),
        ({"sources": {"he2016deep": ""}}, "he2016deep needs a table"),
        ({"errata": "E01"}, "errata must be a list"),
        ({"extra": "x"}, "unknown fields: extra"),
        ({"measured": ""}, "measured must be text"),
    ],
)
def test_a_fault_is_named_with_file_and_claim(tmp_path, change, fault):
    path = written(tmp_path, {**GOOD, **change})
    with pytest.raises(ClaimError, match=re.escape(fault)) as caught:
        read_claims(path)
    named = rf"claims\.yml, line \d+, claim {change.get('id', 'one')}: "
    assert re.match(named, str(caught.value))


def test_a_missing_field_is_named(tmp_path):
    with pytest.raises(ClaimError, match="claim one: lacks right"):
        read_claims(written(tmp_path, {k: v for k, v in GOOD.items() if k != "right"}))


def test_an_id_cannot_stand_twice(tmp_path):
    with pytest.raises(ClaimError, match="claim one: this id stands twice"):
        read_claims(written(tmp_path, GOOD, GOOD))


def test_a_file_that_is_not_yaml_is_named(tmp_path):
    path = tmp_path / "claims.yml"
    path.write_text("groups: [", encoding="utf-8")
    with pytest.raises(ClaimError, match=r"claims\.yml cannot be read as YAML"):
        read_claims(path)


def sphinx(folder: Path, text: str) -> str:
    """What a build of one page complains about."""
    folder.mkdir(exist_ok=True)
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXT)!r})\n"
        "extensions = ['myst_parser', 'resnet_book.shows.claims']\nhtml_theme = 'basic'\n",
        encoding="utf-8",
    )
    (folder / "index.md").write_text(f"# Page\n\n{text}\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-E", ".", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return done.stderr


def test_the_build_names_an_unknown_group_and_an_unknown_claim(tmp_path):
    text = "```{claims} detph\n```\n\nSee {claim}`deeper-is-beter`."
    complaints = sphinx(tmp_path / "site", text)
    assert "no group of claims is called 'detph'; known: problem, depth" in complaints
    assert "no claim is called 'deeper-is-beter'; close: deeper-is-better" in complaints


# What code says ---------------------------------------------------------------------------------


def test_shortcuts_help_plain_14_a_little_with_every_seed():
    plain = final_accuracies("shortcut-control", "plain-14", "fast")
    residual = final_accuracies("shortcut-control", "resnet-14", "fast")
    gains = [b - a for a, b in zip(plain, residual, strict=True)]
    assert len(gains) == 10
    assert all(0 < gain < 3 for gain in gains)
    text = sentences.shortcut_gain_at_14()
    assert f"{mean(gains):.2f} ± " in text and "(ten seeds, 10 epochs" in text
    # Tables of Student's t: 2.26216 at 97.5 % with nine degrees of freedom; divided by √10.
    assert mean(gains) > 2.26216 / math.sqrt(10) * statistics.stdev(gains)
    assert text.endswith("The difference is shown.")


def test_most_of_the_gap_to_the_small_cnn_is_there_without_shortcuts():
    small, plain, residual = (
        mean(final_accuracies("shortcut-control", m, "fast"))
        for m in ("simple-cnn", "plain-14", "resnet-14")
    )
    assert plain - small > 0.8 * (residual - small)
    text = sentences.gap_without_shortcuts()
    assert f"{residual - small:.1f} ± " in text and f"{plain - small:.1f} ± " in text
    assert "The lead of plain-14 is shown." in text and "also differ in kernels" in text


def test_stretched_training_images_cost_points_that_padding_brings_back():
    native = mean(final_accuracies("source-recipe", "source-resnet-14", "source"))
    padded = mean(final_accuracies("source-recipe", "source-resnet-14", "source-padded"))
    zoomed = mean(
        [
            100 * (1 - r["final"]["test_error_zoomed"])
            for r in runs("source-recipe", "source-resnet-14", "source")
        ]
    )
    assert zoomed > native + 3 and padded > native + 3
    text = sentences.stretched_training_images()
    assert all(f"{value:.2f} ± " in text for value in (native, zoomed, padded))


def test_a_plain_net_with_a_good_recipe_beats_a_resnet_with_a_weak_one():
    adam = mean(final_accuracies("source-recipe", "source-resnet-14", "source-padded"))
    plain = mean(final_accuracies("shortcut-control", "plain-14", "fast"))
    assert plain > adam
    text = sentences.recipe_against_architecture()
    assert "constant rate (three seeds)" in text and "*fast* (ten seeds)" in text
    assert f"{adam:.2f} ± " in text and f"{plain:.2f} ± " in text


def test_a_rate_that_falls_to_zero_does_not_by_itself_make_seeds_agree():
    values = [
        final_accuracies("source-recipe", "simple-cnn", "source"),
        final_accuracies("shortcut-control", "simple-cnn", "fast"),
        final_accuracies("shortcut-control", "resnet-14", "fast"),
        final_accuracies("degradation", "plain-56", "fast-half-size"),
    ]
    # More seeds span more, so only those are compared that all four have.
    spans = [found[:3] for found in values]
    constant, falling, steady, wild = (max(found) - min(found) for found in spans)
    assert abs(constant - falling) < 0.2 and steady < 1 < 20 < wild
    said = numbers(sentences.spread_over_seeds())
    expected = [round(span, 1) for span in (constant, falling, steady, wild)]
    assert [number for number in said if number in expected] == expected


def test_simple_cnn_is_the_only_network_under_a_constant_and_a_falling_rate():
    schedules: dict[str, set[str]] = {}
    for path in (ROOT / "results").glob("*/*_seed0.json"):
        run = json.loads(path.read_text(encoding="utf-8"))
        if "config" in run and run["dataset"]["name"] == "cifar10":
            falls = run["config"]["schedule"] != "constant"
            whole = run["config"]["epochs"] >= 10
            if whole:
                schedules.setdefault(run["model"], set()).add(falls)
    assert [model for model, found in schedules.items() if len(found) == 2] == ["simple-cnn"]


def test_the_sentences_take_their_verdicts_from_the_rule():
    tricks = sentences.what_tricks_buy()
    hint = f"a hint: {SAME_SIGN}"
    for changed, verdict in (("rises and falls", hint), ("of zeros instead", SHOWN)):
        assert re.search(rf"{changed} costs \S+ ± \S+ points \({verdict}\)", tricks)
    assert re.search(r"ten seeds the shortcuts gain 1\.1 ± \S+ points \(shown\)", tricks)
    slices = sentences.slices_here()
    assert "at 14 layers has the same sign" in slices and "at 56 layers is not shown" in slices
    deeper = sentences.deeper_with_shortcuts()
    assert "lower than that of ResNet-20. This difference is shown." in deeper
    assert "higher than that of ResNet-20. This difference has the same sign" in deeper
    assert sentences.worse_in_training_too().endswith("and five seeds show it.")
    assert sentences.plain_from_the_identity().endswith("which is a hint and not yet a finding.")
    assert "The difference is shown. We did not" in sentences.order_of_the_block()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1.0, 1.1, 1.2), "higher than that of ResNet-20. This difference is shown."),
        ((-1.0, -1.1, -1.2), "lower than that of ResNet-20. This difference is shown."),
        ((-1.0, -9.0, -0.1), "lower than that of ResNet-20. This difference has the same sign"),
        ((1.0, -1.0, 0.5), "higher than that of ResNet-20. This difference is not shown"),
    ],
)
def test_the_deep_and_the_shallow_network_are_told_apart(values, words):
    found = Difference(dict(enumerate(values)))
    told = sentences.deep_against_shallow("Then", found)
    assert told.startswith(f"Then the mean error of ResNet-56 is {words}")


@pytest.mark.parametrize(
    ("falls", "words"),
    [
        ((0.20, 0.21, 0.22), "It is shown."),
        ((0.0, 0.5, 0.3), "It is not shown: with shortcuts the share is smaller in seeds 1 and 2 "
         "and the same in seed 0."),
        ((-0.1, 0.5, 0.0), "It is not shown: with shortcuts the share is smaller in seed 1, larger "
         "in seed 0 and the same in seed 2."),
        ((0.0, 0.0, 0.0), "It is not shown: with shortcuts the share is the same in seeds 0, 1 "
         "and 2."),
    ],
)  # fmt: skip
def test_a_share_that_is_not_smaller_in_each_seed_is_told_seed_by_seed(falls, words):
    assert sentences.bending_judged("It", Difference(dict(enumerate(falls)))) == words


def test_the_test_error_jumps_by_points_between_epochs_at_a_constant_rate():
    jumps = []
    for run in runs("source-recipe", "source-resnet-14", "source"):
        errors = [100 * epoch["test_error"] for epoch in run["history"]]
        jumps += [abs(b - a) for a, b in itertools.pairwise(errors)]
    assert max(jumps) > 5
    text = sentences.jumps_between_epochs()
    assert "on stretched images" in text and f"up to {max(jumps):.0f} points" in text
    ends = final_accuracies("source-recipe", "source-resnet-14", "source")
    assert len(ends) == 3 and all(f"{end:.2f}" in text for end in ends)


def test_the_gain_of_shortcuts_varies_from_seed_to_seed():
    plain = final_accuracies("shortcut-control", "plain-14", "fast")
    residual = final_accuracies("shortcut-control", "resnet-14", "fast")
    gains = [b - a for a, b in zip(plain, residual, strict=True)]
    assert max(gains) - min(gains) > 0.5
    text = sentences.seeds_of_shortcut_gain()
    assert "over ten seeds. In the same seeds" in text
    assert f"is between {min(gains):.2f} and {max(gains):.2f} points." in text


def test_the_50_layers_are_49_convolutions_and_one_linear_layer():
    # One 7x7, three convolutions in each of 3 + 4 + 6 + 3 blocks, one linear layer; one
    # projection at the start of each of four stages.
    assert 1 + 3 * (3 + 4 + 6 + 3) + 1 == 50
    assert numbers(claims_counted.layers_of_resnet50())[1:] == [50, 49, 4]


def test_resnet50_has_more_parameters_than_resnet34_and_similar_work():
    torchvision = pytest.importorskip("torchvision.models")
    with torch.device("meta"):
        counts = [
            sum(p.numel() for p in make().parameters()) / 1e6
            for make in (torchvision.resnet34, torchvision.resnet50)
        ]
    assert counts[1] > counts[0]
    found = numbers(claims_counted.parameters_34_and_50())
    assert found[1] == round(counts[0], 1) and found[3] == round(counts[1], 1)
    assert found[4] < found[6] < 1.2 * found[4]


def test_flops_are_twice_the_macs_that_the_paper_prints():
    macs, _, _, flops = numbers(claims_counted.macs_and_flops_of_resnet50())[1:5]
    assert macs == pytest.approx(3.8, abs=0.1)
    assert flops == pytest.approx(2 * macs, abs=0.02)


def test_v15_has_the_same_parameters_and_more_work():
    text = claims_counted.macs_v1_and_v15()
    assert "the same number of parameters" in text
    first, _, later, _ = numbers(text)[-4:]
    assert later > first
    # Six 1x1 reductions and their 3x3 neighbours at twice the size: torchvision lists 4.09.
    assert later == pytest.approx(4.09, abs=0.01)


def test_the_deeper_network_is_the_smaller_one():
    text = claims_counted.depth_and_size()
    deep, wide = (float(value) for value in re.findall(r"has (\S+) million", text))
    assert deep == pytest.approx(1.7, abs=0.05)  # Table 6
    assert wide == pytest.approx(11.69, abs=0.01)  # torchvision: 11,689,512


def test_option_a_is_free_and_option_b_costs_two_projections():
    plain, residual = (count_parameters(build(name)) for name in ("plain-20", "resnet-20"))
    assert plain == residual
    # 16 to 32 and 32 to 64 channels by 1x1, with scale and shift for each output channel.
    extra = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert f"have {plain:,} parameters each" in claims_counted.parameters_of_shortcuts()
    assert f"{plain + extra:,}" in claims_counted.parameters_of_shortcuts()


def test_3x3_shortcuts_hold_an_eighth_of_the_tutorials_network():
    extra = 9 * 16 * 32 + 2 * 32 + 9 * 32 * 64 + 2 * 64
    text = claims_counted.parameters_of_3x3_shortcuts()
    free, heavy = (int(n.replace(",", "")) for n in re.findall(r"\d+,\d+", text))
    assert heavy - free == extra
    assert f"{extra / heavy:.0%}" in text and 0.1 < extra / heavy < 0.13


def test_three_twos_are_14_layers_and_four_twos_18():
    assert [2 + 2 * 2 * 3, 2 + 2 * 2 * 4] == [14, 18]
    text = claims_counted.layers_of_three_twos()
    assert "14 weighted layers" in text and text.endswith("has 18.")


def test_resnet18_shrinks_small_images_to_a_point():
    # 32 / 2 / 2 before the first block, then three halvings.
    text = claims_counted.maps_of_resnet18_at_32()
    assert "to 8×8 before the first block" in text and "to 1×1 in the last stage" in text


def test_tensor_a_is_the_left_operand():
    left, right = torch.zeros(1, 64, 8, 8), torch.zeros(1, 128, 8, 8)
    with pytest.raises(RuntimeError, match=r"tensor a \(64\).*tensor b \(128\)"):
        left + right
    assert "tensor a (64)" in claims_counted.message_of_unequal_channels()


def test_zero_weights_and_bias_one_give_one_everywhere():
    weight, bias = torch.zeros(2, 3, 3, 3), torch.ones(2)
    out = F.relu(F.conv2d(torch.randn(1, 3, 5, 5), weight, bias, padding=1))
    assert (out == 1).all()
    assert "exactly 1 at every position" in claims_counted.silent_branch()


def test_a_block_of_the_paper_can_lower_its_input():
    share = numbers(claims_counted.negative_residuals())[0]
    assert 20 < share < 80


def test_layers_of_shortcuts_are_told_apart_from_the_main_path():
    net = build("resnet-20-B")
    convolutions = sum(isinstance(module, nn.Conv2d) for module in net.modules())
    main, beside = claim_numbers.main_and_projection_layers(net)
    assert (main, beside) == (20, 2)
    assert main + beside == convolutions + 1


# The page ---------------------------------------------------------------------------------------
