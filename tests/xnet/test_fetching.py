"""Starting weights that lie elsewhere."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import torch
import torchvision

from mmdecon.registry import MODELS

from .test_weights import RESNET18


def test_a_file_from_elsewhere_is_fetched_once(tmp_path) -> None:
    theirs = torchvision.models.resnet18()
    torch.save(theirs.state_dict(), tmp_path / 'resnet18.pth')
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Handler, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f'http://127.0.0.1:{server.server_port}/resnet18.pth'
        init = dict(type='Pretrained', checkpoint=url)
        side = MODELS.build(dict(type='mmdecon.WithImage', encoder=dict(RESNET18, init_cfg=init)))
        side.init_weights()
        assert torch.equal(side.encoder.conv1.weight, theirs.conv1.weight) and asked == ['/resnet18.pth']
        side = MODELS.build(dict(type='mmdecon.WithImage', encoder=dict(RESNET18, depth=34, init_cfg=init)))
        with pytest.raises(ValueError, match=rf'WithImage.encoder.init_cfg from {url}'):
            side.init_weights()
    finally:
        server.shutdown()
        server.server_close()
