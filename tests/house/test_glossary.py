"""One Chinese word for each thing, wherever a person reads it."""

import re
import subprocess

import pytest

from tests import PROJECT

GLOSSARY = PROJECT / "docs" / "glossary.md"
READ = ("*.po", "*.zh-CN.md", "*.typ", "verify/http/templates/*", "examples/centre.toml")


def rows() -> list[list[str]]:
    """The glossary's rows, each as its four cells."""
    lines = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def never() -> list[tuple[str, str]]:
    """Each word that is not to be used, with the one that is."""
    return [(word, chinese) for _, chinese, _, words in rows() for word in words.split("、") if word]


def test_the_glossary_names_each_thing_once() -> None:
    """No Chinese word stands for two things, and none is both used and forbidden."""
    used = [word for _, chinese, _, _ in rows() for word in chinese.split("、")]
    assert len(rows()) >= 20
    assert len(set(used)) == len(used)
    assert not set(used) & {word for word, _ in never()}


@pytest.mark.parametrize(("word", "instead"), never())
def test_no_other_word_is_read_anywhere(word: str, instead: str) -> None:
    """Catalogues, templates, paper and guides keep to the glossary."""
    listed = subprocess.run(["git", "ls-files", *READ], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in listed.split():
        said = re.findall(f".*{word}.*", (PROJECT / name).read_text("utf-8"))
        assert not said, f"{name} should say {instead}"
