"""Images of any size come with their labels and parts, and bad ones are refused."""

import gzip
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dendritic_bp import images as images_module
from dendritic_bp.errors import UserError
from dendritic_bp.images import ALIKE, dataset, from_files, from_openml, pace
from dendritic_bp.tasks import Dataset

RNG = np.random.default_rng(0)


def labelled(n, classes=3, pixels=12):
    return RNG.integers(1, 256, (n, pixels), dtype=np.uint8), np.arange(n) % classes


def write(folder, name, array, compress=False):
    """Write a file in the format of MNIST, and return its path."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path = folder / name
    path.write_bytes(gzip.compress(content) if compress else content)
    return str(path)


def files(folder, n=60, name="train", compress=False):
    pixels, labels = labelled(n)
    pixels[:, 0] = np.arange(n)  # tells each image
    shaped = pixels.reshape(n, 3, 4)
    return write(folder, f"{name}-images", shaped, compress), write(
        folder, f"{name}-labels", labels, compress
    )


@pytest.mark.parametrize("compress", [False, True])
def test_a_test_set_is_taken_as_given(tmp_path, compress):
    test = files(tmp_path, 20, "test", compress)
    data = from_files(*files(tmp_path, compress=compress), seed=0, test=test)
    assert data.images.dtype == np.uint8 and data.images.shape == (80, 12)
    np.testing.assert_array_equal(data.test, np.arange(60, 80))
    assert sorted([*data.train, *data.validation]) == list(range(60)) and len(data.validation) == 12
    np.testing.assert_array_equal(data.images[data.test, 0], np.arange(20))


def test_without_a_test_set_one_is_split_off(tmp_path):
    data = from_files(*files(tmp_path), seed=0)
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 12, 12)
    assert sorted([*data.train, *data.validation, *data.test]) == list(range(60))


def test_images_keep_their_shape_and_not_all_may_be_alike_as_shown(tmp_path):
    assert from_files(*files(tmp_path), seed=0).shape == (3, 4)
    one_pixel = write(tmp_path, "one-images", labelled(60)[0][:, :1, None] % 250 + 5)
    with pytest.raises(UserError, match="All training images are the same once they are scaled"):
        from_files(one_pixel, files(tmp_path)[1], seed=0)


def test_limit_is_the_number_of_training_images(tmp_path):
    whole, some = (from_files(*files(tmp_path), seed=0, limit=n) for n in (0, 10))
    assert len(some.train) == 10 and set(some.train) < set(whole.train)
    np.testing.assert_array_equal(some.test, whole.test)
    with pytest.raises(UserError, match="--limit 37 is more than the 36 images"):
        from_files(*files(tmp_path), seed=0, limit=37)
    with pytest.raises(UserError, match="--limit 1 leaves no training image of class"):
        from_files(*files(tmp_path), seed=0, limit=1)


def test_images_have_equal_drive_and_blank_ones_stay_blank():
    pixels, labels = labelled(60)
    pixels[7] = 0
    data = dataset((pixels, labels), None, seed=0)
    shown = data.brightness(np.arange(60))
    np.testing.assert_allclose(np.delete(shown, 7, axis=0).mean(axis=1), data.mean)
    assert not shown[7].any()
    assert data.mean == pytest.approx(pixels[data.train].mean() / pixels.max())


def test_dark_on_bright_is_shown_as_bright_on_dark():
    pixels, labels = labelled(60)
    dark = np.where(pixels > 200, pixels, 0).astype(np.uint8)
    dark[0, :2] = 0, 255
    one, other = (dataset((each, labels), None, seed=0) for each in (dark, 255 - dark))
    assert one.images.dtype == other.images.dtype and one.mean == pytest.approx(other.mean)
    np.testing.assert_allclose(one.brightness(np.arange(60)), other.brightness(np.arange(60)))


def test_steps_are_small_where_images_change_together():
    one, many = RNG.standard_normal((300, 1)), RNG.standard_normal((300, 40))
    assert pace(one * np.ones(40)) == pytest.approx(ALIKE)
    assert pace(many) == pace(np.ones((5, 40))) == pace(many[:1]) == 1
    mixed = np.hypot(1, 20) * one * np.eye(40)[0] + many  # 401 + 1 of 441 in one direction
    assert pace(mixed) == pytest.approx(ALIKE * 441 / 402, rel=0.1)
    pixels = (128 + 40 * (RNG.random((60, 1)) < 0.5) * (np.arange(12) < 6)).astype(np.uint8)
    data = dataset((pixels, np.arange(60) % 3), None, seed=0)
    assert data.pace == pytest.approx(ALIKE, rel=0.01)


def test_brightness_without_a_mean_is_that_of_the_images():
    rows = np.arange(1)
    plain = Dataset(np.array([[0.0, 8, 16]]), rows, rows, rows, rows, white=16)
    np.testing.assert_array_equal(plain.brightness(rows), [[0, 0.5, 1]])


def changed(change):
    """Return images and labels for training and test, with one thing wrong."""
    parts = dict(
        zip(("images", "labels", "test", "test_labels"), (*labelled(60), *labelled(20)), strict=True)
    )
    parts |= change(parts)
    return (parts["images"], parts["labels"]), (parts["test"], parts["test_labels"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: dict(labels=x["labels"][:59]), "There are 60 training images, but 59 labels"),
        (lambda x: dict(test=x["test"][:3]), "There are 3 test images, but 20 labels"),
        (lambda x: dict(test_labels=x["test_labels"] + 1), "A test label is 3, but .* go from 0 to 2"),
        (lambda x: dict(test=x["test"][:, 1:]), "Training images have 12 pixels, but test images 11"),
        (lambda x: dict(labels=0 * x["labels"]), "two or more, .* class 0 of 1 has 60"),
        (lambda x: dict(labels=2 * x["labels"]), r"class 1 of 5 has 0\.$"),
        (
            lambda x: dict(labels=x["labels"] + 1),
            "class 0 of 4 .* begin at 1: take 1 off .* b.8:. -= 1;",
        ),
        (lambda x: dict(labels=x["labels"].astype(int) - 1), "classes from 0, but the lowest is -1"),
        (lambda x: dict(images=0 * x["images"]), "All 60 training images are blank"),
        (lambda x: dict(images=0 * x["images"] + 255), "All .* training images are the same"),
        (lambda x: dict(images=x["images"] * np.nan), "The training image 0 has pixels that are no finite"),
    ],
)
def test_bad_images_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        dataset(*changed(change), seed=0)


def test_a_cut_file_is_refused(tmp_path):
    images, labels = files(tmp_path, compress=True)
    with Path(images).open("rb+") as file:
        file.truncate(100)
    with pytest.raises(UserError, match="compressed data end too early"):
        from_files(images, labels, seed=0)


def test_files_of_different_number_are_refused(tmp_path):
    images, _ = files(tmp_path)
    labels = write(tmp_path, "few", np.arange(9))
    with pytest.raises(UserError, match="has 60 images, but .*few has 9 labels"):
        from_files(images, labels, seed=0)


def test_offline_the_message_names_the_files(monkeypatch):
    def offline(*arguments, **keywords):
        raise OSError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    with pytest.raises(
        UserError, match=r"Cannot fetch mnist_784 .* not known\. Give files instead.*--images"
    ):
        from_openml("mnist", seed=0)


def test_a_fetched_set_has_its_own_test_images(monkeypatch):
    pixels, labels = labelled(80)
    found = SimpleNamespace(data=pixels.astype(float), target=labels.astype(str))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *a, **k: found)
    monkeypatch.setattr(images_module, "TRAINING", 60)
    data = from_openml("fashion_mnist", seed=0)
    assert data.images.dtype == np.uint8
    np.testing.assert_array_equal(data.test, np.arange(60, 80))
