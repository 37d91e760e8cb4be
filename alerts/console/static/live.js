/* The stream's state in words: live, catching up, or how old the screen is. New alerts are read out. */
(function () {
  'use strict';
  const SILENT = 25000;   // the server speaks at least every 10 s
  const GRACE = 3000;     // a cut that heals within this is not worth a banner
  const AGAIN = 5000;
  const OFFER = 60000;    // then a plain page load is offered

  const stream = document.getElementById('stream');
  const live = document.getElementById('live');
  const banner = document.getElementById('stale');
  if (!stream || !live || !banner) return;

  let heard = Date.now(), cut = 0, opened = false, known = null, said = '';
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const behind = () => (document.getElementById('clock') || { dataset: {} }).dataset.behind || '';   // catching up: heard, yet not live
  const clock = () => { const time = document.querySelector('#clock time'); return time ? time.textContent : ''; };
  const fill = (sentence, n, at) => sentence.replace('{n}', String(n)).replace('{clock}', at);

  function show() {
    const now = Date.now(), age = Math.round((now - heard) / 1000);
    const lost = (cut && now - cut > GRACE) || now - heard > SILENT;
    live.classList.toggle('stale', lost);
    document.body.classList.toggle('stale', lost);
    banner.hidden = !lost;
    if (!lost) {
      said = clock();
      const words = behind();
      live.classList.toggle('behind', Boolean(words));
      write(live.querySelector('.short'), words || (opened ? live.dataset.live : live.dataset.opening));
      write(live.querySelector('.long'), words || (opened ? fill(live.dataset.liveLong, age, '') : live.dataset.opening));
      return;
    }
    write(live.querySelector('.short'), live.dataset.stale);
    write(live.querySelector('.long'), live.dataset.stale);
    const words = age < 120 ? fill(banner.dataset.seconds, age, said) : fill(banner.dataset.minutes, Math.floor(age / 60), said);
    write(banner.querySelector('span'), words);
    banner.querySelector('a').hidden = now - heard < OFFER;
  }

  const lose = () => { if (!cut) cut = Date.now(); };
  addEventListener('htmx:sse:after:connection', () => { cut = 0; opened = true; heard = Date.now(); show(); });
  addEventListener('htmx:sse:before:connection', event => { if (event.detail.connection.attempt > 0) lose(); });
  addEventListener('htmx:sse:error', lose);
  addEventListener('htmx:sse:close', lose);
  addEventListener('htmx:error', lose);
  addEventListener('htmx:sse:after:message', () => { heard = Date.now(); cut = 0; live.classList.add('heard'); show(); reopen(); greet(); });
  setInterval(show, 1000);
  /* the first try may fail too, and htmx then leaves it at that */
  setInterval(() => { if (cut || !opened) { htmx.trigger(stream, 'tocsin:again'); leave(); } }, AGAIN);

  /* a session that has ended leaves nothing of the city on the screen; a network that is gone leaves all of it */
  function leave() {
    fetch('/v1/me', { cache: 'no-store' }).then(answer => { if (answer.status === 401) location.replace('/login'); }, () => {});
  }

  /* ----- what somebody opened stays open when its part is drawn again ----- */
  const opened_by_hand = new Map();
  addEventListener('click', event => {
    const details = event.target.closest('summary') && event.target.closest('details[id]');
    if (details) opened_by_hand.set(details.id, !details.open);
  });
  const reopen = () => opened_by_hand.forEach((open, id) => { const details = document.getElementById(id); if (details) details.open = open; });

  /* ----- what has just come: one fade, and read out; the top rank at once ----- */
  function greet() {
    const running = [...document.querySelectorAll('#running .alert')];
    const fresh = known ? running.filter(row => !known.has(row.id)) : [];
    known = new Set(running.map(row => row.id));
    document.querySelectorAll('.alert.arrived').forEach(row => row.classList.remove('arrived'));
    fresh.forEach(row => row.classList.add('arrived'));
    const tell = (id, some) => { if (some.length) write(document.getElementById(id), some.map(row => row.getAttribute('aria-label')).join('. ')); };
    tell('heard-at-once', fresh.filter(row => row.classList.contains('top-rank')));
    tell('heard', fresh.filter(row => !row.classList.contains('top-rank')));
  }
  known = new Set([...document.querySelectorAll('#running .alert')].map(row => row.id));
})();
