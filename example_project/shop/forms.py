from __future__ import annotations

from django import forms


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=100, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class MessageForm(forms.Form):
    text = forms.CharField(
        max_length=2000, label="Your message", widget=forms.Textarea(attrs={"rows": 2, "autofocus": True})
    )
