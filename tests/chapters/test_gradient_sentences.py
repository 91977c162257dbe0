"""What the chapter on gradient norms says follows from what is recorded."""

import math
import re

import pytest
import torch
from gradient_chapter import cells
from torch import nn

from utils.chapters.gradient_norms import tables, words
from utils.chapters.gradient_norms.figures import neighbour_figure
from utils.chapters.gradient_norms.numbers import (
    DEFAULT_FACTOR,
    KINDS,
    MEAN_FIELD_FACTOR,
    STAGES,
    chain_factor,
    cosines,
    courses,
    decay_update,
    end_responses,
    factor_per_layer,
    final_loss,
    first_over_last,
    initial,
    layer_by_step,
    measuring_cost,
    most_dead,
    overall_factor,
    padding_share,
    peak_loss,
    ratio_by_step,
    response_sd,
    trained_responses,
    trained_sd,
)
from utils.models.starts import Start, build_start
from utils.probes.readings import measure
from utils.record import gradient_norms
from utils.record import runs as record
from utils.record.gradient_norms import (
    DEPTHS,
    NEIGHBOURS,
    STEPS,
    Trained,
    tasks,
)
from utils.results.spread import Spread

DEEP = (20, 32, 44, 56, 110)


def test_theory_holds_in_its_own_setting():
    assert chain_factor(256, 24, 256) == pytest.approx(MEAN_FIELD_FACTOR, rel=0.02)
    assert chain_factor(256, 24, 256, batch_norm=False) == pytest.approx(1, abs=0.04)


def test_pytorchs_default_without_normalisation_shrinks_by_the_root_of_a_sixth():
    for depth in (20, 32, 44):
        for stage in STAGES:
            factor = factor_per_layer(Start(depth, "plain", False, "pytorch"), stage)
            assert factor.middle == pytest.approx(DEFAULT_FACTOR, rel=0.07)


def test_the_factors_of_the_table_agree_with_the_arithmetic_up_to_a_few_per_cent():
    starts = [Start(depth, "plain", False, "pytorch") for depth in (20, 56)]
    factors = [factor_per_layer(start, stage).middle for start in starts for stage in STAGES]
    assert len(factors) == 6
    assert all(abs(factor / DEFAULT_FACTOR - 1) < 0.05 for factor in factors)
    rows = re.findall(r"plain-(?:20|56), no normalisation, PyTorch default.*?</tr>",
                      tables.factor_table().markup)  # fmt: skip
    shown = [float(cell) for row in rows for cell in re.findall(r"<td>(0\.\d+) \(", row)]
    assert len(shown) == 6
    assert words.vanishing()["low"] == f"{min(shown):.3f}"
    assert words.vanishing()["high"] == f"{max(shown):.3f}"


def test_at_56_layers_the_gradient_is_tiny_but_not_zero_and_at_110_it_is_zero():
    deep = initial(Start(56, "plain", False, "pytorch"))[1]["weight_gradient"]
    assert (deep > 0).all()
    assert (deep < 1e-20).all()
    assert not initial(Start(110, "plain", False, "pytorch"))[1]["weight_gradient"].any()


def test_without_normalisation_weight_gradients_vanish_in_all_blocks_alike():
    for depth in (8, 14, 20, 32, 44, 56):
        start = Start(depth, "plain", False, "pytorch")
        assert 1 / 4.6 < first_over_last(start).middle < 1
    shallow, deep = (initial(Start(d, "plain", False, "pytorch"))[1] for d in (8, 56))
    fall = (shallow["weight_gradient"][:, 2] / deep["weight_gradient"][:, 2]).log10()
    assert 19 < fall.mean() < 21


def test_plain_he_without_normalisation_stays_within_a_factor_of_about_four():
    for depth in (20, 56):
        assert 1 / 4.5 < first_over_last(Start(depth, "plain", False)).middle < 4.5


def decades(start: Start, field: str) -> torch.Tensor:
    """Logarithms over the convolutions, mean over seeds, the output's end first."""
    return initial(start)[1][field].log10().mean(0)[:-1].flip(0)


