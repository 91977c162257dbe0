"""The playground's random numbers, computed with whole numbers that have no size."""

from __future__ import annotations


def murmur(x: int) -> int:
    """MurmurHash3's finaliser."""
    x = (x ^ x >> 16) * 0x85EBCA6B % 2**32
    x = (x ^ x >> 13) * 0xC2B2AE35 % 2**32
    return x ^ x >> 16


def by_hand(seed: int, stream: int, place: int) -> float:
    """What stands at one place of a stream."""
    key = (murmur(seed) + (stream + 1) * 0x9E3779B9) % 2**32
    return (murmur((murmur(key) + place * 0x9E3779B9) % 2**32) + 0.5) / 2**32
