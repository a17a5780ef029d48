from __future__ import annotations

from django.contrib import admin

from connections.admin import AccountAdmin
from connections.models import Account
from syncengine import tasks
from syncengine.models import Record


@admin.register(Account)
class AccountWithRecordsAdmin(AccountAdmin):
    """The accounts, with the records that the engine keeps of them."""

    def count_records(self, account: Account) -> int:
        return Record.objects.filter(mirror__account=account).count()

    def delete_rows(self, account: Account) -> None:
        tasks.ask_account_deletion(account.pk)
