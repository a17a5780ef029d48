"""The groups Viewer, Operator and Administrator, with what each may do."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWER = {
    ("connections", "account"): ["view_account"],
    ("connections", "connection"): ["view_connection"],
    ("syncengine", "run"): ["view_run"],
    ("syncengine", "change"): ["view_change"],
    ("syncengine", "contact"): ["view_contact"],
}
OPERATOR = {("connections", "connection"): ["operate_connection"]}
ADMINISTRATOR = {
    ("connections", "account"): ["add_account", "change_account", "delete_account"],
    ("connections", "connection"): [
        "add_connection",
        "change_connection",
        "delete_connection",
        "start_connection",
    ],
}
GROUPS = {
    "Viewer": [VIEWER],
    "Operator": [VIEWER, OPERATOR],
    "Administrator": [VIEWER, OPERATOR, ADMINISTRATOR],
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups; the permissions too, which Django itself makes only after all migrations."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    content_type_model = apps.get_model("contenttypes", "ContentType")
    for name, grants in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        for grant in grants:
            for (app, model), codenames in grant.items():
                kind, _ = content_type_model.objects.get_or_create(app_label=app, model=model)
                for codename in codenames:
                    label = codename.replace("_", " ")
                    permission, _ = permission_model.objects.get_or_create(
                        content_type=kind, codename=codename, defaults={"name": f"Can {label}"}
                    )
                    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0002_connection_permissions"),
        ("syncengine", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
