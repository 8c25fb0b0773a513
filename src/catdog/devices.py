"""What a training computes on: how many devices, and how precise the numbers are."""

from collections.abc import Iterator
from contextlib import contextmanager

from catdog.backend import keras, tf
from catdog.errors import CatdogError

FLOAT32, MIXED = "float32", "mixed_float16"
# The first generation of GPUs that multiplies float16 matrices fast.
TENSOR_CORES = (7, 0)


def precision() -> str:
    """Return the name of Keras' policy that suits this machine.

    With GPUs that are made for it, most is computed in float16, and what is
    learned is kept in float32.
    """
    gpus = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, gpus)
    fast = [
        detail.get("compute_capability", (0, 0)) >= TENSOR_CORES
        for detail in details
    ]
    return MIXED if fast and all(fast) else FLOAT32


@contextmanager
def train_on(n_devices: int, policy: str) -> Iterator[None]:
    """Build and train models on several devices: each takes a part of a batch.

    Args:
        n_devices: how many GPUs; where there is none, how many CPU devices.
        policy: from `precision`.

    Raises:
        CatdogError: if there are not so many.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        if n_devices == 1:
            yield
        else:
            with tf.distribute.MirroredStrategy(_choose(n_devices)).scope():
                yield
    finally:
        keras.config.set_dtype_policy(before)


def _choose(n_devices: int) -> list[str]:
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    if len(devices) < n_devices:
        kind = "GPU" if gpus else "CPU device, and no GPU"
        raise CatdogError(
            f"{n_devices} devices were asked for, and there is {len(devices)} "
            f"{kind}: ask for fewer with --devices."
        )
    return [device.name for device in devices[:n_devices]]
