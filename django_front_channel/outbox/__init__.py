"""The outbox: work for committed facts. It is enqueued together with the fact, and workers carry it out."""
