from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "tests.connectors.contract",
    "tests.connectors.contract_reading",
    "tests.connectors.contract_writing",
    "tests.connectors.harness",
)
