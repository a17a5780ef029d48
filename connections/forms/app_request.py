from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget

from connections.models import AppRequest


class AppRequestForm(forms.ModelForm[AppRequest]):
    """The next app that somebody wants [PL8]."""

    use_required_attribute = False

    class Meta:
        model = AppRequest
        fields = ("name", "why")
        labels: ClassVar = {"name": "App"}
        help_texts: ClassVar = {"why": "What would be kept in sync, and for whom."}
        widgets: ClassVar = {
            "name": AdminTextInputWidget(attrs={"autocomplete": "off"}),
            "why": AdminTextInputWidget(attrs={"autocomplete": "off"}),
        }

    def clean_name(self) -> str:
        """Return the name, single-spaced; one that was proposed already is refused."""
        name = " ".join(self.cleaned_data["name"].split())
        standing = AppRequest.objects.filter(name__iexact=name).first()
        if standing is not None:
            raise forms.ValidationError(f"“{standing}” is proposed already. Vote for it above.")
        return name
