"""What is written about the commands and the settings is what they are."""

import re
import subprocess
import sys

import pytest

import config


def test_the_page_of_commands_is_what_the_commands_say():
    answer = subprocess.run([sys.executable, ".ci/commands.py"], cwd=config.PROJECT, capture_output=True, text=True)
    page = (config.PROJECT / "docs" / "commands.md").read_text()
    assert page == answer.stdout, "type: make docs"


@pytest.mark.parametrize("page", ["README.md", ".env.example"])
def test_every_setting_is_explained(page):
    read = set(re.findall(r'"(ECWI_[A-Z_]+)"', (config.PROJECT / "config.py").read_text()))
    told = set(re.findall(r"\b(ECWI_[A-Z_]+)\b", (config.PROJECT / page).read_text()))
    assert read == told


def test_the_lock_files_are_as_new_as_the_project():
    subprocess.run([sys.executable, ".ci/locks.py"], cwd=config.PROJECT, check=True)
