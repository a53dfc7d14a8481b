"""What happens to channels, messages, conversations, threads, attachments and events.

The only room that changes their states. Its functions take collections where a worker settles many rows at once,
work in the transaction at hand, and return what is to be announced.
"""
