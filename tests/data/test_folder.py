"""A folder of anybody's pictures becomes a data set, and every odd file has its sentence."""

import hashlib
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from utils.data import DataError, from_arrays, load_folder
from utils.data.splitting import choose_test, duplicate_groups


def picture(number: int, side: int = 8) -> Image.Image:
    """Another picture for each number."""
    random = np.random.default_rng(number)
    return Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8))


def fill(root: Path, **counts: int) -> Path:
    """One folder for each class, with as many different pictures."""
    for place, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture(1000 * place + number).save(root / name / f"{number}.png")
    return root


@pytest.fixture
def root(tmp_path) -> Path:
    return fill(tmp_path / "mine", cat=5, dog=5)


def test_images_and_labels_are_those_of_torchvisions_image_folder(root):
    found, report = load_folder(root, 4)
    transform = v2.Compose([v2.Resize(4), v2.CenterCrop(4), v2.PILToTensor()])
    expected = ImageFolder(root, transform)
    assert list(found.classes) == expected.classes
    by_name = {Path(path).relative_to(root).as_posix(): i for i, (path, _) in
               enumerate(expected.samples)}  # fmt: skip
    names = [*report.train_names, *report.test_names]
    assert sorted(names) == sorted(by_name)
    for split, names in ((found.train, report.train_names), (found.test, report.test_names)):
        for image, label, name in zip(split.images, split.labels, names, strict=True):
            wanted, number = expected[by_name[name]]
            assert torch.equal(image, wanted) and label == number


def test_a_clean_folder_has_a_report_of_counts_only(root):
    found, report = load_folder(root, 8)
    assert (found.name, found.classes) == ("mine-8", ("cat", "dog"))
    assert str(report).splitlines() == [
        "8 training and 2 test pictures of 8 x 8 pixels",
        "  0 cat      4 + 1",
        "  1 dog      4 + 1",
    ]
    assert report.guess == ("cat", 0.5)


def test_the_same_folder_gives_the_same_data_whatever_the_order_of_the_disk(root, monkeypatch):
    first, _ = load_folder(root, 8)
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: reversed(list(listed(self))))
    second, _ = load_folder(root, 8)
    assert torch.equal(first.train.images, second.train.images)
    assert torch.equal(first.test.images, second.test.images)
    assert first.sha256 == second.sha256


def test_the_choice_follows_the_sha256_of_seed_and_name_so_every_system_makes_it(root):
    def rank(name: str) -> str:
        return hashlib.sha256(f"3/{name}".encode()).hexdigest()

    _, report = load_folder(root, 8, 0.4, seed=3)
    for kind in ("cat", "dog"):
        first = sorted((f"{kind}/{number}.png" for number in range(5)), key=rank)[:2]
        assert {name for name in report.test_names if name.startswith(kind)} == set(first)


def test_a_seed_chooses_other_pictures_and_the_share_how_many(tmp_path):
    root = fill(tmp_path, a=20, b=20)
    chosen = {seed: load_folder(root, 4, seed=seed)[1].test_names for seed in range(3)}
    assert len(set(chosen.values())) == 3
    assert load_folder(root, 4, 0.35)[1].test_counts == (7, 7)
    assert load_folder(root, 4, 0.01)[1].test_counts == (1, 1)
    for nearly_all in (0.99, 1 - 1e-12):
        assert load_folder(root, 4, nearly_all)[1].train_counts == (1, 1)


@pytest.mark.parametrize("share", [0, 1, -0.2, 20])
def test_a_share_that_leaves_nothing_is_refused(root, share):
    with pytest.raises(ValueError, match=r"test_share is above 0 and below 1, for example 0\.2"):
        load_folder(root, 8, share)


