"""Random numbers that every language draws alike: each is a hash of seed, stream and place.

Answers "how do a page and PyTorch start from the same weights?". The same in JavaScript is
``book/_static/playground/random.js``.
"""

import numpy as np

GOLDEN = np.uint32(0x9E3779B9)
EPOCH_STREAM = 0x10000
"""Stream of the first epoch's order; the layers of a network have those below."""


def _mix(bits: np.ndarray) -> np.ndarray:
    """The finaliser of MurmurHash3, uint32 to uint32."""
    x = bits.astype(np.uint32)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def uniforms(seed: int, stream: int, count: int) -> np.ndarray:
    """Numbers between 0 and 1, both excluded, float64 (count,)."""
    with np.errstate(over="ignore"):
        far = np.array([(stream + 1) % 2**32], dtype=np.uint32) * GOLDEN
        key = _mix(_mix(np.array([seed], dtype=np.uint32)) + far)
        places = np.arange(count, dtype=np.uint32) * GOLDEN
        return (_mix(key + places).astype(np.float64) + 0.5) / 2**32


def normals(seed: int, stream: int, count: int) -> np.ndarray:
    """Normal numbers by Box and Muller's pairs, float64 (count,)."""
    drawn = uniforms(seed, stream, count + count % 2)
    radius, angle = np.sqrt(-2 * np.log(drawn[::2])), 2 * np.pi * drawn[1::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs.reshape(-1)[:count]


def order(count: int, seed: int, epoch: int) -> list[int]:
    """The places 0 to count - 1 as one epoch takes them (Fisher and Yates)."""
    drawn = uniforms(seed, EPOCH_STREAM + epoch, count)
    places = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int(drawn[last] * (last + 1))
        places[last], places[other] = places[other], places[last]
    return places