def test_at_56_layers_gradients_rise_by_as_many_decades_as_the_figure_says():
    rise = {
        (kind, field): float(
            decades(Start(56, kind), field)[-1] - decades(Start(56, kind), field)[0]
        )
        for kind in KINDS
        for field in ("response_gradient", "weight_gradient")
    }
    assert 4 < rise["plain", "response_gradient"] < 4.5
    assert 3 < rise["plain", "weight_gradient"] < 3.7
    assert 1.35 < rise["residual", "response_gradient"] < 1.7
    assert 0.8 < rise["residual", "weight_gradient"] < 1.2
    assert (decades(Start(56, "plain"), "response_gradient").diff() > 0).all()


def test_he_without_normalisation_neither_shrinks_nor_grows_much_per_layer():
    for depth in DEEP:
        for stage in STAGES:
            assert 0.92 < factor_per_layer(Start(depth, "plain", False), stage).middle < 1.05


@pytest.mark.parametrize("init", ["he", "pytorch"])
def test_plain_networks_with_batch_norm_grow_towards_the_input_near_the_theory(init):
    for depth in DEEP:
        start = Start(depth, "plain", True, init)
        assert first_over_last(start).low > 1
        for stage in STAGES:
            assert factor_per_layer(start, stage).middle == pytest.approx(
                MEAN_FIELD_FACTOR, rel=0.07
            )


def test_the_growth_is_exponential_when_plain_and_slow_when_residual():
    plain = [first_over_last(Start(d, "plain")).middle for d in DEPTHS]
    residual = [first_over_last(Start(d, "residual")).middle for d in DEPTHS]
    assert plain == sorted(plain)
    assert plain[-1] > 1e6
    assert residual[0] < 1
    assert residual[:6] == sorted(residual[:6])
    assert all(3.5 < ratio < 4.5 for ratio in residual[-2:])
    assert all(b < a for a, b in zip(plain[2:], residual[2:], strict=True))


def test_end_to_end_the_plain_growth_stays_below_the_theory():
    for depth in DEEP:
        assert 1.05 < overall_factor(Start(depth, "plain")) < MEAN_FIELD_FACTOR
    factors = [factor_per_layer(Start(110, "plain"), stage).middle for stage in STAGES]
    assert factors == sorted(factors, reverse=True)


def test_the_deeper_the_residual_block_the_less_it_adds():
    for depth in (20, 32, 44, 56, 110):
        factors = [factor_per_layer(Start(depth, "residual"), s).middle for s in STAGES]
        assert factors == sorted(factors, reverse=True)


def test_the_initialisation_hardly_matters_with_batch_norm():
    for stage in STAGES:
        he, default = (factor_per_layer(Start(56, "plain", True, i), stage).middle
                       for i in ("he", "pytorch"))  # fmt: skip
        assert he == pytest.approx(default, rel=0.03)


def test_batch_norm_starts_with_responses_of_size_one():
    for depth in DEPTHS:
        for kind in KINDS:
            sd = initial(Start(depth, kind))[1]["sd"][:, :-1]
            assert (sd - 1).abs().max() < 0.01


def test_shortcuts_without_normalisation_explode_everywhere_and_evenly():
    start = Start(56, "residual", False)
    _, fields = initial(start)
    assert (fields["weight_gradient"][:, :-1] > 100).all()
    assert 0.2 < first_over_last(start).middle < 3
    per_block = [initial(Start(d, "residual", False))[1]["sd"][:, -2].mean() for d in (44, 56)]
    assert 1.5 < float(per_block[1] / per_block[0]) ** (2 / 6) < 3


def test_fixups_first_layer_does_not_feel_the_depth_and_its_blocks_fall_with_the_root():
    stems, blocks = [], []
    for depth in DEPTHS:
        layers, fields = initial(Start(depth, "residual", False, "fixup"))
        first = [i for i, name in enumerate(layers) if name.endswith(".conv1")]
        assert not fields["weight_gradient"][:, first].any()
        middle = fields["weight_gradient"].log().mean(0).exp()
        stems.append(float(middle[0]))
        blocks.append(float(middle[2]) * ((depth - 2) / 2) ** 0.5)
    assert max(stems) < 1.3 * min(stems)
    assert max(blocks) < 1.6 * min(blocks)


