"""Metafiles and READMEs list the configs that are there, and no results that nobody has."""

import re
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

ROOT = Path(__file__).parent.parent
METAFILES = sorted(path.relative_to(ROOT) for path in (ROOT / 'configs').rglob('metafile.yml'))
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
