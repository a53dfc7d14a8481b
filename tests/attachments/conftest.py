from tests.front import channel, courier, front, heard, time

__all__ = ["channel", "courier", "front", "heard", "time"]
