"""The smallest host: the webhooks on a database in memory."""

SECRET_KEY = "only for fuzzing"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "tests.fuzz.urls"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django.request": {"level": "ERROR"}},
}

INSTALLED_APPS = ["django_front_channel"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}

FRONT_CHANNEL_APPS = {
    "default": {
        "APP_UID": "a1b2c3d4e5f60718",
        "APP_SECRET": ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"],
        "HANDLER": "tests.fuzz.entrance.Handler",
    }
}
# So small that an input can be larger.
FRONT_CHANNEL_WEBHOOK_MAX_BYTES = 6000
