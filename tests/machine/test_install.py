"""The locked packages install with every pip, whatever is released tomorrow, and failures help."""

import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from utils.machine import install

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-checks.lock")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[([^\]]+)\])?==", re.MULTILINE)


@cache
def pinned(*locks: str) -> dict[str, set[str]]:
    """The extras that locks pin, by package."""
    found: dict[str, set[str]] = {}
    for lock in locks:
        for name, extras in PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
            wanted = {part.strip() for part in extras.split(",") if part.strip()}
            found.setdefault(canonicalize_name(name), set()).update(wanted)
    return found


def asked_for(name: str, extras: set[str]) -> Iterator[Requirement]:
    """What an installed package needs with these extras, on this machine."""
    for text in metadata.requires(name) or []:
        needed = Requirement(text)
        marker = needed.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in ["", *extras]):
            yield needed


def unpinned(lock: str, requires=asked_for) -> list[str]:
    """What the packages of a lock ask for that it does not pin, name and extra."""
    pins, missing = pinned(lock), []
    for name, extras in pins.items():
        try:
            needs = list(requires(name, extras))
        except metadata.PackageNotFoundError:
            continue  # for another system or another Python
        for needed in needs:
            have = pins.get(canonicalize_name(needed.name))
            if have is None or not needed.extras <= have:
                missing.append(f"{name} asks for {needed}")
    return missing


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_and_extra_that_is_asked_for_is_pinned(lock):
    """Old pips refuse a hashed list that pins ``coverage`` alone for ``coverage[toml]``."""
    assert unpinned(lock) == []


def test_an_extra_that_is_not_pinned_is_found():
    def requires(name: str, _: set[str]) -> list[Requirement]:
        return [Requirement("coverage[more]>=7")] if name == "pytest-cov" else []

    found = unpinned("requirements-checks.lock", requires)
    assert found == ["pytest-cov asks for coverage[more]>=7"]


def test_the_locks_agree_with_each_other():
    version = re.compile(r"^([\w.-]+)(?:\[[^\]]+\])?==(\S+)", re.MULTILINE)
    reader, checks = (
        {
            (canonicalize_name(name), number)
            for name, number in version.findall((ROOT / lock).read_text(encoding="utf-8"))
        }
        for lock in LOCKS
    )
    shared = {name for name, _ in reader} & {name for name, _ in checks}
    assert {pair for pair in checks if pair[0] in shared} <= reader


@pytest.mark.parametrize("name", ["anki", "onnxruntime", "pytest", "playwright", "ruff"])
def test_no_reader_installs_what_only_the_checks_need(name):
    assert name not in pinned("requirements.lock")
    assert name in pinned("requirements-checks.lock")


PATIENCE_S = 400.0
"""Seconds for a dry run, so that a slow registry skips a test before pytest gives all tests up."""
HUGE = re.compile(r"(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)[\[=]")


def without_huge_files(lock: Path) -> str:
    """A lock without PyTorch and the libraries that only PyTorch needs: three gigabytes."""
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
    return "\n".join(entry for entry in entries if not HUGE.match(entry))


@pytest.fixture(scope="module")
def bundled_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment, whose pip is the one that this Python brought."""
    folder = tmp_path_factory.mktemp("bundled") / "venv"
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def dry_run(python: Path, lock: Path) -> subprocess.CompletedProcess:
    """A hashed installation without the installation; skips where no registry answers in time."""
    try:
        done = subprocess.run(
            [
                python, "-m", "pip", "install", "--dry-run", "--quiet",
                "--disable-pip-version-check", "--require-hashes", "-r", lock,
            ],
            capture_output=True, encoding="utf-8", timeout=PATIENCE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"the package registry did not answer in {PATIENCE_S:g} s")
    if re.search(r"Failed to establish|name resolution|timed out", done.stderr):
        pytest.skip("no package registry can be reached")
    return done


@pytest.mark.parametrize("name", LOCKS)
def test_a_new_environment_would_install_the_lock(bundled_pip, tmp_path, name):
    lock = tmp_path / name
    lock.write_text(without_huge_files(ROOT / name), encoding="utf-8")
    done = dry_run(bundled_pip, lock)
    assert done.returncode == 0, done.stderr[-3000:]


def supported() -> list[str]:
    """The Pythons that the book supports, such as ["3.11", "3.12"]."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest, below = (int(minor) for minor in re.findall(r"3\.(\d+)", project["requires-python"]))
    return [f"3.{minor}" for minor in range(oldest, below)]


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
PYENV = Path.home() / ".pyenv" / "versions"
OTHERS = [version for version in supported() if version != RUNNING]


def other_python(version: str, installed: Path = PYENV) -> Path:
    """A Python of this version that can make environments; skips where the machine has none."""
    named = shutil.which(f"python{version}")
    candidates = [*([Path(named)] if named else []), *installed.glob(f"{version}.*/bin/python")]
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        done = subprocess.run([candidate, "-c", code], capture_output=True, encoding="utf-8")
        if done.stdout.strip() == version:
            return candidate
    pytest.skip(f"this machine has no Python {version}")


