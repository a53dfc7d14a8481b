"""The register of which conversation holds what: the same whatever the order and the repetitions of Front's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_front_channel.lifecycle import threads
from django_front_channel.lifecycle.erased_rows import conversations_of
from django_front_channel.models import Channel, Conversation, ConversationThread, Fact
from django_front_channel.testing import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, tzinfo=UTC)
THREADS = ["a", "b", "c", "d"]
CONVERSATIONS = ["cnv_1", "cnv_2", "cnv_3", "cnv_4"]


@dataclass(frozen=True)
class Word:
    """Front says, in one request, that these external conversations belong to a conversation."""

    timestamp: int
    front_id: str
    threads: tuple[str, ...]

    @property
    def fact(self) -> Fact:
        return Fact(self.timestamp, self.front_id)


@pytest.fixture
def channel(db: None) -> Channel:
    return factories.connected_channel()


def record(channel: Channel, word: Word, *, conflicted: bool = True) -> threads.Register:
    """What a webhook does, in the words of its transaction: begin anew when another one was faster."""
    return threads.record(channel, word.threads, word.fact, now=NOW, conflicted=conflicted)


def register(channel: Channel) -> dict[str, str | None]:
    rows = ConversationThread.objects.filter(channel=channel)
    return dict(rows.values_list("external_conversation_id", "conversation__front_id"))


def greatest(words: Sequence[Word]) -> dict[str, str]:
    """What the register shall be: for each thread, the greatest of the facts about it."""
    about: dict[str, Fact] = {}
    for word in words:
        for thread in word.threads:
            about[thread] = max(word.fact, about.get(thread, word.fact))
    return {thread: fact.front_id for thread, fact in about.items()}


WORDS = st.lists(
    st.builds(
        Word,
        st.integers(1, 6),
        st.sampled_from(CONVERSATIONS),
        st.lists(st.sampled_from(THREADS), min_size=1, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.fault("F62")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), words=WORDS)
def test_order_and_repetition_do_not_matter(channel: Channel, data: st.DataObject, words: list[Word]) -> None:
    repeated = data.draw(st.lists(st.sampled_from(words), max_size=4))
    heard = data.draw(st.permutations(words + repeated))
    with transaction.atomic():
        for word in heard:
            record(channel, word)
        assert register(channel) == greatest(words)
        transaction.set_rollback(True)


HISTORIES = {
    # Two conversations merge, and the survivor merges into a third.
    "chain": [
        Word(1, "cnv_1", ("a",)),
        Word(2, "cnv_2", ("b",)),
        Word(3, "cnv_2", ("b", "a")),
        Word(4, "cnv_3", ("c",)),
        Word(5, "cnv_3", ("c", "b", "a")),
    ],
    # A thread leaves a conversation again.
    "split": [
        Word(1, "cnv_1", ("a", "b")),
        Word(2, "cnv_2", ("b",)),
        Word(3, "cnv_1", ("a",)),
        Word(4, "cnv_2", ("b", "c")),
    ],
    # The survivor of a merge is split, and merged back.
    "there and back": [
        Word(1, "cnv_1", ("a",)),
        Word(2, "cnv_2", ("a", "b")),
        Word(3, "cnv_1", ("a",)),
        Word(4, "cnv_2", ("b", "a")),
    ],
    # The same millisecond: the greater id decides, for everyone alike.
    "tie": [Word(1, "cnv_1", ("a", "b")), Word(1, "cnv_2", ("b", "a")), Word(1, "cnv_3", ("c",))],
}


@pytest.mark.fault("F111")
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_merges_chains_and_splits_in_any_order(
    channel: Channel, history: list[Word], data: st.DataObject
) -> None:
    heard = data.draw(st.permutations(history + history[:2]))
    with transaction.atomic():
        for word in heard:
            record(channel, word)
        assert register(channel) == greatest(history)
        transaction.set_rollback(True)


def test_the_histories_end_as_told() -> None:
    assert greatest(HISTORIES["chain"]) == {"a": "cnv_3", "b": "cnv_3", "c": "cnv_3"}
    assert greatest(HISTORIES["split"]) == {"a": "cnv_1", "b": "cnv_2", "c": "cnv_2"}
    assert greatest(HISTORIES["there and back"]) == {"a": "cnv_2", "b": "cnv_2"}
    assert greatest(HISTORIES["tie"]) == {"a": "cnv_2", "b": "cnv_2", "c": "cnv_3"}


@pytest.mark.fault("F112")
def test_a_merge_of_those_that_were_merged_into_it_ends(channel: Channel) -> None:
    words = [
        Word(1, "cnv_1", ("a",)),
        Word(1, "cnv_2", ("b",)),
        Word(1, "cnv_3", ("c",)),
        Word(2, "cnv_2", ("a", "b")),
        Word(3, "cnv_3", ("a", "b", "c")),
        Word(4, "cnv_1", ("a", "b", "c")),
        Word(5, "cnv_2", ("a", "b", "c")),
    ]
    for word in words:
        record(channel, word)
    assert set(register(channel).values()) == {"cnv_2"}
    into = dict(channel.conversations.values_list("front_id", "merged_into__front_id"))
    assert into == {"cnv_1": "cnv_2", "cnv_2": None, "cnv_3": "cnv_1"}
    pks = list(channel.threads.values_list("pk", flat=True))
    assert conversations_of(pks) == set(channel.conversations.values_list("pk", flat=True))


def test_a_conversation_is_absorbed_when_its_last_thread_leaves(channel: Channel) -> None:
    assert record(channel, Word(1, "cnv_1", ("a", "b"))).absorbed == []
    assert record(channel, Word(2, "cnv_2", ("c",))).absorbed == []
    assert record(channel, Word(3, "cnv_2", ("c", "a"))).absorbed == []
    merged = record(channel, Word(4, "cnv_2", ("c", "a", "b")))
    assert [absorbed.front_id for absorbed in merged.absorbed] == ["cnv_1"]
    assert merged.conversation is not None
    assert merged.conversation.front_id == "cnv_2"


def test_one_merge_may_absorb_several(channel: Channel) -> None:
    for number, thread in enumerate("abc", 1):
        record(channel, Word(number, f"cnv_{number}", (thread,)))
    merged = record(channel, Word(9, "cnv_3", ("a", "b", "c")))
    assert sorted(absorbed.front_id for absorbed in merged.absorbed) == ["cnv_1", "cnv_2"]


def test_a_merge_is_noticed_once(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("a",)))
    merge = Word(2, "cnv_2", ("b", "a"))
    assert len(record(channel, merge).absorbed) == 1
    assert record(channel, merge).absorbed == []
    assert record(channel, Word(1, "cnv_1", ("a",))).absorbed == []


def test_an_older_word_absorbs_nothing(channel: Channel) -> None:
    record(channel, Word(5, "cnv_2", ("a",)))
    assert record(channel, Word(4, "cnv_1", ("a",))).absorbed == []
    assert register(channel) == {"a": "cnv_2"}


@pytest.mark.fault("F113")
def test_channels_do_not_share_threads_or_conversations(channel: Channel) -> None:
    other = factories.connected_channel()
    record(channel, Word(1, "cnv_1", ("a",)))
    record(other, Word(2, "cnv_2", ("a",)))
    record(other, Word(3, "cnv_1", ("a",)))
    assert (register(channel), register(other)) == ({"a": "cnv_1"}, {"a": "cnv_1"})
    assert Conversation.objects.count() == 3


def test_without_a_conversation_of_front_threads_are_kept_and_none_is_moved(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("a",)))
    found = threads.record(channel, ["a", "b"], None, now=NOW)
    assert register(channel) == {"a": "cnv_1", "b": None}
    assert found.conversation is None
    assert set(found.threads) == {"a", "b"}


def test_what_is_found_shows_where_the_threads_are_now(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("a",)))
    record(channel, Word(5, "cnv_5", ("b",)))
    record(channel, Word(3, "cnv_4", ("d",)))  # of the same millisecond, and greater
    found = record(channel, Word(3, "cnv_3", ("a", "b", "c", "d")))
    where = {
        name: thread.conversation and thread.conversation.front_id for name, thread in found.threads.items()
    }
    assert where == register(channel) == {"a": "cnv_3", "b": "cnv_5", "c": "cnv_3", "d": "cnv_4"}


def test_what_is_confirmed_costs_one_statement(channel: Channel) -> None:
    known = record(channel, Word(1, "cnv_1", ("a", "b"))).conversation
    with CaptureQueriesContext(connection) as statements:
        found = threads.record(channel, ["a", "b"], Fact(2, "cnv_1"), now=NOW, expected=known)
    assert len(statements) == 1
    assert found.conversation == known
    # And it is the newest fact from now on.
    record(channel, Word(1, "cnv_9", ("a",)))
    assert register(channel) == {"a": "cnv_1", "b": "cnv_1"}


def test_an_older_confirmation_does_not_make_what_is_known_older(channel: Channel) -> None:
    known = record(channel, Word(5, "cnv_1", ("a",))).conversation
    threads.record(channel, ["a"], Fact(2, "cnv_1"), now=NOW, expected=known)
    record(channel, Word(3, "cnv_9", ("a",)))
    assert register(channel) == {"a": "cnv_1"}


def test_a_conversation_that_is_taken_to_be_new_conflicts_when_it_is_not(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("a",)))
    word = Word(2, "cnv_1", ("b",))
    with pytest.raises(IntegrityError), transaction.atomic():
        record(channel, word, conflicted=False)
    record(channel, word, conflicted=True)
    assert register(channel) == {"a": "cnv_1", "b": "cnv_1"}
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("order", list(product((1, 2), repeat=4)), ids=str)
def test_the_greatest_fact_wins_in_any_order(channel: Channel, order: tuple[int, ...]) -> None:
    facts = {1: Fact(1_000, "cnv_b"), 2: Fact(2_000, "cnv_a")}
    rows = {
        fact.front_id: Conversation.objects.create(channel=channel, front_id=fact.front_id)
        for fact in facts.values()
    }
    thread = ConversationThread.objects.create(channel=channel, external_conversation_id="thread-1")
    for number in order:
        ConversationThread.objects.point([thread], rows[facts[number].front_id], facts[number])
    thread.refresh_from_db()
    assert thread.conversation == rows[facts[max(order)].front_id]


def test_a_merge_says_when_and_into_what(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("a", "b")))
    record(channel, Word(2, "cnv_2", ("c",)))

    record(channel, Word(3, "cnv_2", ("c", "a", "b")))

    threads = channel.threads.values_list("external_conversation_id", "merged_at")
    assert dict(threads) == {"a": NOW, "b": NOW, "c": None}
    absorbed, survivor = channel.conversations.order_by("front_id")
    assert (absorbed.merged_into, absorbed.merged_at) == (survivor, NOW)
    assert (survivor.merged_into, survivor.merged_at) == (None, None)

    record(channel, Word(4, "cnv_1", ("a",)))

    absorbed.refresh_from_db()
    assert (absorbed.merged_into, absorbed.merged_at) == (None, None)


def test_a_fact_that_comes_too_late_merges_nothing(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    record(channel, Word(1, "cnv_1", ("a",)))
    as_read_before = ConversationThread.objects.named(channel, ["a"])
    record(channel, Word(20, "cnv_3", ("a",)))
    manager = type(ConversationThread.objects)
    monkeypatch.setattr(manager, "named", lambda self, channel, ids: as_read_before)

    late = record(channel, Word(10, "cnv_2", ("a",)))

    assert register(channel) == {"a": "cnv_3"}
    assert late.absorbed == []
    (thread,) = late.threads.values()
    assert thread.conversation is not None
    assert thread.conversation.front_id == "cnv_3"
    absorbed = Conversation.objects.get(front_id="cnv_1").merged_into
    assert absorbed is not None
    assert absorbed.front_id == "cnv_3"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_what_holds_a_thread_is_merged_into_nothing(channel: Channel, words: list[Word]) -> None:
    with transaction.atomic():
        for word in words:
            record(channel, word)
        holding = Conversation.objects.filter(threads__isnull=False)
        assert not holding.filter(merged_into__isnull=False).exists()
        transaction.set_rollback(True)


def test_threads_are_created_in_one_order(channel: Channel) -> None:
    record(channel, Word(1, "cnv_1", ("b", "c", "a")))
    created = channel.threads.order_by("pk").values_list("external_conversation_id", flat=True)
    assert list(created) == ["a", "b", "c"]
