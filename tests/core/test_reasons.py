"""Every reason has a code: with a sentence, with advice, and with a place in the code and in the docs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import Formatter

import pytest
from django.utils import translation

import django_front_channel
from django_front_channel import exceptions
from django_front_channel.core.reasons import MAYBE_AGAIN, NOTHING, Affair, Code, Reason, advice, sentence
from django_front_channel.exceptions import ArgumentCode
from tests.reason_stories import STORIES

PACKAGE = Path(django_front_channel.__file__).parent
TESTS = Path(__file__).parent.parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text())
    for path in sorted(PACKAGE.rglob("*.py"))
    if "migrations" not in path.parts
}
REASONS = "core/reasons.py"
WORDS = re.compile(r"\w+ \w+ \w+")
OUTCOMES = {"Retry", "GaveUp", "Dropped", "Blocked"}
REFUSALS = {
    *("InvalidArgument", "ExternalIdConflict", "ChannelUnavailable"),
    *("SignatureRejected", "PayloadRejected", "AuthorizationRefused", "MessageRefused"),
}
# What puts a reason into words. Whoever calls it shows the words to somebody, and keeps them nowhere.
SPEAKING = {"sentence", "sentence_for_the_team", "told", "in_language"}
SHOWN_BY = {
    "admin/outbox.py": "an operator",
    "admin/verb_actions.py": "an operator",
    "admin/waiting.py": "an operator",
    "lifecycle/erased_rows.py": "Front, as the answer to an erased person's message that comes again",
    "lifecycle/messages.py": "the team, as the request to Front is made",
    "lifecycle/notices.py": "the team, as the request to Front is made",
    "outbox/announcements.py": "receivers of signals",
    "services/rows.py": "a developer, as the English message of an error",
    "webhooks/answers.py": "Front",
}
EXAMPLES = {
    "ahead": 14_000,
    "age": 3 * 24 * 3600,
    "argument": "external_id",
    "entry": 7,
    "last": {"code": "front_unavailable", "parameters": {"operation": "create-call", "status": 503}},
    "most": 64,
    "file": "2",
    "operation": "sync-inbound-message",
    "problem": "empty",
    "seconds": 30,
    "status": 409,
    "time": "2026-11-28T12:00:00+00:00",
    "until": "2026-11-28T16:00:00+00:00",
}


def nodes(kind: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for name, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield f"{name}:{getattr(node, 'lineno', 0)}", node


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of what has one of these names, with its place."""
    for place, node in nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if ast.unparse(node.func).rpartition(".")[2] in names:
            yield place, node


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def is_text(node: ast.AST | None) -> bool:
    """Whether this is, or contains, a text in words."""
    return node is not None and any(
        isinstance(each, ast.JoinedStr)
        or (isinstance(each, ast.Constant) and isinstance(each.value, str) and WORDS.search(each.value))
        for each in ast.walk(node)
    )


def is_ambiguous(error: object) -> bool:
    return isinstance(error, type) and issubclass(error, exceptions.FrontAPIError) and error.ambiguous


@pytest.mark.parametrize("code", Code)
class TestEachCode:
    def test_is_called_as_its_name(self, code: Code) -> None:
        assert code == code.name.lower()
        assert len(code) <= 64

    def test_has_a_sentence_and_advice(self, code: Code) -> None:
        for text in (str(code.sentence), str(code.advice)):
            assert text[0].isupper() or text.startswith(("{", "deliver()", "payload", "X-"))
            assert text.endswith((".", "}"))
        assert code.affair in Affair

    def test_tells_who_should_act_what_to_do(self, code: Code) -> None:
        assert not (code.affair == Affair.OPERATOR and str(code.advice).startswith(str(NOTHING)[:-1]))

    def test_is_filled_with_its_parameters(self, code: Code) -> None:
        parameters = {name: EXAMPLES[name] for name in code.parameters}
        text = sentence(code, json.loads(json.dumps(parameters)))
        assert text != code
        assert not [name for _text, name, *_rest in Formatter().parse(text) if name]
        assert set(Reason(code, parameters).columns) == {"code", "parameters", "detail"}

    def test_is_used(self, code: Code) -> None:
        used = {
            node.attr if isinstance(node, ast.Attribute) else node.value
            for kind in (ast.Attribute, ast.Constant)
            for place, node in nodes(kind)
            if not place.startswith(REASONS) and isinstance(node, ast.Attribute | ast.Constant)
        }
        assert used & {code.name, code.value}

    def test_has_a_story_that_produces_it(self, code: Code) -> None:
        """That it does, the story itself proves (tests/conftest.py)."""
        path, *names = STORIES[code].partition("[")[0].split("::")
        tree: ast.AST = ast.parse((TESTS.parent / path).read_text())
        for name in names:
            tree = next(node for node in ast.walk(tree) if getattr(node, "name", "") == name)


@pytest.mark.parametrize(
    "code",
    [
        Code.INTERRUPTED,
        *(Code[error.code.upper()] for error in vars(exceptions).values() if is_ambiguous(error)),
    ],
)
def test_no_advice_promises_that_what_may_have_happened_is_tried_again(code: Code) -> None:
    """A reply, say, is then given up."""
    assert code.advice == MAYBE_AGAIN


