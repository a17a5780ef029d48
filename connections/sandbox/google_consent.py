"""The page on which a person allows an app to use their contacts."""

from __future__ import annotations

from html import escape

from .base import Request, Response


def consent_page(request: Request, users: list[str], scopes: dict[str, str]) -> Response:
    """The choice of account and scopes, with Allow and Cancel; `login_hint` is chosen already."""
    hint = request.args.get("login_hint", "")
    chosen = hint if hint in users else users[0]
    accounts = "".join(
        f'<label><input type="radio" name="user" value="{escape(user)}"'
        f"{' checked' if user == chosen else ''}> {escape(user)}</label><br>"
        for user in users
    )
    boxes = "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(name)}" checked>'
        f" {escape(label)}</label><br>"
        for name, label in scopes.items()
    )
    return _page(
        f"{escape(request.args['client_id'])} wants access to your Google Account",
        f'<form method="post" action="{escape(request.full_path)}">'
        f"<fieldset><legend>Account</legend>{accounts}</fieldset>"
        f"<fieldset><legend>Select what it can access</legend>{boxes}</fieldset>"
        '<div class="buttons"><button name="decision" value="cancel">Cancel</button>'
        '<button name="decision" value="allow">Allow</button></div></form>',
        200,
    )


def error_page(error: str, description: str) -> Response:
    """Google's page for a request that cannot be sent back to the app."""
    code = 401 if error == "invalid_client" else 400
    return _page(
        "Access blocked: Authorization Error",
        f"<p>{escape(description)}</p><p>Error {code}: {escape(error)}</p>",
        code,
    )


def _page(heading: str, content: str, code: int) -> Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Sign in - Google Accounts (sandbox)</title>"
        '<link rel="stylesheet" href="/_sandbox/style.css"></head><body>'
        f"<header>Google Accounts (sandbox)</header><main><h1>{heading}</h1>{content}</main>"
        "</body></html>"
    )
    return Response(page, code, content_type="text/html; charset=utf-8")
