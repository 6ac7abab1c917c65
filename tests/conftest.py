"""What every test finds: logs as a fresh process has them."""

import logging

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_of_a_fresh_process():
    """A command under test sets up logging for its process, which is ours: undo it."""
    yield
    if not structlog.is_configured():
        return
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(handler)
            handler.close()
