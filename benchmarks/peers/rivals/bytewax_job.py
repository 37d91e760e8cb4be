"""The job on Bytewax: Kafka source -> key_on(area) -> stateful_flat_map -> Kafka sink, SQLite recovery every 5 s."""

import json
import time
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main
from confluent_kafka import OFFSET_BEGINNING
from job import DAY, METER, alert, epoch, options, step

o = options()
METER.start(int(o["n"]))
db = Path(o["statedir"]) / "recovery"
db.mkdir(parents=True)
init_db_dir(db, 1)


def decode(m):
    e = json.loads(m.value)
    return e["area"], e


def job(state, e):
    if state is None:
        state = ({}, {})
    ids, series = state
    out = []
    ts = epoch(e["occurred"])
    if e["id"] in ids:
        METER.dups += 1
    else:
        if len(ids) >= 64:  # drop what is over 24 h old only when the area's dict has grown
            for k in [k for k, t in ids.items() if t < ts - DAY]:
                del ids[k]
        ids[e["id"]] = ts
        st = series.setdefault(e["category"], [-1, 0, 0.0, False])
        limit = step(st, ts // 3600)
        if limit is not None:
            METER.alerts += 1
            out.append(alert(e, ts // 3600, st[1], limit))
    METER.tick()
    return state, out


flow = Dataflow("job")
s = op.input(
    "in", flow, KafkaSource([o["broker"]], [o["in"]], starting_offset=OFFSET_BEGINNING, tail=False, batch_size=1000)
)
s = op.map("decode", s, decode)
s = op.stateful_flat_map("job", s, job)
s = op.map("out", s, lambda kv: KafkaSinkMessage(kv[0].encode(), json.dumps(kv[1]).encode()))
op.output("sink", s, KafkaSink([o["broker"]], o["out"]))
print("START", int(time.time() * 1000), flush=True)
cluster_main(
    flow,
    [],
    0,
    recovery_config=None if o.get("recovery") == "off" else RecoveryConfig(str(db)),
    epoch_interval=timedelta(seconds=5),
    worker_count_per_proc=1,
)
METER.result(time.perf_counter() - METER.marks[-1][1])