def test_the_deeper_the_plain_network_the_further_its_ratio_turns():
    ratios = {depth: ratio_by_step(Start(depth, "plain")) for depth in STEPS}
    for depth in (8, 14, 20):
        assert 1 / 5 < ratios[depth][0].middle < 5
        assert 1 / 3 < ratios[depth][99].middle < 3
    assert ratios[32][0].low > 10
    assert all(1 / 3 < ratios[32][step].middle < 3 for step in (9, 99))
    assert ratios[56][4].high < 1
    assert 1 / ratios[56][99].middle < ratios[56][0].middle / 10
    assert ratios[56][99].middle < 0.1
    assert ratios[110][0].low > 1e5
    assert ratios[110][1].high < 0.1
    assert ratios[110][29].high < 1e-3
    assert 10**-4.5 < ratios[110][29].middle < 10**-3.5
    # "The plain network's line flattens at steps 4 and 5, and then it tilts the other way."
    assert all(1 / 3 < ratios[56][step].middle < 3 for step in (3, 4))
    assert ratios[56][2].middle > 3
    assert all(r.middle < 1 / 3 for step, r in ratios[56].items() if step > 4)
    ends = [ratios[depth][99].middle for depth in (20, 32, 56)]
    assert ends == sorted(ends, reverse=True)


def test_small_ratios_follow_in_residual_networks_too_and_large_weights_do_not_explain_them():
    for depth, steps in ((56, (12, 25, 30)), (110, (9, 29))):
        ratios = ratio_by_step(Start(depth, "residual"))
        assert 2.5 < ratios[0].low < ratios[0].high < 5
        assert all(ratios[step].middle < 1 / 3 for step in steps)
    ratios = ratio_by_step(Start(56, "residual"))
    assert ratios[30].high < 0.1
    assert ratios[99].low < 0.1 < 1 < ratios[99].high
    assert ratio_by_step(Start(56, "residual"), scaled=True)[30].high < 0.1


def test_in_plain_56_gradient_times_weight_is_about_even_on_average():
    scaled = ratio_by_step(Start(56, "plain"), scaled=True)
    assert scaled[0].low > 100
    for step in (9, 99):
        assert 1 / 3 < scaled[step].middle < 3


def test_the_product_with_the_weights_norm_does_not_see_their_scale():
    x, y = gradient_norms.first_batch("digits", 0, 16)
    seen = []
    for scale in (1, 10):
        net = build_start(Start(8, "plain"), 0).double().train()
        net.layer1[0].conv1.weight.data *= scale
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1e-14
        with measure(net) as readings:
            nn.functional.cross_entropy(net(x.double()), y).backward()
        seen.append([float(readings.of(f)[0, 1]) for f in ("weight_gradient", "weight")])
    (gradient, weight), (smaller, larger) = seen
    assert smaller == pytest.approx(gradient / 10, rel=1e-6)
    assert smaller * larger == pytest.approx(gradient * weight, rel=1e-6)


def test_after_a_hundred_steps_the_first_block_of_plain_56_moves_by_its_decay():
    # The paper's recipe: rate 0.1, decay 0.0001, momentum 0.9, whose sum is a factor of ten.
    assert decay_update() == pytest.approx(0.1 * 0.0001 * 10)
    frozen = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv2")[99]
    assert frozen.low == pytest.approx(decay_update(), rel=0.05)
    assert frozen.high == pytest.approx(decay_update(), rel=0.05)


def test_at_110_layers_neither_kind_learns_in_the_recorded_steps():
    for kind in KINDS:
        assert len(courses(Start(110, kind))[0].losses) == 30
        assert math.log(10) - 0.01 < final_loss(Start(110, kind), last=5).mean < math.log(10) + 0.1


def test_the_ratio_of_plain_56_turns_round_within_a_few_steps():
    ratios = ratio_by_step(Start(56, "plain"))
    assert ratios[0].low > 100
    assert ratios[2].high < ratios[0].low / 10
    assert ratios[99].high < 1
    jump = layer_by_step(Start(56, "plain"), "update", "layer1.0.conv1")[0]
    assert jump.low > 1
    assert layer_by_step(Start(56, "residual"), "update", "layer1.0.conv1")[0].high < 0.2
    size = layer_by_step(Start(56, "plain"), "weight", "layer1.0.conv1")
    assert size[1].middle > 2 * size[0].middle
    assert size[9].middle > size[1].middle


