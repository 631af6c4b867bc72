"""What tests of data sets share."""

import logging

import pytest
from mmengine.logging import MMLogger


@pytest.fixture
def warnings_of(caplog: pytest.LogCaptureFixture):
    """The warnings of the dataset so far."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield lambda: [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    logger.removeHandler(caplog.handler)
