"""Programs that read the data files as docs/data.md says: DuckDB, Spark, and the local AWS's Athena."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from infra.aws_environment import Cloud

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = ROOT / ".venv-readers" / "bin" / "python"
BUCKET: Final = "data-files"
_PROGRAM: Final = Path(__file__).with_name("spark_program.py")
_READING: Final = (ROOT / "docs" / "data.md").read_text("utf-8").partition("## Reading them")[2]
_ATHENA: Final = (ROOT / "infra" / "athena.sql").read_text("utf-8")
# Settings of the machine's own Java, Spark and Python, which would reach the programs.
_LEFT_OUT: Final = ("AWS_", "HADOOP_", "JAVA_", "JDK_", "PYSPARK_", "PYTHON", "SHYLIGHT_", "SPARK_", "_JAVA")

Rows = dict[str, list[list[Any]]]


def example(language: str, beginning: str) -> str:
    """An example of the document: the block of a language that begins with these words."""
    found = [
        text for text in re.findall(rf"```{language}\n(.*?)```", _READING, re.DOTALL) if text.startswith(beginning)
    ]
    assert len(found) == 1, f"docs/data.md has {len(found)} examples that begin with {beginning!r}"
    return str(found[0])


def documented_question(site: str) -> str:
    """The question that the document asks, about a site."""
    return example("sql", "SELECT").replace("<site>", site)


def install() -> None:
    """Bring the programs' virtual environment up to date. Quick when it is.

    :raises AssertionError: if it cannot be made, with what the set-up says.
    """
    done = subprocess.run(
        [sys.executable, str(ROOT / "bin" / "setup.py"), "--readers"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"`bin/setup --readers` failed; the tests of the data files need it.\n{done.stdout}"


def ask_duckdb(folder: Path, questions: Mapping[str, str]) -> Rows:
    """DuckDB's answers about a copy of the folders."""
    with duckdb.connect() as reader:
        reader.execute("SET file_search_path = ?", [str(folder)])
        reader.execute(example("sql", "CREATE VIEW"))
        return {name: [list(row) for row in reader.execute(text).fetchall()] for name, text in questions.items()}


def ask_spark(folder: Path, home: Path, questions: Mapping[str, str]) -> Rows:
    """Spark's answers about a copy of the folders; it writes below `home` only."""
    code = example("python", "for table in")
    assert "s3a://<bucket>/segments/" in code
    given = {
        "example": code.replace("s3a://<bucket>/segments/", f"file://{folder}/"),
        "questions": dict(questions),
        "home": str(home),
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    done = subprocess.run(
        [PYTHON, _PROGRAM], input=json.dumps(given), capture_output=True, text=True, cwd=home, check=False,
        env=environ | {"TMPDIR": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    found: Rows = json.loads(done.stdout)
    return found


def upload(cloud: Cloud, folder: Path) -> None:
    """Put the files into a bucket, where the tables of Athena expect them."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for path in folder.rglob("*.parquet"):
        key = f"segments/{path.relative_to(folder).as_posix()}"
        s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())


def statements() -> list[str]:
    """The statements of infra/athena.sql."""
    text = re.sub(r"^--.*$", "", _ATHENA, flags=re.MULTILINE).replace("<bucket>", BUCKET)
    return [part.strip() for part in text.split(";") if part.strip()]


def run_athena(cloud: Cloud, text: str) -> list[list[Any]]:
    """The rows of a statement, as Athena gives them: text, or None.

    :raises AssertionError: if it fails, with Athena's reason.
    """
    athena = cloud.client("athena")
    started = athena.start_query_execution(
        QueryString=text,
        QueryExecutionContext={"Database": "shylight"},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/answers/"},
    )
    query = {"QueryExecutionId": started["QueryExecutionId"]}
    while True:
        status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    assert status["State"] == "SUCCEEDED", (status["StateChangeReason"], text)
    pages = athena.get_paginator("get_query_results").paginate(**query)
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return rows[1:]  # the first has the names of the columns
