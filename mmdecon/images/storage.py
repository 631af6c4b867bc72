"""Files in a back end of mmengine: LMDB, object stores, HTTP."""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from mmengine.fileio import get_file_backend

from .errors import unreadable

T = TypeVar('T')

_CLIENTS: dict[tuple[int, str], Any] = {}  # by process: LMDB may be open once in each, and outlives no fork
_OPENING = threading.Lock()


class Storage:
    """Reads files by a back end of mmengine, with one client a process, whatever datasets share it.

    Args:
        backend_args: As mmengine takes them, such as ``dict(backend='lmdb', db_path=...)``.

    Raises:
        ValueError: If it names no back end.
    """

    def __init__(self, backend_args: Mapping[str, Any]) -> None:
        if not isinstance(backend_args, Mapping) or 'backend' not in backend_args:
            raise ValueError(
                f"backend_args={backend_args!r} names no back end: give dict(backend='lmdb', db_path=...), or another "
                'of mmengine.fileio with its arguments'
            )
        self.backend_args = dict(backend_args)

    def _use(self, call: Callable[[Any], T]) -> T:
        """Calls the client; one thread alone does so first, as clients connect when they are first used."""
        key = os.getpid(), json.dumps(self.backend_args, sort_keys=True, default=str)
        if key in _CLIENTS:
            return call(_CLIENTS[key])
        with _OPENING:
            if key not in _CLIENTS:
                for inherited in [other for other in _CLIENTS if other[0] != key[0]]:
                    del _CLIENTS[inherited]  # which closes it: LMDB opens nothing that it takes for open
                client = get_file_backend(backend_args=dict(self.backend_args))
                result = call(client)
                _CLIENTS[key] = client
                return result
        return call(_CLIENTS[key])

    def get(self, path: str) -> bytes:
        """The bytes of a file.

        Args:
            path: Its path, key or address.

        Raises:
            UnreadableImage: If it is not there, or the back end fails; names it.
        """
        try:
            content = self._use(lambda client: client.get(path))
        except Exception as error:  # each back end raises its own
            raise unreadable(path, error) from error
        if content is None:  # LMDB's, for a key that it does not have
            raise unreadable(path, f'backend {self.backend_args["backend"]!r} has nothing of this name')
        return bytes(content)

    def list(self, folder: str, endings: Sequence[str]) -> list[str]:
        """Lists the files below a folder.

        Args:
            folder: Its path or address.
            endings: Of the names of files, upper or lower case.

        Returns:
            Paths relative to the folder, sorted.

        Raises:
            ValueError: If the back end cannot list, or there are none.
        """
        kind = self.backend_args['backend']
        try:
            found = self._use(lambda client: list(client.list_dir_or_file(folder, list_dir=False, recursive=True)))
        except (AttributeError, NotImplementedError) as error:
            raise ValueError(
                f'backend {kind!r} lists no files: name them in dataset.list_file, one a line, with their endings'
            ) from error
        except Exception as error:
            raise ValueError(f'backend {kind!r} cannot list {folder} (dataset.folders): {error}') from error
        endings = tuple(ending.lower() for ending in endings)
        names = sorted(name for name in found if name.lower().endswith(endings))
        if not names:
            raise ValueError(
                f'no images under {folder} (dataset.folders) of backend {kind!r}: nothing ends in {", ".join(endings)}'
            )
        return names
