"""A host without the admin, users and sessions."""

from tests.hosts.projects.base import *

INSTALLED_APPS = ["django.contrib.contenttypes", "django_front_channel"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
