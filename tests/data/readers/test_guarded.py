"""Foreign HDF5 files: what is read of them, and that a damaged one ends in one sentence."""

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from deeprage.data.readers import guarded
from deeprage.data.readers.guarded import read_hdf5
from deeprage.errors import DeepRageError

VALUES = np.arange(12, dtype=">f8").reshape(3, 4)
#: What a process does after it has begun, in place of reading.
BEGIN = 'print(\'{"kind": "begin", "path": "", "size": 0}\', flush=True)\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.h5"
    with h5py.File(made, "w") as file:
        file.create_dataset("X", data=VALUES, chunks=(2, 2), compression="gzip")
        file["layers/norm/log"] = VALUES.astype(np.float16)
        file["names"] = np.array(["α", "b c", ""], dtype=h5py.string_dtype())
        file["fixed"] = np.array([b"ab", b"c"])
        file["empty"] = np.zeros((0, 3))
        file["flags"] = np.array([True, False])
        file["complex"] = np.ones(2, dtype=np.complex64)
        file["table"] = np.array([(1, b"x")], dtype=[("n", "i4"), ("s", "S3")])
        file["opaque"] = np.array([b"\1\2"], dtype="V2")
        file["nothing"] = h5py.Empty("f4")
        file["type"] = np.dtype("f4")
        file.attrs["encoding-type"] = "anndata"
        file.attrs["numbers"] = [1, 2]
    return made


def read(path: Path, *taken: str, **options: object) -> guarded.Content:
    return read_hdf5(path, f"the file {path}", taken=taken, **options)  # type: ignore[arg-type]


class TestContent:
    def test_numbers_come_in_the_order_of_this_machine(self, path: Path) -> None:
        values = read(path, "X")["X"].values
        assert values is not None
        assert values.dtype == np.dtype("=f8")
        np.testing.assert_array_equal(values, VALUES)

    def test_a_name_with_a_slash_is_a_place_in_groups(self, path: Path) -> None:
        values = read(path, "layers/norm/log")["layers/norm/log"].values
        np.testing.assert_array_equal(values, VALUES)

    @pytest.mark.parametrize(
        ("name", "values"), [("names", ["α", "b c", ""]), ("fixed", ["ab", "c"])]
    )
    def test_text(self, path: Path, name: str, values: list[str]) -> None:
        element = read(path, name)[name]
        assert element.kind == "text"
        assert list(element.values) == values

    def test_shapes_and_types_stay(self, path: Path) -> None:
        content = read(path, "empty", "flags", "complex")
        assert content["empty"].values.shape == (0, 3)
        assert content["flags"].values.tolist() == [True, False]
        assert content["complex"].values.dtype.kind == "c"

    def test_a_table_in_one_dataset_is_a_group_of_columns(self, path: Path) -> None:
        content = read(path, "table")
        assert content["table"].members == ("n", "s")
        assert content["table/n"].values.tolist() == [1]
        assert content["table/s"].values.tolist() == ["x"]

    def test_attributes_and_members_of_a_group(self, path: Path) -> None:
        root = read(path)[""]
        assert {"X", "layers", "names"} <= set(root.members)
        assert root.attributes == {"encoding-type": "anndata", "numbers": [1, 2]}

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("opaque", "no numbers or text"), ("nothing", "empty"), ("type", "data type")],
    )
    def test_what_has_no_plain_form_says_so(self, path: Path, name: str, reason: str) -> None:
        element = read(path, name)[name]
        assert element.kind == "unreadable"
        assert reason in element.reason

    @pytest.mark.parametrize("name", ["Y", "X/y", "layers/none"])
    def test_what_is_not_there(self, path: Path, name: str) -> None:
        assert read(path, name)[name].kind == "missing"


