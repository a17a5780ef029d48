"""The settings, all from the environment; docs/settings.md has a table of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF

from pipesite import environment

# So that classes of Django's that are generic for the type checker can be written as such.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_file(BASE_DIR / ".env")

# Secrets and keys

SECRET_KEY = environment.text("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = environment.encryption_keys("FIELD_ENCRYPTION_KEYS")
# The name under which django-encrypted-model-fields looks for them.
FIELD_ENCRYPTION_KEY = FIELD_ENCRYPTION_KEYS

# Where it is reached

DEBUG = environment.flag("DEBUG", False)
PIPESITE_URL = environment.web_address("PIPESITE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = environment.words(
    "ALLOWED_HOSTS",
    [urlsplit(PIPESITE_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"],
)
# Web servers in front whose word counts: gunicorn reads the same variable.
FORWARDED_ALLOW_IPS = environment.words("FORWARDED_ALLOW_IPS", ["127.0.0.1", "::1"])
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(PIPESITE_URL))]

# An installation that is reached by https is reached by nothing else.
_https = PIPESITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _https else 0
# A table of owners, or a rule with many options, has a field for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
# HSTS for subdomains and browsers' preload lists bind a whole domain, of which this is one host.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# The apps that are kept equal

PIPESITE_ALLOW_LOCAL_APPS = environment.flag("PIPESITE_ALLOW_LOCAL_APPS", False)
GOOGLE_CLIENT_ID = environment.text("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = environment.text("GOOGLE_CLIENT_SECRET", "")
GOOGLE_API_URL = environment.web_address("GOOGLE_API_URL", "https://people.googleapis.com")
GOOGLE_ACCOUNTS_URL = environment.web_address("GOOGLE_ACCOUNTS_URL", "https://accounts.google.com")
GOOGLE_OAUTH_URL = environment.web_address("GOOGLE_OAUTH_URL", "https://oauth2.googleapis.com")

# Times that only tests shorten: a system check refuses them where local apps are not allowed.
PIPESITE_LEASE_SECONDS = environment.whole("PIPESITE_LEASE_SECONDS", 120, highest=120)
PIPESITE_RETRY_SECONDS = environment.whole("PIPESITE_RETRY_SECONDS", 60, highest=3600)
# None: each connector's own.
PIPESITE_SETTLING_SECONDS = environment.whole("PIPESITE_SETTLING_SECONDS", None, highest=3600)
SHORTENED_TIMES = [
    name
    for name in ("PIPESITE_LEASE_SECONDS", "PIPESITE_RETRY_SECONDS", "PIPESITE_SETTLING_SECONDS")
    if environment.text(name, "")
]

# Django

INSTALLED_APPS = [
    "pipesite.apps.PipesiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pipesite.apps.LoginsConfig",
    "csp",
    "django_q",
    "connections",
    "syncengine",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "pipesite.middleware.refuse_nul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "pipesite.urls"
WSGI_APPLICATION = "pipesite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database("DATABASE_URL", "sqlite:///var/pipesite.sqlite3", BASE_DIR),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Five wrong passwords for a name from one address: a quarter of an hour's pause.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "pipesite.visitors.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

# No inline script or style anywhere. `form-action` is left open: Google's consent page is reached
# by a form that redirects.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = environment.time_zone("TIME_ZONE", "UTC")
globals().update(environment.email("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = environment.sender("EMAIL_FROM", "pipesite@localhost")
# Seconds: a run must not wait for a mail server.
EMAIL_TIMEOUT = 10

# Whitenoise serves the files where the packages keep them: nothing needs collecting.
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "pipesite" / "static"]
WHITENOISE_USE_FINDERS = True

# The queue. `retry` leaves room for a task that waits in the
# pipe behind two that run to their timeout, so that none is delivered twice. Failures and retries
# are rows of our own.
Q_CLUSTER = {
    "name": "pipesite",
    "label": "Worker",
    "orm": "default",
    "workers": 2,
    "queue_limit": 1,
    "bulk": 1,
    "timeout": 900,
    "retry": 1860,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "recycle": 100,
    "save_limit": 50,
    "ALT_CLUSTERS": {},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    # Libraries log addresses and tokens at lower levels.
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        name: {"level": "INFO"} for name in ("connections", "pipesite", "syncengine", "django-q")
    },
}
