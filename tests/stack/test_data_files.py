"""DuckDB, Spark and Athena read the data files as docs/data.md says, and get the API's figures to the unit.

Athena is that of the local AWS, which parses CREATE EXTERNAL TABLE itself and has DuckDB answer the questions. It does
not know CREATE DATABASE and ignores partition projection: it lists the files. It takes columns and types from the
files, not from the statements; `test_public_tables.py` compares these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest

from chalicelib.aggregate.build_day import refresh
from chalicelib.collect.event import Event, encode
from chalicelib.config import settings
from chalicelib.enrich.worker import consume
from chalicelib.store import segments
from chalicelib.store.sites import get_site
from infra.aws_environment import Cloud, emulator
from localstack import process
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack import data_questions, data_readers, month_traffic
from tests.stack.calls import Caller
from tests.stack.data_questions import Answer
from tests.stack.data_readers import Rows, documented_question

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="the files are the same, and it has no Athena without a licence")

LANGUAGES = ("de", "en-GB", "zh-TW", None)
SCREENS = ("mobile", "tablet", None)


@dataclass(frozen=True)
class Files:
    """A copy of the data files of some sites, and what the API says about them.

    :ivar folder: with the folders `visits`, `views` and `events`.
    """

    folder: Path
    sites: list[str]
    of_api: dict[str, Answer]

    def check(self, rows: Rows) -> None:
        """Compare an engine's answers with the API's."""
        asked = f"documented {self.sites[0]}"
        documented = {str(day): tuple(map(int, figures)) for day, *figures in rows.pop(asked)}
        assert documented == {
            day: figures[:3] for (site, day), figures in self.of_api["visits"].items() if site == self.sites[0]
        }
        for name, found in rows.items():
            assert data_questions.read(name, found) == self.of_api[name], name

    def questions(self, plan: str) -> dict[str, str]:
        """All questions, with the document's own."""
        site = self.sites[0]
        return data_questions.questions(self.sites, plan) | {f"documented {site}": documented_question(site)}


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def files(stack: Deployed, caller: Caller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """Ten days of two sites, one of 25 and one of 23 hours, taken by the worker, built, and copied from the bucket."""
    folder = tmp_path_factory.mktemp("data-files")
    month = month_traffic.month()
    days_of: dict[str, list[date]] = {}
    for seed, (zone, days) in enumerate(zip(month_traffic.ZONES, (month[-10:], month[:10]), strict=True)):
        site = get_site(caller.new_site(timezone=zone))
        assert site is not None
        events = with_traits(month_traffic.as_events(site, month_traffic.of_site(site, days, seed)))
        for start in range(0, len(events), 100):
            consume([encode(events[start : start + 100])])
        for day in days:
            refresh(site, day)
        days_of[site.id] = days
        assert {site.calendar.hours_in(day) for day in days} in ({24, 25}, {23, 24})
        copy(stack.cloud, site.id, folder)
    with patch("chalicelib.config.REFRESH_AFTER_S", 3600), patch("chalicelib.config.QUERY_BUDGET_S", 600.0):
        yield Files(folder, list(days_of), data_questions.of_api(caller, days_of))


@pytest.fixture(scope="module")
def readers() -> None:
    """The virtual environment with Spark and an Athena."""
    data_readers.install()


@pytest.fixture(scope="module")
def athena(readers: None, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local AWS with the files in a bucket, and the tables in Athena."""
    started = process.start(tmp_path_factory.mktemp("athena"), python=data_readers.PYTHON)
    try:
        cloud = emulator(started.url)
        data_readers.upload(cloud, files.folder)
        create_database, *create_tables = data_readers.statements()
        assert create_database == "CREATE DATABASE IF NOT EXISTS shylight"
        cloud.client("glue").create_database(DatabaseInput={"Name": "shylight"})
        for text in create_tables:
            data_readers.run_athena(cloud, text)
        yield cloud
    finally:
        process.stop(started)


def with_traits(events: list[Event]) -> list[Event]:
    """The same events from browsers that tell their languages and the widths of their windows."""
    found = []
    for event in events:
        number = sum(event.address.encode())
        screen = SCREENS[number % len(SCREENS)] if event.kind == "view" else None
        found.append(replace(event, language=LANGUAGES[number % len(LANGUAGES)], screen=screen))
    return found


def copy(cloud: Cloud, site: str, folder: Path) -> None:
    """Copy the tables of a site from the bucket, with their paths below ``segments``."""
    s3 = cloud.client("s3")
    for table in segments.PUBLIC:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=settings().bucket, Prefix=f"segments/{table}/site={site}/"
        )
        for key in [found["Key"] for page in pages for found in page.get("Contents", [])]:
            path = folder / key.removeprefix("segments/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=settings().bucket, Key=key)["Body"].read())


def test_duckdb_reads_them(files: Files) -> None:
    files.check(data_readers.ask_duckdb(files.folder, files.questions("json_extract_string(props, '$.plan')")))


def test_spark_reads_them(files: Files, readers: None, tmp_path: Path) -> None:
    questions = files.questions("get_json_object(props, '$.plan')")
    files.check(data_readers.ask_spark(files.folder, tmp_path, questions))


def test_athena_reads_them(files: Files, athena: Cloud) -> None:
    questions = files.questions("json_extract_scalar(props, '$.plan')")
    del questions["by property"]  # DuckDB has no function of this name
    files.check({name: data_readers.run_athena(athena, text) for name, text in questions.items()})