def test_train_and_test_folders_are_kept_as_they_are(tmp_path):
    fill(tmp_path / "Train", cat=3, dog=4)
    for name, number in (("cat", 50), ("dog", 60)):
        (tmp_path / "val" / name).mkdir(parents=True)
        picture(number).save(tmp_path / "val" / name / "0.png")
    found, report = load_folder(tmp_path, 8, 0.9)
    assert (report.train_counts, report.test_counts) == ((3, 4), (1, 1))
    assert report.test_names == ("val/cat/0.png", "val/dog/0.png")
    assert found.test.labels.tolist() == [0, 1]


def test_beside_train_and_test_a_third_folder_is_passed_over_and_named(tmp_path):
    fill(tmp_path / "train", cat=2, dog=2)
    for number, part in enumerate(("test", "val")):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            picture(5000 + 10 * number + len(name) + ord(name[0])).save(
                tmp_path / part / name / "0.png"
            )
    _, report = load_folder(tmp_path, 8)
    assert [name.split("/")[0] for name in report.test_names] == ["test", "test"]
    assert report.left_out == {"val": "beside train and test"}


def test_a_class_that_is_called_train_is_a_class(tmp_path):
    found, _ = load_folder(fill(tmp_path, train=2, car=2), 8)
    assert found.classes == ("car", "train")


def test_copies_of_test_pictures_are_taken_out_of_training(tmp_path):
    fill(tmp_path / "train", cat=3, dog=3)
    fill(tmp_path / "test", cat=1, dog=1)  # the same numbers, so the same pictures
    _, report = load_folder(tmp_path, 8)
    assert report.train_counts == (2, 2) and report.test_counts == (1, 1)
    assert report.removed == ("train/cat/0.png", "train/dog/0.png")
    assert "Left out of training, because also in the test: 2, train/cat/0.png" in str(report)


def test_a_class_that_is_tested_and_never_trained_is_an_error(tmp_path):
    fill(tmp_path / "train", cat=2, dog=2)
    fill(tmp_path / "test", ant=0, bee=0, cow=2)
    with pytest.raises(
        DataError, match="no training picture of its own: cow; both parts need the same"
    ):
        load_folder(tmp_path, 8)


def test_a_class_that_is_trained_and_never_tested_is_told(tmp_path):
    fill(tmp_path / "train", cat=2, dog=2, eel=2)
    (tmp_path / "test" / "cat").mkdir(parents=True)
    picture(77).save(tmp_path / "test" / "cat" / "a.png")
    _, report = load_folder(tmp_path, 8)
    assert "No test picture, so never judged: dog, eel." in report.lines()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_equal_pictures_stay_on_one_side_whatever_the_file_type(root, share):
    for number in range(4):
        picture(number).save(root / "cat" / f"copy{number}.bmp")
    for seed in range(8):
        found, report = load_folder(root, 8, share, seed)
        sides = [{image.numpy().tobytes() for image in split.images}
                 for split in (found.train, found.test)]  # fmt: skip
        assert not sides[0] & sides[1]
    assert len(report.duplicates) == 4
    assert report.duplicates[0] == ("cat/0.png", "cat/copy0.bmp")
    assert "The same picture more than once, kept on one side: 4, cat/0.png = cat" in str(report)


def test_many_copies_of_one_picture_do_not_fill_the_test(tmp_path):
    root = fill(tmp_path, a=4, b=8)
    for number in range(20):
        picture(0).save(root / "a" / f"copy{number}.png")
    for seed in range(6):
        _, report = load_folder(root, 8, 0.2, seed)
        assert report.test_counts[0] == 3


def test_where_the_share_is_less_than_one_picture_the_smallest_group_is_for_testing():
    names = [f"{number}.png" for number in range(10)]
    groups = [tuple(range(9)), (9,)]
    for seed in range(6):
        assert choose_test([0] * 10, groups, names, ["a"], 0.05, seed) == [False] * 9 + [True]


