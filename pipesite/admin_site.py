"""The admin site: stock, with our name, our stylesheet and four links in its header."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class PipesiteAdminSite(AdminSite):
    """The stock admin site without its sidebar: the links in the header do its job."""

    site_header = "Pipesite"
    site_title = "Pipesite"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False
