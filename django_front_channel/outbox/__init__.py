"""What is to be done about committed facts: enqueued with them, and carried out by workers."""
