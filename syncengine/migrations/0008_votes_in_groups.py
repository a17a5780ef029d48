"""Everybody who may look may propose an app and vote; administrators may delete a proposal."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VOTERS = {"apprequest": ["view_apprequest", "add_apprequest"], "vote": ["add_vote"]}
KEEPERS = {**VOTERS, "apprequest": [*VOTERS["apprequest"], "delete_apprequest"]}
GROUPS = {"Viewer": VOTERS, "Operator": VOTERS, "Administrator": KEEPERS}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the groups their permissions, which Django itself makes only after all migrations."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    content_type_model = apps.get_model("contenttypes", "ContentType")
    for name, grants in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        for model, codenames in grants.items():
            kind, _ = content_type_model.objects.get_or_create(app_label="connections", model=model)
            for codename in codenames:
                label = codename.replace("_", " ").replace("apprequest", "app request")
                permission, _ = permission_model.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": f"Can {label}"}
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0005_rules_mappings_and_votes"),
        ("syncengine", "0007_mergers_ids_and_workers"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
