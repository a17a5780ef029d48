#!/usr/bin/env python
from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run a management command; a wrong setting ends it with one plain message."""
    if sys.argv[1:2] == ["demo"]:
        from pipesite import demo_environment

        demo_environment.enter()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipesite.settings")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
