"""The check of words finds what it should, and nothing stands in README, docs, package and configs that it refuses."""

import runpy
from pathlib import Path

import pytest

words = runpy.run_path(str(Path(__file__).parent.parent / 'dev/check_words.py'))


@pytest.mark.parametrize(
    'text',
    [
        "regions from people's masks",
        'starts from random\n# weights',
        'a model is shared out',
        'Letters: B images',
        'Twin(keep=0.99)',
    ],
)
def test_old_words_are_found(text: str) -> None:
    ((line, _, remedy),) = words['find'](f'\n{text}\n')
    assert line == 2 and remedy


@pytest.mark.parametrize(
    'text', ['they share a level without it', 'a given image', "empty='keep'", 'by chance', 'random order of weights']
)
def test_usual_words_are_not(text: str) -> None:
    assert not list(words['find'](text))


def test_no_page_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(words['pages']()) > 100
    assert words['main']() == 0, capsys.readouterr().out
