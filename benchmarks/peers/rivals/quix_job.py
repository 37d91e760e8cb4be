"""The job on Quix Streams: stateful filter (ids, event-time TTL), stateful apply (count and rule), RocksDB."""

import time
from datetime import timedelta

from job import METER, alert, epoch, options, step
from quixstreams import Application

o = options()
METER.start(int(o.get("n", 0)))
app = Application(
    broker_address=o["broker"],
    consumer_group=o["app"],
    auto_offset_reset="earliest",
    state_dir=o["statedir"],
    loglevel="WARNING",
    commit_interval=float(o.get("commit", 5)),
    processing_guarantee=o.get("guarantee", "at-least-once"),
    use_changelog_topics=o.get("changelog") != "off",
    producer_extra_config={"linger.ms": o["linger"]} if "linger" in o else None,
)
src = app.topic(o["in"], timestamp_extractor=lambda v, h, t, k: epoch(v["occurred"]) * 1000)
out = app.topic(o["out"])
DAY = timedelta(hours=24)


def tick():
    if METER.tick():
        app.stop()


def fresh(e, state):
    k = "i" + e["id"]
    if state.exists(k):
        METER.dups += 1
        tick()
        return False
    state.set(k, 1, ttl=DAY)
    return True


def spike(e, state):
    k = e["category"]
    st = state.get(k) or [-1, 0, 0.0, False]
    hour = epoch(e["occurred"]) // 3600
    limit = step(st, hour)
    state.set(k, st)
    a = None
    if limit is not None:
        METER.alerts += 1
        a = alert(e, hour, st[1], limit)
    tick()
    return a


sdf = app.dataframe(src)
sdf = sdf.filter(fresh, stateful=True).apply(spike, stateful=True).filter(lambda a: a is not None).to_topic(out)
print("START", int(time.time() * 1000), flush=True)
app.run()
METER.result(time.perf_counter() - METER.marks[-1][1])
