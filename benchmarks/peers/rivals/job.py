"""The rule and the measuring that the Python engines share."""

import json
import math
import sys
import time
from datetime import datetime

ALPHA, HOUR, DAY = 0.05, 3600, 86400


def epoch(text):
    return int(datetime.fromisoformat(text).timestamp())


def iso(ts):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ts))


def step(st, hour):
    """One event of a series at an hour. st = [hour, count, mean, fired] is changed. Gives the limit when it fires."""
    w, c, m, f = st
    if hour > w:
        if w >= 0:
            m += ALPHA * (c - m)
            if hour - w > 1:
                m *= (1 - ALPHA) ** (hour - w - 1)
        w, c, f = hour, 0, False
    elif hour < w:
        METER.late += 1
        return None
    c += 1
    limit = m + 3 * math.sqrt(m) + 3
    fires = not f and c > limit
    st[:] = w, c, m, f or fires
    return limit if fires else None


def alert(e, hour, count, limit):
    return {
        "area": e["area"],
        "category": e["category"],
        "id": e["id"],
        "window": iso(hour * HOUR),
        "count": count,
        "limit": limit,
    }


class Meter:
    def __init__(self, target=0):
        self.n = self.dups = self.late = self.alerts = 0
        self.marks = []
        self.start(target)

    def start(self, target):
        self.target = target
        self.every = max(target // 20, 1) if target else 1 << 60
        self.next = 1

    def tick(self, k=1):
        """Count k events as done; true when the last one is."""
        self.n += k
        if self.n >= self.next:
            self.marks.append([self.n, time.perf_counter(), time.process_time()])
            self.next = min((self.n // self.every + 1) * self.every, self.target or 1 << 60)
            return self.n == self.target
        return False

    def result(self, close_s=0.0, **more):
        print(
            "RESULT "
            + json.dumps(
                {
                    "marks": self.marks,
                    "dups": self.dups,
                    "late": self.late,
                    "alerts": self.alerts,
                    "close_s": close_s,
                    **more,
                }
            ),
            flush=True,
            file=sys.__stdout__,
        )


METER = Meter()


def options(argv=None):
    return dict(x.split("=", 1) for x in (argv or sys.argv[1:]))
