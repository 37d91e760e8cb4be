/* Theme, language key, keys and dialogs. The server renders every word. */
(function () {
  'use strict';
  const root = document.documentElement;
  const YEAR = 365 * 86400;
  const tls = location.protocol === 'https:';   // then a cookie bears the prefix that no neighbour can lay

  /* ----- theme: kept in a cookie, so that the server draws the next page in it at once ----- */
  const dark = () => (root.dataset.theme || 'auto') === 'dark' ||
    (!root.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
  function setTheme(theme) {
    if (theme === 'auto') delete root.dataset.theme; else root.dataset.theme = theme;
    document.cookie = (tls ? '__Host-' : '') + 'tocsin-theme=' + theme + '; path=/; max-age=' + YEAR + '; samesite=lax' + (tls ? '; secure' : '');
    document.querySelectorAll('[data-theme-set]').forEach(b => b.setAttribute('aria-pressed', String(b.dataset.themeSet === theme)));
    dispatchEvent(new Event('tocsin:theme'));
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('tocsin:theme')));

  /* the language asked for is in the cookie now: the address stays clean, so that it can be passed on */
  const address = new URL(location.href);
  if (address.searchParams.has('lang')) {
    address.searchParams.delete('lang');
    history.replaceState(null, '', address);
  }

  /* ----- single-letter keys can be switched off, and stay off ----- */
  const box = document.getElementById('keys-on');
  function recall() { try { return localStorage.getItem('tocsin-keys') !== 'off'; } catch (fault) { return true; } }
  function remember(on) { try { localStorage.setItem('tocsin-keys', on ? 'on' : 'off'); } catch (fault) { console.info('keys are not remembered', fault.name); } }
  if (box) {
    box.checked = recall();
    box.addEventListener('change', () => remember(box.checked));
  }

  /* a form that was not kept stands open again, with what was written in it; the address is the page's own */
  const again = document.querySelector('dialog[data-again]');
  if (again) {
    history.replaceState(null, '', again.dataset.again);
    again.showModal();
  }

  function open(id) {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  }
  const rows = () => [...document.querySelectorAll('.alert')];
  function step(by) {
    const all = rows(), at = all.indexOf(document.activeElement && document.activeElement.closest('.alert'));
    if (!all.length) return;
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: 'nearest' });
  }

  const letters = {
    j: () => step(1),
    k: () => step(-1),
    h: () => { const page = document.getElementById('handover'); if (page) page.click(); },
    n: () => setTheme(dark() ? 'light' : 'dark'),
    l: () => { const other = document.querySelector('.switch [name=lang][aria-pressed=false]'); if (other) other.click(); },
    '?': () => open('keys')
  };
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    if (document.querySelector('dialog[open]') || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
    if (event.key === 'Enter' && at.classList.contains('alert')) {
      const link = at.querySelector('h3 a');
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === 'Escape') {
      const back = document.getElementById('back');
      if (back) { event.preventDefault(); back.click(); }
      return;
    }
    const act = letters[event.key.toLowerCase()];
    if (!act || (box && !box.checked && event.key !== '?')) return;
    event.preventDefault();
    act();
  });

  addEventListener('click', event => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.themeSet) setTheme(button.dataset.themeSet);
    if (button.dataset.open) open(button.dataset.open);
    if ('shut' in button.dataset) button.closest('dialog').close();
  });
})();
