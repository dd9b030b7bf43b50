"""IDX files are read as they are meant, plain or compressed; every damage is named."""

import gzip

import numpy as np
import pytest

from dendritic_bp.errors import UserError
from dendritic_bp.idx import idx_dataset, read_idx


def idx(array, kind=8):
    header = bytes([0, 0, kind, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def files(tmp_path):
    """Write 60 images of 2 x 3 pixels in three classes; return their paths and contents."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(256, size=(60, 2, 3)), np.arange(60) % 3
    paths = tmp_path / "images", tmp_path / "labels"
    for path, array in zip(paths, (images, labels), strict=True):
        path.write_bytes(idx(array))
    return *paths, images, labels


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_was_written_is_read(files, pack):
    path, _, images, _ = files
    path.write_bytes(pack(path.read_bytes()))
    np.testing.assert_array_equal(read_idx(path, 3), images)


def test_images_become_a_data_set_with_all_parts(files):
    path, labels_path, images, labels = files
    data = idx_dataset(path, labels_path, seed=1)
    np.testing.assert_allclose(data.images, images.reshape(60, 6) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.labels, labels)
    assert data.n_classes == 3
    rows = np.concatenate([data.train, data.validation, data.test])
    np.testing.assert_array_equal(np.sort(rows), np.arange(60))
    assert [np.bincount(labels[part]).tolist() for part in (data.train, data.test)] == [[12] * 3, [4] * 3]


def test_a_test_set_is_taken_as_given(files):
    path, labels_path, images, labels = files
    data = idx_dataset(path, labels_path, 1, files[:2])
    np.testing.assert_array_equal(data.test, np.arange(60, 120))
    np.testing.assert_allclose(data.images[data.test], images.reshape(60, 6) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.labels[data.test], labels)
    rows = np.concatenate([data.train, data.validation])
    np.testing.assert_array_equal(np.sort(rows), np.arange(60))
    assert len(data.validation) == 12


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ((np.zeros((3, 2, 2)), np.arange(3)), "has 4 pixels an image, but training 6"),
        ((np.zeros((20, 2, 3)), np.arange(20) % 4), "test label is 3, but those of training end at 2"),
    ],
)
def test_a_test_set_that_does_not_fit_is_named(files, tmp_path, other, message):
    names = tmp_path / "test-images", tmp_path / "test-labels"
    for name, array in zip(names, other, strict=True):
        name.write_bytes(idx(np.tile(array, (5,) + (1,) * (array.ndim - 1))))
    with pytest.raises(UserError, match=message):
        idx_dataset(*files[:2], 0, names)


DAMAGE = {
    "no IDX file.*89 50": lambda good: b"\x89PNG" + good[4:],
    "begins with nothing": lambda good: b"",
    "is cut: it has 3 bytes": lambda good: good[:3],
    "is cut: it has 2 bytes": lambda good: good[:2],
    "begins with 00, not": lambda good: good[:1],
    "type 0x0d": lambda good: good[:2] + b"\x0d" + good[3:],
    "1 dimensions, but images have 3": lambda good: good[:3] + b"\x01" + good[4:],
    "header of 16 bytes ends after 10": lambda good: good[:10],
    "60 x 2 x 3, but 359 bytes": lambda good: good[:-1],
    "60 x 2 x 3, but 361 bytes": lambda good: good + b"\0",
    "cut or damaged: its compressed": lambda good: gzip.compress(good)[:-20],
    "[Nn]ot a gzipped|[Cc]annot read": lambda good: b"\x1f\x8b" + good,
}


@pytest.mark.parametrize("message", DAMAGE)
def test_damage_is_named_with_the_file(files, message):
    path = files[0]
    path.write_bytes(DAMAGE[message](path.read_bytes()))
    with pytest.raises(UserError, match=message) as caught:
        read_idx(path, 3)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_other_numbers_of_dimensions_are_read_or_refused(tmp_path, n):
    path, array = tmp_path / "file", np.arange(2**n, dtype=np.uint8).reshape((2,) * n)
    path.write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(path, n), array)
    with pytest.raises(UserError, match=f"has {n} dimensions, but the data asked for have 5"):
        read_idx(path, 5)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="Cannot read .*nowhere.*No such file"):
        read_idx(tmp_path / "nowhere", 3)


def test_counts_must_match(files):
    images, labels, _, classes = files
    labels.write_bytes(idx(classes[:-1]))
    with pytest.raises(UserError, match="60 images, but .*labels has 59 labels"):
        idx_dataset(images, labels, seed=0)


def test_empty_files_and_rare_classes_are_refused(files):
    images, labels, pixels, classes = files
    images.write_bytes(idx(pixels[:0]))
    labels.write_bytes(idx(classes[:0]))
    with pytest.raises(UserError, match="images is empty"):
        idx_dataset(images, labels, seed=0)
    images.write_bytes(idx(pixels))
    labels.write_bytes(idx(np.where(classes == 0, 0, 1) * (np.arange(60) > 3)))
    assert idx_dataset(images, labels, seed=0).n_classes == 2
    labels.write_bytes(idx(np.arange(60) // 57))
    with pytest.raises(UserError, match="5 examples of each"):
        idx_dataset(images, labels, seed=0)
    labels.write_bytes(idx(classes + 1))
    with pytest.raises(UserError, match="class 0 of .* has 0. They begin at 1: take 1 off each"):
        idx_dataset(images, labels, seed=0)