def test_resnet_56_jumps_first_and_plain_56_hardly_moves():
    chance = math.log(10)
    assert peak_loss(Start(56, "plain")).high < chance + 0.3
    assert peak_loss(Start(56, "residual")).low > 2 * chance


def test_after_a_hundred_steps_depth_counts_and_shortcuts_do_not_yet():
    chance = math.log(10)
    ends = {
        (kind, depth): final_loss(Start(depth, kind), last=5).mean
        for kind in KINDS
        for depth in (20, 56)
    }
    for kind in KINDS:
        assert ends[kind, 20] < 2 < ends[kind, 56] < chance
    assert abs(ends["plain", 56] - ends["residual", 56]) < 0.05


def test_the_ratio_of_twenty_layers_stays_within_ten():
    for kind in KINDS:
        ratios = ratio_by_step(Start(20, kind)).values()
        assert all(0.1 < ratio.middle < 10 for ratio in ratios)


def test_without_normalisation_plain_nets_do_not_move_and_small_branches_learn():
    chance = math.log(10)
    for depth in (20, 56):
        for init in ("he", "pytorch"):
            assert abs(final_loss(Start(depth, "plain", False, init), last=5).mean - chance) < 0.01
        for init in ("pytorch", "fixup"):
            assert final_loss(Start(depth, "residual", False, init), last=5).mean < chance - 0.04
    assert all(c.stopped_at is None for c in courses(Start(20, "residual", False, "he")))
    assert all(c.stopped_at == 2 for c in courses(Start(56, "residual", False, "he")))


def test_the_first_step_of_plain_110_replaces_its_first_block():
    assert layer_by_step(Start(110, "plain"), "update", "layer1.0.conv1")[0].low > 1_000


def test_responses_have_hardly_left_their_start_except_in_plain_56():
    for depth, kind in ((20, "plain"), (20, "residual"), (56, "residual")):
        assert 0.95 < response_sd(Start(depth, kind)).mean < 1.05
    assert response_sd(Start(56, "plain")).mean > 1.2


def test_resnet_14_lies_below_plain_14_in_nine_of_thirteen_convolutions():
    below = trained_responses("resnet-14").mean(0) < trained_responses("plain-14").mean(0)
    assert (int(below.sum()), len(below)) == (9, 13)


def test_the_deeper_trained_network_also_had_more_epochs():
    epochs = {
        task.model: {run.config.epochs for run in task.runs()}
        for task in tasks()
        if isinstance(task, Trained)
    }
    assert epochs == {"plain-14": {10}, "resnet-14": {10}, "resnet-20": {15}}


def every_start(depth: int) -> list[Start]:
    return [Start(depth, *form) for form in gradient_norms.FORMS]


def test_with_batch_norm_no_channel_is_dead_at_the_start():
    for depth in DEPTHS:
        for start in every_start(depth):
            dead = initial(start)[1]["dead"]
            assert dead[:, -1].isnan().all()  # no ReLU behind the last layer
            if start.batch_norm:
                assert not dead[:, :-1].any()
                assert (initial(start)[1]["sd"][:, :-1] - 1).abs().max() < 0.01


def test_without_batch_norm_responses_shrink_grow_or_stay_as_the_chapter_says():
    he, default = (end_responses(Start(56, "plain", False, i)) for i in ("he", "pytorch"))
    assert default[1] < 1e-20 * default[0]
    assert 50 < he[0] / he[1] < 120
    assert 500 < end_responses(Start(56, "residual", False))[1] < 1000
    small = end_responses(Start(56, "residual", False, "pytorch"))
    assert 0.5 < small[1] / small[0] < 2
    assert 0.01 < min(small) < max(small) < 0.03


def test_zero_padding_takes_a_sixth_of_the_products_at_eight_pixels():
    # 3 x 3 products at 2 pixels: each of the four corners sees 4 of 9.
    assert padding_share(2) == pytest.approx(4 / 9)
    ones = torch.ones(1, 1, 8, 8)
    seen = nn.functional.conv2d(ones, torch.ones(1, 1, 3, 3), padding=1).mean() / 9
    assert padding_share(8) == pytest.approx(float(seen))


