"""Reads PyTorch state dictionaries without PyTorch.

Both containers are covered: the zip archive (PyTorch 1.6 and later) and the older bare pickle stream. The pickles
are read with an unpickler that knows the few names a state dictionary needs and refuses every other, so an
untrusted file can't run code. Quantised tensors come out dequantised.
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np

STORAGE_TYPES = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "QInt8Storage": np.int8,
    "QUInt8Storage": np.uint8,
    "BoolStorage": np.bool_,
}
# Names that only label something: a string of the same name stands for them.
LABELS = {"qint8", "quint8", "per_tensor_affine", "per_channel_affine", "float32"}

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001


class State(OrderedDict):
    """A state dictionary; the version table that PyTorch hangs on it is dropped."""

    def __setstate__(self, state):
        pass


class Storage:
    """The flat values of one or more tensors; in the older container they come after the pickle."""

    def __init__(self, dtype, count, values=None):
        self.dtype, self.count, self.values = dtype, count, values


class Tensor:
    """A view of a storage, made into an array once the storage is there."""

    def __init__(self, storage, offset, size, stride, *rest, quantizer=None):
        self.storage, self.offset, self.size, self.stride, self.quantizer = storage, offset, size, stride, quantizer

    def array(self):
        values = self.storage.values[self.offset :]
        strides = [step * values.itemsize for step in self.stride]
        view = np.array(np.lib.stride_tricks.as_strided(values, self.size, strides))
        return view if self.quantizer is None else self.dequantize(view)

    def dequantize(self, values):
        scheme, scale, zero_point = self.quantizer[:3]
        if scheme == "per_channel_affine":
            shape = [1] * values.ndim
            shape[self.quantizer[3]] = -1
            scale, zero_point = scale.array().reshape(shape), zero_point.array().reshape(shape)
        elif scheme != "per_tensor_affine":
            raise ValueError(f"unknown quantisation {scheme}")
        return ((values.astype(np.float64) - zero_point) * scale).astype(np.float32)


def quantized(storage, offset, size, stride, quantizer, *rest):
    return Tensor(storage, offset, size, stride, quantizer=quantizer)


NAMES = {
    ("collections", "OrderedDict"): State,
    ("torch._utils", "_rebuild_tensor"): Tensor,
    ("torch._utils", "_rebuild_tensor_v2"): Tensor,
    ("torch._utils", "_rebuild_qtensor"): quantized,
    ("torch._utils", "_rebuild_parameter"): lambda tensor, *rest: tensor,
    ("torch.serialization", "_get_layout"): str,
}


class RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, file, storage=None):
        super().__init__(file)
        self.storage = storage

    def find_class(self, module, name):
        if (module, name) in NAMES:
            return NAMES[module, name]
        if module == "torch" and (name in STORAGE_TYPES or name in LABELS):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dictionary")

    def persistent_load(self, identity):
        tag, kind, key, _location, count, *_view = identity
        if tag != "storage" or self.storage is None:
            raise pickle.UnpicklingError(f"unexpected reference {tag}")
        return self.storage(key, np.dtype(STORAGE_TYPES[kind]), count)


def load_zip(path):
    with zipfile.ZipFile(path) as archive:
        root = archive.namelist()[0].split("/")[0]

        def storage(key, dtype, count):
            values = np.frombuffer(archive.read(f"{root}/data/{key}"), dtype)
            if values.size != count:
                raise ValueError(f"storage {key} has {values.size} values, not {count}")
            return Storage(dtype, count, values)

        return RestrictedUnpickler(io.BytesIO(archive.read(f"{root}/data.pkl")), storage).load()


def load_legacy(path):
    storages = {}

    def storage(key, dtype, count):
        return storages.setdefault(key, Storage(dtype, count))

    with open(path, "rb") as file:
        header = [RestrictedUnpickler(file).load() for _ in range(3)]
        if header[:2] != [LEGACY_MAGIC, LEGACY_VERSION] or not header[2]["little_endian"]:
            raise ValueError("not a PyTorch checkpoint")
        state = RestrictedUnpickler(file, storage).load()
        for key in RestrictedUnpickler(file).load():
            item = storages[key]
            (count,) = struct.unpack("<q", file.read(8))
            if count != item.count:
                raise ValueError(f"storage {key} has {count} values, not {item.count}")
            item.values = np.frombuffer(file.read(count * item.dtype.itemsize), item.dtype)
        if file.read():
            raise ValueError("data after the last storage")
    return state


def arrays(value):
    """Replace tensors by arrays, in tuples as well (a packed Linear is a pair of weight and bias)."""
    if isinstance(value, Tensor):
        return value.array()
    if isinstance(value, tuple):
        return tuple(arrays(item) for item in value)
    return value


def load(path):
    """The state dictionary at `path`: name -> array (or tuple of arrays)."""
    state = load_zip(path) if zipfile.is_zipfile(path) else load_legacy(path)
    return {name: arrays(value) for name, value in state.items()}