def test_no_story_is_of_a_code_that_has_gone() -> None:
    assert set(STORIES) == set(Code)


def test_every_outcome_has_a_code() -> None:
    outcomes = list(calls(*OUTCOMES))
    assert len(outcomes) > 15
    assert [place for place, call in outcomes if is_text(call) or not call.args] == []


def test_every_answer_of_error_has_a_code() -> None:
    errors = [(place, call) for place, call in calls("error") if place.startswith("webhooks/")]
    answers = [(place, call) for place, call in errors if ast.unparse(call.func) == "error"]
    assert len(answers) > 15
    assert [place for place, call in answers if is_text(call) or len(call.args) != 3] == []


def test_every_reason_is_made_of_a_code() -> None:
    made = list(calls("Reason"))
    assert len(made) > 40
    assert [place for place, call in made if is_text(call)] == []


def test_every_error_of_ours_has_a_code() -> None:
    raised = [(place, call) for place, call in calls(*REFUSALS) if not place.startswith("exceptions")]
    assert len(raised) > 120
    codes = {*map(str, ArgumentCode), *map(str, Code)}
    for place, call in raised:
        code = keyword(call, "code")
        given = [each.value for each in ast.walk(code) if isinstance(each, ast.Constant)] if code else []
        by_class = "ExternalIdConflict" in ast.unparse(call.func)
        assert code or by_class, place
        assert {each for each in given if isinstance(each, str)} <= codes, place


def test_who_refuses_an_argument_names_it() -> None:
    """Except where no single argument is wrong."""
    silent = [
        place
        for place, call in calls("InvalidArgument", "ExternalIdConflict")
        if ast.unparse(keyword(call, "argument") or ast.Constant("")) == "''"
    ]
    assert {place.partition(":")[0] for place in silent} == {
        "client/arguments.py",
        "client/request_bodies.py",
        "sandbox/control.py",
    }
    assert len(silent) == 4


def test_nothing_compares_a_sentence_or_the_words_of_others() -> None:
    compared = [
        (place, ast.unparse(node))
        for place, node in nodes(ast.Compare)
        if isinstance(node, ast.Compare)
        for each in (node.left, *node.comparators)
        if is_text(each)
        or (isinstance(each, ast.Attribute) and each.attr in {"detail", "sentence", "advice", "title"})
        or (isinstance(each, ast.Call) and ast.unparse(each.func).rpartition(".")[2] in SPEAKING)
    ]
    assert compared == []


def test_only_those_who_show_a_sentence_make_one() -> None:
    speaking = {place.partition(":")[0] for place, _call in calls(*SPEAKING)} - {REASONS}
    assert speaking == set(SHOWN_BY)


def test_no_row_is_written_with_words_of_ours() -> None:
    """``code``, ``parameters`` and ``detail`` come from a reason, and a detail from somebody else."""
    written = [
        place
        for place, node in nodes(ast.Call)
        if isinstance(node, ast.Call) and place.split("/")[0] in ("lifecycle", "outbox", "worker", "webhooks")
        for name in ("code", "detail")
        if is_text(keyword(node, name))
    ]
    assigned = [
        place
        for place, node in nodes(ast.Assign)
        if isinstance(node, ast.Assign) and is_text(node.value)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr in ("code", "detail", "hold_detail")
    ]
    assert (written, assigned) == ([], [])


def test_parameters_are_those_of_the_code() -> None:
    with pytest.raises(TypeError, match=r"behind has the parameters entry\."):
        Reason(Code.BEHIND)


def test_a_code_of_another_version_is_shown_as_it_is() -> None:
    assert sentence("of_tomorrow", {"new": 1}) == "of_tomorrow"
    assert advice("of_tomorrow") == ""


@pytest.mark.parametrize("parameters", [{}, {"old": 1}, {"age": "x", "last": 7}, None])
def test_parameters_of_another_version_do_not_fail(parameters: dict[str, object] | None) -> None:
    assert sentence(Code.GIVEN_UP, parameters) == "given_up"


def test_no_reason_has_no_sentence() -> None:
    assert sentence("", {}) == ""
    assert sentence("") == advice("") == ""


def test_the_words_of_others_stand_beside_the_sentence() -> None:
    reason = Reason(Code.DELIVERY_FAILED, detail="Not in \0service.")
    assert reason.columns["detail"] == "Not in service."
    assert str(reason) == f"{sentence(Code.DELIVERY_FAILED)} Not in service."


def test_times_are_shown_in_the_readers_language() -> None:
    noon = datetime.fromisoformat(str(EXAMPLES["time"]))
    with translation.override("de"):
        assert "28. November 2026" in sentence(Code.PAUSED, {"time": noon})
        assert sentence(Code.GIVEN_UP, {"age": 7200, "last": EXAMPLES["last"]}).count("2\xa0Stunden") == 1


def test_the_reference_page_lists_all_codes() -> None:
    page = (TESTS.parent / "docs/reference/reasons.md").read_text()
    assert re.findall(r"^## `(\w+)`$", page, re.MULTILINE) == list(Code)
    assert "reference/reasons" in (TESTS.parent / "docs/index.md").read_text()