def test_one_picture_in_two_classes_is_told_and_judges_nothing(root):
    for name in ("cat", "dog"):
        picture(99).save(root / name / "both.png")
    for seed in range(5):
        _, report = load_folder(root, 8, 0.5, seed)
        assert {"cat/both.png", "dog/both.png"} <= set(report.train_names)
    assert report.contradictions == (("cat/both.png", "dog/both.png"),)
    assert "The same picture in several classes, look at it: 1, cat/both.png" in str(report)


def test_unequal_classes_come_with_the_share_of_the_constant_answer(tmp_path):
    _, report = load_folder(fill(tmp_path, cat=30, dog=10), 8)
    assert report.ratio == 3
    assert report.lines()[-2:] == [
        "Unequal classes: the largest is 3.0 times the smallest.",
        "Always answering 'cat' is right for 75% of the test.",
    ]
    _, equal = load_folder(fill(tmp_path / "equal", cat=14, dog=10), 8)
    assert "Unequal" not in str(equal)


def test_every_kind_of_picture_is_named_with_what_was_done(root):
    Image.new("L", (8, 8), 3).save(root / "cat" / "grey.png")
    Image.new("RGBA", (8, 8), (0, 0, 0, 9)).save(root / "cat" / "clear.png")
    picture(5).quantize(16).save(root / "dog" / "palette.gif")
    picture(6).convert("CMYK").save(root / "dog" / "print.jpg")
    Image.fromarray(np.array([[7, 900]] * 2, dtype=np.uint16)).save(root / "dog" / "scan.png")
    picture(7, 4).save(root / "cat" / "small.png")
    picture(8, 30).crop((0, 0, 30, 12)).save(root / "cat" / "wide.png")
    _, report = load_folder(root, 8)
    assert report.treated == {
        "grey": ("cat/grey.png",),
        "transparent": ("cat/clear.png",),
        "palette": ("dog/palette.gif",),
        "CMYK": ("dog/print.jpg",),
        "16-bit": ("dog/scan.png",),
    }
    for line in (
        "Grey, repeated in three channels: 1, cat/grey.png.",
        "Transparent, laid on the background: 1, cat/clear.png.",
        "With a palette, its colours looked up: 1, dog/palette.gif.",
        "CMYK, converted to RGB without a colour profile: 1, dog/print.jpg.",
        "16-bit grey, scaled to 8 bits: 1, dog/scan.png.",
        "All 16-bit values are at most 900 of 65,535, so these pictures are nearly black; "
        "white=900 makes use of the whole range.",
        "Smaller than 8 pixels, enlarged: 2, cat/small.png, dog/scan.png.",
        "More than half cut away to get a square: 1, cat/wide.png.",
    ):
        assert line in report.lines()


def test_the_background_and_the_white_of_the_caller_are_used(root):
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(root / "cat" / "clear.png")
    Image.fromarray(np.full((8, 8), 500, np.uint16)).save(root / "dog" / "scan.png")
    found, report = load_folder(root, 8, background=(1, 2, 3), white=1000)
    images = torch.cat([found.train.images, found.test.images])
    by_name = dict(zip([*report.train_names, *report.test_names], images, strict=True))
    assert by_name["cat/clear.png"][:, 0, 0].tolist() == [1, 2, 3]
    assert by_name["dog/scan.png"].unique().tolist() == [128]
    assert "nearly black" not in str(report)


def test_broken_files_and_files_that_are_no_pictures_are_left_out_and_named(root):
    whole = (root / "cat" / "0.png").read_bytes()
    (root / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "cat" / "empty.jpg").write_bytes(b"")
    (root / "dog" / "notes.txt").write_text("not a picture", encoding="utf-8")
    (root / "loose.png").write_bytes(whole)
    _, report = load_folder(root, 8)
    assert len(report.train_names) + len(report.test_names) == 10
    assert set(report.broken) == {"cat/cut.png", "cat/empty.jpg"}
    assert "truncated" in report.broken["cat/cut.png"]
    assert report.left_out == {
        "dog/notes.txt": "not a picture",
        "loose.png": "not in a class folder",
    }
    assert "Cannot be used: 2, cat/cut.png (cannot be read: image file is truncated), cat/" in str(
        report
    )
    assert "Passed over: 2, loose.png (not in a class folder), dog/notes.txt (not a" in str(report)


