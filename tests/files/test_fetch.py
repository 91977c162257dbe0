"""A download survives slow, cut, stubborn and wrong addresses, and keeps what has arrived."""

import hashlib
import http.server
import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from utils.data import cifar, cifar10
from utils.files.fetch import Patience, TooSlow, TransferError, arrived, fetch

CONTENT = bytes(os.urandom(1 << 10)) * 300
QUICK = Patience(seconds=1.0, least_rate=8_000)


class Mirror(http.server.BaseHTTPRequestHandler):
    """The path names the behaviour; every request is noted with the byte it asks from."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        kind = self.path.strip("/")
        wanted = self.headers.get("Range")
        first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        self.server.requests.append((kind, first))
        body = self.server.other if kind in ("other", "mixed") else CONTENT
        if kind == "refuses-ranges" and wanted:
            self.send_error(501)
            return
        if wanted and kind not in ("ignores-ranges", "trickles-from-0"):
            if kind == "wrong-part":
                first += 7
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            body = body[first:]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self._send(kind, body)
        except OSError:
            self.server.left.append(kind)

    def _send(self, kind: str, body: bytes) -> None:
        begin = self.server.begin
        if kind.startswith("trickles"):
            for place in range(0, len(body), 20):
                self.wfile.write(body[place : place + 20])
                time.sleep(0.1)
        elif kind == "begins-then-trickles":
            self.wfile.write(body[:begin])
            self._send("trickles", body[begin:])
        elif kind == "stalls":
            self.wfile.write(body[:begin])
            self.server.stop.wait(30)
        elif kind == "cuts":
            self.wfile.write(body[:begin])
            self.wfile.flush()
            self.connection.close()
        else:
            self.wfile.write(body)


@pytest.fixture
def mirrors():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    made.daemon_threads = True
    made.requests, made.left, made.stop = [], [], threading.Event()
    made.begin, made.other = 100_000, bytes(len(CONTENT))
    made.address = f"http://127.0.0.1:{made.server_port}"
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.stop.set()
    made.shutdown()
    made.server_close()


SOURCE = replace(cifar10.SOURCE, sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))


@pytest.fixture
def kept(tmp_path) -> Path:
    return cifar.kept_part(SOURCE, tmp_path)


def download(mirrors, kept: Path, *kinds: str, patience: Patience = QUICK) -> bytes:
    source = replace(SOURCE, addresses=tuple(f"{mirrors.address}/{kind}" for kind in kinds))
    return cifar.download(source, kept.parent, 0.0, patience=patience).read_bytes()


def test_a_mirror_that_trickles_is_left_for_the_next_one_in_the_time_of_our_patience(mirrors, kept):
    started = time.monotonic()
    assert download(mirrors, kept, "trickles", "good") == CONTENT
    assert 1 <= time.monotonic() - started < 10
    assert [kind for kind, _ in mirrors.requests] == ["trickles", "good"]


def test_what_trickled_in_is_not_asked_for_again(mirrors, kept):
    assert download(mirrors, kept, "begins-then-trickles", "good") == CONTENT
    (_, at_first), (_, then) = mirrors.requests
    assert at_first == 0
    assert 100_000 < then < 110_000


def test_a_mirror_that_falls_silent_is_left_with_what_it_sent(mirrors, kept):
    assert download(mirrors, kept, "stalls", "good") == CONTENT
    assert mirrors.requests == [("stalls", 0), ("good", 100_000)]


def test_our_patience_is_a_quarter_of_a_minute_and_a_trickle_is_below_it():
    assert cifar.PATIENCE.seconds == 15
    assert cifar.PATIENCE.portion > 200 * 15
    assert cifar.download.__kwdefaults__["patience"] is cifar.PATIENCE


def test_a_steady_line_just_above_the_least_rate_is_not_left(mirrors, kept):
    assert download(mirrors, kept, "good", patience=Patience(0.5, 1)) == CONTENT
    with pytest.raises(TooSlow, match=r"sent [\d,]+ bytes in \d+ seconds"):
        fetch(f"{mirrors.address}/trickles", kept, len(CONTENT), Patience(0.5, 20_000))
    kept.unlink()
    thread = threading.Timer(2.5, mirrors.stop.set)
    thread.start()
    with pytest.raises(TooSlow, match="no answer in time"):
        fetch(f"{mirrors.address}/stalls", kept, len(CONTENT), Patience(1.5, 20))


def test_a_line_that_is_cut_again_and_again_arrives_as_long_as_it_brings_something(
    mirrors, kept, monkeypatch
):
    monkeypatch.setattr(cifar, "PROGRESS_BYTES", 100_000)
    assert download(mirrors, kept, "cuts") == CONTENT
    assert [first for _, first in mirrors.requests] == [0, 100_000, 200_000, 300_000]


def test_a_cut_transfer_says_how_much_is_kept_and_the_next_try_goes_on(mirrors, kept):
    with pytest.raises(cifar.DataError, match=r"0\.2 of 0\.3 MB are kept; the next try goes on"):
        download(mirrors, kept, "cuts")
    assert arrived(kept) == 200_000
    assert download(mirrors, kept, "good") == CONTENT
    assert mirrors.requests[-1] == ("good", 200_000)
    assert not kept.exists()


@pytest.mark.parametrize("kind", ["ignores-ranges", "refuses-ranges"])
def test_a_mirror_without_ranges_sends_all_and_only_the_rest_is_taken(mirrors, kept, kind):
    kept.write_bytes(CONTENT[:70_000])
    assert download(mirrors, kept, kind) == CONTENT
    asked = [70_000] if kind == "ignores-ranges" else [70_000, 0]
    assert [first for _, first in mirrors.requests] == asked
    assert not kept.exists()


def test_a_slow_mirror_without_ranges_takes_nothing_away(mirrors, kept):
    kept.write_bytes(CONTENT[:70_000])
    with pytest.raises(TooSlow):
        fetch(f"{mirrors.address}/trickles-from-0", kept, len(CONTENT), QUICK)
    assert kept.read_bytes() == CONTENT[:70_000]


def test_a_part_that_would_leave_a_gap_is_refused(mirrors, kept):
    kept.write_bytes(CONTENT[:70_000])
    with pytest.raises(TransferError, match="another part than it was asked for"):
        fetch(f"{mirrors.address}/wrong-part", kept, len(CONTENT), QUICK)
    assert kept.read_bytes() == CONTENT[:70_000]


def test_a_mirror_with_changed_content_is_found_out_by_the_hash_and_the_next_starts_anew(
    mirrors, kept
):
    kept.write_bytes(CONTENT[:70_000])
    assert download(mirrors, kept, "mixed", "good") == CONTENT
    assert mirrors.requests == [("mixed", 70_000), ("mixed", 0), ("good", 0)]


def test_another_file_is_refused_by_its_size_and_costs_nothing_that_is_kept(mirrors, kept):
    kept.write_bytes(CONTENT[:70_000])
    mirrors.other = b"<html>Please log in</html>"
    with pytest.raises(cifar.DataError, match="another file, of 26 bytes instead of 307,200"):
        download(mirrors, kept, "other")
    assert kept.read_bytes() == CONTENT[:70_000]


def test_the_wrong_hash_is_named_and_nothing_of_it_is_kept(mirrors, kept):
    with pytest.raises(cifar.DataError, match="hash") as caught:
        download(mirrors, kept, "other")
    assert "are kept" not in str(caught.value)
    assert list(kept.parent.iterdir()) == []


@pytest.mark.parametrize("kind", ["cut after its last byte", "too long"])
def test_a_kept_part_that_is_whole_or_too_long_does_no_harm(mirrors, kept, kind):
    kept.write_bytes(CONTENT + (b"x" if kind == "too long" else b""))
    assert download(mirrors, kept, "good") == CONTENT
    assert mirrors.requests == ([("good", 0)] if kind == "too long" else [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here that is always full")
def test_a_full_disk_is_no_fault_of_the_mirror(mirrors, kept):
    kept.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        download(mirrors, kept, "good")
    assert mirrors.requests == [("good", 0)]


def test_an_old_urllib3_reads_small_pieces_and_sees_the_trickle_too(mirrors, kept, monkeypatch):
    monkeypatch.setattr("urllib3.HTTPResponse.read1", None, raising=False)
    assert download(mirrors, kept, "good") == CONTENT
    with pytest.raises(TooSlow):
        fetch(f"{mirrors.address}/trickles", kept, len(CONTENT), QUICK)


def test_an_address_that_does_not_exist_is_named(kept):
    source = replace(SOURCE, addresses=("http://127.0.0.1:9/x",))
    with pytest.raises(cifar.DataError, match=r"http://127\.0\.0\.1:9/x: TransferError"):
        cifar.download(source, kept.parent, 0.0, patience=QUICK)
    assert issubclass(requests.ConnectionError, OSError)
