from __future__ import annotations

from typing import Any

from django import forms


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=100, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class MessageForm(forms.Form):
    text = forms.CharField(
        max_length=2000,
        label="Your message",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
    )
    file = forms.FileField(label="A file with it", required=False)

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("text") and not self.cleaned_data.get("file"):
            raise forms.ValidationError("Write something, or choose a file.")
        return self.cleaned_data
