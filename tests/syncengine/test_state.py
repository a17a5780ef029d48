from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connections.configuration import Side
from connections.schema import Birthday, Value
from syncengine import state
from syncengine.state import Base, Sent


def test_what_is_stored_is_read_back_equal() -> None:
    values: list[Value] = [
        None,
        "Ä",
        True,
        7,
        Decimal("1.50"),
        date(2026, 2, 28),
        datetime(2026, 1, 1, 12, 30, 1, 50073, tzinfo=UTC),
        Birthday(None, 2, 29),
        ("a@x.org", "b@x.org"),
    ]
    base = {f"f{i}=g": Base(value, values[-i], "both", "x") for i, value in enumerate(values)}
    sent: dict[tuple[str, Side], Sent] = {
        ("f=g", "left"): Sent(values[-1], values[-2], values[4], "x", answered=True),
        ("f=g", "right"): Sent("a", None, "b", "y"),
    }

    def stored(value: Any) -> Any:
        return json.loads(json.dumps(value))

    assert state.base_from_json(stored(state.base_to_json(base))) == base
    read = state.sent_from_json(stored(state.sent_to_json(sent)))
    assert read == sent
    kept = read["f=g", "left"].value
    assert isinstance(kept, tuple)
