"""Says in one sentence what to install when a package that mmdecon builds on is missing."""

from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

LINES = '`pip install "mmdecon[onedl]"` (maintained) or `pip install "mmdecon[openmmlab]"` (original releases)'
REMEDIES = {
    'mmdet': 'install it with `pip install "mmdecon[det]"` (maintained line) or `pip install "mmdecon[det-openmmlab]"` '
    '(original releases); both need mmcv with compiled ops',
    'numba': 'install it with `pip install "mmdecon[regions]"`',
    'skimage': 'install it with `pip install "mmdecon[regions]"`',
    'scipy': 'install it with `pip install scipy`; scikit-image brings it, too',
    'timm': 'install it with `pip install "timm>=1.0"`',
    'segmentation_models_pytorch': 'install it with `pip install segmentation-models-pytorch`',
    'safetensors': 'install it with `pip install safetensors`; timm brings it, too',
    'tifffile': 'install it with `pip install "mmdecon[tiff]"`',
    'imagecodecs': 'install it with `pip install "mmdecon[tiff]"`',
    'rasterio': 'install it with `pip install "mmdecon[geo]"`',
    'pydicom': 'install it with `pip install "mmdecon[dicom]"`',
    'webdataset': 'install it with `pip install "mmdecon[shards]"`',
    'pycocotools': 'install it with `pip install pycocotools`; mmdet brings it, too',
}

MAINTAINED = dict(mmseg='onedl-mmsegmentation', mmdet='onedl-mmdetection', mmpretrain='onedl-mmpretrain')
"""Import name -> what the maintained line of OpenMMLab calls the package."""


def name_distributions() -> None:
    """Has ``_base_ = 'mmseg::...'`` find the maintained line, too: mmengine looks for the original names alone."""
    from mmengine.config.utils import MODULE2PACKAGE

    for module, name in MAINTAINED.items():
        if not _is_installed(MODULE2PACKAGE[module]) and _is_installed(name):
            MODULE2PACKAGE[module] = name


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def require(*modules: str) -> None:
    """Refuses to go on without a package; looks for it without importing it.

    Args:
        modules: Import names, such as ``mmseg``.

    Raises:
        ModuleNotFoundError: If one is not installed; names all that are missing and the extra that brings them.

    Examples:
        >>> require('json')
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        remedy = REMEDIES.get(missing[0], f'install one OpenMMLab line, {LINES}; never both, they share import names')
        raise ModuleNotFoundError(f'mmdecon needs {", ".join(missing)}, not installed here: {remedy}.', name=missing[0])
