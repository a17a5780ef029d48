from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Account
from connections.sandbox.pipeliner import PipelinerSandbox
from tests.connections.standins import ANN, BOB, login, pipeliner, google

pytestmark = pytest.mark.django_db
ADD = "/admin/connections/account/add/"

def test_x(admin_client: Client, pipeliner: PipelinerSandbox) -> None:
    r = admin_client.get(ADD); print(r.content.decode()[-3000:])
    r = admin_client.get(ADD+"?app=pipeliner"); assert r.status_code==200
    r = admin_client.post(ADD+"?app=pipeliner", login(pipeliner)); assert r.status_code==302, r.content.decode()
    r2 = admin_client.get(r.url); print(r2.content.decode())
    unit = next(iter(pipeliner.rows("SalesUnit")))
    r3 = admin_client.post(r.url, {"user": ANN, "part": "these", "scopes": [unit]}); assert r3.status_code==302, r3.content.decode()
    r4 = admin_client.get(r3.url); print(r4.content.decode())
    print(Account.objects.get().settings)
    r5 = admin_client.get("/admin/connections/account/"); print(r5.content.decode())
    assert 0
