"""The local AWS that is measured against: one of the bench's own, without functions, stopped at the end.

The program runs in the bench's own process, so that its time and its calls can be told from the emulator's.
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
    """A ministack with Shylight's resources, and this process's environment set so that the program uses it."""
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
