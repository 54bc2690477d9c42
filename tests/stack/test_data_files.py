"""DuckDB, Spark and Athena read the data files as docs/data.md says, and get the API's figures to the unit.

DuckDB and Spark also answer the questions with filters that `test_questions.py` asks the API, and get the figures of
the same count of what was sent.

Athena is that of the local AWS, which parses CREATE EXTERNAL TABLE itself and has DuckDB answer the questions. It does
not know CREATE DATABASE and ignores partition projection: it lists the files. It takes columns and types from the
files, not from the statements; `test_public_tables.py` compares these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from chalicelib.config import settings
from chalicelib.store import segments
from infra.aws_environment import Cloud, emulator
from localstack import process
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack import data_questions, data_readers, filtered_questions, months
from tests.stack.calls import Caller
from tests.stack.data_questions import ATHENA, DUCKDB, SPARK, Answer, Dialect
from tests.stack.data_readers import Rows, documented_question
from tests.stack.months import Month

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="the files are the same, and it has no Athena without a licence")


@dataclass(frozen=True)
class Files:
    """A copy of the data files of some sites, and what the API says about them.

    :ivar folder: with the folders `visits`, `views` and `events`.
    """

    folder: Path
    months: list[Month]
    of_api: dict[str, Answer]

    @property
    def sites(self) -> list[str]:
        """The ids of the sites."""
        return [month.site.id for month in self.months]

    def check(self, rows: Rows) -> None:
        """Compare an engine's answers with the API's."""
        asked = f"documented {self.sites[0]}"
        documented = {str(day): tuple(map(int, figures)) for day, *figures in rows.pop(asked)}
        assert documented == {
            day: figures[:3] for (site, day), figures in self.of_api["visits"].items() if site == self.sites[0]
        }
        for name, found in rows.items():
            assert data_questions.read(name, found) == self.of_api[name], name

    def questions(self, dialect: Dialect) -> dict[str, str]:
        """All questions without filters, with the document's own."""
        site = self.sites[0]
        return data_questions.questions(self.sites, dialect) | {f"documented {site}": documented_question(site)}


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def files(stack: Deployed, caller: Caller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """The files of the month of two sites, copied from the bucket."""
    folder = tmp_path_factory.mktemp("data-files")
    built = months.build(caller)
    for month in built:
        copy(stack.cloud, month.site.id, folder)
        assert {month.site.calendar.hours_in(day) for day in month.days} in ({24, 25}, {23, 24})
    with patch("chalicelib.config.REFRESH_AFTER_S", 3600), patch("chalicelib.config.QUERY_BUDGET_S", 600.0):
        yield Files(folder, built, data_questions.of_api(caller, {month.site.id: month.days for month in built}))


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


def test_large_days_have_several_files(files: Files) -> None:
    for month in files.months:
        for number, day in enumerate(month.days):
            for table in segments.PUBLIC:
                found = list((files.folder / table / f"site={month.site.id}" / f"day={day}").iterdir())
                assert (len(found) > 1) == (number in months.SPLIT_DAYS), (table, day)


def test_duckdb_reads_them(files: Files) -> None:
    questions = files.questions(DUCKDB) | filtered_questions.questions(DUCKDB)
    rows = data_readers.ask_duckdb(files.folder, questions)
    filtered_questions.check(files.months, rows)
    files.check(rows)


def test_spark_reads_them(files: Files, readers: None, tmp_path: Path) -> None:
    questions = files.questions(SPARK) | filtered_questions.questions(SPARK)
    rows = data_readers.ask_spark(files.folder, tmp_path, questions)
    filtered_questions.check(files.months, rows)
    files.check(rows)


def test_athena_reads_them(files: Files, athena: Cloud) -> None:
    questions = files.questions(ATHENA)
    for name in ("by property", "by weekday"):
        del questions[name]  # DuckDB has not these functions of Athena
    files.check({name: data_readers.run_athena(athena, text) for name, text in questions.items()})
