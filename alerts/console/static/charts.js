/* Map and band chart. Figures and words come from the server in data-figures; colours from the style sheet.
   All text is drawn on canvas: tooltips too (richText), so that no name is ever read as HTML. */
(function () {
  'use strict';
  const root = document.documentElement;
  const charts = new Map();   // holder -> {chart, figures, theme}
  const shapes = new Map();   // address -> Promise of GeoJSON
  const css = name => getComputedStyle(root).getPropertyValue(name).trim();
  const HUES = ['red', 'orange', 'yellow', 'blue'];
  const SHAPES = { 1: 'path://M8.2 1.8h9.6l6.4 6.4v9.6l-6.4 6.4H8.2l-6.4-6.4V8.2z', 2: 'path://M13 1.4 24.6 13 13 24.6 1.4 13z', 3: 'path://M13 2 24.8 23.6H1.2z', 4: 'circle' };

  function palette() {
    const p = {};
    ['panel', 'raised', 'ink', 'ink-2', 'ink-3', 'line', 'line-2', 'band', 'mark-edge', ...HUES, ...HUES.map(hue => 'on-' + hue)]
      .forEach(name => { p[name.replace('-', '_')] = css('--' + name); });
    return p;
  }
  function hatch(line, back) {
    const tile = document.createElement('canvas'); tile.width = tile.height = 12;
    const pen = tile.getContext('2d');
    pen.fillStyle = back; pen.fillRect(0, 0, 12, 12);
    pen.strokeStyle = line; pen.lineWidth = 2;
    for (const o of [-12, 0, 12]) { pen.beginPath(); pen.moveTo(o, 12); pen.lineTo(o + 12, 0); pen.stroke(); }
    return { image: tile, repeat: 'repeat', scaleX: .5, scaleY: .5 };
  }
  function tint(ground, hue, part) {   // both #rrggbb
    const of = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
    return 'rgb(' + [0, 1, 2].map(i => Math.round(of(ground, i) * (1 - part) + of(hue, i) * part)).join(',') + ')';
  }
  const axis = (p, more) => Object.assign({ axisLine: { lineStyle: { color: p.line_2 } }, axisTick: { show: false }, axisLabel: { color: p.ink_2, fontSize: 11 }, splitLine: { show: false } }, more);
  const tip = (p, more) => Object.assign({ renderMode: 'richText', backgroundColor: p.raised, borderColor: p.line_2, textStyle: { color: p.ink, fontSize: 12 }, confine: true, transitionDuration: 0 }, more);

  /* ----- map ----- */
  const rings = geometry => geometry.type === 'MultiPolygon' ? geometry.coordinates.map(part => part[0]) : geometry.type === 'Polygon' ? [geometry.coordinates[0]] : [];
  function middle(ring) {   // area and centroid of a ring
    let area = 0, x = 0, y = 0;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const cross = ring[j][0] * ring[i][1] - ring[i][0] * ring[j][1];
      area += cross; x += (ring[j][0] + ring[i][0]) * cross; y += (ring[j][1] + ring[i][1]) * cross;
    }
    return area ? { area: Math.abs(area / 2), at: [x / (3 * area), y / (3 * area)] } : { area: 0, at: ring[0] };
  }
  function survey(geo) {   // code -> {name, area, at}, and the latitude in the middle
    const known = new Map();
    for (const feature of geo.features) {
      const largest = rings(feature.geometry).map(middle).sort((a, b) => b.area - a.area)[0];
      if (largest) known.set(feature.properties.code, { name: feature.properties.name, area: largest.area, at: largest.at });
    }
    return known;
  }
  function centre(known, codes) {   // middle of several areas, each by its size
    let area = 0, x = 0, y = 0;
    for (const code of codes) {
      const one = known.get(code); if (!one) continue;
      area += one.area; x += one.at[0] * one.area; y += one.at[1] * one.area;
    }
    return area ? [x / area, y / area] : null;
  }
  function load(holder) {
    const address = holder.dataset.shapes;
    if (!shapes.has(address)) shapes.set(address, fetch(address).then(answer => {
      if (!answer.ok) throw new Error('shapes: ' + answer.status);
      return answer.json();
    }).then(geo => { echarts.registerMap(address, geo); return survey(geo); }).catch(fault => { shapes.delete(address); throw fault; }));
    return shapes.get(address);
  }
  async function paintMap(p, holder, d) {
    const known = await load(holder), all = [...known.keys()];
    const regions = [];
    for (const code of d.blind) if (known.has(code) && !d.fills[code]) regions.push({ name: code, itemStyle: { areaColor: hatch(p.ink_3, p.panel) } });
    const blind = new Set(d.blind);
    for (const [code, hue] of Object.entries(d.fills)) if (known.has(code)) regions.push({ name: code, itemStyle: { areaColor: blind.has(code) ? hatch(p.mark_edge, p[hue]) : p[hue] } });
    const marks = d.marks.map(mark => ({ mark, at: known.has(mark.area) ? known.get(mark.area).at : centre(known, mark.over.length ? mark.over : all) })).filter(one => one.at);
    const ys = all.map(code => known.get(code).at[1]);
    const lat = ys.length ? (Math.min(...ys) + Math.max(...ys)) / 2 : 0;
    const state = code => [d.say[code], d.whole_say || null, blind.has(code) ? d.dark : null].filter(Boolean);
    const say = code => [(known.get(code) || { name: code }).name, ...(state(code).length ? state(code) : [d.quiet])].join('\n');
    return {
      tooltip: tip(p, { trigger: 'item', formatter: o => say(o.name) }),
      geo: { map: holder.dataset.shapes, roam: false, left: 16, right: 16, top: 18, bottom: 8, nameProperty: 'code', aspectScale: Math.cos(lat * Math.PI / 180), regions,
        itemStyle: { areaColor: d.whole ? tint(p.band, p[d.whole], .32) : p.band, borderColor: p.panel, borderWidth: 1 }, label: { show: false }, tooltip: { show: true, formatter: o => say(o.name) },
        emphasis: { label: { show: false }, itemStyle: { areaColor: p.line_2 } }, select: { disabled: true } },
      after: chart => ({ series: pin(p, chart, marks) })
    };
  }

  /* Marks and their names, the worst first: a mark on top of a worse one is left to its fill, a name without room to the list. */
  const MARK = 20, LINE = 16;
  const apart = (a, b) => a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
  function pin(p, chart, marks) {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = '600 12.5px ' + css('--sans');
    const placed = [], taken = [], half = MARK / 2;
    for (const { mark, at } of marks) {
      const [x, y] = chart.convertToPixel('geo', at);
      if (placed.some(other => Math.hypot(other.x - x, other.y - y) < MARK * .7)) continue;
      placed.push({ mark, at, x, y });
      taken.push([x - half, y - half, x + half, y + half]);
    }
    for (const one of placed) {
      const { x, y, mark } = one, w = pen.measureText(mark.label).width + 2;
      const rooms = { top: [x - w / 2, y - half - LINE, x + w / 2, y - half], bottom: [x - w / 2, y + half, x + w / 2, y + half + LINE],
        right: [x + half, y - LINE / 2, x + half + w + 3, y + LINE / 2], left: [x - half - w - 3, y - LINE / 2, x - half, y + LINE / 2] };
      const inside = room => room[0] >= 0 && room[1] >= 0 && room[2] <= chart.getWidth() && room[3] <= chart.getHeight();
      one.side = Object.keys(rooms).find(side => inside(rooms[side]) && taken.every(other => apart(rooms[side], other)));
      if (one.side) taken.push(rooms[one.side]);
    }
    const points = placed.map(({ mark, at }) => ({
      name: mark.area, value: at, symbol: SHAPES[mark.digit], symbolSize: MARK, itemStyle: { color: p[mark.hue], borderColor: p.mark_edge, borderWidth: 1.2, opacity: 1 },
      label: { show: true, position: 'inside', offset: [0, mark.digit === 3 ? 3 : 0], formatter: () => String(mark.digit), fontSize: 11, fontWeight: 700, color: p['on_' + mark.hue] }
    })).reverse();   // the worst is drawn last
    const names = placed.filter(one => one.side).map(({ mark, at, side }) => ({
      value: at, symbolSize: MARK, itemStyle: { color: 'transparent' },
      label: { show: true, position: side, distance: side === 'top' || side === 'bottom' ? 1 : 3, formatter: () => mark.label, color: p.ink, fontSize: 12.5, fontWeight: 600, textBorderColor: p.panel, textBorderWidth: 3 }
    }));
    return [
      { type: 'scatter', coordinateSystem: 'geo', data: names, z: 5, silent: true },
      { type: 'scatter', coordinateSystem: 'geo', data: points, z: 6 }
    ];
  }

  /* ----- counts over time as bars, against the band of what is usual and the limit as a step ----- */
  function paintBand(p, holder, d) {
    const last = d.x.length - 1, w = d.words;
    const line = (name, data, more) => Object.assign({ name, type: 'line', data, symbol: 'none', connectNulls: false }, more);
    const top = Math.max(1, ...d.counted.map(n => n || 0), ...d.limit.map(n => n || 0), ...d.high);
    const series = [
      line('', d.low, { z: 1, stack: 'band', lineStyle: { width: 0 }, silent: true, tooltip: { show: false } }),
      line(w.usual, d.high.map((n, i) => n - d.low[i]), { z: 1, stack: 'band', lineStyle: { width: 0 }, areaStyle: { color: p.band, opacity: 1 }, silent: true }),
      line(w.expected, d.expected, { z: 2, lineStyle: { color: p.ink_3, width: 1.2, type: [2, 3] } }),
      line(w.limit, d.limit, { z: 4, step: 'middle', lineStyle: { color: p.ink, width: 1.6 } }),
      { name: w.counted, type: 'bar', z: 3, barWidth: '52%',
        data: d.counted.map((n, i) => ({ value: n === null ? '-' : n, itemStyle: i === d.peak ? { color: p[d.hue], borderColor: p.mark_edge, borderWidth: 1 } : { color: p.ink_2 } })),
        label: { show: true, position: 'top', distance: 3, color: p.ink, fontSize: 13, fontWeight: 700, formatter: o => o.dataIndex === d.peak ? String(o.value) : '' } }
    ];
    if (d.limit[last] !== null) series[3].endLabel = { show: true, formatter: () => w.limit + ' ' + d.limit[last], color: p.ink, fontSize: 12, distance: 4 };
    if (d.blind.length) series.push({ name: w.blind, type: 'bar', z: 2, barGap: '-100%', barWidth: '100%', silent: true, tooltip: { show: false }, data: d.x.map((_, i) => d.blind.includes(i) ? top : '-'),
      itemStyle: { color: hatch(p.ink_3, p.panel), borderColor: p.line_2, borderWidth: 1 } });
    const figure = n => n === null || n === undefined ? '–' : n > 0 && n < .01 ? '<0.01' : String(Math.round(n * 100) / 100);
    const at = i => [d.x[i],
      d.blind.includes(i) ? w.blind : null, w.counted + ' ' + figure(d.counted[i]), w.expected + ' ' + figure(d.expected[i]),
      w.usual + ' ' + figure(d.low[i]) + '–' + figure(d.high[i]), w.limit + ' ' + figure(d.limit[i])].filter(Boolean).join('\n');
    return {
      tooltip: tip(p, { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: p.line_2 } }, formatter: some => at(some[0].dataIndex) }),
      grid: { left: 30, right: 62, top: 20, bottom: 20 },
      xAxis: axis(p, { type: 'category', data: d.x, axisLabel: { color: p.ink_2, fontSize: 11, interval: i => d.ticks.includes(i) } }),
      yAxis: axis(p, { type: 'value', min: 0, minInterval: 1, splitNumber: 4, axisLine: { show: false }, splitLine: { show: true, lineStyle: { color: p.line, width: 1 } } }),
      series
    };
  }

  const painters = { map: paintMap, band: paintBand };
  let theme = 0;
  async function paint(holder) {
    const figures = holder.dataset.figures, known = charts.get(holder);
    if (known && known.figures === figures && known.theme === theme) return;
    let entry = known;
    if (!entry) {
      const inner = document.createElement('div'); inner.className = 'paint';
      holder.append(inner);
      entry = { chart: echarts.init(inner, null, { renderer: 'canvas' }) };
      charts.set(holder, entry);
    }
    entry.figures = figures; entry.theme = theme;
    const option = await painters[holder.dataset.chart](palette(), holder, JSON.parse(figures));
    if (entry.figures !== figures || entry.theme !== theme) return;   // a newer one is on its way
    const { after, ...first } = option;
    entry.chart.setOption(Object.assign({ animation: false, textStyle: { fontFamily: css('--sans') } }, first), true);
    if (after) entry.chart.setOption(after(entry.chart));   // what needs to know where things have come to lie
    holder.dispatchEvent(new CustomEvent('tocsin:painted', { bubbles: true }));
    const drawing = holder.querySelector('.drawing');
    if (drawing) drawing.remove();
    entry.painted = (entry.painted || 0) + 1;
    entry.chart.getDom().dataset.painted = String(entry.painted);
  }
  function redraw() {
    for (const [holder, entry] of charts) if (!holder.isConnected) { entry.chart.dispose(); charts.delete(holder); }
    document.querySelectorAll('[data-chart]').forEach(holder => {
      paint(holder).catch(fault => {   // tried again at the next swap; the list says the same
        const entry = charts.get(holder);
        if (entry) entry.figures = null;
        const drawing = holder.querySelector('.drawing');
        if (drawing) drawing.textContent = holder.dataset.failed;
        console.warn('not drawn:', fault.message);
      });
    });
  }
  addEventListener('resize', () => {
    charts.forEach(entry => { entry.chart.resize(); entry.figures = null; });
    redraw();
  });
  addEventListener('tocsin:theme', () => { theme += 1; redraw(); });
  addEventListener('htmx:after:swap', redraw);
  redraw();
})();
