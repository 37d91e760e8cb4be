"""Ceilings of one Python process (no fault tolerance): what each layer costs.

mode=raw     consume only            mode=decode  + msgspec decode
mode=count   + numpy count           mode=loop    the whole job, one event at a time in dicts
mode=batch   the whole job, rule vectorised over the batch with numpy
"""

import time

import msgspec
import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition
from job import ALPHA, HOUR, METER, alert, epoch, options, step

o = options()
mode, n, B = o["mode"], int(o["n"]), int(o.get("batch", 10000))
METER.start(n)


class Event(msgspec.Struct, gc=False):
    id: str
    occurred: str
    area: str
    category: str


one = msgspec.json.Decoder(Event)
many = msgspec.json.Decoder(list[Event])
c = Consumer(
    {
        "bootstrap.servers": o["broker"],
        "group.id": o["app"],
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "queued.min.messages": 200000,
        "queued.max.messages.kbytes": 131072,
        "fetch.message.max.bytes": 4194304,
        "fetch.queue.backoff.ms": int(o.get("backoff", 10)),
    }
)
pr = Producer({"bootstrap.servers": o["broker"]})
c.assign([TopicPartition(o["in"], p, 0) for p in range(4)])


def decode(ms):
    return many.decode(b"[" + b",".join([m.value() for m in ms]) + b"]")


def send(area, a):
    METER.alerts += 1
    pr.produce(o["out"], msgspec.json.encode(a), area)


index = {}


def code(area, cat):
    k = index.get((area, cat))
    if k is None:
        k = index[area, cat] = len(index)
    return k


def hours(evs):
    t = np.array([e.occurred[:19] for e in evs], dtype="datetime64[s]").astype(np.int64)
    return t // HOUR, t


class Count:
    cells = np.zeros(8192 * 2400, np.int32)
    base = 1767225600 // HOUR

    def __call__(self, ms):
        evs = decode(ms)
        h, _ = hours(evs)
        s = np.array([code(e.area, e.category) for e in evs])
        k = s * 2400 + (h - self.base)
        u, m = np.unique(k, return_counts=True)
        self.cells[u] += m.astype(np.int32)


class Ids:
    """Exact ids of the trailing 24 h: a list an hour, dropped whole. One a partition: they are not read in step."""

    def __init__(self):
        self.all, self.by = set(), {}

    def fresh(self, u, hour):
        if u in self.all:
            METER.dups += 1
            return False
        self.all.add(u)
        b = self.by.get(hour)
        if b is None:
            b = self.by[hour] = []
            for x in [x for x in self.by if x < hour - 24]:
                self.all.difference_update(self.by.pop(x))
        b.append(u)
        return True


class Loop:
    def __init__(self):
        self.ids, self.st = [Ids() for _ in range(4)], {}

    def __call__(self, ms):
        st, fresh, dec = self.st, [i.fresh for i in self.ids], one.decode
        for m in ms:
            e = dec(m.value())
            hour = epoch(e.occurred) // HOUR
            if not fresh[m.partition()](e.id, hour):
                continue
            k = (e.area, e.category)
            s = st.get(k)
            if s is None:
                s = st[k] = [-1, 0, 0.0, False]
            limit = step(s, hour)
            if limit is not None:
                send(e.area, alert({"area": e.area, "category": e.category, "id": e.id}, hour, s[1], limit))


class Batch:
    def __init__(self):
        self.ids, k = [Ids() for _ in range(4)], 8192
        self.W, self.C, self.M, self.F = np.full(k, -1), np.zeros(k, np.int64), np.zeros(k), np.zeros(k, bool)

    def __call__(self, ms):
        evs = decode(ms)
        h, _ = hours(evs)
        fresh = [i.fresh for i in self.ids]
        keep = [i for i, (e, x, m) in enumerate(zip(evs, h.tolist(), ms)) if fresh[m.partition()](e.id, x)]
        if not keep:
            return
        if len(keep) < len(evs):
            evs, h = [evs[i] for i in keep], h[keep]
        s = np.array([code(e.area, e.category) for e in evs])
        W, C, M, F = self.W, self.C, self.M, self.F
        ok = h >= W[s]
        METER.late += int((~ok).sum())
        at = np.flatnonzero(ok)
        key = (s[at] << 32) + h[at]
        order = np.argsort(key, kind="stable")
        key, at = key[order], at[order]
        start = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        size = np.diff(np.r_[start, len(key)])
        gs, gh = key[start] >> 32, key[start] & 0xFFFFFFFF
        first = np.r_[True, gs[1:] != gs[:-1]]
        pos = np.arange(len(gs))
        rank = pos - np.maximum.accumulate(np.where(first, pos, 0))
        for r in range(int(rank.max()) + 1):
            g = np.flatnonzero(rank == r)
            x, hh, add = gs[g], gh[g], size[g]
            w, cc, m, f = W[x], C[x], M[x], F[x]
            new = hh > w
            old = new & (w >= 0)
            m = np.where(old, (m + ALPHA * (cc - m)) * (1 - ALPHA) ** np.where(old, hh - w - 1, 0), m)
            cc, f = np.where(new, 0, cc), f & ~new
            limit = m + 3 * np.sqrt(m) + 3
            hit = ~f & (cc + add > limit)
            W[x], C[x], M[x], F[x] = hh, cc + add, m, f | hit
            for j in np.flatnonzero(hit).tolist():
                need = int(limit[j]) + 1
                e = evs[at[start[g[j]] + max(need - int(cc[j]), 1) - 1]]
                send(
                    e.area,
                    alert({"area": e.area, "category": e.category, "id": e.id}, int(hh[j]), need, float(limit[j])),
                )


work = {
    "raw": lambda ms: None,
    "decode": lambda ms: [one.decode(m.value()) for m in ms],
    "decode-array": decode,
    "count": Count(),
    "loop": Loop(),
    "batch": Batch(),
}[mode]
print("START", int(time.time() * 1000), flush=True)
first = True
while METER.n < n:
    ms = [m for m in c.consume(B, 1.0) if m.error() is None]
    if not ms:
        continue
    if first:
        first = False
        METER.marks.append([0, time.perf_counter(), time.process_time()])
        METER.next = METER.every
    work(ms)
    METER.tick(len(ms))
    pr.poll(0)
t = time.perf_counter()
pr.flush()
METER.result(time.perf_counter() - t)
