"""Where browser tests get their Chromium, and what they say where there is none."""

import os
import shutil
import subprocess
from typing import Any

import pytest

from tests.browser import conftest as browser


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run."""
    commands: list[list[str]] = []

    def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


@pytest.mark.parametrize(("user", "apt", "installs"), [(0, True, True), (1000, True, False), (0, False, False)])
def test_debians_is_installed_by_whoever_may(
    user: int, apt: bool, installs: bool, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if apt else None)
    browser.install_chromium()
    assert bool(asked) == installs
    assert not asked or {"apt-get", "install", "chromium"} <= set(asked[-1])


def test_without_one_tests_are_skipped_and_in_ci_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="why"):
        browser.unavailable("why")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="why"):
        browser.unavailable("why")
