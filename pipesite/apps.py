from __future__ import annotations

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import AdminConfig


class PipesiteAdminConfig(AdminConfig):
    """The admin, with a site of our own."""

    default_site = "pipesite.admin_site.PipesiteAdminSite"


class LoginsConfig(AxesConfig):  # type: ignore[misc]
    """What axes keeps, under a name that says what it is."""

    verbose_name = "Logins"
