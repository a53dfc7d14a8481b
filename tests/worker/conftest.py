from tests.front import channel, courier, front, heard, time
from tests.workers import start

__all__ = ["channel", "courier", "front", "heard", "start", "time"]
