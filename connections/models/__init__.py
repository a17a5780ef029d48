from __future__ import annotations

from connections.models.account import Account, Catalogue
from connections.models.app_request import AppRequest, Vote
from connections.models.canary import Canary
from connections.models.connection import Connection
from connections.models.mapping import FieldMapping, OwnerPair, PendingEdit
from connections.models.rule import Action, Condition, Rule

__all__ = [
    "Account",
    "Action",
    "AppRequest",
    "Canary",
    "Catalogue",
    "Condition",
    "Connection",
    "FieldMapping",
    "OwnerPair",
    "PendingEdit",
    "Rule",
    "Vote",
]
