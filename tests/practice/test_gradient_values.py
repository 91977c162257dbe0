"""Numbers of gradient questions are those of the records."""

import statistics

import pytest

from utils.chapters.gradient_norms.numbers import cosines, initial
from utils.models.starts import Start
from utils.practice.values import compute
from utils.practice.values.expressions import ValueFault


def test_first_gradient_is_the_geometric_mean_of_the_recorded_seeds():
    layers, fields = initial(Start(20, "plain"))
    recorded = fields["weight_gradient"][:, layers.index("layer1.0.conv2")].tolist()
    values = compute({"size": 'first_gradient(20, "plain")'})
    assert values["size"] == pytest.approx(statistics.geometric_mean(recorded))


def test_neighbour_cosine_is_that_of_one_per_cent():
    recorded = cosines(Start(56, "residual"))[:, 2].tolist()  # 0.001, 0.003, 0.01
    values = compute({"cosine": 'neighbour_cosine(56, "residual")'})
    assert values["cosine"] == pytest.approx(statistics.fmean(recorded))


def test_a_misspelt_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueFault, match="plain, residual"):
        compute({"cosine": 'neighbour_cosine(56, "resnet")'})
