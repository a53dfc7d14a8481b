"""Fifty tasks outside any request, at once, in the documented way."""

import asyncio

import django
from asgiref.sync import sync_to_async
from django.db import close_old_connections

if __name__ == "__main__":
    django.setup()
    from tests.hosts.projects.desk import tell

    def tell_from_a_task(external_id: str) -> None:
        close_old_connections()
        try:
            tell(external_id)
        finally:
            close_old_connections()

    async def main() -> None:
        await asyncio.gather(*[sync_to_async(tell_from_a_task)(f"task-{number}") for number in range(50)])

    asyncio.run(main())
