"""Each kind of picture file becomes the RGB square that its author sees, or says why not."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, UnidentifiedImageError
from torchvision.datasets.folder import default_loader
from torchvision.transforms import v2

from utils.data.pictures import PictureError, read_picture, square, to_tensor

RED = (255, 0, 0)


def saved(image: Image.Image, path: Path, **options) -> Path:
    image.save(path, **options)
    return path


def first_pixel(path: Path, **options) -> tuple[int, ...]:
    return read_picture(path, **options).image.getpixel((0, 0))


def noise(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(width * height)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_an_rgb_picture_is_what_torchvision_reads_and_nothing_happens_to_it(tmp_path):
    path = saved(noise(9, 7), tmp_path / "a.png")
    found = read_picture(path)
    assert found.treated == () and found.brightest is None
    assert np.array_equal(np.array(found.image), np.array(default_loader(str(path))))


def test_grey_is_repeated_in_three_channels(tmp_path):
    path = saved(Image.new("L", (2, 2), 77), tmp_path / "a.png")
    assert first_pixel(path) == (77, 77, 77)
    assert read_picture(path).treated == ("grey",)
    black_and_white = saved(Image.new("1", (2, 2), 1), tmp_path / "b.png")
    assert first_pixel(black_and_white) == (255, 255, 255)


def test_16_bit_values_are_scaled_where_convert_clips_them(tmp_path):
    values = np.array([[0, 128, 129, 257, 40_000, 65_535]], dtype=np.uint16)
    for suffix in ("png", "tif"):
        path = saved(Image.fromarray(values), tmp_path / f"a.{suffix}")
        found = read_picture(path)
        assert np.array(found.image)[0, :, 1].tolist() == [0, 0, 1, 1, 156, 255]  # v / 257
        assert (found.treated, found.brightest) == (("16-bit",), 65_535)
        assert np.array(default_loader(str(path)))[0, 3:, 1].tolist() == [255, 255, 255]


def test_a_12_bit_scan_fills_the_range_when_its_white_is_named(tmp_path):
    values = np.array([[0, 2_048, 4_095]], dtype=np.uint16)
    path = saved(Image.fromarray(values), tmp_path / "a.png")
    assert np.array(read_picture(path, white=4_095).image)[0, :, 0].tolist() == [0, 128, 255]
    assert np.array(read_picture(path).image)[0, :, 0].tolist() == [0, 8, 16]


def test_a_value_above_white_names_the_file_and_the_argument(tmp_path):
    path = saved(Image.fromarray(np.array([[5_000]], dtype=np.uint16)), tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png has values from 5,000 .*white=\.\.\."):
        read_picture(path, white=4_095)
    wide = saved(Image.new("I", (1, 1), 70_000), tmp_path / "b.tif")
    with pytest.raises(ValueError, match="70,000, and white is 65,535"):
        read_picture(wide)


@pytest.mark.parametrize("white", [0, 65_536])
def test_a_white_that_no_16_bit_value_can_have_is_refused(tmp_path, white):
    with pytest.raises(ValueError, match="white is a value from 1 to 65,535"):
        read_picture(tmp_path / "any", white=white)


@pytest.mark.parametrize("background", [(0, 0), (0, 0, 256)])
def test_a_background_that_is_no_colour_is_refused(tmp_path, background):
    with pytest.raises(ValueError, match="background is red, green and blue"):
        read_picture(tmp_path / "any", background=background)


def test_transparent_pixels_show_the_background_and_not_what_is_hidden_under_them(tmp_path):
    path = saved(Image.new("RGBA", (2, 2), (200, 10, 10, 0)), tmp_path / "a.png")
    assert first_pixel(path) == (255, 255, 255)
    assert first_pixel(path, background=(0, 0, 90)) == (0, 0, 90)
    assert read_picture(path).treated == ("transparent",)
    assert default_loader(str(path)).getpixel((0, 0)) == (200, 10, 10)


def test_half_transparent_is_mixed_half_and_half(tmp_path):
    path = saved(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), tmp_path / "a.png")
    red, _, _ = first_pixel(path)
    assert red == 255 - 128


def test_an_opaque_rgba_picture_is_not_called_transparent(tmp_path):
    path = saved(Image.new("RGBA", (1, 1), (*RED, 255)), tmp_path / "a.png")
    assert first_pixel(path) == RED and read_picture(path).treated == ()


def test_a_palette_is_looked_up_also_where_one_of_its_colours_is_transparent(tmp_path, recwarn):
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 200, *RED])
    image.putpixel((1, 0), 1)
    plain = saved(image, tmp_path / "a.png")
    assert first_pixel(plain) == (0, 0, 200) and read_picture(plain).treated == ("palette",)
    for name, clear in (("b", 0), ("c", bytes([0, 255]))):
        path = saved(image, tmp_path / f"{name}.png", transparency=clear)
        assert first_pixel(path) == (255, 255, 255)
        assert read_picture(path).image.getpixel((1, 0)) == RED
        assert read_picture(path).treated == ("palette", "transparent")
    assert not list(recwarn)


def test_cmyk_becomes_rgb_and_is_named(tmp_path):
    path = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=100)
    assert read_picture(path).treated == ("CMYK",)
    assert np.abs(np.subtract(first_pixel(path), RED)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright_whatever_its_exif_says(tmp_path, orientation):
    upright = noise(6, 4)
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = upright
    for step in undo.get(orientation, []):
        stored = stored.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read_picture(saved(stored, tmp_path / "a.png", exif=exif))
    assert np.array_equal(np.array(found.image), np.array(upright))
    assert found.treated == (("turned",) if orientation > 1 else ())


def test_of_an_animation_the_first_frame_is_taken_and_it_is_said(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, (0, 0, 255))]
    path = saved(frames[0], tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert first_pixel(path) == RED and read_picture(path).treated == ("frames",)


def test_floating_point_is_refused_because_its_range_is_unknown(tmp_path):
    path = saved(Image.new("F", (1, 1), 0.5), tmp_path / "a.tif")
    with pytest.raises(PictureError, match="save it with 8 or 16 bits"):
        read_picture(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "gif", "bmp"])
def test_a_file_cut_in_its_middle_is_damaged_and_never_half_a_picture(tmp_path, suffix):
    path = saved(noise(64, 64), tmp_path / f"a.{suffix}")
    content = path.read_bytes()
    for share in (0.02, 0.3, 0.9):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises((PictureError, UnidentifiedImageError)):
            read_picture(path)


def test_a_picture_that_claims_to_be_enormous_is_refused(tmp_path):
    path = saved(Image.new("1", (8, 8)), tmp_path / "a.png")
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    path.write_bytes(content)
    with pytest.raises((PictureError, UnidentifiedImageError)):
        read_picture(path)


@pytest.mark.parametrize(
    "width, height", [(9, 7), (7, 9), (40, 31), (100, 33), (16, 16), (5, 90), (16, 19), (19, 16)]
)
@pytest.mark.parametrize("size", [16, 15])
def test_a_square_is_what_resize_and_centre_crop_of_torchvision_give(width, height, size):
    image = noise(width, height)
    expected = v2.Compose([v2.Resize(size), v2.CenterCrop(size), v2.PILToTensor()])(image)
    assert torch.equal(to_tensor(square(image, size)), expected)


def test_a_square_needs_at_least_one_pixel():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        square(noise(4, 4), 0)
