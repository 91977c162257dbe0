"""What of an answer is asked for, kept and dropped, without a line to ask it from."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from utils.files import fetch as module
from utils.files.fetch import CHUNK, Patience, TooSlow, TransferError, arrived, fetch

PATIENT = Patience(seconds=10.0, least_rate=5.0)


def reading(content: bytes, asked: list[int], most: int = CHUNK):
    """Reads that give at most so many bytes at once."""
    source = io.BytesIO(content)
    return lambda count: asked.append(count) or source.read(min(count, most))


@pytest.mark.parametrize(
    ("at", "have", "kept"),
    [(0, 0, b"abcdefgh"), (4, 4, b"abcd"), (0, 3, b"defgh"), (2, 3, b"bcdef")],
)
def test_no_more_than_the_rest_is_asked_for_and_what_is_here_is_dropped(at, have, kept):
    asked, file = [], io.BytesIO()
    module._copy(reading(b"abcdefghijkl", asked, most=2), file, at, have, 8, PATIENT)
    assert file.getvalue() == kept
    assert asked == list(range(8 - at, 0, -2))


def test_a_chunk_is_asked_for_at_once_and_the_end_of_the_answer_ends_it():
    asked, file = [], io.BytesIO()
    module._copy(reading(b"ab", asked), file, 0, 0, CHUNK + 5, PATIENT)
    assert asked == [CHUNK, CHUNK] and file.getvalue() == b"ab"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([(5.0, 25)] * 4, None),
        ([(3.0, 49), (7.0, 1)], None),
        ([(3.0, 48), (6.9, 1), (0.05, 1)], None),
        ([(3.0, 48), (7.0, 1)], "sent 49 bytes in 10 seconds"),
        ([(9.9, 10), (9.9, 10)], "sent 20 bytes in 20 seconds"),
        ([(1.0, 60), (9.0, 40), (1.0, 1)], "sent 41 bytes in 10 seconds"),
    ],
)
def test_a_portion_has_to_arrive_in_the_time_of_our_patience(monkeypatch, steps, said):
    now, todo = [0.0], list(steps)
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def read(_count: int) -> bytes:
        if not todo:
            return b""
        seconds, count = todo.pop(0)
        now[0] += seconds
        return bytes(count)

    assert PATIENT.portion == 50
    if said is None:
        module._copy(read, io.BytesIO(), 0, 0, 1000, PATIENT)
        assert not todo
    else:
        with pytest.raises(TooSlow, match=said):
            module._copy(read, io.BytesIO(), 0, 0, 1000, PATIENT)


@pytest.mark.parametrize(("asked", "hidden"), [("0", True), ("1", False), (None, False)])
def test_a_bar_shows_what_is_here_and_what_arrives(monkeypatch, asked, hidden):
    shown = []

    class Bar(contextlib.nullcontext):
        def __init__(self, **options: object) -> None:
            super().__init__(self)
            shown.append(options)

        def update(self, count: int) -> None:
            shown.append(count)

    monkeypatch.setattr("tqdm.tqdm", Bar)
    monkeypatch.delenv("RESNET_BOOK_PROGRESS", raising=False)
    if asked is not None:
        monkeypatch.setenv("RESNET_BOOK_PROGRESS", asked)
    module._copy(reading(b"abcde", [], most=2), io.BytesIO(), 3, 3, 8, PATIENT)
    options = {"total": 8, "initial": 3, "unit": "B", "unit_scale": True, "disable": hidden}
    assert shown == [options, 2, 2, 1]


def answer(status: int, **headers: str) -> SimpleNamespace:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(status_code=status, headers=given)


@pytest.mark.parametrize(
    ("given", "extent"),
    [
        (answer(206, Content_Range="bytes 5-9/10"), (5, 10)),
        (answer(206, Content_Range="bytes 3-9/10"), (3, 10)),
        (answer(206, Content_Range="bytes 0-9/*"), (0, None)),
        (answer(200, Content_Length="10", Content_Range="bytes 5-9/77"), (0, 10)),
        (answer(200), (0, None)),
        (answer(200, Content_Length="chunked"), (0, None)),
    ],
)
def test_an_answer_says_where_it_begins_and_how_long_the_whole_is(given, extent):
    assert module._extent(given, 5) == extent


@pytest.mark.parametrize("part", ["bytes 6-9/10", "bytes */10", ""])
def test_a_part_behind_a_gap_is_refused(part):
    with pytest.raises(TransferError, match="another part than it was asked for"):
        module._extent(answer(206, Content_Range=part), 5)


class Answers:
    """Answers to requests in their order, as :func:`requests.get` gives them."""

    def __init__(self, *given: SimpleNamespace) -> None:
        self.given, self.asked, self.closed = list(given), [], 0

    def get(self, address: str, **options: object) -> SimpleNamespace:
        self.asked.append(options)
        made = self.given.pop(0)
        made.ok = made.status_code < 400
        made.reason, made.close = "Reason", self.close
        made.raw = io.BytesIO(getattr(made, "body", b""))
        return made

    def close(self) -> None:
        self.closed += 1


def with_body(given: SimpleNamespace, body: bytes) -> SimpleNamespace:
    given.body = body
    return given


def test_the_rest_is_asked_for_and_where_parts_are_refused_the_whole(tmp_path: Path, monkeypatch):
    kept = tmp_path / "kept"
    kept.write_bytes(b"abc")
    answers = Answers(answer(416), with_body(answer(200, Content_Length="6"), b"abcdef"))
    monkeypatch.setattr(requests, "get", answers.get)
    fetch("https://x", kept, 6, PATIENT)
    assert kept.read_bytes() == b"abcdef" and answers.closed == 2
    first, second = answers.asked
    assert first["headers"] == {"Accept-Encoding": "identity", "Range": "bytes=3-"}
    assert second["headers"] == {"Accept-Encoding": "identity"}
    assert first["stream"] is second["stream"] is True
    assert first["timeout"] == second["timeout"] == 10.0


def test_without_anything_here_one_refusal_is_enough(tmp_path: Path, monkeypatch):
    answers = Answers(answer(404))
    monkeypatch.setattr(requests, "get", answers.get)
    with pytest.raises(TransferError, match="answers 404 Reason"):
        fetch("https://x", tmp_path / "kept", 6, PATIENT)
    assert len(answers.asked) == 1 and arrived(tmp_path / "kept") == 0


@pytest.mark.parametrize(
    ("body", "length", "said"),
    [
        (b"abcdefg", "7", "another file, of 7 bytes instead of 6"),
        (b"abcd", "", "ended after 4 of 6"),
    ],
)
def test_a_file_of_another_length_is_told(tmp_path: Path, monkeypatch, body, length, said):
    answers = Answers(with_body(answer(200, Content_Length=length), body))
    monkeypatch.setattr(requests, "get", answers.get)
    with pytest.raises(TransferError, match=said):
        fetch("https://x", tmp_path / "kept", 6, PATIENT)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (requests.ConnectTimeout("t"), TooSlow, "no answer in time"),
        (requests.ConnectionError("c" * 300), TransferError, "ConnectionError: ccc"),
    ],
)
def test_errors_of_the_line_are_ours_and_short(tmp_path: Path, monkeypatch, error, kind, said):
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(requests, "get", broken)
    with pytest.raises(TransferError, match=said) as caught:
        fetch("https://x", tmp_path / "kept", 6, PATIENT)
    assert type(caught.value) is kind and len(str(caught.value)) <= 160