def test_dead_channels_are_rare_but_for_rounding_and_padding():
    assert all(0 < most_dead(Start(56, kind, False)) < 0.07 for kind in KINDS)
    assert most_dead(Start(110, "plain", False, "pytorch")) > 0.5
    for depth in DEPTHS:
        layers, fields = initial(Start(depth, "residual", False, "fixup"))
        for stage, share in zip(STAGES, (0, 0.5, 0.75), strict=True):
            ends = [i for i, n in enumerate(layers) if n.startswith(stage) and n.endswith("conv2")]
            assert (fields["dead"][:, ends] == share).all()
            assert not fields["sd"][:, ends].any()


def test_no_cosine_is_cut_off_the_figure():
    lowest = min(float(cosines(Start(d, k))[:, 2].min()) for d in (8, 20, 56, 110) for k in KINDS)
    assert lowest < 0
    assert neighbour_figure(0.01, "title").axes[0].get_ylim()[0] < lowest


def test_training_shrinks_responses_most_in_the_deeper_residual_network():
    plain, same, deeper = (trained_sd(m) for m in ("plain-14", "resnet-14", "resnet-20"))
    assert deeper.mean + deeper.sd < same.mean - same.sd
    assert same.mean + same.sd < plain.mean - plain.sd < 0.65
    assert same.mean > 0.9 * plain.mean


def test_without_kept_weights_the_message_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "CHECKPOINTS", tmp_path)
    (task, *_) = [task for task in tasks() if isinstance(task, Trained)]
    with pytest.raises(FileNotFoundError, match=r"utils\.record shortcut-control"):
        task.perform()


def test_plain_gradients_shatter_and_residual_ones_much_less():
    column = NEIGHBOURS.index(0.01)
    found = {
        (kind, depth): float(cosines(Start(depth, kind))[:, column].mean())
        for kind in KINDS
        for depth in (8, 20, 56, 110)
    }
    for depth in (20, 56, 110):
        assert found["residual", depth] > 1.2 * found["plain", depth]
    assert found["plain", 56] < 0.2
    assert found["plain", 8] > found["plain", 20] > found["plain", 56]


def test_measuring_costs_under_fifteen_per_cent_and_skipping_next_to_nothing():
    reading, skipping, _ = measuring_cost()
    assert reading < 0.15
    assert abs(skipping) < 0.03


GROUPS = [
    found for found in vars(words).values()
    if hasattr(found, "cache_info") and found.__module__ == words.__name__
]  # fmt: skip


def test_every_word_of_the_text_is_used_and_says_something():
    places = set(re.findall(r"<!--=(\w+\.\w+)-->", "\n".join(cells("markdown"))))
    given = {f"{group.__name__}.{name}" for group in GROUPS for name in group()}
    assert places == given
    assert all(value and "nan" not in value for group in GROUPS for value in group().values())


def test_shares_have_a_sign_and_cosines_no_negative_zero(monkeypatch):
    assert [words.share(part) for part in (0.0439, -0.004, 0)] == ["+4.4 %", "−0.4 %", "+0.0 %"]
    told = []
    for mean in (-0.0004, -0.009, 0.742):
        monkeypatch.setattr(tables, "cosine_near", lambda *_, m=mean: Spread(m, 0.0168, 3))
        told.append(tables.cosine_words(Start(56, "plain"), 0.01))
    assert told == ["0.00 ± 0.02", "−0.01 ± 0.02", "0.74 ± 0.02"]


def test_tables_have_the_ratios_of_the_courses():
    assert str(ratio_by_step(Start(56, "plain"))[0]) == "760 (240 to 1,800)"
    for made, cell in (
        (tables.turn_table(), "<td>760 (240 to 1,800)</td>"),
        (tables.product_table(), "<td>760 (240 to 1,800)</td><td>380 (120 to 890)</td>"),
        (tables.ratio_table(), "<td>20 (15 to 27)</td><td>1.8 (1.1 to 2.4)</td>"),
        (tables.first_step_table(), "<td>4.5 (1.9 to 7.7)</td>"),
        (tables.verdict_table(), "<td>0.016 ± 0.004</td>"),
        (tables.course_table(), "<td>2.25 ± 0.09</td>"),
        (tables.trained_table(), "<td>15</td><td>0.4566 ± 0.0003</td>"),
        (tables.neighbour_table(0.01), "<td>0.53 ± 0.04</td><td>0.90 ± 0.01</td>"),
    ):
        assert cell in made.markup
