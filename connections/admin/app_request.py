from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from connections.forms.app_request import AppRequestForm
from connections.models import AppRequest, Vote

LIST = "admin:connections_apprequest_changelist"
VOTE = "connections.add_vote"


@admin.register(AppRequest)
class AppRequestAdmin(admin.ModelAdmin[AppRequest]):
    """Staff propose the next app and vote [PL8]: one page, the most wanted app first."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/vote/", view(self.vote), name="connections_apprequest_vote"),
            path("<int:pk>/take-back/", view(self.take_back), name="connections_apprequest_take"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: AppRequest | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppRequest]:
        """Return the apps with `count`, their votes, and `mine`, whether the person voted."""
        mine = Vote.objects.filter(request=OuterRef("pk"), voter=request.user.pk)
        rows = super().get_queryset(request).select_related("proposed_by")
        counted = rows.annotate(count=Count("votes"), mine=Exists(mine))
        return counted.order_by("-count", Lower("name"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, AppRequestForm())

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Propose an app, which is a vote for it too."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(LIST)
        form = AppRequestForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        try:
            with transaction.atomic():
                made = form.save(commit=False)
                made.proposed_by, made.proposed_at = _person(request), timezone.now()
                made.save()
                made.votes.create(voter=_person(request), cast_at=timezone.now())
        except IntegrityError:
            messages.warning(request, f"“{made}” was proposed at this moment. Vote for it.")
        else:
            self.log_addition(request, made, "Proposed.")
            messages.success(request, f"“{made}” is proposed, and your vote counts for it.")
        return redirect(LIST)

    @method_decorator(require_POST)
    def vote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Vote for an app, once."""
        app = self._found(request, pk)
        _, made = app.votes.get_or_create(
            voter=_person(request), defaults={"cast_at": timezone.now()}
        )
        messages.success(request, f"You voted for “{app}”{'' if made else ' before'}.")
        return redirect(LIST)

    @method_decorator(require_POST)
    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take one's own vote back."""
        app = self._found(request, pk)
        app.votes.filter(voter=_person(request)).delete()
        messages.success(request, f"Your vote for “{app}” is taken back.")
        return redirect(LIST)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask once more, then delete an app with its votes."""
        app = self.get_object(request, object_id)
        if app is None:
            raise Http404
        if not self.has_delete_permission(request, app):
            raise PermissionDenied
        if request.method != "POST":
            return self._show(request, "connections/vote_delete.html", f"Delete {app}", app=app)
        self.log_deletions(request, AppRequest.objects.filter(pk=app.pk))
        app.delete()
        messages.success(request, f"“{app}” and its votes are deleted.")
        return redirect(LIST)

    def _found(self, request: HttpRequest, pk: int) -> AppRequest:
        """Return an app, for a person who may vote."""
        if not request.user.has_perm(VOTE):
            raise PermissionDenied
        return get_object_or_404(AppRequest, pk=pk)

    def _page(self, request: HttpRequest, form: AppRequestForm) -> HttpResponse:
        return self._show(
            request,
            "connections/votes.html",
            "Votes",
            apps=self.get_queryset(request),
            form=form,
            may_propose=self.has_add_permission(request),
            may_vote=request.user.has_perm(VOTE),
            may_delete=self.has_delete_permission(request),
        )

    def _show(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> HttpResponse:
        site = self.admin_site.each_context(request)
        return TemplateResponse(
            request, template, {**site, "opts": self.opts, "title": title, **context}
        )


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
