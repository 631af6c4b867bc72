"""The documentation is true: its code runs, its files exist, its links lead somewhere."""

import re
import runpy
import sys
from argparse import Namespace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from mmdecon.cli import RUNNER_KEYS, load_config

from .support import doc_commands, tiny
from .support.exports import PLAIN, save
from .test_configs import check

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), *sorted((ROOT / 'configs').rglob('README.md'))]
PAGES += [ROOT / 'benchmarks/README.md', *sorted((ROOT / 'projects').rglob('README.md'))]
ADDRESSED = ('mkdocs.yml', 'CITATION.cff')  # which name where the repository will be
INVENTED = (  # configs that a page writes
    'decon-ml-cells_r18-fpn_1xb64-coslr-200e_my-images',
    'decon-sl-slotcon_r18-direction_1xb64-coslr-200e_my-images',
)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf'^```{language}\n(.*?)^```', page.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_example_of_an_objective_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, config = blocks(ROOT / 'docs/add_an_objective.md', 'python')
    (tmp_path / 'my_objective.py').write_text(module)
    (tmp_path / 'config.py').write_text(config.replace("'../_base_", f"'{ROOT}/configs/_base_"))
    monkeypatch.syspath_prepend(tmp_path)
    check(tmp_path / 'config.py')
    assert 'my_objective' in sys.modules


def export(monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> None:
    """Runs the tool as a shell does."""
    monkeypatch.setattr(sys, 'argv', ['export.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/export.py'), run_name='__main__')


def test_the_example_of_a_decoder_trains_and_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, config, target = blocks(ROOT / 'docs/add_a_decoder.md', 'python')
    (tmp_path / 'my_decoder.py').write_text(module)
    (tmp_path / 'config.py').write_text(config.replace("'../_base_", f"'{ROOT}/configs/_base_"))
    (tmp_path / 'my_segmenter.py').write_text(target)
    monkeypatch.syspath_prepend(tmp_path)
    check(tmp_path / 'config.py')
    network = Config.fromfile(tmp_path / 'config.py').model.network.to_dict()
    checkpoint = save(tmp_path / 'decon.pth', network, 'c5', 'out')
    options = ('--layout', 'mmseg', '--import', 'my_decoder', '--target', tmp_path / 'my_segmenter.py')
    export(monkeypatch, checkpoint, tmp_path / 'direction.pth', *options)
    text = capsys.readouterr().out
    assert 'same features in the target: c2, c3, c4, c5, out' in text
    assert 'classifier: 1 tensors, such as decode_head.classes.weight' in text


def test_the_example_of_a_layout_is_loaded_by_its_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, use = blocks(ROOT / 'docs/add_a_layout.md', 'python')
    (tmp_path / 'detector_layout.py').write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    fpn = dict(PLAIN, neck=dict(PLAIN['neck'], out_channels=256))
    network = tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, base_channels=64))
    checkpoint = save(tmp_path / 'decon.pth', network, 'c5', 'p2', 'p3', 'p4', 'p5')
    options = ('--layout', 'detector', '--import', 'detector_layout')
    export(monkeypatch, checkpoint, tmp_path / 'detector.pth', *options)
    assert 'same features in the target: c2, c3, c4, c5, p2, p3, p4, p5' in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    exec(compile(use, 'add_a_layout.md', 'exec'), {})


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_exist(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r'\]\(([^)]+)\)', text) if not link.startswith('http')]
    for link in links:
        path, _, anchor = link.partition('#')
        target = page.parent / path if path else page
        assert target.exists(), f'{page.name} links {link}'
        if anchor:
            titles = re.findall(r'^#+ (.*)$', target.read_text(), flags=re.MULTILINE)
            anchors = [re.sub(r'[^\w -]', '', title).lower().replace(' ', '-') for title in titles]
            assert anchor in anchors, f'{page.name} links {link}, but there is {anchors}'
    beside_links = re.sub(r'\]\([^)]+\)', ']', text)
    names = re.findall(
        r'(?<![\w/.-])((?:configs|tools|tests|mmdecon|docs|projects|benchmarks)/[\w./-]+\.\w+)', beside_links
    )
    missing = {name for name in names if not (ROOT / name).exists()}
    assert missing <= {f'configs/decon/{name}.py' for name in INVENTED}, missing