class TestLinks:
    def test_no_other_file_and_no_loop_is_followed(self, path: Path, tmp_path: Path) -> None:
        shutil.copy(path, tmp_path / "secret.h5")
        with h5py.File(path, "a") as file:
            file["outside"] = h5py.ExternalLink("secret.h5", "/X")
            file["loop"] = h5py.SoftLink("/loop")
            file["soft/inside"] = h5py.SoftLink("/X")
            file["ring/one"] = 1
            file["ring/again"] = file["ring"]
        content = read(path, "outside", "loop", "soft", "ring")
        kinds = {name: element.kind for name, element in content.items()}
        assert kinds["outside"] == kinds["loop"] == kinds["soft/inside"] == "link"
        assert content["outside"].reason == "secret.h5"
        assert content["soft/inside"].reason == "/X"
        assert content["ring/one"].values == 1
        assert kinds["ring/again"] == "unreadable"

    def test_data_in_other_files_are_not_read(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "raw").write_bytes(VALUES.tobytes())
        layout = h5py.VirtualLayout((3, 4), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "b.h5"), "X", (3, 4))
        with h5py.File(path, "a") as file:
            file.create_virtual_dataset("virtual", layout)
            file.create_dataset("external", (3, 4), "f8", external=[(str(tmp_path / "raw"), 0, 96)])
        for name, element in read(path, "virtual", "external").items():
            if name:
                assert element.reason == "its data lie in other files"

    def test_a_filter_that_is_not_installed_is_named(self, path: Path) -> None:
        with h5py.File(path, "a") as file:
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_chunk((2, 2))
            layout.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
            space = h5py.h5s.create_simple((4, 4))
            h5py.h5d.create(file.id, b"packed", h5py.h5t.NATIVE_DOUBLE, space, layout)
        assert "zstd, which is not installed" in read(path, "packed")["packed"].reason


class TestLimits:
    def test_a_huge_declared_shape_is_refused_unread(self, path: Path) -> None:
        with h5py.File(path, "a") as file:
            file.create_dataset("bomb", (1 << 30, 1 << 20), "f8", chunks=(1 << 10, 1 << 10))
        with pytest.raises(
            DeepRageError, match=r"bomb of the file .* needs 9,007,199\.3 GB \(1,073,741,824 x 1,0"
        ):
            read(path, "bomb")

    def test_arrays_are_counted_together(self, path: Path, monkeypatch) -> None:
        monkeypatch.setattr(guarded, "available_bytes", lambda: 300)
        read(path, "X")
        with pytest.raises(DeepRageError, match=r"the file .* needs"):
            read(path, "X", "layers", "names")


class TestDamage:
    @pytest.mark.parametrize(
        "fate",
        [
            "import os; os.kill(os.getpid(), 11)",
            "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
            "print('{')",
            "raise MemoryError",
        ],
    )
    def test_a_process_that_fails_means_a_damaged_file(
        self, path: Path, monkeypatch, fate: str
    ) -> None:
        monkeypatch.setattr(guarded, "_START", BEGIN + fate)
        with pytest.raises(DeepRageError, match=r"the file .*a\.h5 is damaged, perhaps cut short"):
            read(path, "X")

    def test_silence_means_a_damaged_file(self, path: Path, monkeypatch) -> None:
        monkeypatch.setattr(guarded, "_START", BEGIN + "import time; time.sleep(60)")
        monkeypatch.setattr(guarded, "_SILENCE", 0.2)
        with pytest.raises(DeepRageError, match="is damaged"):
            read(path, "X")

    def test_a_process_that_does_not_start_is_an_error_of_the_program(
        self, path: Path, monkeypatch
    ) -> None:
        monkeypatch.setattr(guarded, "_START", "import no_such_module")
        with pytest.raises(RuntimeError, match="no_such_module"):
            read(path, "X")

    def test_no_process_is_left_behind(self, path: Path, monkeypatch) -> None:
        monkeypatch.setattr(guarded, "_START", BEGIN + "import time; time.sleep(60)")
        monkeypatch.setattr(guarded, "_SILENCE", 0.1)
        with pytest.raises(DeepRageError):
            read(path, "X")
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def test_mutated_files_give_content_or_one_sentence(self, path: Path) -> None:
        content = path.read_bytes()
        rng = np.random.default_rng(5)
        messages = []
        for _ in range(24):
            changed = bytearray(content)
            for place in rng.integers(0, len(content), rng.integers(1, 4)):
                changed[place] = rng.integers(256)
            path.write_bytes(changed)
            try:
                read(path, "X", "layers", "names", "table")
            except DeepRageError as error:
                messages.append(str(error))
        assert 0 < len(messages) < 24
        assert not any("\n" in message or len(message) > 600 for message in messages)
