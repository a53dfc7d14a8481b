"""State changes of channels, messages, conversations, threads, attachments, events and people.

No other package changes these states. The functions take collections where a worker settles many rows at once, work in
the caller's transaction, and return the announcements to send.
"""