@pytest.mark.slow
@pytest.mark.parametrize("version", OTHERS)
def test_a_new_environment_of_another_python_would_install_what_readers_need(tmp_path, version):
    """Each Python brings its own pip. What only the checks need is tried with this Python alone."""
    folder = tmp_path / "venv"
    subprocess.run([other_python(version), "-m", "venv", folder], check=True)
    lock = tmp_path / LOCKS[0]
    lock.write_text(without_huge_files(ROOT / LOCKS[0]), encoding="utf-8")
    done = dry_run(folder / "bin" / "python", lock)
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_python_is_found_by_its_version_and_one_that_is_none_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    made = tmp_path / f"{RUNNING}.9" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.symlink_to(sys.executable)
    assert other_python(RUNNING, tmp_path) == made
    (tmp_path / f"python{OTHERS[0]}").symlink_to(sys.executable)
    with pytest.raises(pytest.skip.Exception, match=f"no Python {OTHERS[0]}"):
        other_python(OTHERS[0], tmp_path)


def test_the_dry_run_notices_a_missing_package(bundled_pip, tmp_path):
    pins = re.split(r"\n(?=\S)", (ROOT / LOCKS[1]).read_text(encoding="utf-8"))
    lock = tmp_path / "small.lock"
    lock.write_text(next(pin for pin in pins if pin.startswith("nbval==")), encoding="utf-8")
    done = dry_run(bundled_pip, lock)
    assert done.returncode
    assert "must have their versions pinned" in done.stderr


def pip(folder: Path, body: str) -> list[str]:
    """A stand-in for pip."""
    path = folder / "pip.py"
    path.write_text(f"import sys, time\n{body}\n", encoding="utf-8")
    return [sys.executable, "-u", str(path)]


NOISE = "WARNING: Location 'file:///opt/mirror/simple/' is ignored: it is neither a file"


def test_warnings_about_the_users_own_configuration_are_not_shown(tmp_path, capfd):
    status, kept = install.install(
        pip(tmp_path, f"for _ in range(50): print({NOISE!r})\nprint('Successfully installed')"), 1
    )
    assert (status, kept) == (0, ["Successfully installed"])
    assert "WARNING" not in capfd.readouterr().out


def test_a_long_install_shows_what_it_is_doing(tmp_path, capfd):
    body = (
        "print('Collecting torch==2.15.0 (from -r requirements.lock (line 9))')\n"
        "print('  Downloading torch-2.15.0-cp311-none-any.whl (900.1 MB)')\n"
        "time.sleep(0.6)\n"
        "print('Installing collected packages: torch')\n"
        "time.sleep(0.6)"
    )
    install.install(pip(tmp_path, body), 2, every=0.1)
    shown = capfd.readouterr().out
    assert re.search(r"\[1/2, 0:0\d\] fetching torch \(900\.1 MB\)", shown)
    assert re.search(r"\[1/2, 0:0\d\] unpacking", shown)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
         "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
         "not the one that was locked"),
        ("ERROR: No matching distribution found for anki==26.9.3", "fits this machine"),
        ("urllib3: Failed to establish a new connection: [Errno -3] Temporary failure in name "
         "resolution\nERROR: No matching distribution found for zipp==4.0.0",
         "registry could not be reached"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "PIP_CERT"),
        ("ERROR: In --require-hashes mode, all requirements must have their versions pinned with "
         "==. These do not:\n    coverage[toml]>=7.10.6 from ...", "our fault"),
        ("ERROR: Package 'scipy' requires a different Python: 3.10.1 not in '>=3.11'",
         "make PYTHON=python3.12"),
        ("OSError: [Errno 13] Permission denied: '/opt/book/.venv/lib'", "folder of your own"),
        ("ERROR: Failed building wheel for pyyaml", "had to be compiled"),
        ("something that nobody has seen before", "please report"),
    ],
)  # fmt: skip
def test_a_failed_install_shows_the_last_lines_and_advice_that_fits(
    tmp_path, monkeypatch, capfd, line, words
):
    body = f"print({NOISE!r})\nprint('Collecting zipp==4.0.0')\nprint({line!r})\nsys.exit(1)"
    monkeypatch.setattr(install, "PIP", pip(tmp_path, body))
    lock = tmp_path / "small.lock"
    lock.write_text("zipp==4.0.0\n", encoding="utf-8")
    assert install.main([str(lock)]) == 1
    shown = capfd.readouterr().out
    assert line.splitlines()[-1].strip() in shown
    assert words in shown
    assert shown.count("The installation failed.") == 1
    assert NOISE not in shown


def test_the_locks_and_options_reach_pip(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "PIP", pip(tmp_path, "sys.exit(sys.argv[1:] != WANTED)"))
    lock = tmp_path / "small.lock"
    lock.write_text(
        "zipp==4.0.0\nwheel[more]==1 \\\n    --hash=sha256:0\n# no==1\n", encoding="utf-8"
    )
    wanted = ["--require-hashes", "--no-deps", "-r", str(lock)]
    path = tmp_path / "pip.py"
    path.write_text(f"WANTED = {wanted!r}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert install.main(["--no-deps", str(lock)]) == 0
    assert install.count_packages([lock]) == 2
