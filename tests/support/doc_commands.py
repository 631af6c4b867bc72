"""Finds the commands on a page of documentation, and has their own parsers read them."""

import re
import runpy
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACEHOLDERS = ('arguments are required', "invalid int value: 'N")  # of a command that a sentence names in short
TOOL = re.compile(r'(?:\$MIM/)?(tools/\w+\.py)')
PARSER = re.compile(r'ArgumentParser\(|(make|common)_parser\(')  # a program that reads its arguments
NAME = re.compile(r'[\w.]+=\S*')


def shell(page: Path) -> list[list[str]]:
    """The words of each command in a page's shell blocks, without comments."""
    blocks = re.findall(r'^```shell\n(.*?)^```', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace('\\\n', ' ').splitlines()]
    return [words for line in lines for words in split(line)]


def inline(page: Path) -> list[list[str]]:
    """The words of each command within a page's sentences."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r'`((?:OMP_NUM_THREADS=1 )?(?:python|make) [^`]+)`', text)
    return [words for line in found for words in split(line.replace('\n', ' '))]


def split(line: str) -> Iterator[list[str]]:
    """Words of the commands that ``&&`` joins, without variables set before them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars='&')
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, '&&']:
        if word != '&&':
            words += [word] if words or not NAME.fullmatch(word) else []
        elif words:
            yield words
            words = []


def program(words: list[str]) -> tuple[str, list[str]] | None:
    """Which of the repository's programs a command runs, and its arguments; None if it runs another's."""
    for place, word in enumerate(words):
        tool = TOOL.fullmatch(word)
        if tool:
            return tool[1], words[place + 1 :]
        if word == '-m' and words[place + 1].split('.')[0] in ('benchmarks', 'projects', 'tests'):
            return words[place + 1], words[place + 2 :]
    if words[:1] == ['mim']:  # which hands our tool, or one of mmseg's that takes the same, all but these
        return 'tools/train.py', re.sub(r' --(gpus|checkpoint) \S+', '', shlex.join(words[3:])).split()
    return None


class Read(Exception):
    """Ends a program that has read its arguments."""


def parse(name: str, words: list[str], short: bool = False) -> Namespace | None:
    """Reads arguments as a program does.

    Args:
        name: A script's path, or a module.
        words: The arguments.
        short: Whether a sentence names the command, perhaps without all that it needs.

    Returns:
        What the program's parser makes of them; None for short ones that lack some.

    Raises:
        AssertionError: If it refuses them.
    """
    if not PARSER.search(source_of(name)[0].read_text()):  # it would be run
        raise AssertionError(f'{name} has no parser: give it one, if only for --help')
    read = ArgumentParser.parse_args

    def stop(*arguments: object) -> None:
        raise Read(read(*arguments))

    def error(parser: ArgumentParser, message: str) -> None:
        raise Read(None) if short and any(part in message for part in PLACEHOLDERS) else AssertionError(message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArgumentParser, 'parse_args', stop)
        patch.setattr(ArgumentParser, 'error', error)
        patch.setattr(sys, 'argv', [name, *(word.replace('$MIM/', '') for word in words)])
        try:
            if name.endswith('.py'):
                runpy.run_path(str(ROOT / name), run_name='__main__')
            else:
                run_module(name)
        except Read as end:
            return end.args[0]
    raise AssertionError(f'{name} has read no arguments')


def run_module(name: str) -> None:
    """Runs a module as ``python -m`` does; ``runpy`` cannot run one that pytest has collected, with its own loader."""
    path, package = source_of(name)
    names = dict(__name__='__main__', __package__=package, __file__=str(path))
    exec(compile(path.read_text(), str(path), 'exec'), names)


def source_of(name: str) -> tuple[Path, str]:
    """The file of a script or module, and the package that it is in."""
    if name.endswith('.py'):
        return ROOT / name, ''
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    if spec.submodule_search_locations is not None:
        return Path(spec.origin).with_name('__main__.py'), name
    return Path(spec.origin), name.rpartition('.')[0]


def exists(name: str) -> bool:
    """Whether there is such a script or module."""
    return (ROOT / name).is_file() if name.endswith('.py') else find_spec(name) is not None


@cache
def options() -> set[str]:
    """All options of the repository's programs, by their sources."""
    places = ('tools/*.py', 'mmdecon/cli.py', 'benchmarks/*.py', 'projects/**/*.py')
    sources = [path.read_text() for place in places for path in ROOT.glob(place)]
    return {option for source in sources for option in re.findall(r"""['"](--[a-z][\w-]+)['"]""", source)}
