"""The admin site: stock, with our name, our stylesheet, and the front page."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse


class PipesiteAdminSite(AdminSite):
    """The stock admin site without its sidebar: the links in the header do its job."""

    site_header = "Pipesite"
    site_title = "Pipesite"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The front page: what needs a person, the connections, the worker, the accounts."""
        # Its models need the apps to be loaded, which this module comes before.
        from syncengine.views.overview import overview

        return super().index(request, {**overview(request), **(extra_context or {})})
