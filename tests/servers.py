"""``python -m tests.servers`` names the servers and programs that are absent, and exits 1 if any are."""

import shutil
import socket
import sys

from tests import settings

DATABASES = {
    "PostgreSQL (POSTGRES_HOST, POSTGRES_PORT)": settings.postgres(),
    "MariaDB (MARIADB_HOST, MARIADB_PORT)": settings.mariadb(),
}
PROGRAMS = ("chromium", "node", "npm")


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
absent += [f"{program} is not on the PATH" for program in PROGRAMS if not shutil.which(program)]
sys.exit("\n".join(absent) or 0)
