from __future__ import annotations

from connections.models.account import Account, Catalogue
from connections.models.canary import Canary
from connections.models.connection import Connection

__all__ = ["Account", "Canary", "Catalogue", "Connection"]
