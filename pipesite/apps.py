from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PipesiteAdminConfig(AdminConfig):
    """The admin, with a site of our own."""

    default_site = "pipesite.admin_site.PipesiteAdminSite"
