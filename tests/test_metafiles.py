"""Metafiles and READMEs list the configs that are there, and no results that nobody has."""

import re
from pathlib import Path
from runpy import run_path

import pytest
import yaml
from mmengine.config import Config

ROOT = Path(__file__).parent.parent
METAFILES = sorted(path.relative_to(ROOT) for path in (ROOT / 'configs').rglob('metafile.yml'))
MODEL_ZOO = run_path(str(ROOT / 'dev' / 'model_zoo.py'))
UNPUBLISHED = ('not trained by us', 'trained by us, weights not published')


def test_there_are_metafiles() -> None:
    assert len(METAFILES) >= 6


@pytest.mark.parametrize('metafile', METAFILES, ids=str)
def test_rows_are_the_configs(metafile: Path) -> None:
    content = yaml.safe_load((ROOT / metafile).read_text())
    configs = {str(path.relative_to(ROOT)) for path in (ROOT / metafile).parent.glob('*.py')}
    assert {row['Config'] for row in content['Models']} == configs != set()
    assert {row['In Collection'] for row in content['Models']} == {one['Name'] for one in content['Collections']}
    for row in content['Models']:
        assert row['Name'] == Path(row['Config']).stem
        assert 'Results' not in row or 'Weights' in row, f'{row["Name"]} has results and no checkpoint'
        assert ('Weights' in row) != (row['Metadata'].get('Status') in UNPUBLISHED), row['Name']


@pytest.mark.parametrize('metafile', METAFILES, ids=str)
def test_rows_say_what_the_configs_say(metafile: Path) -> None:
    for row in yaml.safe_load((ROOT / metafile).read_text())['Models']:
        if 'Epochs' in row['Metadata']:
            gpus, images = map(int, re.search(r'_(\d+)xb(\d+)-', row['Name']).groups())
            cfg = Config.fromfile(ROOT / row['Config'])
            assert cfg.train_cfg.max_epochs == row['Metadata']['Epochs']
            assert (cfg.train_dataloader.batch_size, gpus * images) == (images, row['Metadata']['Batch Size'])


@pytest.mark.parametrize('metafile', METAFILES, ids=str)
def test_the_readme_links_every_config_and_nothing_else(metafile: Path) -> None:
    content = yaml.safe_load((ROOT / metafile).read_text())
    for readme in {ROOT / one['README'] for one in content['Collections']}:
        links = set(re.findall(r'\]\(([^)#:]+)[^):]*\)', readme.read_text()))
        broken = {link for link in links if not (readme.parent / link).exists()} - {'../../docs/export.md'}
        assert not broken, f'{readme} links {broken}'
        linked = {str((readme.parent / link).resolve()) for link in links if link.endswith('.py')}
        missing = {row['Config'] for row in content['Models']} - {str(Path(one).relative_to(ROOT)) for one in linked}
        assert not missing, f'{readme} does not list {missing}'


@pytest.mark.parametrize('metafile', METAFILES, ids=str)
def test_rows_say_what_a_reader_chooses_by(metafile: Path) -> None:
    for row in yaml.safe_load((ROOT / metafile).read_text())['Models']:
        metadata = row['Metadata']
        assert metadata.keys() >= {'Network', 'Training Data', 'Batch Size'}, row['Name']
        assert 'Epochs' in metadata or 'Length' in metadata, row['Name']
        assert ('I have' in metadata) == ('I want' in metadata), row['Name']
        if 'downstream' not in metafile.parts:
            assert 'Paper Row' in metadata, row['Name']


def test_variants_stand_in_the_methods_part_of_a_name() -> None:
    data = {'coco', 'coco-plus', 'coco-fh', 'coco-grid', 'coco-instances', 'in1k', 'in1k-fh', 'gwfss', 'my-images'}
    for folder in ('slotcon', 'densecl', 'pixpro', 'detcon', 'decon'):
        for path in (ROOT / 'configs' / folder).glob('*.py'):
            method, network, schedule, images = path.stem.split('_')
            assert images in data, path.name
            assert re.fullmatch(r'\d+xb\d+-coslr-\d+e', schedule), path.name
            assert re.fullmatch(r'[a-z0-9-]+', method + network), path.name


def test_the_tables_are_those_of_the_metafiles() -> None:
    stale = {page.name: text for page, text in MODEL_ZOO['pages']().items() if page.read_text() != text}
    assert not stale, 'run python dev/model_zoo.py'


def test_a_changed_row_makes_its_page_stale() -> None:
    page, row = ROOT / 'configs' / 'README.md', dict(Name='new', Config='configs/decon/new.py')
    row['Metadata'] = {'Epochs': 3, 'I have': 'time', 'I want': 'weights', 'Status': 'not trained by us'}
    assert '| time | weights | [new](decon/new.py) |' in MODEL_ZOO['to_choose'](page, [row])
    assert '| [new](decon/new.py) | 3 | not trained by us |' in MODEL_ZOO['of_folder'](page, [row])
