"""The job on Faust: one naive per-event agent, two Tables (ids, series) with changelog topics."""

import asyncio
import os
import sys
import time
from collections import deque

import faust
from job import DAY, METER, alert, epoch, options, step

o = options(sys.argv[1:])
sys.argv = sys.argv[:1] + ["worker", "-l", os.environ.get("FAUST_LOG", "warn"), "--without-web"]
METER.start(int(o.get("n", 0)))
app = faust.App(
    o["app"],
    broker="kafka://" + o["broker"],
    store=o.get("store", "memory://"),
    topic_partitions=4,
    topic_replication_factor=1,
    web_enabled=False,
    datadir=o["statedir"],
    consumer_auto_offset_reset="earliest",
    processing_guarantee=o.get("guarantee", "at_least_once"),
)
if "buffer" in o:  # changelog messages that may wait before the stream is held back (100 unless told)
    from faust.transport.producer import ProducerBuffer

    ProducerBuffer.max_messages = int(o["buffer"])
src = app.topic(o["in"], value_serializer="json", key_serializer="raw")
out = app.topic(o["out"], value_serializer="json", key_serializer="raw")
ids = app.Table("ids", partitions=4)
series = app.Table("series", partitions=4)
old = [deque() for _ in range(4)]


async def finish():
    t = time.perf_counter()
    for what in (app.producer.flush, app.consumer.commit):  # app.stop() hangs when a running agent asks for it
        try:
            await asyncio.wait_for(what(), 20)
        except BaseException as e:
            print("finish:", what, repr(e), file=sys.stderr)
    METER.result(time.perf_counter() - t)
    os._exit(0)


@app.agent(src)
async def job(stream):
    async for event in stream.events():
        e = event.value
        u, ts = e["id"], epoch(e["occurred"])
        if u in ids:
            METER.dups += 1
        else:
            q = old[event.message.partition]
            while q and q[0][0] < ts - DAY:
                del ids[q.popleft()[1]]
            ids[u] = ts
            q.append((ts, u))
            k = e["area"] + "|" + e["category"]
            st = list(series.get(k) or (-1, 0, 0.0, False))
            hour = ts // 3600
            limit = step(st, hour)
            series[k] = st
            if limit is not None:
                METER.alerts += 1
                await out.send(key=event.message.key, value=alert(e, hour, st[1], limit))
        if METER.tick():
            asyncio.get_running_loop().create_task(finish())
            await asyncio.sleep(60)


if __name__ == "__main__":
    print("START", int(time.time() * 1000), flush=True)
    app.main()