def test_hidden_files_and_folders_are_no_classes_and_no_pictures(root):
    fill(root, **{".ipynb_checkpoints": 2, "__MACOSX": 2})
    (root / "cat" / "._0.png").write_bytes(b"Mac OS X")
    (root / ".DS_Store").write_bytes(b"x")
    found, report = load_folder(root, 8)
    assert found.classes == ("cat", "dog") and not report.broken
    assert set(report.left_out) == {".DS_Store", ".ipynb_checkpoints", "__MACOSX", "cat/._0.png"}


def test_an_empty_class_folder_gets_no_label_and_is_told(root):
    (root / "aardvark").mkdir()
    found, report = load_folder(root, 8)
    assert found.classes == ("cat", "dog") and 0 in found.train.labels
    assert "Passed over: 1, aardvark/ (empty)." in report.lines()


def test_folders_inside_a_class_folder_and_links_are_read_and_a_circle_ends(root):
    fill(root / "dog" / "2024", may=2)
    for number in range(2):
        picture(300 + number).save(root / "dog" / "2024" / "may" / f"{number}.png")
    (root / "dog" / "2024" / "again").symlink_to(root / "dog", target_is_directory=True)
    _, report = load_folder(root, 8)
    assert "dog/2024/may/0.png" in {*report.train_names, *report.test_names}
    assert sum(report.train_counts) + sum(report.test_counts) == 12


def test_classes_that_differ_in_capitals_only_are_told(tmp_path):
    root = fill(tmp_path, cat=2, Cat=2)
    if len(list(root.iterdir())) == 1:
        pytest.skip("this disk does not tell capital letters apart")
    _, report = load_folder(root, 8)
    assert "Classes that differ only in capital letters: Cat, cat." in report.lines()


def test_an_accent_is_spelled_in_one_way_on_every_system(tmp_path):
    fill(tmp_path, **{unicodedata.normalize("NFD", "Käse"): 2, "Zebra": 2})
    found, _ = load_folder(tmp_path, 8)
    assert found.classes == (unicodedata.normalize("NFC", "Käse"), "Zebra")


@pytest.mark.parametrize(
    "counts, says",
    [
        ({}, "has no folder with pictures; make one folder for each class"),
        ({"cat": 9}, "pictures of one class only, 'cat'; make one folder for each class"),
        ({"cat": 9, "dog": 1, "eel": 1}, "fewer than two different pictures .*: dog, eel; add"),
    ],
)
def test_too_little_to_train_and_judge_says_what_is_missing(tmp_path, counts, says):
    with pytest.raises(DataError, match=says):
        load_folder(fill(tmp_path, **counts), 8)


def test_two_copies_of_one_picture_are_not_two_pictures(tmp_path):
    root = fill(tmp_path, cat=3, dog=1)
    picture(1000).save(root / "dog" / "copy.png")
    with pytest.raises(DataError, match=r"fewer than two different pictures .*: dog"):
        load_folder(root, 8)


def test_a_class_of_broken_files_is_an_error_and_not_silently_gone(root):
    (root / "eel").mkdir()
    (root / "eel" / "0.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"fewer than two different pictures .*: eel"):
        load_folder(root, 8)


def test_pictures_without_class_folders_say_how_to_order_them(tmp_path):
    picture(0).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="no folder with pictures; make one folder for each class"):
        load_folder(tmp_path, 8)


def test_a_path_that_is_no_folder_says_so(tmp_path):
    with pytest.raises(DataError, match="nowhere is not a folder"):
        load_folder(tmp_path / "nowhere", 8)