def test_the_readme_shows_a_config_as_it_is() -> None:
    (shown,) = blocks(ROOT / 'README.md', 'python')
    assert shown == (ROOT / 'configs/decon/decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py').read_text()


@pytest.mark.parametrize('number', [0, 1], ids=['photos', 'rasters'])
def test_the_examples_of_fine_tuning_on_images_of_ones_own_are_whole(tmp_path: Path, number: int) -> None:
    config = blocks(ROOT / 'docs/downstream.md', 'python')[number]
    (tmp_path / 'my_seg.py').write_text(config.replace("'configs/", f"'{ROOT}/configs/"))
    cfg = Config.fromfile(tmp_path / 'my_seg.py')
    assert cfg.model.decode_head.num_classes == len(cfg.classes) == len(cfg.test_dataloader.dataset.metainfo.classes)
    if number == 0:  # tests/downstream/test_rasters.py trains the other
        check(tmp_path / 'my_seg.py')


def check_pip(words: list[str]) -> None:
    """The extras and constraints that an installation names are there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('setuptools.setup', lambda **given: extras.update(given['extras_require']))
        extras: dict[str, Any] = {}
        runpy.run_path(str(ROOT / 'setup.py'))
    named = re.findall(r'(?:^\.|mmdecon|\.whl\))\[([\w,-]+)\]', '\n'.join(words), flags=re.MULTILINE)
    assert not {extra for names in named for extra in names.split(',')} - extras.keys(), words
    for flag, file in pairwise(words):
        assert flag != '-c' or (ROOT / file).is_file(), file


def check_training(args: Namespace) -> None:
    """A config of this repository takes the options; of another, mmengine reads their first names."""
    assert {key.partition('.')[0] for key in args.cfg_options} <= RUNNER_KEYS
    if (ROOT / args.config).is_file():
        load_config(args)
    elif args.config.startswith(('configs/', 'projects/')):
        assert Path(args.config).stem in INVENTED, args.config


@pytest.mark.parametrize('page', [*PAGES, ROOT / 'CONTRIBUTING.md'], ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs, targets and extras exist, each program's own parser takes its options, and configs theirs."""
    monkeypatch.chdir(ROOT)
    targets = re.findall(r'^([a-z-]+):.*##', (ROOT / 'Makefile').read_text(), flags=re.MULTILINE)
    short = [(words, True) for words in doc_commands.inline(page)]
    for words, in_short in [*((words, False) for words in doc_commands.shell(page)), *short]:
        ours = doc_commands.program(words)
        if words[0] == 'make':
            assert words[1] in (*targets, 'help'), words
        elif 'install' in words:
            check_pip(words)
        elif ours:
            assert doc_commands.exists(ours[0]), words
            if ours[0].startswith('tests') or '--import' in words:  # without arguments; run by a test above
                continue
            args = doc_commands.parse(*ours, in_short)
            if args and ours[0] in ('tools/train.py', 'tools/test.py'):
                check_training(args)


def test_the_address_of_the_repository_is_one() -> None:
    """No command depends on it: installation from git leaves the address to the reader."""
    named = {name: re.findall(r'github\.com/mmdecon[\w./-]*', (ROOT / name).read_text()) for name in ADDRESSED}
    assert {*map(tuple, named.values())} == {('github.com/mmdecon/mmdecon',)}
    assert not [page.name for page in PAGES if 'github.com/mmdecon' in page.read_text()]


FOREIGN = {'--nnodes', '--nproc_per_node', '--rdzv_id', '--rdzv_backend', '--rdzv_endpoint'}  # torchrun's
FOREIGN |= {'--ntasks-per-node', '--queue'}  # Slurm's, and one that benchmarks puts together


@pytest.mark.parametrize('page', [*PAGES, ROOT / 'CONTRIBUTING.md'], ids=lambda page: str(page.relative_to(ROOT)))
def test_options_within_sentences_exist(page: Path) -> None:
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    named = {option for code in re.findall(r'`[^`]+`', text) for option in re.findall(r'(?<![\w-])--[a-z][\w-]+', code)}
    assert named <= doc_commands.options() | FOREIGN
