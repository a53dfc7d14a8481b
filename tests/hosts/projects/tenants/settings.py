"""A host whose code works only inside the scope of a tenant."""

from tests.hosts.projects.base import *

FRONT_CHANNEL_APPS["default"]["HANDLER"] = "tests.hosts.projects.tenants.desk.TenantDesk"
