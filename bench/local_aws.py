"""A separate local AWS for the benchmarks, without functions.

The program runs in the benchmark's process, so its time and calls can be separated from the emulator's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import cloudformation, geoip
from infra.aws_environment import Cloud, emulator
from localstack import process


@contextmanager
def local_aws() -> Iterator[Cloud]:
    """A ministack with Shylight's resources, which this process's environment variables point to."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        started = process.start(Path(folder))
        try:
            cloud = emulator(started.url)
            cloudformation.apply(cloud)
            geoip.upload(cloud)
            os.environ.update(cloud.environ({}))
            yield cloud
        finally:
            process.stop(started)
