"""Two accounts as rules see them: a CRM with owners and units, and a book with labels."""

from __future__ import annotations

from connections.connectors.base import Scope, User
from connections.connectors.google_values import FIELDS as BOOK_FIELDS
from connections.connectors.pipeliner_fields import standard_fields
from connections.models import Account, Catalogue
from connections.schema import Field, Option, Type

ANN, BOB = User("u-ann", "Ann Bergström", "ann@x.example"), User("u-bob", "Bob", "bob@x.example")
UNITS = (
    Scope("north", "North"),
    Scope("south", "South"),
    Scope("oslo", "Oslo", "north"),
    Scope("south-north", "North", "south"),
)
LABELS = (Scope("vip", "VIP"), Scope("key", "Key accounts"))
STATUS = Field(
    "cf_status",
    "Customer status",
    Type.CHOICE,
    options=(Option("o1", "Key account"), Option("o2", "Partner")),
)
TAGS = Field(
    "cf_tags", "Tags", Type.MULTI_CHOICE, options=(Option("t1", "Fair"), Option("t2", "Web"))
)
SCORE = Field("cf_score", "Lead score", Type.INTEGER)
SEEN = Field("cf_seen", "Last contacted", Type.DATE)
NEWS = Field("cf_news", "Newsletter", Type.BOOLEAN)
TOTAL = Field("cf_total", "Total", Type.DECIMAL, read_only=True)
CODE = Field("cf_code", "Code", Type.TEXT, max_length=5)
CUSTOM = (STATUS, TAGS, SCORE, SEEN, NEWS, TOTAL, CODE)


def crm(**settings: object) -> Account:
    """Return an account at Pipeliner, not saved."""
    offers = Catalogue((*standard_fields({}), *CUSTOM), (ANN, BOB), UNITS)
    return Account(label="CRM", app="pipeliner", catalogue=offers.to_json(), **settings)


def book(**settings: object) -> Account:
    """Return an account at Google, not saved."""
    offers = Catalogue(BOOK_FIELDS, (), LABELS)
    return Account(label="Book", app="google", catalogue=offers.to_json(), **settings)
