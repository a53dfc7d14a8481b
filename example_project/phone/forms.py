from __future__ import annotations

from django import forms


class TextForm(forms.Form):
    body = forms.CharField(
        max_length=1600, label="Text to the shop", widget=forms.Textarea(attrs={"rows": 2, "autofocus": True})
    )
