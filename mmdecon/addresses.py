"""Weights named by an address instead of a path: ``https://...``, and the names that mmengine and timm give to some."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from http.client import HTTPException
from urllib.parse import urlparse

from mmengine.fileio import get_file_backend, get_local_path
from mmengine.logging import print_log
from mmengine.runner import (
    get_deprecated_model_names,
    get_external_models,
    get_mmcls_models,
    get_torchvision_models,
)
from torch import hub

from .compat import require

NAMES = {
    'torchvision': get_torchvision_models,
    'modelzoo': get_torchvision_models,
    'open-mmlab': get_external_models,
    'openmmlab': get_external_models,
    'mmcls': get_mmcls_models,
}
TIMM = 'timm'
HUB = 'https://huggingface.co/{}/resolve/main/{}'
HOME = 'MMENGINE_HOME'  # the variable that names the folder of files that open-mmlab:// may stand for


def scheme_of(path: str) -> str:
    """What precedes ``://``, empty for a path.

    Examples:
        >>> scheme_of('torchvision://resnet18'), scheme_of('resnet18.pth')
        ('torchvision', '')
    """
    return path.partition('://')[0] if '://' in path else ''


def resolve(path: str) -> str:
    """The URL or the path that a name of mmengine's or timm's stands for; other addresses and paths as they are.

    Args:
        path: Such as ``torchvision://resnet18``, ``timm://resnet18.a1_in1k`` or ``open-mmlab://resnet50_v1c``.

    Raises:
        ModuleNotFoundError: If it is one of timm's, which is not installed.
        ValueError: If mmengine or timm does not know the name.
    """
    scheme = scheme_of(path)
    if scheme == TIMM:
        return _url_of_timm(path.partition('://')[2])
    if scheme not in NAMES:
        return path
    name, known = path.partition('://')[2], NAMES[scheme]()
    if NAMES[scheme] is get_external_models:
        name = get_deprecated_model_names().get(name, name)
    if name not in known:
        raise ValueError(f'{path}: mmengine knows no weights of this name{_near(name, known)}')
    url: str = known[name]
    home = os.getenv(HOME) or os.path.join(os.getenv('XDG_CACHE_HOME', '~/.cache'), 'mmengine')
    return url if scheme_of(url) else os.path.join(os.path.expanduser(home), url)


@contextmanager
def local_file(path: str) -> Iterator[str]:
    """A local file with the content of a path or an address; what is downloaded from the web is kept where torch looks.

    Args:
        path: A path, ``~`` included; a URL, a name of mmengine, or an address of a back end of mmengine's.

    Raises:
        OSError: If it cannot be downloaded.
        ValueError: If nothing knows the name or the scheme, or the back end's package is missing.
    """
    target = resolve(path)
    if not scheme_of(target):
        yield os.path.expanduser(target)
    elif scheme_of(target) in ('http', 'https'):
        yield _download(target, path)
    else:
        try:
            get_file_backend(target)
        except (KeyError, ImportError) as error:
            reason = f'nothing reads {scheme_of(target)}://' if isinstance(error, KeyError) else str(error)
            known = ', '.join(['http', 'https', TIMM, *NAMES])
            raise ValueError(
                f'{path} cannot be fetched: {reason}; give the path of a file, or an address of {known}'
            ) from error
        with get_local_path(target) as local:
            yield local


def _download(url: str, path: str) -> str:
    """Downloads a file unless torch's folder of downloads has it, whole or not at all; returns its path there."""
    folder = os.path.join(hub.get_dir(), 'checkpoints')
    local = os.path.join(folder, kept_as(url))
    if os.path.isfile(local):
        print_log(f'{path}: {local}, which was downloaded before, is taken', 'current')
        return local
    try:
        os.makedirs(folder, exist_ok=True)
        hub.download_url_to_file(url, local, progress=sys.stderr.isatty())
    except (OSError, HTTPException) as error:
        address = path if path == url else f'{path} ({url})'
        reason = getattr(error, 'reason', None) or error
        raise OSError(
            f'{address} cannot be downloaded: {reason}. Without a network, download it elsewhere and give the path of '
            f'the file, or put it at {local}'
        ) from error
    return local


def kept_as(url: str) -> str:
    """What a URL is kept as; on timm's hub all files of weights have one name, in folders that tell them apart.

    Examples:
        >>> kept_as('https://x.org/resnet18-f37072fd.pth')
        'resnet18-f37072fd.pth'
        >>> kept_as('https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors')
        'timm-resnet18.a1_in1k-model.safetensors'
    """
    parts = urlparse(url).path.strip('/').split('/')
    return '-'.join([*parts[:2], parts[-1]]) if parts[2:4] == ['resolve', 'main'] else parts[-1]


def _url_of_timm(name: str) -> str:
    """Where timm's weights of a name are."""
    require('timm')
    from timm.models import get_pretrained_cfg, list_pretrained

    try:
        found = get_pretrained_cfg(name)
    except RuntimeError:  # an unknown tag of a known model
        found = None
    if found is None or not (found.url or found.hf_hub_id):
        raise ValueError(f'timm://{name}: timm knows no weights of this name{_near(name, list_pretrained())}')
    if found.url:
        return str(found.url)
    return HUB.format(found.hf_hub_id, found.hf_hub_filename or 'model.safetensors')


def _near(name: str, known: Iterable[str]) -> str:
    """Names like one that is not known."""
    near = get_close_matches(name, list(known), 3)
    return f'; did you mean {" or ".join(near)}?' if near else ''