def test_a_size_below_one_and_too_much_memory_are_refused_before_anything_is_read(root):
    with pytest.raises(ValueError, match="size is a number of pixels, at least 1, not 0"):
        load_folder(root, 0)
    with pytest.raises(DataError, match=r"10 pictures of 2000 x 2000 pixels take 0\.1 GB"):
        load_folder(root, 2000, most_gb=0.1)


def arrays(count: int = 6, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 3, 4, 4), dtype=np.uint8)
    return images, np.arange(count) % classes


def test_arrays_become_the_same_kind_of_data_set():
    images, labels = arrays()
    found, report = from_arrays(images, labels, ["a", "b"])
    assert found.classes == ("a", "b") and report.test_counts == (1, 1)
    for split, names in ((found.train, report.train_names), (found.test, report.test_names)):
        index = [int(name.removeprefix("image ")) for name in names]
        assert torch.equal(split.images, torch.from_numpy(images[index]))
        assert split.labels.tolist() == labels[index].tolist()


def test_labels_from_1_are_refused_with_the_argument_that_maps_them():
    images, labels = arrays()
    with pytest.raises(ValueError, match=r"labels go from 1 to 2, .* pass first=1"):
        from_arrays(images, labels + 1, ["a", "b"])
    mapped, _ = from_arrays(images, labels + 1, ["a", "b"], first=1)
    assert mapped.sha256 == from_arrays(images, labels, ["a", "b"])[0].sha256


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda images, labels: (images, labels - 1), "from -1 to 0, and 2 classes need 0 to 1"),
        (lambda images, labels: (images, labels * 5), "from 0 to 5, and 2 classes need 0 to 1"),
        (lambda images, labels: (images, labels / 1), "labels are float64, and whole numbers"),
        (lambda images, labels: (images, labels[:5]), r"labels of the shape \(6,\), not \(5,\)"),
        (lambda images, labels: (images, np.eye(2)[labels]), r"of the shape \(6,\), not \(6, 2\)"),
        (lambda images, labels: (images / 255, labels), r"\(images \* 255\)\.round\(\)"),
        (lambda images, labels: (images[:, 0], labels), "grey ones need three equal channels"),
        (lambda images, labels: (images.transpose(0, 2, 3, 1), labels), "with channels last"),
        (lambda images, labels: (images[:, :2], labels), r"\(N, 3, H, H\) is needed, RGB squares"),
        (lambda images, labels: (images[..., :3], labels), r"\(N, 3, H, H\) is needed"),
        (lambda images, labels: (images[:0], labels[:0]), r"\(N, 3, H, H\) is needed"),
    ],
)
def test_arrays_of_another_form_say_how_to_convert_them(change, says):
    with pytest.raises(ValueError, match=says):
        from_arrays(*change(*arrays()), ["a", "b"])


def test_arrays_of_one_class_or_with_a_class_without_images_are_refused():
    images, labels = arrays()
    with pytest.raises(DataError, match="at least two classes, not 1"):
        from_arrays(images, labels * 0, ["a"])
    with pytest.raises(DataError, match=r"fewer than two different pictures .*: c"):
        from_arrays(images, labels, ["a", "b", "c"])


def test_groups_hold_every_image_once_and_equal_ones_together():
    images = torch.tensor([5, 6, 5, 7, 6, 5], dtype=torch.uint8)[:, None, None, None]
    assert duplicate_groups(images) == [(0, 2, 5), (1, 4), (3,)]


def test_the_choice_for_testing_does_not_depend_on_the_order_of_the_files():
    names = [f"{i}.png" for i in range(10)]

    def chosen(order: list[int]) -> set[str]:
        ordered = [names[i] for i in order]
        picked = choose_test([0] * 10, [(i,) for i in range(10)], ordered, ["a"], 0.3, 0)
        return {name for name, is_test in zip(ordered, picked, strict=True) if is_test}

    assert chosen(list(range(10))) == chosen(list(range(9, -1, -1)))
    assert len(chosen(list(range(10)))) == 3
