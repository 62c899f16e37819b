'use strict';
// Filters and sorts what is there already; nothing is made of text, and nothing is loaded.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const issues = all('.issue');
  const lists = all('.list');
  const tiles = all('button.tile');
  const search = document.getElementById('search');
  const status = document.getElementById('status');
  const scanner = document.getElementById('scanner');
  const sort = document.getElementById('sort');
  const told = document.getElementById('told');
  const ranks = ['critical', 'high', 'unassigned', 'medium', 'low', 'info'];
  const texts = new Map();
  const textOf = (issue) => {
    if (!texts.has(issue)) texts.set(issue, issue.textContent.toLowerCase());
    return texts.get(issue);
  };

  for (const part of all('.tools')) part.hidden = false;
  for (const tile of tiles) tile.disabled = false;

  function filter() {
    const severities = new Set(tiles.filter((t) => t.getAttribute('aria-pressed') === 'true').map((t) => t.dataset.severity));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const issue of issues) {
      const data = issue.dataset;
      const fits = (!severities.size || severities.has(data.severity))
        && (!status.value || data.status === status.value)
        && (!scanner.value || data.scanners.split(' ').includes(scanner.value))
        && words.every((word) => textOf(issue).includes(word));
      if (issue.hidden === fits) issue.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const list of lists) {
      const left = all('.issue:not([hidden])', list).length;
      list.querySelector('.count').textContent = String(left);
      list.hidden = left === 0;
    }
    told.textContent = `${shown} of ${issues.length} issues shown`;
  }

  function order() {
    const by = {
      severity: (a, b) => ranks.indexOf(a.dataset.severity) - ranks.indexOf(b.dataset.severity),
      title: (a, b) => a.dataset.title.localeCompare(b.dataset.title),
      occurrences: (a, b) => Number(b.dataset.occurrences) - Number(a.dataset.occurrences),
      given: (a, b) => Number(a.dataset.place) - Number(b.dataset.place),
    }[sort.value];
    for (const list of lists) {
      const rows = all('.issue', list).sort(by);
      list.querySelector('.rows').append(...rows);
    }
  }

  for (const tile of tiles) {
    tile.addEventListener('click', () => {
      tile.setAttribute('aria-pressed', String(tile.getAttribute('aria-pressed') !== 'true'));
      filter();
    });
  }
  search.addEventListener('input', filter);
  status.addEventListener('change', filter);
  scanner.addEventListener('change', filter);
  sort.addEventListener('change', order);
  document.getElementById('reset').addEventListener('click', () => {
    for (const tile of tiles) tile.setAttribute('aria-pressed', 'false');
    search.value = status.value = scanner.value = '';
    filter();
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = ['INPUT', 'SELECT'].includes(document.activeElement.tagName);
    if (event.key === 'Escape' && document.activeElement === search) {
      search.value = '';
      filter();
      search.blur();
    } else if (!typing && event.key === '/') {
      event.preventDefault();
      search.focus();
    } else if (!typing && (event.key === 'j' || event.key === 'k')) {
      const rows = all('.issue:not([hidden]) > summary');
      const at = rows.indexOf(document.activeElement);
      const next = event.key === 'j' ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
      if (rows[next]) rows[next].focus();
    }
  });
  window.addEventListener('beforeprint', () => {
    for (const issue of issues) if (!issue.hidden) issue.open = true;
  });
  if (location.hash) {
    const issue = document.getElementById(location.hash.slice(1));
    if (issue && issue.classList.contains('issue')) issue.open = true;
  }
  filter();
})();
