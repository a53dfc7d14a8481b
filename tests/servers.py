"""``python -m tests.servers``: do the database servers answer? Names the absent ones and exits 1."""

import socket
import sys

from tests import settings

DATABASES = {
    "PostgreSQL (POSTGRES_HOST, POSTGRES_PORT)": settings.postgres(),
    "MariaDB (MARIADB_HOST, MARIADB_PORT)": settings.mariadb(),
}


def answers(host: str, port: str) -> bool:
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


absent = [
    f"{name} does not answer at {database['HOST']}:{database['PORT']}"
    for name, database in DATABASES.items()
    if not answers(database["HOST"], database["PORT"])
]
sys.exit("\n".join(absent) or 0)
